"""One page of a PDF as a picture, for somebody who wants to see where a quote stands.

Only what the page itself draws: annotations (frames around links, notes) are left out, for they hide text or look
like marks.
"""

import ctypes
import struct
import zlib
from math import sqrt

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ....index.errors import QuarantineError
from .extract import opened

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_WHITE = 0xFFFFFFFF
_GREY, _RGB = 0, 2
_COMPRESSION = 6


def page_picture(data: bytes, page: int, width: int, *, max_pixels: int) -> bytes:
    """A page as it is displayed, as a PNG of 8 bits a channel.

    Args:
        data: the PDF file.
        page: 1-based.
        width: of the picture in pixels, at least 1.
        max_pixels: most pixels of the picture; a page that would need more is drawn smaller.

    Raises:
        QuarantineError: the file cannot be opened, or has no such page, or the page cannot be drawn.
    """
    with opened(data) as document:
        count = len(document)
        if not 1 <= page <= count:
            raise QuarantineError(f"it has no page {page} (its pages are 1 to {count}); ingest it again")
        handle = pdfium.FPDF_LoadPage(document.raw, page - 1)
        if not handle:
            raise QuarantineError(f"its page {page} is damaged and cannot be drawn; repair the file or fetch it again")
        try:
            pixels = _drawn(handle, page, width, max_pixels)
        finally:
            pdfium.FPDF_ClosePage(handle)
    return _png(pixels)


def _drawn(handle: ctypes.c_void_p, page: int, width: int, max_pixels: int) -> NDArray[np.uint8]:
    """The page's pixels, red, green and blue: `(height, width, 3)`."""
    points = float(pdfium.FPDF_GetPageWidthF(handle)), float(pdfium.FPDF_GetPageHeightF(handle))
    if not all(0 < side < float("inf") for side in points):
        raise QuarantineError(f"its page {page} has no sensible size ({points[0]:g} by {points[1]:g}); leave it out")
    columns, rows = _size(*points, width, max_pixels)
    stride = 4 * columns
    pixels = np.empty((rows, columns, 4), np.uint8)
    bitmap = pdfium.FPDFBitmap_CreateEx(columns, rows, pdfium.FPDFBitmap_BGRx, pixels.ctypes.data, stride)
    if not bitmap:
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, _WHITE)
        pdfium.FPDF_RenderPageBitmap(bitmap, handle, 0, 0, columns, rows, 0, pdfium.FPDF_REVERSE_BYTE_ORDER)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels[:, :, :3]


def _size(width_points: float, height_points: float, width: int, max_pixels: int) -> tuple[int, int]:
    """Columns and rows of a picture, in the page's proportion as far as whole pixels and `max_pixels` let it."""
    ratio = height_points / width_points
    width = min(width, max_pixels, max(1, int(sqrt(max_pixels / ratio))))
    return width, max(1, min(round(width * ratio), max_pixels // width))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG (RFC 2083) without filters, which suit text less than none; in shades of grey where there is no colour."""
    rows, columns, _ = pixels.shape
    grey = bool((pixels[:, :, 0] == pixels[:, :, 1]).all() and (pixels[:, :, 0] == pixels[:, :, 2]).all())
    samples = pixels[:, :, :1] if grey else pixels
    lines = np.zeros((rows, 1 + columns * samples.shape[2]), np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = samples.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, _GREY if grey else _RGB, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), _COMPRESSION)
    return PNG_SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))
