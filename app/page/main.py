"""The page from top to bottom."""

import streamlit as st

from ...index import SotaRagError
from ...index.errors import LanguageModelError, MissingIndexError, ModelError, QueryError
from ...index.generations import published
from ..settings import Settings
from .answer_view import answer_body, answer_foot, answer_head
from .asking import ask_again, making_of
from .choice import Shown
from .conversation import conversation
from .details import details
from .engine import Engine, open_engine, warm_up
from .evidence import evidence_panel
from .first_run import first_run
from .live_view import live_view
from .making import Asked, Making
from .markup import notice, sentence_case
from .passages import nearest
from .question import examples, question_box, turns_before
from .sidebar import sidebar
from .style import STYLE

_NEAREST = 5
_AT_ONCE_S = 0.4
"""An answer that is there so soon is drawn without its stages."""


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_title="sota-rag", page_icon="📚", layout="wide")
    st.html(STYLE)
    st.html(
        '<div class="rag-brand"><b>sota-rag</b>'
        "<span>Every sentence of an answer is checked against the passage it cites.</span></div>"
    )
    try:
        _draw()
    except SotaRagError as error:
        notice("This cannot go on as it is", sentence_case(str(error)), "bad")


def _draw() -> None:
    settings = Settings.load()
    try:
        engine = open_engine(settings)
    except MissingIndexError:
        # Generations without CURRENT are to be mended, not built anew; the error says how.
        if published(settings.index):
            raise
        first_run(settings)
        return
    question = question_box()
    # The examples come below the answer and are drawn before it, which may take a while.
    place = st.container(key="answer")
    examples(engine.retriever.documents())
    filters, search, answering = sidebar(engine)
    # The box is on the screen by now: whoever comes first can type while the encoder loads.
    warm_up(engine)
    asked = Asked(question, filters, search, answering, turns_before(), settings)
    making = making_of(engine, asked)
    if making is not None:
        with place:
            _answer(engine, making)


def _answer(engine: Engine, making: Making) -> None:
    making.settle(_AT_ONCE_S)
    # Every other question has its place below an empty element, which wipes the answer before it off the screen;
    # otherwise that would stand there, fading, until the new one is finished.
    odd = making.number % 2 == 1
    if odd:
        st.empty()
    error = making.error
    if error is not None:
        _failure(error)
        return
    left, side = st.columns([11, 10], gap="medium")
    if not odd:
        st.empty()
    asked, answer, live = making.asked, making.answer, making.live
    searched = "" if live.result is None or live.result.query == asked.question.strip() else live.result.query
    with left:
        conversation(asked.question, asked.turns, searched)
        head, body, foot = st.container(), st.container(), st.container()
    if answer is None:
        live_view(making, engine.retriever, head, body, side)
        return
    shown = Shown.of(answer, live.drafts)
    with head:
        if making.stopping and answer.drafting is not None and answer.drafting.finish == "cancelled":
            _stopped()
        answer_head(answer, engine.model.missing)
    with body:
        answer_body(answer, shown)
    with foot:
        answer_foot(answer, live)
        details(engine, answer, asked.filters)
    with side:
        if answer.abstained:
            nearest(answer.hits[:_NEAREST])
        else:
            evidence_panel(engine.retriever, shown)


def _stopped() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="stopped"):
        st.html('<div class="rag-small">Stopped: this is what could be said until then.</div>', width="content")
        st.button("Answer in full", key="in-full", on_click=ask_again)


def _failure(error: Exception) -> None:
    if isinstance(error, QueryError):
        notice("This question cannot be asked", sentence_case(str(error)), "warn")
    elif isinstance(error, LanguageModelError | ModelError):
        notice("The language model gives no answer", sentence_case(str(error)), "bad")
        st.button("Try again", key="try-again", on_click=ask_again)
    else:
        ask_again()
        raise error
