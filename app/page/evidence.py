"""The evidence panel: the cited passage with the quote marked, where it stands, and why it was found."""

from collections.abc import Iterable
from html import escape

import streamlit as st

from ...index import Passage, Retriever, Signals
from ..answering import Citation
from .choice import Shown, choose, chosen
from .markup import breadcrumbs, document_badges, mark_badge, mark_html
from .page_picture import page_buttons, page_picture
from .passage_markup import passage_html

_LARGEST_BUDGET = 8_000


def evidence_panel(retriever: Retriever, shown: Shown) -> None:
    """Draw the open citation's evidence."""
    citation, budget = chosen(shown)
    hit = next((hit for hit in shown.hits if hit.passage.id == citation.passage_id), None)
    with st.container(key="evidence", gap="small"):
        _header(citation)
        if hit is None:
            st.html('<div class="rag-small">This passage is not among those that were found.</div>')
            return
        around = grown(retriever, hit.passage, budget)
        quote = citation.start - around.start, citation.end - around.start
        st.html(passage_html(around.text, quote))
        with st.container(horizontal=True, gap="small"):
            _context_buttons(retriever, shown, citation, hit.passage, around)
            page = page_buttons(retriever, shown, citation)
        if page is not None:
            page_picture(page, citation, hit.passage)
        st.html(
            f'<div class="rag-small"><bdi>{escape(citation.document.source)}</bdi><br>quote: characters '
            f"{citation.start:,}–{citation.end:,} · shown: {around.start:,}–{around.end:,}</div>"
        )
        st.html(mark_html(hit.practice) + signals_html(hit.signals, hit.rank))


def grown(retriever: Retriever, passage: Passage, budget: int) -> Passage:
    """The passage with its neighbours within a budget; as it is when the index has changed under the answer."""
    if budget <= passage.token_count:
        return passage
    try:
        larger = retriever.expand(passage, budget)
    except KeyError:  # the document left the index
        return passage
    start = passage.start - larger.start
    same = start >= 0 and larger.text[start : start + len(passage.text)] == passage.text
    return larger if same else passage


def _header(citation: Citation) -> None:
    title, path = citation.document.title, citation.heading_path
    st.html(
        f'<div class="rag-rows"><div><div class="rag-evidence-title">[{citation.marker}] <bdi>{escape(title)}</bdi>'
        f"</div>{breadcrumbs(path[1:] if path[:1] == (title,) else path)}</div>"
        f"{document_badges(citation.document, citation.page)} {mark_badge(citation.practice)}</div>"
    )


def _context_buttons(retriever: Retriever, shown: Shown, citation: Citation, passage: Passage, around: Passage) -> None:
    budget = min(max(2 * around.token_count, 400), _LARGEST_BUDGET)
    larger = grown(retriever, passage, budget)
    while larger.text == around.text and budget < _LARGEST_BUDGET:
        budget = min(2 * budget, _LARGEST_BUDGET)
        larger = grown(retriever, passage, budget)
    st.button(
        "Show more context",
        key="more-context",
        disabled=larger.text == around.text,
        on_click=choose,
        args=(shown, citation.marker, budget),
    )
    if around.text != passage.text:
        st.button("Passage only", key="less-context", on_click=choose, args=(shown, citation.marker))


def signals_html(signals: Signals, rank: int) -> str:
    """Rank and score of a hit in every stage, as a table; the reranker's as a probability where it is one."""
    rows = (
        ("Dense (cosine)", signals.dense_score, signals.dense_rank),
        ("BM25", signals.bm25_score, signals.bm25_rank),
        ("Fused", signals.fused_score, rank if signals.rerank_score is None else None),
        (
            "Reranker" if signals.rerank_probability is None else "Reranker (probability)",
            signals.rerank_score if signals.rerank_probability is None else signals.rerank_probability,
            None if signals.rerank_score is None else rank,
        ),
    )
    return (
        '<table class="rag-table2"><thead><tr><th>Why it was found</th><th class="rag-number">Score</th>'
        f'<th class="rag-number">Rank</th></tr></thead><tbody>{"".join(_signal_rows(rows))}</tbody></table>'
    )


def _signal_rows(rows: Iterable[tuple[str, float | None, int | None]]) -> Iterable[str]:
    for name, score, rank in rows:
        yield (
            f'<tr><td>{name}</td><td class="rag-number">{"not run" if score is None else f"{score:.3f}"}</td>'
            f'<td class="rag-number">{"–" if rank is None else rank}</td></tr>'
        )
