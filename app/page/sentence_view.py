"""One sentence of an answer: its text, the buttons that open its evidence, and what is known of its support."""

from collections.abc import Iterable, Mapping
from html import escape

import streamlit as st

from ..answering import Citation, Sentence, Verdict
from ..answering.types import Origin, Strength
from .choice import Shown, choose, chosen
from .markup import Tone, badge
from .passage_markup import sentence_html

_VERDICTS: dict[Verdict, tuple[str, Tone, str]] = {
    Verdict.SUPPORTED: ("✓ supported", "good", "the cited passage says so"),
    Verdict.PARTIAL: ("◐ partly supported", "warn", "the cited passage says some of it"),
    Verdict.UNSUPPORTED: ("✗ unsupported", "bad", "no cited passage says so"),
    Verdict.UNCHECKED: ("? unchecked", "plain", "nobody compared it with the cited passage"),
}
_ORIGINS: dict[Origin, tuple[str, Tone, str]] = {
    Origin.GENERATED: ("written by the language model", "info", "in its own words, and checked against the passages"),
    Origin.REPLACED: (
        "quoted in place of what it wrote",
        "plain",
        "what the language model wrote did not hold, or not by itself",
    ),
    Origin.EXTRACTED: ("quoted word for word", "plain", "as it stands in the cited passage"),
}


def sentences_view(shown: Shown, sentences: Iterable[Sentence], first: int = 1) -> None:
    """Draw sentences of an answer, the first of them at a place counted from 1."""
    citations = {citation.marker: citation for citation in shown.citations}
    open_marker = chosen(shown)[0].marker if citations else None
    for place, sentence in enumerate(sentences, start=first):
        _sentence(shown, place, sentence, citations, open_marker)


def _sentence(
    shown: Shown, place: int, sentence: Sentence, citations: Mapping[int, Citation], open_marker: int | None
) -> None:
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
                    args=(shown, marker),
                )
            st.html(badges_html(sentence), width="content")
            st.html(_source(sentence, citations), width="content")
        remarks = remarks_html(sentence)
        if remarks:
            st.html(remarks)


def badges_html(sentence: Sentence) -> str:
    """Verdict, origin and strength of a sentence."""
    label, tone, meaning = _VERDICTS[sentence.verdict]
    detail = f": {sentence.detail}" if sentence.detail and sentence.origin is not Origin.REPLACED else ""
    verdict = badge(label, tone, f"{meaning}{detail}; support {sentence.support:.2f}")
    return f'<span class="rag-badges">{verdict}{badge(*_ORIGINS[sentence.origin])}{_strength(sentence.strength)}</span>'


def _strength(strength: Strength | None) -> str:
    if strength is None or not strength.documents:
        return ""
    if strength.documents == 1:
        return badge("1 document", hint="no other document that was read says the same on its own")
    years = sorted({strength.years[0], strength.years[-1]}) if strength.years else []
    when = f", {'–'.join(map(str, years))}" if years else ""
    return badge(
        f"{strength.documents} independent documents{when}", "good", "so many documents say the same on their own"
    )


def remarks_html(sentence: Sentence) -> str:
    """What a reader should not have to look for: doubts, and what a quotation stands in place of."""
    if sentence.origin is Origin.REPLACED:
        return (
            '<details class="rag-draft rag-small"><summary>What it wrote</summary>'
            f"<div><s><bdi>{escape(sentence.draft)}</bdi></s></div><div><bdi>{escape(sentence.detail)}</bdi></div>"
            "</details>"
        )
    if sentence.detail and sentence.verdict is not Verdict.SUPPORTED:
        return f'<div class="rag-small"><bdi>{escape(sentence.detail)}</bdi></div>'
    return ""


def _source(sentence: Sentence, citations: Mapping[int, Citation]) -> str:
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
