from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.colors import red
from reportlab.pdfgen.canvas import Canvas
from sota_rag.index.errors import QuarantineError
from sota_rag.ingest.formats.pdf import parse_pdf
from sota_rag.ingest.formats.pdf.rendering import page_picture

INK = 128
LINES = ("The first line is here.", "A second line holds the quote alone.", "And a third one ends the page.")


def pixels(data, page=1, width=600, max_pixels=4_000_000):
    """Grey values of a drawn page, read by another library than wrote them."""
    picture = Image.open(BytesIO(page_picture(data, page, width, max_pixels=max_pixels)))
    assert picture.format == "PNG"
    return np.asarray(picture.convert("L"))


def drawn(size=(400.0, 500.0), lines=LINES, *, turned=0, crop=None, sideways=False):
    """Three lines; `sideways`: written up the side of a page that is turned for display, and so upright again.

    reportlab takes the size of a turned page as it is displayed.
    """
    file = BytesIO()
    canvas = Canvas(file, pagesize=size, invariant=True)
    if sideways:
        turned = 90
        canvas.translate(size[1], 0)
        canvas.rotate(90)
    if crop:
        canvas.setCropBox(crop)
    canvas.setPageRotation(turned)
    canvas.setFont("Times-Roman", 14)
    for number, line in enumerate(lines):
        canvas.drawString(80, 380 - 60 * number, line)
    canvas.save()
    return file.getvalue()


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (40, 60, 360, 480)])
def test_the_box_of_a_line_lies_on_its_ink(turned, crop):
    data = drawn(turned=turned, crop=crop)
    parsed = parse_pdf(data)
    start = parsed.text.index(LINES[1])
    [box] = parsed.layout.regions(start, start + len(LINES[1]))
    width, height = parsed.layout.sizes[0]
    dark = pixels(data) < INK
    rows, columns = dark.shape
    assert columns == 600
    assert rows == round(600 * height / width)
    x0, x1 = round(box.x0 / width * columns), round(box.x1 / width * columns)
    y0, y1 = round(box.y0 / height * rows), round(box.y1 / height * rows)
    assert 0.05 < dark[y0:y1, x0:x1].mean() < 0.6
    # Lines are 60 points apart: what lies between them is blank.
    margin = round(20 / width * columns)
    if turned % 180:
        assert not dark[y0:y1, x0 - margin : x0].any()
        assert not dark[y0:y1, x1 : x1 + margin].any()
    else:
        assert not dark[y0 - margin : y0, x0:x1].any()
        assert not dark[y1 : y1 + margin, x0:x1].any()


@pytest.mark.parametrize("sideways", [False, True])
def test_the_marked_words_are_the_quote_and_nothing_else(sideways):
    """The pixels that another quote of the same width would change lie in the box, and reach its sides."""
    pages = [
        drawn(lines=(LINES[0], f"It says {quote} on it.", LINES[2]), sideways=sideways) for quote in ("HHH", "NNN")
    ]
    parsed = parse_pdf(pages[0])
    start = parsed.text.index("HHH")
    [box] = parsed.layout.regions(start, start + 3)
    assert parsed.layout.sizes == ((400.0, 500.0),)
    rows, columns = np.nonzero(pixels(pages[0], width=800) != pixels(pages[1], width=800))
    assert box.x0 == pytest.approx(columns.min() / 2, abs=10)
    assert box.x1 == pytest.approx(columns.max() / 2, abs=10)
    assert box.y0 <= rows.min() / 2 <= rows.max() / 2 <= box.y1


def test_each_page_is_its_own_picture(paper):
    made = paper()
    made.line(100, 100, "On the first page.")
    made.next_page()
    made.line(100, 600, "On the second page.")
    data = made.data()
    upper, lower = (np.nonzero(pixels(data, page) < INK)[0].mean() for page in (1, 2))
    assert upper < 120 < 570 < lower


@pytest.mark.parametrize("page", [0, 2, -1, 10**9])
def test_a_page_that_there_is_not_is_refused(page):
    with pytest.raises(QuarantineError, match=f"it has no page {page} "):
        page_picture(drawn(), page, 600, max_pixels=4_000_000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"# Markdown", "it is no PDF"),
        (b"%PDF-1.4\nnothing else", "it is damaged"),
        (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj trailer<</Root 1 0 R>>", "it is damaged|no page 1"),
    ],
)
def test_what_is_no_pdf_is_refused_in_words(data, reason):
    with pytest.raises(QuarantineError, match=reason):
        page_picture(data, 1, 600, max_pixels=4_000_000)


def test_an_encrypted_file_is_refused(paper):
    made = paper(password="secret")
    made.line(100, 100, "Nobody reads this.")
    with pytest.raises(QuarantineError, match="password"):
        page_picture(made.data(), 1, 600, max_pixels=4_000_000)


@pytest.mark.parametrize("size", [(612, 792), (14_000, 20), (20, 14_000), (14_000, 14_000), (3, 3)])
@pytest.mark.parametrize("width", [1, 600, 10**9])
def test_no_page_has_more_pixels_than_allowed(size, width):
    most = 200_000
    rows, columns = pixels(drawn(size), width=width, max_pixels=most).shape
    assert 1 <= columns <= width
    assert rows * columns <= most
    if rows > 20 and columns > 20:
        assert rows / columns == pytest.approx(size[1] / size[0], rel=0.05)


def test_colour_is_kept_and_grey_is_stored_as_grey():
    file = BytesIO()
    canvas = Canvas(file, pagesize=(100, 100))
    canvas.setFillColor(red)
    canvas.rect(0, 0, 50, 100, stroke=0, fill=1)
    canvas.save()
    picture = Image.open(BytesIO(page_picture(file.getvalue(), 1, 100, max_pixels=10**6)))
    assert picture.mode == "RGB"
    assert (picture.getpixel((25, 50)), picture.getpixel((75, 50))) == ((255, 0, 0), (255, 255, 255))
    assert Image.open(BytesIO(page_picture(drawn(), 1, 100, max_pixels=10**6))).mode == "L"


def test_frames_around_links_are_left_out_for_they_look_like_marks():
    file = BytesIO()
    canvas = Canvas(file, pagesize=(100, 100))
    canvas.drawString(10, 50, "text")
    canvas.linkURL("https://example.org", (5, 5, 95, 95), thickness=3, color=red)
    canvas.save()
    assert Image.open(BytesIO(page_picture(file.getvalue(), 1, 100, max_pixels=10**6))).mode == "L"


def test_the_same_page_is_the_same_picture():
    assert page_picture(drawn(), 1, 300, max_pixels=10**6) == page_picture(drawn(), 1, 300, max_pixels=10**6)
