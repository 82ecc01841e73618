"""PDFium through numpy: bulk reads of a page's characters, and of the shapes drawn on it.

One Python call a character would cost more than everything else together; so the functions of PDFium are mapped
over the indices, and write straight into arrays.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from .fonts import Font, font_of

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_NAME_BYTES = 256
_MAX_OBJECTS = 20_000
"""Objects of a page that are looked at; a scatter plot may have a million."""


def _function(name: str, result: type, *arguments: type) -> Callable[..., int]:
    """A function of PDFium that takes addresses as plain integers, which `map` can count up."""
    address = ctypes.cast(getattr(pdfium, name), _POINTER).value
    assert address is not None
    return ctypes.CFUNCTYPE(result, *arguments)(address)


_unicode = _function("FPDFText_GetUnicode", ctypes.c_uint, _POINTER, _INT)
_loose_box = _function("FPDFText_GetLooseCharBox", _INT, _POINTER, _INT, _POINTER)
_origin = _function("FPDFText_GetCharOrigin", _INT, _POINTER, _INT, _POINTER, _POINTER)
_text_object = _function("FPDFText_GetTextObject", _POINTER, _POINTER, _INT)


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters of a page in content order, in PDF coordinates (origin at the bottom left).

    Attributes:
        codes: Unicode code points, `(n,)`; what PDFium adds, such as spaces between words, included.
        boxes: left, top, right, bottom of ascent, descent and advance, `(n, 4)`.
        origins: where the pen stands, `(n, 2)`.
        objects: index of the text object that drew it, `(n,)`; -1 for what PDFium added.
        fonts: of each text object.
        matrices: a, b, c, d of each text object: the scale and rotation of its characters, `(objects, 4)`.
        sizes: font size of each text object before its matrix is applied, `(objects,)`.
    """

    codes: NDArray[np.int64]
    boxes: NDArray[np.float32]
    origins: NDArray[np.float64]
    objects: NDArray[np.int64]
    fonts: list[Font]
    matrices: NDArray[np.float64]
    sizes: NDArray[np.float64]


class FontTable:
    """Fonts seen in a document, so that each is looked up once; PDFium's handles live as long as the page."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], Font] = {}

    def read(self, font: ctypes.c_void_p) -> Font:
        """The font behind a handle."""
        buffer = ctypes.create_string_buffer(_NAME_BYTES)
        pdfium.FPDFFont_GetBaseFontName(font, buffer, _NAME_BYTES)
        name = buffer.value.decode("latin-1")
        key = (name, int(pdfium.FPDFFont_GetFlags(font)), int(pdfium.FPDFFont_GetWeight(font)))
        if key not in self._known:
            self._known[key] = font_of(*key)
        return self._known[key]


def read_characters(text_page: ctypes.c_void_p, most: int, table: FontTable) -> Characters:
    """All characters of a text page, at most `most`."""
    count = max(0, min(int(pdfium.FPDFText_CountChars(text_page)), most))
    handle = ctypes.cast(text_page, _POINTER).value
    indices = range(count)
    codes = np.fromiter(map(_unicode, repeat(handle), indices), np.int64, count)
    boxes = np.zeros((count, 4), np.float32)
    origins = np.zeros((count, 2), np.float64)
    start = boxes.ctypes.data
    _exhaust(map(_loose_box, repeat(handle), indices, range(start, start + 16 * count, 16)))
    start = origins.ctypes.data
    _exhaust(
        map(
            _origin,
            repeat(handle),
            indices,
            range(start, start + 16 * count, 16),
            range(start + 8, start + 8 + 16 * count, 16),
        )
    )
    handles = list(map(_text_object, repeat(handle), indices))
    numbers: dict[int | None, int] = {None: -1}
    objects = np.fromiter((numbers.setdefault(one, len(numbers) - 1) for one in handles), np.int64, count)
    fonts: list[Font] = []
    matrices = np.zeros((len(numbers) - 1, 4))
    sizes = np.zeros(len(numbers) - 1)
    by_handle: dict[int | None, Font] = {}
    first = dict(zip(reversed(handles), range(count - 1, -1, -1), strict=True))
    matrix = pdfium.FS_MATRIX()
    for one, number in numbers.items():
        if one is None:
            continue
        text_object = ctypes.cast(one, pdfium.FPDF_PAGEOBJECT)
        font = pdfium.FPDFTextObj_GetFont(text_object)
        font_handle = ctypes.cast(font, _POINTER).value
        if font_handle not in by_handle:
            by_handle[font_handle] = table.read(font) if font else Font("")
        fonts.append(by_handle[font_handle])
        if pdfium.FPDFText_GetMatrix(text_page, first[one], matrix):
            matrices[number] = matrix.a, matrix.b, matrix.c, matrix.d
        sizes[number] = pdfium.FPDFText_GetFontSize(text_page, first[one])
    return Characters(codes, boxes, origins, objects, fonts, matrices, sizes)


def read_shapes(page: ctypes.c_void_p) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Boxes (left, bottom, right, top) of a page's objects, `(n, 4)`, and their types, `(n,)`."""
    count = min(int(pdfium.FPDFPage_CountObjects(page)), _MAX_OBJECTS)
    boxes: list[tuple[float, float, float, float]] = []
    types: list[int] = []
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(count):
        shape = pdfium.FPDFPage_GetObject(page, index)
        kind = int(pdfium.FPDFPageObj_GetType(shape))
        if kind != pdfium.FPDF_PAGEOBJ_TEXT and pdfium.FPDFPageObj_GetBounds(shape, left, bottom, right, top):
            boxes.append((left.value, bottom.value, right.value, top.value))
            types.append(kind)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(types, np.int64)


def _exhaust(calls: map) -> None:
    """Run calls for their effect only."""
    for _ in calls:
        pass
