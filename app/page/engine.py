"""One engine per process: the open index, and the encoder that is loaded once for all visitors."""

from dataclasses import dataclass

import streamlit as st

from ...index import Filters, Retriever, SearchSettings
from ..answering import Answer, Answerer
from ..compose import make_answerer, open_retriever
from ..settings import Settings

_ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers questions; shared by all sessions."""

    settings: Settings
    retriever: Retriever
    answerer: Answerer


def open_engine(settings: Settings) -> Engine:
    """The engine over the index that the settings name; opened at the first call.

    Raises:
        SotaRagError: the index is missing, damaged or made by another encoder. It is tried again at the next call.
    """
    return _open(str(settings.index), settings.fingerprint, settings)


def warm_up(engine: Engine) -> None:
    """Load the encoder now, once in the life of the process, with a spinner."""
    _load_encoder(str(engine.settings.index), engine.settings.fingerprint, engine.retriever)


def answer_once(engine: Engine, question: str, filters: Filters, search: SearchSettings) -> Answer:
    """The answer; a rerun of the page for another reason than the question takes the one it has.

    Raises:
        QueryError: the question is empty or too long.
    """
    asked = (question, filters, search, str(engine.settings.index), engine.settings.fingerprint)
    # An answer of an older generation is not kept: its passages may be gone.
    held_key, held = st.session_state.get(_ANSWER, (None, None))
    if held is None or held_key != (*asked, engine.retriever.manifest.generation):
        held = engine.answerer.ask(question, filters=filters or None, search=search)
        st.session_state[_ANSWER] = ((*asked, held.receipt.generation), held)
    return held


@st.cache_resource(show_spinner=False)
def _open(index: str, fingerprint: str, _settings: Settings) -> Engine:
    retriever = open_retriever(_settings)
    return Engine(_settings, retriever, make_answerer(_settings, retriever))


@st.cache_resource(show_spinner="Loading the encoder, some 5 seconds, once …")
def _load_encoder(index: str, fingerprint: str, _retriever: Retriever) -> bool:
    _retriever.encoder.encode(["warm up"])
    return True
