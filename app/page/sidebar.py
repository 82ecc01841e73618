"""The sidebar: what the index holds, which of its documents may answer, and who words the answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from html import escape
from typing import TypeVar

import streamlit as st

from ...index import DocumentInfo, Filters, Kind, SearchSettings, Status
from ..answering import AnswerSettings
from .answering_choice import answering_choice
from .engine import Engine

_Value = TypeVar("_Value", bound=StrEnum)


def sidebar(engine: Engine) -> tuple[Filters, SearchSettings, AnswerSettings]:
    """Draw the sidebar; returns the filters that are set, how passages are found, and how answers are made."""
    documents = engine.retriever.documents()
    with st.sidebar:
        st.html('<div class="rag-evidence-title">Which documents may answer</div>')
        filters = _filters(documents)
        search = _search(engine.retriever.settings)
        st.html('<div class="rag-evidence-title">How it answers</div>')
        answering = answering_choice(engine.answerer.settings, written=engine.model.there)
        st.html('<div class="rag-evidence-title">The index</div>' + _facts(engine))
        st.html(f'<div class="rag-small">{escape(_profile(engine))}</div>')
    return filters, search, answering


def _search(settings: SearchSettings) -> SearchSettings:
    """The settings with the history switch on top."""
    history = st.toggle(
        "History",
        settings.mode == "history",
        key="history",
        help="Leave hits as they were found: no successor is placed above a superseded practice, none is marked.",
    )
    return replace(settings, mode="history" if history else "current")


def _filters(documents: Sequence[DocumentInfo]) -> Filters:
    kinds = Counter(document.kind for document in documents)
    statuses = Counter(document.status for document in documents)
    years = sorted({document.year for document in documents if document.year is not None})
    chosen_kinds = _choice("Kind", [kind for kind in Kind if kind in kinds], kinds, "filter-kind")
    chosen_statuses = _choice("Status", [status for status in Status if status in statuses], statuses, "filter-status")
    span = None
    if len(years) > 1:
        bounds = years[0], years[-1]
        first, last = st.slider("Published", *bounds, bounds, key="filter-years")
        # The whole range means no filter: undated documents stay in.
        span = None if (first, last) == bounds else (first, last)
    pattern = st.text_input(
        "Source",
        key="filter-source",
        placeholder="guides/*quant*",
        help="A shell pattern over the source; * is anything.",
    )
    return Filters(
        kinds=tuple(chosen_kinds),
        years=span,
        statuses=tuple(chosen_statuses),
        sources=(pattern.strip(),) if pattern and pattern.strip() else (),
    )


def _choice(label: str, values: Sequence[_Value], counts: Mapping[_Value, int], key: str) -> list[_Value]:
    """Some of the values; none means all."""
    return st.pills(
        label, values, selection_mode="multi", format_func=lambda value: f"{value} · {counts[value]:,}", key=key
    )


def _facts(engine: Engine) -> str:
    manifest = engine.retriever.manifest
    counts = manifest.counts
    facts = [
        ("Documents", f"{counts.documents:,}"),
        ("Passages", f"{counts.passages:,}"),
        ("Generation", manifest.generation),
        ("Made", manifest.created[:16].replace("T", " ") + " UTC"),
        ("Encoder", manifest.encoder.id),
        ("Folder", str(engine.settings.index)),
    ]
    if counts.quarantined:
        facts.insert(2, ("Set aside", f"{counts.quarantined:,} unreadable files"))
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<dl class="rag-facts">{rows}</dl>'


def _profile(engine: Engine) -> str:
    reranker = (
        "no reranker (hits stay in fused order)"
        if engine.retriever.reranker is None
        else f"the reranker {engine.retriever.reranker.id}"
    )
    return f"{engine.model.said()}. The {engine.settings.profile} profile has {reranker}. sota-rag doctor says more."
