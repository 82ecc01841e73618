"""The picture of a cited page, in the page as Streamlit's test driver runs it."""

import base64
import re
import time
from html import unescape
from importlib.resources import files
from io import BytesIO

import numpy as np
import pytest

pytest.importorskip("streamlit", reason="the page needs the extra `app`")

import streamlit as st
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from sota_rag.app import compose, page_pictures
from sota_rag.app.page.page_picture import page_html
from sota_rag.app.page_pictures import indexed_bytes
from sota_rag.app.settings import Settings
from sota_rag.index import Retriever
from sota_rag.index.errors import QuarantineError
from sota_rag.index.layout import PageSpan
from sota_rag.ingest.isolation import Limits
from sota_rag.ingest.metadata import DocumentMeta
from streamlit.testing.v1 import AppTest

ENTRY = str(files("sota_rag.app.page") / "entry.py")
TITLE = "Warming Up Zorblax Networks"
FILLER = "The schedule of a run is written down before it starts and it is kept with the weights that came of it."
FIRST = "The Zorblax warm-up takes exactly four hundred steps before the rate of learning is held at its peak."
LAST = ("The Zorblax decay follows half a cosine over the remaining", "steps and ends at one tenth of the peak.")
FIRST_QUESTION = "How many steps does the Zorblax warm-up take?"
LAST_QUESTION = "What does the Zorblax decay follow and where does it end?"
GUIDE = "# Gradient clipping\n\nGradient clipping bounds the norm of the gradients at one in most recipes.\n"
GUIDE_QUESTION = "What does gradient clipping bound?"


