"""Reading order: whether a page has two columns, and in which order its lines are read.

What crosses the gutter (titles, wide tables and figures) cuts the page into bands; in each band the left column is
read before the right one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .asides import find_asides, split_asides
from .lines import find_lines
from .page import Box, Line, Page, Run

_PROSE = 24
"""Characters from which a run is taken for running text."""
_MIN_SIDE = 6
"""Runs of text that a column has at least."""
_TOLERANCE = 3.0


_STEP = 24.0
_JUSTIFIED = 0.15
"""Share of lines that end at the right margin where text is justified."""
_MAX_WIDE_RULES = 100
_CANDIDATES = 6

Extent = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Column:
    """Lines that are read one after the other, and the margins between which they stand.

    Attributes:
        page: 1-based.
        lines: from top to bottom.
        left: left margin.
        right: right margin.
        wide: whether it goes across the page.
        turned: whether its text reads in another direction than the page's.
    """

    page: int
    lines: list[Line]
    left: float
    right: float
    wide: bool = False
    turned: bool = False


def find_gutters(pages: Sequence[Page]) -> list[float | None]:
    """For each page the middle of the gutter between its two columns, or None where it has one column.

    A page with too little text to tell is read as most others are.
    """
    own = [_gutter(page) for page in pages]
    known = Counter(round(gutter) for gutter in own if gutter)
    if sum(known.values()) < 0.3 * sum(1 for page in pages if len(page.runs) > 2 * _MIN_SIDE):
        return [gutter if _usual(page, gutter) else None for page, gutter in zip(pages, own, strict=True)]
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
    """Where a column of running text begins beside another one, with nothing across for a stretch of the page."""
    prose = sorted((run for run in page.runs if len(run.text) >= _PROSE), key=lambda run: run.baseline)
    if len(prose) < 2 * _MIN_SIDE:
        return None
    starts = Counter(round(run.box.x0) for run in prose if 0.3 < run.box.x0 / page.width < 0.7)
    best: float | None = None
    most = _MIN_SIDE - 1
    for start, times in starts.most_common(_CANDIDATES):
        if times < _MIN_SIDE // 2:
            break
        sides = _longest_stretch(prose, start)
        score = min(len(side) for side in sides)
        if score > most and _alike(*sides):
            end = max((end for _, end in sides[0] if end <= start + 1), default=start - 12.0)
            # Near the left column: in a reference list the right one's text begins behind its numbers.
            most, best = score, end + min(5.0, (start - end) / 2)
    return best


def _longest_stretch(prose: Sequence[Run], start: float) -> tuple[list[Extent], list[Extent]]:
    """Extents of the runs on both sides of a line, for the longest stretch in which no run crosses it."""
    best: tuple[list[Extent], list[Extent]] = ([], [])
    sides: tuple[list[Extent], list[Extent]] = ([], [])
    for run in prose:
        extent = run.box.x0, run.box.x1
        if extent[0] < start - _TOLERANCE and extent[1] > start + _TOLERANCE:
            if min(map(len, sides)) > min(map(len, best)):
                best = sides
            sides = ([], [])
        else:
            sides[extent[0] >= start - _TOLERANCE].append(extent)
    return max(best, sides, key=lambda both: min(map(len, both)))


def _alike(left: Sequence[Extent], right: Sequence[Extent]) -> bool:
    """Whether both sides are columns: about as wide as each other, unlike a figure's caption beside text."""
    widths = [max(end for _, end in side) - min(start for start, _ in side) for side in (left, right)]
    return min(widths) > 0.6 * max(widths)


def find_columns(page: Page, gutter: float | None, front: float = 0.0) -> list[Column]:
    """The page's lines in reading order.

    Args:
        page: without running heads.
        gutter: as `find_gutters` has it.
        front: text above it goes across the columns, as a title and its authors do.
    """
    if gutter is None:
        columns, asides = _without_asides(page, page.runs)
        return ([Column(page.number, columns, *_margins(columns), wide=True)] if columns else []) + asides
    sides = _sided(page, gutter, front)
    wide = find_lines(page.number, sides[0])
    found = [_without_asides(page, side) for side in sides[1:]]
    columns = [lines for lines, _ in found]
    margins = [_margins(lines) for lines in columns]
    full = _margins(wide + columns[0] + columns[1])
    return _banded(page.number, wide, columns, margins, full) + found[0][1] + found[1][1]


