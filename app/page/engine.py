"""One engine per process: the open index, and the models that are loaded once for all visitors."""

import threading
from dataclasses import dataclass, field

import streamlit as st

from ...index import Retriever
from ..answering import Answerer
from ..answering.types import Mode
from ..compose import make_answerer, open_retriever
from ..settings import Settings
from .model_watch import ModelWatch


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers questions; shared by all sessions."""

    settings: Settings
    retriever: Retriever
    answerer: Answerer
    model: ModelWatch


@dataclass(slots=True)
class _Slot:
    """The engine in use."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    engine: Engine | None = None


def open_engine(settings: Settings) -> Engine:
    """The engine over the index that the settings name; opened at the first call.

    Changed settings open another one, and end the language model's process of the one before.

    Raises:
        SotaRagError: the index is missing, damaged or made by another encoder. It is tried again at the next call.
    """
    slot = _slot()
    with slot.lock:
        if slot.engine is None or slot.engine.settings != settings:
            before, slot.engine = slot.engine, _open(settings)
            if before is not None:
                # Its language model may hold gigabytes, and nobody asks it any more.
                before.answerer.close()
        return slot.engine


def warm_up(engine: Engine) -> None:
    """Load the models that read now, once in the life of the process, with a spinner."""
    _load_models(str(engine.settings.index), engine.settings.fingerprint, engine.answerer)


def _open(settings: Settings) -> Engine:
    retriever = open_retriever(settings)
    answerer = make_answerer(settings, retriever)
    llm = settings.llm
    quoting = answerer.settings.mode is Mode.EXTRACT
    why = answerer.no_model or ("the setting answer.mode is extract" if quoting else "none is set")
    watch = ModelWatch(answerer.model, llm.url or llm.model or "", why, wanted=not quoting)
    watch.begin()
    return Engine(settings, retriever, answerer, watch)


@st.cache_resource(show_spinner=False)
def _slot() -> _Slot:
    return _Slot()


@st.cache_resource(show_spinner="Loading the models, some 5 seconds, once …")
def _load_models(index: str, fingerprint: str, _answerer: Answerer) -> bool:
    _answerer.retriever.encoder.encode(["warm up"])
    if _answerer.retriever.reranker is not None:
        _answerer.retriever.reranker.score("warm up", ["warm up"])
    _answerer.verifier.verify("It is warm now.", ["It was cold."])
    return True