def paper(first=FIRST):
    """Two pages; a sentence begins on the first and ends on the second."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=(500, 400), invariant=True)

    def lines(y, *texts, size=10):
        canvas.setFont("Times-Roman", size)
        for text in texts:
            canvas.drawString(40, y, text)
            y -= 12

    lines(350, TITLE, size=18)
    lines(310, FILLER, first, FILLER, FILLER)
    lines(40, LAST[0])
    canvas.showPage()
    lines(350, LAST[1], FILLER, FILLER)
    canvas.save()
    return file.getvalue()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    papers = folder / "papers"
    papers.mkdir()
    (papers / "zorblax.pdf").write_bytes(paper())
    (papers / "clipping.md").write_text(GUIDE, encoding="utf-8")
    flags = DocumentMeta(published="2024-03")
    compose.run_ingestion(Settings.load(index=folder / "index"), [papers], flags=flags)
    return folder


@pytest.fixture
def page(corpus, monkeypatch, tmp_path):
    st.cache_data.clear()
    monkeypatch.setenv("SOTA_RAG_INDEX", str(corpus / "index"))
    monkeypatch.setenv("SOTA_RAG_ANSWER__THRESHOLD", "0")
    monkeypatch.setenv("SOTA_RAG_ANSWER__MODE", "extract")
    monkeypatch.chdir(tmp_path)
    return AppTest.from_file(ENTRY, default_timeout=120)


@pytest.fixture
def source(corpus):
    """The PDF, put back after the test."""
    path = corpus / "papers" / "zorblax.pdf"
    yield path
    path.write_bytes(paper())


@pytest.fixture
def indexed(corpus):
    with Retriever.open(corpus / "index") as retriever:
        record = next(record for record in retriever.view().files() if record.path == "zorblax.pdf")
        yield record, retriever.manifest


def ask(page, question):
    page.query_params["q"] = question
    return checked(page.run())


def checked(page):
    assert not page.exception, page.exception
    return page


def press(page, label):
    next(found for found in page.button if found.label == label).click()
    return checked(page.run())


def page_buttons(page):
    return [found.label for found in page.button if "page" in found.label]


def bodies(page):
    return [html.body for html in page.get("html")]


def picture(page):
    """The HTML of the open page, or nothing."""
    return next((body for body in bodies(page) if 'class="rag-page"' in body), "")


def text(page):
    return "\n".join(unescape(re.sub(r"<[^>]*>", "", body)) for body in bodies(page))


def boxes(html, layer):
    """Left, top, width and height of the marks of a layer, in percent."""
    inner = re.search(rf'rag-marks-{layer}">(.*?)</div>', html)[1]
    return [
        [float(number) for number in re.findall(r":([\d.]+)%", style)] for style in re.findall('style="(.*?)"', inner)
    ]


def ink(html, box):
    """Share of dark pixels under a mark."""
    data = re.search(r"data:image/png;base64,([\w+/=]+)", html)[1]
    dark = np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("L")) < 128
    rows, columns = dark.shape
    left, top, width, height = box
    x0, x1 = round(left / 100 * columns), round((left + width) / 100 * columns)
    y0, y1 = round(top / 100 * rows), round((top + height) / 100 * rows)
    return dark[y0:y1, x0:x1].mean()


def test_the_page_is_shown_with_the_quote_marked(page):
    ask(page, FIRST_QUESTION)
    assert FIRST in text(page)
    assert page_buttons(page) == ["Show page 1"]
    assert not picture(page)
    html = picture(press(page, "Show page 1"))
    assert f'alt="Page 1 of {TITLE}"' in html
    [quote] = boxes(html, "quote")
    # The second line of text: its baseline is 400 - 298 points from the top, its height some ten.
    assert quote[0] == pytest.approx(100 * 40 / 500, abs=0.5)
    assert quote[1] < 100 * (400 - 298) / 400 < quote[1] + quote[3]
    assert 0.05 < ink(html, quote) < 0.5
    assert len(boxes(html, "passage")) > 1
    assert "Page 1 of 2. Yellow: the quote; lighter: its passage." in text(page)
    assert not picture(press(page, "Hide page 1"))


def test_both_pages_of_a_quote_can_be_opened(page):
    ask(page, LAST_QUESTION)
    assert page_buttons(page) == ["Show page 1", "Show page 2"]
    first = picture(press(page, "Show page 1"))
    second = picture(press(page, "Show page 2"))
    assert page_buttons(page) == ["Show page 1", "Hide page 2"]
    [low], [high] = boxes(first, "quote"), boxes(second, "quote")
    assert low[1] > 85 and high[1] < 20
    assert ink(first, low) > 0.05 and ink(second, high) > 0.05


def test_the_page_can_be_enlarged(page):
    press(ask(page, FIRST_QUESTION), "Show page 1")
    press(page, "Enlarge")
    assert sum("data:image/png" in body for body in bodies(page)) == 2


def test_a_guide_has_no_pages(page):
    ask(page, GUIDE_QUESTION)
    assert "Gradient clipping bounds the norm" in text(page)
    assert not page_buttons(page)


def test_another_citation_closes_the_page(page):
    press(ask(page, FIRST_QUESTION), "Show page 1")
    assert not picture(ask(page, LAST_QUESTION))
    assert picture(ask(page, FIRST_QUESTION))


def test_another_file_in_its_place_is_not_shown(page, source):
    source.write_bytes(paper(FIRST.replace("four", "nine")))
    press(ask(page, FIRST_QUESTION), "Show page 1")
    assert not picture(page)
    assert "Page 1 cannot be shown" in text(page)
    assert "It is no longer the file that was indexed" in text(page)
    assert "sota-rag ingest " in text(page)
    source.write_bytes(paper())
    press(page, "Hide page 1")
    assert picture(press(page, "Show page 1"))


def test_a_file_that_is_gone_is_said(page, source):
    source.unlink()
    press(ask(page, FIRST_QUESTION), "Show page 1")
    assert "It cannot be read any more (No such file or directory)" in text(page)
    assert "Dense (cosine)" in text(page)


def test_a_worker_that_is_killed_leaves_a_message_and_the_page_lives_on(page, monkeypatch):
    monkeypatch.setattr(page_pictures, "LIMITS", Limits(wall_s=1e-9))
    press(ask(page, FIRST_QUESTION), "Show page 1")
    assert "It took longer than 1e-09 s to read" in text(page)
    # It is not tried again by a click elsewhere, which would be slow every time.
    began = time.monotonic()
    monkeypatch.setattr(page_pictures, "LIMITS", Limits())
    press(page, "Show more context") if not page.button(key="more-context").disabled else checked(page.run())
    assert time.monotonic() - began < 5
    assert "cannot be shown" in text(page)
    press(page, "Hide page 1")
    assert picture(press(page, "Show page 1"))


def test_the_indexed_file_is_known_by_what_ingestion_wrote(indexed, source):
    """Flags of the folder and a sidecar count, as they do for ingestion."""
    record, manifest = indexed
    assert indexed_bytes(record, manifest) == paper()
    sidecar = source.with_name("zorblax.pdf.meta.yaml")
    sidecar.write_text("title: Another\n", encoding="utf-8")
    with pytest.raises(QuarantineError, match="no longer the file that was indexed"):
        indexed_bytes(record, manifest)
    sidecar.unlink()
    assert indexed_bytes(record, manifest) == paper()


def test_a_file_that_was_ingested_by_itself_is_found(tmp_path):
    source = tmp_path / "alone.pdf"
    source.write_bytes(paper())
    source.with_name("alone.meta.yaml").write_text("title: Alone\n", encoding="utf-8")
    compose.run_ingestion(Settings.load(index=tmp_path / "index"), [source])
    with Retriever.open(tmp_path / "index") as retriever:
        [record] = retriever.view().files()
        assert indexed_bytes(record, retriever.manifest) == paper()


def test_a_link_out_of_the_folder_is_not_followed(indexed, source, tmp_path):
    (tmp_path / "elsewhere.pdf").write_bytes(paper())
    source.unlink()
    source.symlink_to(tmp_path / "elsewhere.pdf")
    with pytest.raises(QuarantineError, match="by a symbolic link"):
        indexed_bytes(*indexed)
    source.unlink()


def test_a_title_stays_text():
    html = page_html(b"png", 'A "title" <script>', 3, (600.0, 800.0), [PageSpan(0, 4, 3, 60, 80, 120, 100)], [])
    assert 'alt="Page 3 of A &quot;title&quot; &lt;script&gt;"' in html
    assert '<span style="left:10.000%;top:10.000%;width:10.000%;height:2.500%"></span>' in html
