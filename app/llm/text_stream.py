"""From the bytes of tokens to pieces of text: whole characters only, and nothing of a stop string."""

import codecs
from collections.abc import Sequence

from .written import Stops


class TextStream:
    """Text as it may be shown. A character or a stop string can be spread over tokens; what may yet become one waits.

    Args:
        stops: strings that end the text; empty ones are left out.
    """

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = Stops(stops)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def stopped(self) -> bool:
        """Whether a stop string came; what follows is not shown."""
        return self._stops.stopped

    def feed(self, data: bytes) -> str:
        """What the bytes of the next token let out; empty after a stop string came."""
        return self._stops.feed(self._decoder.decode(data))

    def end(self) -> str:
        """What was still waiting when the model ended."""
        return self._stops.feed(self._decoder.decode(b"", final=True)) + self._stops.finish()
