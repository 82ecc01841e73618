"""Tables and algorithms: what stands between rules of equal width, and rows of cells."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .asides import ALGORITHM, CAPTION
from .page import Box, Line, Page, Run

_SAME_EXTENT = 8.0
_CELL_GAP = 0.8
_CAPTION_LENGTH = 16
"""Characters from which a line is a caption and not a cell such as "Figure 2"."""
_MIN_PROSE_ROWS = 8
_MAX_CAPTIONS = 100
_MAX_HEIGHT = 0.95


@dataclass(frozen=True, slots=True)
class RuledRegion:
    """What stands between the first and the last of at least two rules of equal width."""

    box: Box
    rules: int


def ruled_regions(page: Page, lines: Sequence[Line]) -> list[RuledRegion]:
    """Regions between rules of about equal width, one below the other, from top to bottom.

    A caption between two rules ends one region and begins another: tables often are as wide as the one above.
    """
    captions = sorted((line.box for line in lines if _is_caption(line)), key=lambda box: box.y0)[:_MAX_CAPTIONS]
    rules = _whole_rules(page.rules)
    open_regions: list[list[Box]] = []
    for rule in rules:
        for region in open_regions:
            last = region[-1]
            if abs(last.x0 - rule.x0) < _SAME_EXTENT and abs(last.x1 - rule.x1) < _SAME_EXTENT:
                if rule.y0 - last.y0 > 2:
                    region.append(rule)
                break
        else:
            open_regions.append([rule])
    found: list[RuledRegion] = []
    for region in open_regions:
        own = [(box.y0 + box.y1) / 2 for box in captions if box.x0 < region[0].x1 and region[0].x0 < box.x1]
        for part in _parted(region, own):
            whole = part[0].join(part[-1])
            if len(part) >= 2 and whole.height > 8:
                found.append(RuledRegion(whole, len(part)))
    return found


def _is_caption(line: Line) -> bool:
    """Whether it is the caption of something else than the listing that rules enclose together with its title."""
    return bool(CAPTION.match(line.text)) and len(line.text) > _CAPTION_LENGTH and not ALGORITHM.match(line.text)


def _parted(rules: Sequence[Box], captions: Sequence[float]) -> list[list[Box]]:
    """Rules between which there is no caption."""
    parts = [[rules[0]]]
    for above, below in pairwise(rules):
        at = bisect_left(captions, above.y0)
        if at < len(captions) and captions[at] < below.y0:
            parts.append([])
        parts[-1].append(below)
    return parts


def _whole_rules(rules: Sequence[Box]) -> list[Box]:
    """Rules drawn cell by cell put together."""
    found: list[Box] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.y0), rule.x0)):
        if found and abs(found[-1].y0 - rule.y0) < 1.5 and rule.x0 - found[-1].x1 < 3:
            found[-1] = found[-1].join(rule)
        else:
            found.append(rule)
    return found


def is_tabular(lines: Sequence[Line]) -> bool:
    """Whether lines look like rows: most have several cells, or none reads like running text."""
    if not lines:
        return False
    several = sum(1 for line in lines if len(cells(line)) > 1)
    return several >= 0.5 * len(lines) and several >= 2


def has_prose_cells(lines: Sequence[Line]) -> bool:
    """Whether cells hold sentences over several lines: then most pieces of a row begin within a sentence."""
    if len(lines) < _MIN_PROSE_ROWS:
        return False
    rows = [cells(line) for line in lines]
    within = sum(1 for row in rows for cell in row if len(cell.text) > 12 and cell.text[0].islower())
    return within > 0.4 * sum(len(row) for row in rows)


def cells(line: Line, gap: float = _CELL_GAP) -> list[Line]:
    """The cells of a row, which a gap wider than so many font sizes separates."""
    runs = [run for run in line.runs if run.text]
    if not runs:
        return []
    groups: list[list[Run]] = [[runs[0]]]
    for before, after in pairwise(runs):
        if after.box.x0 - before.box.x1 > gap * min(line.size, after.size):
            groups.append([])
        groups[-1].append(after)
    return [_line(line.page, group) for group in groups]


def _line(page: int, runs: list[Run]) -> Line:
    box = runs[0].box
    for run in runs[1:]:
        box = box.join(run.box)
    return Line(page, runs, box, runs[0].baseline, max(run.size for run in runs)).settle()
