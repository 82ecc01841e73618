"""From the bytes of tokens to pieces of text: whole characters only, and nothing of a stop string."""

import codecs
from collections.abc import Sequence


class TextStream:
    """Text as it may be shown. A character or a stop string can be spread over tokens; what may yet become one waits.

    Args:
        stops: strings that end the text; empty ones are left out.
    """

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self.stopped = False

    def feed(self, data: bytes) -> str:
        """What the bytes of the next token let out; empty after a stop string came."""
        return self._released(self._decoder.decode(data))

    def end(self) -> str:
        """What was still waiting when the model ended."""
        rest = self._released(self._decoder.decode(b"", final=True))
        held, self._held = self._held, ""
        return rest if self.stopped else rest + held

    def _released(self, text: str) -> str:
        if self.stopped:
            return ""
        text = self._held + text
        found = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of the text that the stop string begins with."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if stop.startswith(text[-n:])), 0)
