"""Markers of an answer, given out in the order in which its sentences need them."""

from .sentences import Candidate
from .types import Citation


class Citations:
    """The citations of one answer; the same quote gets the same marker."""

    def __init__(self) -> None:
        self._cited: dict[tuple[str, int, int], Citation] = {}

    def cite(self, candidate: Candidate) -> Citation:
        """The citation of a sentence of a passage."""
        passage = candidate.hit.passage
        place = (passage.document_id, candidate.start, candidate.end)
        if place not in self._cited:
            self._cited[place] = Citation(
                len(self._cited) + 1,
                passage.id,
                candidate.hit.document,
                passage.heading_path,
                passage.page,
                candidate.start,
                candidate.end,
                candidate.text,
                candidate.hit.practice,
            )
        return self._cited[place]

    @property
    def all(self) -> tuple[Citation, ...]:
        """All so far, in marker order."""
        return tuple(self._cited.values())
