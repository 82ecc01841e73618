"""Reading order: whether a page has two columns, and in which order its lines are read.

What crosses the gutter (titles, wide tables and figures) cuts the page into bands; in each band the left column is
read before the right one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .lines import find_lines
from .page import Box, Line, Page, Run

_PROSE = 24
"""Characters from which a run is taken for running text."""
_MIN_SIDE = 6
"""Runs of text that a column has at least."""
_TOLERANCE = 3.0


@dataclass(frozen=True, slots=True)
class Column:
    """Lines that are read one after the other, and the margins between which they stand."""

    page: int
    lines: list[Line]
    left: float
    right: float
    wide: bool = False


def find_gutters(pages: Sequence[Page]) -> list[float | None]:
    """For each page the middle of the gutter between its two columns, or None where it has one column.

    A page with too little text to tell is read as most others are.
    """
    own = [_gutter(page) for page in pages]
    known = Counter(round(gutter) for gutter in own if gutter)
    if sum(known.values()) < 0.3 * sum(1 for page in pages if len(page.runs) > 2 * _MIN_SIDE):
        return own
    usual = float(known.most_common(1)[0][0]) if known else None
    return [gutter or _usual(page, usual) for page, gutter in zip(pages, own, strict=True)]


def _usual(page: Page, gutter: float | None) -> float | None:
    """The document's gutter, where the page's text does not contradict it."""
    if gutter is None:
        return None
    crossing = beside = 0
    for run in page.runs:
        if len(run.text) >= _PROSE:
            if run.box.x0 < gutter - 2 * _TOLERANCE and run.box.x1 > gutter + 2 * _TOLERANCE:
                crossing += 1
            else:
                beside += 1
    return gutter if beside > crossing else None


def _gutter(page: Page) -> float | None:
    prose = [run.box for run in page.runs if len(run.text) >= _PROSE]
    if len(prose) < 2 * _MIN_SIDE:
        return None
    starts = np.array([box.x0 for box in prose])
    ends = np.array([box.x1 for box in prose])
    candidates = np.arange(0.3 * page.width, 0.7 * page.width, 2.0)
    left = (ends[None, :] <= candidates[:, None] + 1).sum(axis=1)
    right = (starts[None, :] >= candidates[:, None] - 1).sum(axis=1)
    crossing = len(prose) - left - right
    sides = np.minimum(left, right)
    possible = (sides >= _MIN_SIDE) & (crossing <= 0.6 * (left + right)) & (sides >= 0.12 * (left + right))
    if not possible.any():
        return None
    fewest = crossing[possible].min()
    best = candidates[possible & (crossing == fewest)]
    return float(best.mean())


def find_columns(page: Page, gutter: float | None, front: float = 0.0) -> list[Column]:
    """The page's lines in reading order.

    Args:
        page: without running heads.
        gutter: as `find_gutters` has it.
        front: text above it goes across the columns, as a title and its authors do.
    """
    if gutter is None:
        lines = find_lines(page.number, page.runs)
        return [Column(page.number, lines, *_margins(lines), wide=True)] if lines else []
    sides = _sided(page, gutter, front)
    wide = find_lines(page.number, sides[0])
    columns = [find_lines(page.number, side) for side in sides[1:]]
    margins = [_margins(lines) for lines in columns]
    full = _margins(wide + columns[0] + columns[1])
    return _banded(page.number, wide, columns, margins, full)


def _sided(page: Page, gutter: float, front: float) -> tuple[list[Run], list[Run], list[Run]]:
    """Runs across the columns, in the left one and in the right one."""
    regions = _wide_regions(page, gutter)
    wide: list[Run] = []
    sides: tuple[list[Run], list[Run]] = ([], [])
    for run in page.runs:
        x, y = (run.box.x0 + run.box.x1) / 2, (run.box.y0 + run.box.y1) / 2
        crosses = run.box.x0 < gutter - _TOLERANCE and run.box.x1 > gutter + _TOLERANCE
        if crosses or y < front or any(region.holds(x, y) for region in regions):
            wide.append(run)
        else:
            sides[x > gutter].append(run)
    # The other pieces of a line that crosses the gutter.
    rows = {round(run.baseline) for run in wide if run.box.x0 < gutter < run.box.x1 and len(run.text) >= _PROSE}
    rows |= {row + shift for row in rows for shift in (-1, 1)}
    for side in sides:
        own = [run for run in side if round(run.baseline) not in rows]
        wide += [run for run in side if round(run.baseline) in rows]
        side[:] = own
    return wide, *sides


def _wide_regions(page: Page, gutter: float) -> list[Box]:
    """Pictures that cross the gutter, and what stands between rules of equal width that do."""
    regions = [box for box in page.pictures if box.x0 < gutter - 12 and box.x1 > gutter + 12]
    crossing = [box for box in page.rules if box.x0 < gutter - 12 and box.x1 > gutter + 12]
    open_at: Box | None = None
    for rule in crossing:
        if open_at and abs(open_at.x0 - rule.x0) < 4 and abs(open_at.x1 - rule.x1) < 4:
            between = open_at.join(rule)
            prose = sum(
                1
                for run in page.runs
                if len(run.text) >= 2 * _PROSE and between.holds(run.box.x0, run.baseline) and run.box.x1 < gutter
            )
            if prose < _MIN_SIDE:
                regions.append(between)
        open_at = rule
    return regions


def _margins(lines: Sequence[Line]) -> tuple[float, float]:
    """Left and right margin: where most long lines begin and end."""
    if not lines:
        return 0.0, 0.0
    long = [line for line in lines if len(line.text) >= _PROSE] or list(lines)
    starts = Counter(round(line.box.x0) for line in long)
    ends = Counter(round(line.box.x1) for line in long)
    left, count = starts.most_common(1)[0]
    # An indented list may have more lines than the text around it.
    left = min([start for start, times in starts.items() if times >= max(2, 0.3 * count)] or [left])
    right = max([end for end, times in ends.items() if times >= max(2, 0.3 * ends.most_common(1)[0][1])] or [left])
    return float(left), float(max(left, right))


def _banded(
    page: int,
    wide: list[Line],
    columns: list[list[Line]],
    margins: list[tuple[float, float]],
    full: tuple[float, float],
) -> list[Column]:
    """Bands between wide lines: the left column, then the right one."""
    found: list[Column] = []
    taken = [0, 0]

    def columns_above(baseline: float) -> None:
        for side in (0, 1):
            start = taken[side]
            end = start
            while end < len(columns[side]) and columns[side][end].baseline < baseline:
                end += 1
            taken[side] = end
            if end > start:
                found.append(Column(page, columns[side][start:end], *margins[side]))

    group: list[Line] = []
    for line in wide:
        before = any(taken[s] < len(columns[s]) and columns[s][taken[s]].baseline < line.baseline for s in (0, 1))
        if before:
            if group:
                found.append(Column(page, group, *full, wide=True))
                group = []
            columns_above(line.baseline)
        group.append(line)
    if group:
        found.append(Column(page, group, *full, wide=True))
    columns_above(float("inf"))
    return found
