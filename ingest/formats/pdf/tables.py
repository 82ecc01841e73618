"""Tables and algorithms: what stands between rules of equal width, and rows of cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .page import Box, Line, Page, Run

_SAME_EXTENT = 8.0
_CELL_GAP = 0.8
_MAX_HEIGHT = 0.95


@dataclass(frozen=True, slots=True)
class RuledRegion:
    """What stands between the first and the last of at least two rules of equal width."""

    box: Box
    rules: int


def ruled_regions(page: Page) -> list[RuledRegion]:
    """Regions between rules of about equal width, one below the other, from top to bottom."""
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
        whole = region[0].join(region[-1])
        if len(region) >= 2 and whole.height > 8:
            found.append(RuledRegion(whole, len(region)))
    return found


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


def cells(line: Line) -> list[Line]:
    """The cells of a row, which a wide gap separates."""
    runs = [run for run in line.runs if run.text]
    if not runs:
        return []
    groups: list[list[Run]] = [[runs[0]]]
    for before, after in pairwise(runs):
        if after.box.x0 - before.box.x1 > _CELL_GAP * min(line.size, after.size):
            groups.append([])
        groups[-1].append(after)
    return [_line(line.page, group) for group in groups]


def _line(page: int, runs: list[Run]) -> Line:
    box = runs[0].box
    for run in runs[1:]:
        box = box.join(run.box)
    return Line(page, runs, box, runs[0].baseline, max(run.size for run in runs)).settle()
