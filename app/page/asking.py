"""Which answer a session sees: one question is asked once, however often the page is run."""

import streamlit as st

from .engine import Engine
from .making import Asked, Making

_MAKING, _NUMBER = "making", "makings"


def making_of(engine: Engine, asked: Asked) -> Making | None:
    """The answer to what is asked, made or being made; another run of the page takes the one it has.

    What was asked before is stopped when something else is asked, or nothing.
    """
    held: Making | None = st.session_state.get(_MAKING)
    if held is not None and held.asked == asked and not _outdated(engine, held):
        return held
    if held is not None:
        held.stop()
        ask_again()
    if not asked.question:
        return None
    number = st.session_state.get(_NUMBER, -1) + 1
    making = Making(engine.answerer, asked, number)
    st.session_state.update({_MAKING: making, _NUMBER: number})
    return making


def ask_again() -> None:
    """Forget the answer, so that the next run of the page asks again."""
    st.session_state.pop(_MAKING, None)


def _outdated(engine: Engine, held: Making) -> bool:
    """Whether an answer is of an older generation: its passages may be gone."""
    return held.answer is not None and held.answer.receipt.generation != engine.retriever.manifest.generation
