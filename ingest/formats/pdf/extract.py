"""A PDF's bytes to its pages: opening, what cannot be read and why, and each page's text and shapes."""

import ctypes
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pypdfium2 as pypdfium
import pypdfium2.raw as pdfium

from ....index.errors import QuarantineError
from .drawings import find_frames, find_shapes
from .page import Box, Frame, Page
from .pdfium import FontTable, read_characters, read_shapes
from .runs import find_runs

_logger = logging.getLogger(__name__)

MAX_PAGES = 2000
MAX_CHARACTERS = 5_000_000
_MAX_PAGE_CHARACTERS = 100_000
_MIN_SIDE, _MAX_SIDE = 1.0, 20_000.0


@dataclass(slots=True)
class Extracted:
    """What was read of a document.

    Attributes:
        pages: in order; a page that could not be read has no runs.
        warnings: in words for the document's author.
        images: 1-based numbers of pages with images and no text.
        readable: characters with a Unicode value.
        unreadable: characters without.
    """

    pages: list[Page] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    readable: int = 0
    unreadable: int = 0


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium.PdfDocument]:
    """The document behind the bytes.

    Raises:
        QuarantineError: it is empty, no PDF, damaged, or needs a password.
    """
    if not data.strip():
        raise QuarantineError("it is empty; nothing in it can be indexed")
    if b"%PDF-" not in data[:4096]:
        raise QuarantineError(f"it is no PDF (it begins with {data[:8]!r}); give it the suffix of its own format")
    try:
        document = pypdfium.PdfDocument(data)
    except pypdfium.PdfiumError as error:
        raise QuarantineError(_why_not(error, data)) from error
    try:
        yield document
    finally:
        document.close()


def _why_not(error: pypdfium.PdfiumError, data: bytes) -> str:
    code = getattr(error, "err_code", None)
    if code == pdfium.FPDF_ERR_PASSWORD:
        return "it is encrypted and needs a password; remove it, for example with: qpdf --decrypt --password=… IN OUT"
    if code == pdfium.FPDF_ERR_SECURITY:
        return "it is encrypted in a way that cannot be read; remove that, for example with: qpdf --decrypt IN OUT"
    cut = "" if b"%%EOF" in data[-2048:] else " (its end is missing: the file was cut off)"
    return f"it is damaged{cut} and cannot be opened; fetch it again, or repair it, for example with: qpdf IN OUT"


def extract(document: pypdfium.PdfDocument) -> Extracted:
    """All pages of an open document, up to `MAX_PAGES` and `MAX_CHARACTERS`."""
    found = Extracted()
    fonts = FontTable()
    count = len(document)
    if count > MAX_PAGES:
        found.warnings.append(f"it has {count} pages; only the first {MAX_PAGES} are read")
    for index in range(min(count, MAX_PAGES)):
        room = MAX_CHARACTERS - found.readable - found.unreadable
        if room <= 0:
            found.warnings.append(
                f"it has more than {MAX_CHARACTERS} characters; pages from {index + 1} on are not read"
            )
            break
        try:
            _read_page(document, index, min(room, _MAX_PAGE_CHARACTERS), fonts, found)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # What no check has foreseen costs the page, not the document.
            _logger.exception("page %d", index + 1)
            found.warnings.append(f"page {index + 1} could not be read ({error!r}) and was left out")
            found.pages[index:] = [_blank(index + 1)]
    return found


def _read_page(document: pypdfium.PdfDocument, index: int, room: int, fonts: FontTable, found: Extracted) -> None:
    number = index + 1
    page = pdfium.FPDF_LoadPage(document.raw, index)
    if not page:
        found.warnings.append(f"page {number} is damaged and was left out")
        found.pages.append(_blank(number))
        return
    try:
        box, rotation = _visible(page), int(pdfium.FPDFPage_GetRotation(page)) % 4
        if box is None:
            found.warnings.append(f"page {number} has no sensible size and was left out")
            found.pages.append(_blank(number))
            return
        text_page = pdfium.FPDFText_LoadPage(page)
        if not text_page:
            found.warnings.append(f"the text of page {number} is damaged and was left out")
            found.pages.append(Page(number, _frame(box, rotation), [], [], [], []))
            return
        try:
            total = int(pdfium.FPDFText_CountChars(text_page))
            if total > room:
                found.warnings.append(f"page {number} has {total} characters; only the first {room} are read")
            upright, turned, frame, unreadable = find_runs(read_characters(text_page, room, fonts), box, rotation)
        finally:
            pdfium.FPDFText_ClosePage(text_page)
        shapes, types = read_shapes(page)
        rules, pictures = find_shapes(shapes, types, box, rotation, frame)
        found.pages.append(
            Page(
                number,
                frame,
                upright,
                turned,
                rules,
                pictures,
                unreadable,
                find_frames(shapes, types, box, rotation, frame),
            )
        )
        readable = sum(len(run.text) for run in upright) + sum(len(run.text) for run in turned) - unreadable
        found.readable += max(0, readable)
        found.unreadable += unreadable
        if not upright and (types == pdfium.FPDF_PAGEOBJ_IMAGE).any():
            found.images.append(number)
    finally:
        pdfium.FPDF_ClosePage(page)


def _visible(page: ctypes.c_void_p) -> Box | None:
    """The part of a page that is shown, in PDF coordinates; None if it has no sensible size."""
    rectangle = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, rectangle):
        return None
    sides = (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
    box = Box(*sides)
    if not all(math.isfinite(side) for side in sides):
        return None
    return box if all(_MIN_SIDE <= side <= _MAX_SIDE for side in (box.width, box.height)) else None


def _frame(box: Box, rotation: int) -> Frame:
    return Frame(box.height, box.width) if rotation % 2 else Frame(box.width, box.height)


def _blank(number: int) -> Page:
    """Stands for a page that cannot be read, so that numbers and sizes stay in step."""
    return Page(number, Frame(0.0, 0.0), [], [], [], [])


def require_readable(found: Extracted) -> None:
    """Say why there is nothing to index, where there is not; warn of scanned pages among others.

    Raises:
        QuarantineError: it is a scan, has no text, or its text has no Unicode values.
    """
    pages = len(found.pages)
    if found.unreadable > max(50, found.readable / 3):
        share = round(100 * found.unreadable / (found.readable + found.unreadable))
        raise QuarantineError(
            f"its text layer is not readable ({share} % of its characters have no Unicode value); make it anew, "
            "for example with: ocrmypdf --force-ocr IN OUT"
        )
    if not any(page.runs for page in found.pages):
        if found.images:
            raise QuarantineError(
                f"it is a scan: {len(found.images)} of {pages} pages hold images and no text; run it through OCR "
                "first, for example with: ocrmypdf IN OUT"
            )
        failed = f" ({found.warnings[0]})" if found.warnings else ""
        raise QuarantineError(f"it has no text on its {pages} pages{failed}; nothing in it can be indexed")
    if found.images:
        shown = ", ".join(map(str, found.images[:10])) + (", …" if len(found.images) > 10 else "")
        found.warnings.append(
            f"{len(found.images)} of {pages} pages hold images and no text ({shown}) and were left out; to have them "
            "read, run the file through OCR first, for example with: ocrmypdf IN OUT"
        )
