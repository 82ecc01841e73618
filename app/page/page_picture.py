"""The page that a quote stands on, as a picture with the quote and its passage marked."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import streamlit as st

from ...index import Passage, Retriever, SotaRagError
from ...index.layout import Layout, PageSpan
from ...index.manifest import Manifest
from ...index.store import FileRecord, FileState
from ...index.view import View
from ..answering import Citation
from ..page_pictures import draw_page
from .choice import Shown
from .markup import notice, sentence_case

_OPEN, _FAILED = "open-page", "failed-page"
_WIDTH = 1200
"""Pixels: twice the panel's width on a usual screen, so that a page is sharp on a fine one."""
_KEPT = 12


@dataclass(frozen=True, slots=True)
class CitedPage:
    """A page of a citation's document.

    Attributes:
        question: which the citation answers.
        generation: of the index that answered.
        marker: of the citation.
        page: 1-based.
    """

    question: str
    generation: str | None
    marker: int
    page: int


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """A page that is to be shown.

    Attributes:
        page: which.
        layout: of its document.
        record: of its file.
        manifest: of the index.
    """

    page: CitedPage
    layout: Layout
    record: FileRecord
    manifest: Manifest


def page_buttons(retriever: Retriever, shown: Shown, citation: Citation) -> OpenedPage | None:
    """Draw a button for each page that the quote stands on, none for unpaged formats; returns the page that is open."""
    if citation.page is None:
        return None
    view = retriever.view()
    layout, record = _layout(view, citation), _record(view, citation)
    if layout is None or record is None:
        _small("The index has changed since this was answered; ask again to see the page.")
        return None
    pages = sorted({region.page for region in layout.regions(citation.start, citation.end)}) or [citation.page]
    held, opened = st.session_state.get(_OPEN), None
    for page in pages:
        one = CitedPage(shown.question, shown.generation, citation.marker, page)
        if one == held:
            opened = OpenedPage(one, layout, record, retriever.manifest)
        label, target = ("Hide", None) if one == held else ("Show", one)
        st.button(f"{label} page {page}", key=f"page-{page}", on_click=_open, args=(target,))
    return opened


def page_picture(opened: OpenedPage, citation: Citation, passage: Passage) -> None:
    """Draw the open page with its marks, or why it cannot be shown."""
    png = _png(opened)
    if not png:
        return
    page, layout = opened.page.page, opened.layout
    quote = [region for region in layout.regions(citation.start, citation.end) if region.page == page]
    around = [region for region in layout.regions(passage.start, passage.end) if region.page == page]
    html = page_html(png, citation.document.title, page, layout.sizes[page - 1], quote, around)
    caption = _caption(page, len(layout.sizes), bool(quote))
    st.html(html)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _small(caption)
        if st.button("Enlarge", key="enlarge-page"):
            _enlarged(html, caption)


@st.dialog("The page", width="large")
def _enlarged(html: str, caption: str) -> None:
    _small(caption)
    st.html(f'<div class="rag-page-large">{html}</div>')


def _open(page: CitedPage | None) -> None:
    st.session_state[_OPEN] = page
    st.session_state.pop(_FAILED, None)


def _png(opened: OpenedPage) -> bytes:
    """The picture; without one, the reason is drawn and nothing comes back."""
    # What failed is not tried again with every click elsewhere: it may have taken all of its time.
    reason, page = st.session_state.get(_FAILED), opened.page.page
    if reason is None:
        try:
            return _drawn(opened.record.fingerprint, page, opened.record, opened.manifest)
        except SotaRagError as error:
            reason = st.session_state[_FAILED] = str(error)
    notice(f"Page {page} cannot be shown", sentence_case(reason), "warn")
    return b""


# The fingerprint holds the hash of the file's bytes: a picture is of that file, whatever lies in its place later.
@st.cache_data(max_entries=_KEPT, show_spinner="Drawing the page …")
def _drawn(fingerprint: str, page: int, _record: FileRecord, _manifest: Manifest) -> bytes:
    return draw_page(_record, _manifest, page, _WIDTH)


def page_html(
    png: bytes,
    title: str,
    page: int,
    size: tuple[float, float],
    quote: Iterable[PageSpan],
    passage: Iterable[PageSpan],
) -> str:
    """The picture with boxes over it, all in one element.

    Args:
        png: the picture.
        title: of the document.
        page: 1-based.
        size: of the page in points, as displayed.
        quote: boxes on this page, in points.
        passage: boxes on this page that are marked lighter.
    """
    width, height = size
    described = escape(f"Page {page} of {title}")
    layers = "".join(
        f'<div class="rag-marks rag-marks-{name}">{"".join(_box(region, width, height) for region in regions)}</div>'
        for name, regions in (("passage", passage), ("quote", quote))
    )
    return (
        f'<div class="rag-page" style="aspect-ratio:{width:g}/{height:g}">'
        f'<img alt="{described}" src="data:image/png;base64,{b64encode(png).decode()}">{layers}</div>'
    )


def _box(region: PageSpan, width: float, height: float) -> str:
    """A box in percent of the page, so that it follows the picture's size."""
    left, top = 100 * region.x0 / width, 100 * region.y0 / height
    across, down = 100 * (region.x1 - region.x0) / width, 100 * (region.y1 - region.y0) / height
    return f'<span style="left:{left:.3f}%;top:{top:.3f}%;width:{across:.3f}%;height:{down:.3f}%"></span>'


def _caption(page: int, pages: int, marked: bool) -> str:
    where = "Yellow: the quote; lighter: its passage." if marked else "Where the quote stands on it is not known."
    return f"Page {page} of {pages}. {where}"


def _layout(view: View, citation: Citation) -> Layout | None:
    """The document's pages, if its text still is what the answer quotes."""
    try:
        text = view.document(citation.document.id).text
    except KeyError:  # the document left the index
        return None
    return view.layout(citation.document.id) if text[citation.start : citation.end] == citation.quote else None


def _record(view: View, citation: Citation) -> FileRecord | None:
    wanted = citation.document.id
    records = (record for record in view.files() if record.state is FileState.INDEXED)
    return next((record for record in records if record.document_id == wanted), None)


def _small(text: str) -> None:
    st.html(f'<div class="rag-small">{escape(text)}</div>')
