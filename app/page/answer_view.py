"""The answer, sentence by sentence, each with its verdict and the button that opens its evidence."""

from html import escape

import streamlit as st

from ..answering import Answer, Citation, Sentence, Verdict
from .choice import choose, chosen
from .markup import Tone, badge, notice
from .passage_markup import sentence_html
from .passages import hit_list

_VERDICTS: dict[Verdict, tuple[str, Tone, str]] = {
    Verdict.SUPPORTED: ("✓ supported", "good", "the cited passage says so"),
    Verdict.PARTIAL: ("◐ partly supported", "warn", "the cited passage says some of it"),
    Verdict.UNSUPPORTED: ("✗ unsupported", "bad", "no cited passage says so"),
    Verdict.UNCHECKED: ("? unchecked", "plain", "nobody compared it with the cited passage"),
}
_MODES = {"extract": "quoted word for word"}


def answer_view(answer: Answer) -> None:
    """Draw the answer, or the reason why there is none."""
    for note in answer.notes:
        notice("Please note", note, "warn")
    if answer.abstained:
        notice("No answer in this corpus", answer.reason, "plain")
        st.html(
            '<div class="rag-small">Nothing is made up here: an answer is given only when the corpus seems to hold it. '
            f"{_confidence(answer)} The passages that come nearest are listed beside this.</div>"
        )
        return
    st.html(
        f'<span class="rag-badges">{badge(_MODES.get(answer.mode, answer.mode), "info")}'
        f"{badge(_confidence(answer), hint='the estimated probability that the corpus answers the question')}</span>"
    )
    open_marker = chosen(answer)[0].marker
    citations = {citation.marker: citation for citation in answer.citations}
    for place, sentence in enumerate(answer.sentences, start=1):
        _sentence(answer, place, sentence, citations, open_marker)
    with st.expander(f"All {len(answer.hits)} passages that were found"):
        hit_list(answer.hits)


def _sentence(answer: Answer, place: int, sentence: Sentence, citations: dict[int, Citation], open_marker: int) -> None:
    state = "chosen" if open_marker in sentence.citations else "sentence"
    with st.container(key=f"{state}-{place}", gap="small"):
        st.html(f'<div class="rag-sentence">{sentence_html(sentence.text)}</div>')
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            for marker in sentence.citations:
                known = marker in citations
                st.button(
                    f"[{marker}]",
                    key=f"cite-{place}-{marker}",
                    type="primary" if marker == open_marker else "secondary",
                    help=None if known else "The answer names a source that does not exist",
                    disabled=not known,
                    on_click=choose,
                    args=(answer, marker),
                )
            st.html(_verdict(sentence), width="content")
            st.html(_source(sentence, citations), width="content")


def _verdict(sentence: Sentence) -> str:
    label, tone, meaning = _VERDICTS[sentence.verdict]
    return badge(label, tone, f"{meaning}; support {sentence.support:.2f}")


def _source(sentence: Sentence, citations: dict[int, Citation]) -> str:
    sources = [citations[marker] for marker in sentence.citations if marker in citations]
    names = "; ".join(
        " · ".join(
            filter(
                None,
                (
                    citation.heading_path[-1] if citation.heading_path else citation.document.title,
                    citation.document.published,
                ),
            )
        )
        for citation in sources
    )
    return f'<span class="rag-source rag-small"><bdi>{escape(names)}</bdi></span>'


def _confidence(answer: Answer) -> str:
    return f"Confidence {answer.confidence:.0%}." if answer.abstained else f"confidence {answer.confidence:.0%}"
