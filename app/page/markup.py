"""Small pieces of HTML with everything variable escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal

import streamlit as st

from ...index import DocumentInfo, Status
from ...index.types import PracticeMark, Relation
from ..practice_words import chip, explained

Tone = Literal["good", "warn", "bad", "info", "plain"]

_STATUS_TONES: dict[Status, Tone] = {
    Status.CURRENT: "good",
    Status.DRAFT: "info",
    Status.SUPERSEDED: "bad",
    Status.HISTORICAL: "warn",
    Status.UNKNOWN: "plain",
}

_RELATION_TONES: dict[Relation, Tone] = {
    Relation.SUPERSEDED: "bad",
    Relation.SUCCESSOR: "good",
    Relation.PUT_AWAY: "warn",
}


def badge(text: str, tone: Tone = "plain", hint: str = "") -> str:
    """A small coloured label."""
    title = f' title="{escape(hint)}"' if hint else ""
    return f'<span class="rag-badge rag-{tone}"{title}>{escape(text)}</span>'


def status_badge(status: Status) -> str:
    """Where a document stands in time."""
    return badge(
        "status unknown" if status is Status.UNKNOWN else status.value,
        _STATUS_TONES[status],
        "what the document says of its own standing",
    )


def document_badges(document: DocumentInfo, page: int | None = None) -> str:
    """Status, kind, date and page of a source."""
    parts = [status_badge(document.status), badge(document.kind.value)]
    parts.append(badge(document.published, hint="date of publication") if document.published else badge("undated"))
    if page is not None:
        parts.append(badge(f"page {page}"))
    return f'<span class="rag-badges">{"".join(parts)}</span>'


def mark_badge(mark: PracticeMark | None) -> str:
    """Whether what a passage recommends still holds; nothing where nothing is known."""
    return badge(chip(mark), _RELATION_TONES[mark.relation], explained(mark)) if mark else ""


def mark_html(mark: PracticeMark | None) -> str:
    """The same in sentences, with the reason."""
    return f'<div class="rag-small">{escape(explained(mark))}</div>' if mark else ""


def breadcrumbs(path: Iterable[str]) -> str:
    """A heading path, outermost title first."""
    steps = '<span class="rag-step"> › </span>'.join(f"<bdi>{escape(title)}</bdi>" for title in path)
    return f'<span class="rag-path">{steps}</span>'


def notice(title: str, text: str, tone: Tone = "info") -> None:
    """A calm box with a sentence or two; used in place of `st.error`, which would read its text as Markdown."""
    st.html(
        f'<div class="rag-notice rag-edge-{tone}" role="status"><strong>{escape(title)}</strong>'
        f"<div>{escape(text)}</div></div>"
    )


def notices(title: str, texts: Sequence[str], tone: Tone = "info") -> None:
    """One such box for several messages; none for none."""
    if len(texts) == 1:
        notice(title, texts[0], tone)
    elif texts:
        rows = "".join(f"<li>{escape(text)}</li>" for text in texts)
        st.html(
            f'<div class="rag-notice rag-edge-{tone}" role="status"><strong>{escape(title)}</strong>'
            f'<ul class="rag-list">{rows}</ul></div>'
        )


def sentence_case(message: str) -> str:
    """An error's message with a capital and a full stop, for people who did not type a command."""
    message = message.strip()
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "!", "?", "`")) else ".")
