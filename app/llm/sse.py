"""Server-sent events out of bytes as they arrive (the `text/event-stream` of the HTML standard, its data alone).

Lines end with LF, CR or CRLF; comments, which servers send to keep a connection alive, and all fields but `data` are
passed over. A character or a line may be cut anywhere. The last event may lack its blank line.
"""

_LONGEST = 1 << 20


class EventStream:
    """Gathers bytes and gives the data of each event that is complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []
        self._first = True
        self._after_cr = False

    def feed(self, data: bytes) -> list[str]:
        """Data of the events that these bytes complete.

        Raises:
            ValueError: a line or an event is longer than a mebibyte.
        """
        # A CR at the end of the last bytes has ended its line already; this LF belongs to it.
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = data.endswith(b"\r") or (self._after_cr and not data)
        *lines, self._rest = (self._rest + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if len(self._rest) > _LONGEST:
            raise ValueError("a line of more than a mebibyte")
        return [event for line in lines if (event := self._line(line)) is not None]

    def finish(self) -> list[str]:
        """Data of the event that was left open when the bytes ended."""
        line, self._rest = self._rest, b""
        said = [self._line(line), self._line(b"")] if line else [self._line(b"")]
        return [event for event in said if event is not None]

    def _line(self, raw: bytes) -> str | None:
        """Take in a line; the data of the event that it ends."""
        line = raw.decode("utf-8", "replace")
        if self._first:
            line, self._first = line.removeprefix("\ufeff"), False
        if line:
            name, _, value = line.partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))
                if sum(map(len, self._data)) > _LONGEST:
                    raise ValueError("an event of more than a mebibyte")
            return None
        event, self._data = self._data, []
        return "\n".join(event) if event else None
