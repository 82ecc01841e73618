"""What running text flows around: a figure or table at its side, with its caption."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from .page import Box, Page, Run

CAPTION = re.compile(
    r"(?:(?:Extended Data |Supplementary )?(?:Figure|Fig\.?|FIGURE|Table|TABLE|Tab\.|Algorithm|Listing)\s?"
    r"(?:[A-Z]?\.?\d{1,3}(?:\.\d{1,3})?[a-z]?|[IVX]{1,5}|[A-Z])\s?(?:[:.|—–]|$))"
)
"""How the caption of a figure, a table or an algorithm begins."""

ALGORITHM = re.compile(r"(?:Algorithm|Listing)\s\d{1,3}(?![\w-])")
"""How the title of an algorithm begins, which stands between the algorithm's own rules."""

_PROSE = 16
_MAX_ASIDES = 50
_GAP = 3.0
_SIDE = 0.6
"""Widest share of a column that a sidebar takes."""
_MIN_LINES = 4


def find_asides(page: Page, runs: Sequence[Run], left: float, right: float) -> list[Box]:
    """Regions of a column that are read by themselves.

    Args:
        page: for its pictures.
        runs: of the column.
        left: its left margin.
        right: its right margin.
    """
    by_baseline = sorted(runs, key=lambda run: run.baseline)
    baselines = [run.baseline for run in by_baseline]
    width = right - left
    found: list[Box] = []

    def between(top: float, bottom: float) -> list[Run]:
        return by_baseline[bisect_left(baselines, top) : bisect_right(baselines, bottom)]

    for box in page.pictures[:_MAX_ASIDES]:
        if not (left - 12 <= box.x0 and box.x1 <= right + 12 and box.width < 0.75 * width):
            continue
        beside = [
            run
            for run in between(box.y0, box.y1)
            if len(run.text) >= 2 * _PROSE and (run.box.x1 < box.x0 + _GAP or run.box.x0 > box.x1 - _GAP)
        ]
        if len(beside) >= 2:
            found.append(box.grown(_GAP))
    found += [
        box.grown(_GAP)
        for box in page.frames[:_MAX_ASIDES]
        if box.width < _SIDE * width and _is_sidebar(box, between(box.y0, box.y1))
    ]
    captions = [run for run in by_baseline if CAPTION.match(run.text)]
    for run in captions[:_MAX_ASIDES]:
        edge = run.box.x0 - _GAP
        row = between(run.baseline - 8, run.baseline + 8)
        if run.box.x0 > left + 0.25 * width and any(
            len(one.text) >= _PROSE and one.box.x1 < edge + _GAP and one.box.x1 > edge - 0.5 * width for one in row
        ):
            found.append(_beside(run, edge, by_baseline, baselines))
    return found


def _is_sidebar(box: Box, row: Sequence[Run]) -> bool:
    """Whether a drawn box holds running text of its own, with other text beside it."""
    long = [run for run in row if len(run.text) >= _PROSE]
    inside = [run for run in long if box.x0 - _GAP <= run.box.x0 and run.box.x1 <= box.x1 + _GAP]
    beside = [run for run in long if run.box.x1 < box.x0 + _GAP or run.box.x0 > box.x1 - _GAP]
    return len(inside) >= _MIN_LINES and len(beside) >= _MIN_LINES and len(inside) + len(beside) == len(long)


def _beside(caption: Run, edge: float, runs: Sequence[Run], baselines: Sequence[float]) -> Box:
    """Everything to the right of an edge, between the nearest lines above and below that cross it."""
    index = bisect_left(baselines, caption.baseline)
    top, bottom, far = caption.baseline, caption.baseline, caption.box.x1
    for run in reversed(runs[:index]):
        if run.box.x0 < edge - _GAP and run.box.x1 > edge + 2 * _GAP:
            break
        if run.box.x0 >= edge - _GAP:
            top, far = min(top, run.box.y0), max(far, run.box.x1)
    for run in runs[index:]:
        if run.box.x0 < edge - _GAP and run.box.x1 > edge + 2 * _GAP:
            break
        if run.box.x0 >= edge - _GAP:
            if run.baseline - bottom > 2.2 * caption.size:
                break
            bottom, far = max(bottom, run.baseline), max(far, run.box.x1)
    return Box(edge - _GAP, top - 1, far + 1, bottom + 1)


def split_asides(runs: Sequence[Run], boxes: Sequence[Box]) -> tuple[list[Run], list[list[Run]]]:
    """Runs outside of all regions, and those within each."""
    outside: list[Run] = []
    inside: list[list[Run]] = [[] for _ in boxes]
    for run in runs:
        x = (run.box.x0 + run.box.x1) / 2
        for box, own in zip(boxes, inside, strict=True):
            if box.holds(x, run.baseline) or box.holds(x, (run.box.y0 + run.box.y1) / 2):
                own.append(run)
                break
        else:
            outside.append(run)
    return outside, inside