def turned_column(page: Page) -> list[Column]:
    """What reads in another direction, such as the labels of vertical axes."""
    lines = [Line(page.number, [run], run.box, run.baseline, run.size).settle() for run in page.turned]
    return [Column(page.number, lines, 0.0, page.width, turned=True)] if lines else []


def _without_asides(page: Page, runs: list[Run]) -> tuple[list[Line], list[Column]]:
    """Lines of a column, and what they flow around."""
    long = [run for run in runs if len(run.text) >= _PROSE] or runs
    if not long:
        return [], []
    margins = min(run.box.x0 for run in long), max(run.box.x1 for run in long)
    boxes = find_asides(page, runs, *margins)
    if not boxes:
        return find_lines(page.number, runs), []
    outside, inside = split_asides(runs, boxes)
    asides = [find_lines(page.number, own) for own in inside if own]
    return find_lines(page.number, outside), [Column(page.number, own, *_margins(own)) for own in asides]


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
    _add_last_lines(wide, sides)
    # The other pieces of a line that crosses the gutter.
    rows = {round(run.baseline) for run in wide if run.box.x0 < gutter < run.box.x1 and len(run.text) >= _PROSE}
    rows |= {row + shift for row in rows for shift in (-1, 1)}
    for side in sides:
        own = [run for run in side if round(run.baseline) not in rows]
        wide += [run for run in side if round(run.baseline) in rows]
        side[:] = own
    return wide, *sides


def _add_last_lines(wide: list[Run], sides: tuple[list[Run], list[Run]]) -> None:
    """The short last line of a caption or an abstract that goes across the columns."""
    left = sides[0]
    rows = {round(run.baseline / 2) for run in sides[1] if len(run.text) >= _PROSE}
    across: dict[tuple[int, int], list[Run]] = {}
    for run in wide:
        if len(run.text) >= 2 * _PROSE:
            across.setdefault((round(run.box.x0 / 4), int(run.baseline / _STEP)), []).append(run)
    last: list[Run] = []
    for run in left:
        row = round(run.baseline / 2)
        if rows & {row - 1, row, row + 1}:
            continue
        place, row = round(run.box.x0 / 4), int(run.baseline / _STEP)
        keys = [(place + shift, row - up) for shift in (-1, 0, 1) for up in (0, 1)]
        above = [one for key in keys for one in across.get(key, ())]
        if any(
            0 < run.baseline - one.baseline < 1.35 * one.size
            and abs(run.size - one.size) < 0.2
            and abs(run.box.x0 - one.box.x0) < 2
            for one in above
        ):
            last.append(run)
    taken = {id(run) for run in last}
    wide += last
    left[:] = [run for run in left if id(run) not in taken]


def _wide_regions(page: Page, gutter: float) -> list[Box]:
    """Pictures that cross the gutter, and what stands between rules of equal width that do."""
    regions = [box for box in page.pictures if box.x0 < gutter - 12 and box.x1 > gutter + 12]
    crossing = [box for box in page.rules if box.x0 < gutter - 12 and box.x1 > gutter + 12]
    last: list[Box] = []
    for rule in crossing[:_MAX_WIDE_RULES]:
        index = next(
            (at for at, one in enumerate(last) if abs(one.x0 - rule.x0) < 4 and abs(one.x1 - rule.x1) < 4), None
        )
        if index is None:
            last.append(rule)
            continue
        between = last[index].join(rule)
        last[index] = rule
        prose = sum(
            1
            for run in page.runs
            if len(run.text) >= 2 * _PROSE and between.holds(run.box.x0, run.baseline) and run.box.x1 < gutter
        )
        if prose < _MIN_SIDE:
            regions.append(between)
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
    most = ends.most_common(1)[0][1]
    right = max([end for end, times in ends.items() if times >= max(2, 0.3 * most)] or [left])
    if most < max(2, _JUSTIFIED * len(long)):
        # Ragged lines end anywhere; only the longest ones come near the margin.
        right = max(right, sorted(ends.elements())[int(0.9 * len(long))])
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
