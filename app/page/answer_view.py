"""A finished answer: what the reader should know first, its sentences, and what belongs to them."""

from html import escape

import streamlit as st

from ..answering import Answer
from ..answering.types import Mode
from .beside_answer import conflicts_html, practices_html
from .choice import Shown
from .conversation import follow_up_box
from .drafting_view import not_shown, notes_beside, summary, withdrawn_html
from .live import Live
from .markup import badge, notice, notices, sentence_case
from .passages import hit_list
from .sentence_view import sentences_view


def answer_head(answer: Answer, why_quoted: str = "") -> None:
    """Draw what stands above the sentences: notes and how the answer came about, or why there is none.

    Args:
        answer: the answer.
        why_quoted: why there is no language model though one was wanted; empty otherwise.
    """
    notices("Please note", [sentence_case(note) for note in notes_beside(answer)], "warn")
    if answer.abstained:
        notice("No answer in this corpus", answer.reason, "plain")
        st.html(
            '<div class="rag-small">Nothing is made up here: an answer is given only when the corpus seems to hold it. '
            f"Confidence {answer.confidence:.0%}. The passages that come nearest are listed beside this.</div>"
        )
        return
    confidence = badge(
        f"confidence {answer.confidence:.0%}", hint="the estimated probability that the corpus answers the question"
    )
    said = summary(answer) or (f"quoted, not written: {why_quoted}" if why_quoted else "")
    line = f'<div class="rag-small">{escape(said)}</div>' if said else ""
    st.html(f'<div class="rag-rows"><span class="rag-badges">{_mode(answer)}{confidence}</span>{line}</div>')


def answer_body(answer: Answer, shown: Shown) -> None:
    """Draw the sentences."""
    sentences_view(shown, answer.sentences)


def answer_foot(answer: Answer, live: Live) -> None:
    """Draw what belongs to the sentences.

    Args:
        answer: the answer.
        live: what was seen while it was made; a draft that was withdrawn is not forgotten.
    """
    aside = withdrawn_html(live.withdrawn, live.reason) + practices_html(answer) + conflicts_html(answer.conflicts)
    if aside:
        st.html(f'<div class="rag-rows">{aside}</div>')
    follow_up_box(answer)
    if answer.drafting is not None:
        not_shown(answer.drafting)
    if not answer.abstained:
        with st.expander(f"All {len(answer.hits)} passages that were found"):
            hit_list(answer.hits)


def _mode(answer: Answer) -> str:
    if answer.mode is Mode.EXTRACT:
        return badge("quoted word for word", "info")
    return badge("written, and checked sentence by sentence", "info")
