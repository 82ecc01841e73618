"""Shapes on a page: thin rules, and pictures, which are images, included graphics or clusters of drawn lines."""

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from .page import Box, Frame, merged

_THIN = 2.5
_MIN_RULE = 18.0
_CELL = 6.0
_MIN_PICTURE = 24.0
_MAX_SHARE = 0.7
"""A graphic over more of the page than this is its background, or the page itself."""
_MIN_FRAME = 60.0
_MIN_STROKES = 6
_MAX_RULES = 1000
_MAX_PICTURES = 400


def find_shapes(
    shapes: NDArray[np.float32], types: NDArray[np.int64], page_box: Box, rotation: int, frame: Frame
) -> tuple[list[Box], list[Box]]:
    """Rules, from top to bottom, and pictures, in the frame in which the page's text is upright.

    Args:
        shapes: left, bottom, right, top in PDF coordinates.
        types: PDFium's type of each.
        page_box: the visible part of the page: left, bottom, right, top.
        rotation: quarter turns clockwise by which the page is displayed.
        frame: of the page's text.
    """
    if not len(shapes):
        return [], []
    sane = np.isfinite(shapes).all(axis=1)
    boxes, kinds = _clipped(shapes[sane], page_box, rotation, frame), types[sane]
    width, height = frame.upright_size
    wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    visible = (wide >= 0) & (tall >= 0) & ((wide > 0) | (tall > 0))
    thin = visible & (tall <= _THIN) & (wide >= _MIN_RULE) & (kinds != pdfium.FPDF_PAGEOBJ_FORM)
    graphic = np.isin(kinds, [pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING])
    large = (wide >= _MIN_PICTURE) & (tall >= _MIN_PICTURE)
    sensible = wide * tall < _MAX_SHARE * width * height
    rules = [Box(*box) for box in boxes[thin][np.argsort(boxes[thin][:, 1], kind="stable")].tolist()][:_MAX_RULES]
    pictures = [Box(*box) for box in boxes[visible & graphic & large & sensible][:_MAX_PICTURES].tolist()]
    strokes = boxes[visible & (kinds == pdfium.FPDF_PAGEOBJ_PATH) & ~thin & sensible & (wide < 0.5 * width)]
    return rules, merged(pictures + _clusters(strokes, width, height))


def find_frames(
    shapes: NDArray[np.float32], types: NDArray[np.int64], page_box: Box, rotation: int, frame: Frame
) -> list[Box]:
    """Drawn boxes that text may stand in, such as the ground of a sidebar; arguments as of `find_shapes`."""
    paths = shapes[(types == pdfium.FPDF_PAGEOBJ_PATH) & np.isfinite(shapes).all(axis=1)] if len(shapes) else shapes
    if not len(paths):
        return []
    boxes = _clipped(paths, page_box, rotation, frame)
    width, height = frame.upright_size
    wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    fit = (wide >= _MIN_FRAME) & (tall >= _MIN_FRAME) & (wide * tall < _MAX_SHARE * width * height)
    return [Box(*box) for box in np.unique(boxes[fit], axis=0).tolist()][:_MAX_PICTURES]


def _clipped(shapes: NDArray[np.float32], page_box: Box, rotation: int, frame: Frame) -> NDArray[np.float64]:
    """Boxes in the text's frame, cut at the page's edges."""
    left, bottom, right, top = (shapes[:, column].astype(np.float64) for column in range(4))
    left, right = (np.clip(side, page_box.x0, page_box.x1) for side in (left, right))
    bottom, top = (np.clip(side, page_box.y0, page_box.y1) for side in (bottom, top))
    west, south, east, north = page_box.x0, page_box.y0, page_box.x1, page_box.y1
    turns = (rotation + frame.quarter_turns) % 4
    if turns == 0:
        sides = (left - west, north - top, right - west, north - bottom)
    elif turns == 1:
        sides = (bottom - south, left - west, top - south, right - west)
    elif turns == 2:
        sides = (east - right, bottom - south, east - left, top - south)
    else:
        sides = (north - top, east - right, north - bottom, east - left)
    return np.stack(sides, axis=1)


def _clusters(strokes: NDArray[np.float64], width: float, height: float) -> list[Box]:
    """Drawings: strokes that touch or nearly touch, by flooding a coarse grid; in linear time."""
    if len(strokes) < _MIN_STROKES:
        return []
    columns, rows = int(width / _CELL) + 2, int(height / _CELL) + 2
    cells = np.zeros((rows, columns), bool)
    spans = np.clip((strokes / _CELL).astype(np.int64), 0, [columns - 1, rows - 1, columns - 1, rows - 1])
    for x0, y0, x1, y1 in np.unique(spans, axis=0).tolist():
        cells[y0 : y1 + 1, x0 : x1 + 1] = True
    labels = _labelled(cells)
    owners = labels[spans[:, 1], spans[:, 0]]
    found: list[Box] = []
    for owner in np.unique(owners).tolist():
        own = strokes[owners == owner]
        box = Box(*own[:, :2].min(axis=0).tolist(), *own[:, 2:].max(axis=0).tolist())
        if len(own) >= _MIN_STROKES and box.width >= _MIN_PICTURE and box.height >= _MIN_PICTURE:
            found.append(box)
    return found


def _labelled(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of the connected component of each set cell, 8-connected; 0 elsewhere."""
    labels = np.zeros(cells.shape, np.int64)
    rows, columns = cells.shape
    count = 0
    for first_row, first_column in zip(*(axis.tolist() for axis in np.nonzero(cells)), strict=True):
        if labels[first_row, first_column]:
            continue
        count += 1
        labels[first_row, first_column] = count
        stack = [(first_row, first_column)]
        while stack:
            row, column = stack.pop()
            for y in range(max(0, row - 1), min(rows, row + 2)):
                for x in range(max(0, column - 1), min(columns, column + 2)):
                    if cells[y, x] and not labels[y, x]:
                        labels[y, x] = count
                        stack.append((y, x))
    return labels
