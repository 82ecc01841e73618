"""What happens while an answer is being made, for whoever watches: the page and the terminal."""

from collections.abc import Callable
from dataclasses import dataclass

from ...index import SearchResult
from .types import Citation, Sentence


@dataclass(frozen=True, slots=True)
class StageBegun:
    """A stage begins; `name` is one of `follow-up`, `search`, `gate`, `reading`, `writing`, `checking`, `again`.

    `detail` tells what was read where writing begins, and what is searched for where it is searched again.
    """

    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The search is done."""

    result: SearchResult


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many other requests are before this one at the language model."""

    place: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """The language model has written so much of a sentence that is not finished, and so not checked."""

    characters: int


@dataclass(frozen=True, slots=True)
class SentenceReady:
    """A sentence is finished and checked; `citations` are those that it brings along."""

    sentence: Sentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was shown so far no longer holds, because too little of the draft survived; what comes now replaces it."""

    reason: str


Progress = StageBegun | Found | Waiting | Wrote | SentenceReady | Withdrawn
Listener = Callable[[Progress], None]


def nobody(progress: Progress) -> None:
    """The listener that does not listen."""
