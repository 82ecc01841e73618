"""Which citation's evidence is open, and with how much context around it."""

import streamlit as st

from ..answering import Answer, Citation

_CHOICE = "choice"


def chosen(answer: Answer) -> tuple[Citation, int]:
    """The open citation and its budget in word pieces, 0 for the bare passage; the first one until somebody chooses.

    The answer must have a citation.
    """
    place, marker, budget = st.session_state.get(_CHOICE, (None, 0, 0))
    by_marker = {citation.marker: citation for citation in answer.citations}
    if place == _place(answer) and marker in by_marker:
        return by_marker[marker], budget
    return answer.citations[0], 0


def choose(answer: Answer, marker: int, budget: int = 0) -> None:
    """Open a citation of an answer."""
    st.session_state[_CHOICE] = (_place(answer), marker, budget)


def _place(answer: Answer) -> tuple[str, object]:
    return answer.question, answer.receipt.generation
