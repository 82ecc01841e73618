"""What became of one paper that was asked for."""

from dataclasses import dataclass
from enum import StrEnum

from .folder import PaperRecord


class Done(StrEnum):
    """What was done."""

    FETCHED = "fetched"
    ADDED = "added"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one paper.

    Attributes:
        asked: the identifier or the path that was given.
        file: its name in the folder of papers; None where it is not there.
        detail: why it failed, or what should be known about it; may be empty.
    """

    asked: str
    done: Done
    file: str | None = None
    record: PaperRecord | None = None
    title: str | None = None
    detail: str = ""
