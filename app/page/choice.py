"""Which citation's evidence is open, and with how much context around it."""

from dataclasses import dataclass
from typing import Self

import streamlit as st

from ...index import Hit
from ..answering import Answer, Citation

_CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Shown:
    """What can be opened of an answer that is finished, or still being made.

    Attributes:
        question: that it answers.
        generation: of the index that answers.
        draft: how many drafts were withdrawn before this one; markers mean something else in each.
        citations: in marker order.
        hits: the passages behind it.
    """

    question: str
    generation: str
    draft: int
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]

    @classmethod
    def of(cls, answer: Answer, draft: int = 0) -> Self:
        """A finished answer."""
        return cls(answer.question, answer.receipt.generation, draft, answer.citations, answer.hits)

    @property
    def place(self) -> tuple[str, str, int]:
        """What a choice belongs to."""
        return self.question, self.generation, self.draft


def chosen(shown: Shown) -> tuple[Citation, int]:
    """The open citation and its budget in word pieces, 0 for the bare passage; the first one until somebody chooses.

    There must be a citation.
    """
    place, marker, budget = st.session_state.get(_CHOICE, (None, 0, 0))
    by_marker = {citation.marker: citation for citation in shown.citations}
    if place == shown.place and marker in by_marker:
        return by_marker[marker], budget
    return shown.citations[0], 0


def choose(shown: Shown, marker: int, budget: int = 0) -> None:
    """Open a citation."""
    st.session_state[_CHOICE] = (shown.place, marker, budget)
