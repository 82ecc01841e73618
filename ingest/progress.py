"""How long work reports itself; what is drawn is the caller's business."""

from typing import Protocol


class Progress(Protocol):
    """Receives the stages of long work, one after the other."""

    def begin(self, stage: str, total: int, unit: str) -> None:
        """A stage starts: what it does, how many units it has."""
        ...

    def advance(self, amount: int = 1) -> None:
        """So many more units of the stage are done."""
        ...

    def end(self) -> None:
        """The stage is over, done or interrupted."""
        ...


class Silent:
    """Progress that nobody watches."""

    def begin(self, stage: str, total: int, unit: str) -> None:
        """Ignore it."""

    def advance(self, amount: int = 1) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""
