"""Lists of found passages, each to be unfolded; plain HTML, for labels of widgets would be read as Markdown."""

from collections.abc import Sequence

import streamlit as st

from ...index import Hit
from .markup import badge, breadcrumbs, document_badges, mark_badge, mark_html
from .passage_markup import passage_html


def nearest(hits: Sequence[Hit]) -> None:
    """The passages that came nearest to a question without an answer."""
    with st.container(key="evidence"):
        if hits:
            st.html('<div class="rag-evidence-title">Nearest passages</div>')
            hit_list(hits)
        else:
            st.html('<div class="rag-small">No passage qualifies. Look at the filters in the sidebar.</div>')


def passages_read(hits: Sequence[Hit]) -> None:
    """The passages that an answer is being made from."""
    with st.container(key="evidence"):
        st.html('<div class="rag-evidence-title">Passages that were found</div>')
        hit_list(hits)


def hit_list(hits: Sequence[Hit]) -> None:
    """Every hit as a line that unfolds."""
    st.html(f'<div class="rag-hits">{"".join(map(_hit, hits))}</div>')


def _hit(hit: Hit) -> str:
    passage = hit.passage
    cosine = hit.signals.dense_score
    similarity = "" if cosine is None else badge(f"cosine {cosine:.2f}", hint="similarity to the question, at most 1")
    return (
        f'<details class="rag-hit"><summary>{hit.rank}. {breadcrumbs(passage.heading_path or (hit.document.title,))} '
        f"{document_badges(hit.document, passage.page)} {similarity} {mark_badge(hit.practice)}</summary>"
        f"{mark_html(hit.practice)}{passage_html(passage.text)}</details>"
    )
