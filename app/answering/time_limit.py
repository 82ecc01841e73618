"""One limit over everything that a language model does for an answer: waiting, reading and writing."""

import time

from ..llm import Cancellation


class TimeLimit(Cancellation):
    """A cancellation that turns by itself at a moment, and with the reader's own.

    Args:
        outer: the reader's; None without one.
        deadline: `time.monotonic()` seconds; None for never.
    """

    def __init__(self, outer: Cancellation | None, deadline: float | None) -> None:
        super().__init__()
        self._outer, self._deadline = outer, deadline

    def cancel(self) -> None:
        """Turn it, and the reader's own with it."""
        super().cancel()
        if self._outer is not None:
            self._outer.cancel()

    @property
    def passed(self) -> bool:
        """Whether the moment has come."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    @property
    def cancelled(self) -> bool:
        """Whether anybody or the clock turned it."""
        return super().cancelled or self.passed or (self._outer is not None and self._outer.cancelled)
