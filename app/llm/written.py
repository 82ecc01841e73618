"""What a reader sees of the pieces that a model writes: no thoughts, and nothing from a stop string on."""

from collections.abc import Sequence

_OPEN, _CLOSE = "<think>", "</think>"


class Thoughts:
    """Drops a block `<think>…</think>` at the beginning of a text, wherever the pieces cut it."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "before"

    def feed(self, piece: str) -> str:
        """What of this piece, and of what was held back, can be shown."""
        if self._state == "after":
            return piece
        self._held += piece
        if self._state == "before":
            begun = self._held.lstrip()
            if _OPEN.startswith(begun[: len(_OPEN)]) and len(begun) < len(_OPEN):
                return ""
            if not begun.startswith(_OPEN):
                self._state = "after"
                return self.finish()
            self._state = "inside"
        if self._state == "inside":
            _, closed, rest = self._held.partition(_CLOSE)
            if not closed:
                # Thoughts may be long: only what can be the beginning of the end is kept.
                self._held = _OPEN + self._held[len(_OPEN) :][-len(_CLOSE) :]
                return ""
            self._held, self._state = rest, "trimming"
        # The blank lines between thoughts and text are no part of the text.
        shown = self._held.lstrip()
        self._held = ""
        if shown:
            self._state = "after"
        return shown

    def finish(self) -> str:
        """What was held back and turned out to be text."""
        shown, self._held = ("" if self._state == "inside" else self._held), ""
        return shown


class Stops:
    """Ends a text before the first stop string, wherever the pieces cut it.

    Attributes:
        stopped: whether one came; what follows is not shown.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.stopped = False

    def feed(self, piece: str) -> str:
        """What of this piece, and of what was held back, can be shown."""
        if self.stopped:
            return ""
        text = self._held + piece
        found = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((self._overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def finish(self) -> str:
        """What was held back and turned out to be text."""
        shown, self._held = self._held, ""
        return shown

    @staticmethod
    def _overlap(text: str, stop: str) -> int:
        """Length of the longest end of the text that begins a stop string."""
        return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
