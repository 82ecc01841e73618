"""The page from top to bottom."""

import streamlit as st

from ...index import Filters, SearchSettings, SotaRagError
from ...index.errors import MissingIndexError, QueryError
from ...index.generations import published
from ..settings import Settings
from .answer_view import answer_view
from .details import details
from .engine import Engine, answer_once, open_engine, warm_up
from .evidence import evidence_panel
from .first_run import first_run
from .markup import notice, sentence_case
from .passages import nearest
from .question import examples, question_box
from .sidebar import sidebar
from .style import STYLE

_NEAREST = 5


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_title="sota-rag", page_icon="📚", layout="wide")
    st.html(STYLE)
    st.html(
        '<div class="rag-brand"><b>sota-rag</b>'
        "<span>Every sentence of an answer stands word for word in the passage it cites.</span></div>"
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
    documents = engine.retriever.documents()
    question = question_box()
    if not question:
        examples(documents)
    filters, search = sidebar(engine)
    # The box is on the screen by now: whoever comes first can type while the encoder loads.
    warm_up(engine)
    if question:
        _answer(engine, question, filters, search)
        examples(documents)


def _answer(engine: Engine, question: str, filters: Filters, search: SearchSettings) -> None:
    try:
        answer = answer_once(engine, question, filters, search)
    except QueryError as error:
        notice("This question cannot be asked", sentence_case(str(error)), "warn")
        return
    left, right = st.columns([11, 10], gap="medium")
    with left:
        answer_view(answer)
        details(engine, answer, filters)
    with right:
        if answer.abstained:
            nearest(answer.hits[:_NEAREST])
        else:
            evidence_panel(engine.retriever, answer)
