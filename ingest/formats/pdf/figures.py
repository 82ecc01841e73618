"""Text inside a figure in the order of its parts: boxes side by side are read one after the other."""

from collections.abc import Sequence

from .lines import find_lines
from .page import Line, Run

_GAP = 0.9
"""Blank strip, in font sizes, that separates two parts."""
_PROSE = 16
_MIN_RUNS = 3
_MAX_PARTS = 64


def in_parts(lines: Sequence[Line]) -> list[Line]:
    """The lines of a figure, cut where its parts lie side by side (an XY cut; Nagy and Seth 1984)."""
    found: list[Line] = []
    stack = [[run for line in lines for run in line.runs]]
    parts = 1
    while stack:
        runs = stack.pop()
        pieces = _split(runs) if parts < _MAX_PARTS else [runs]
        if len(pieces) == 1:
            found += find_lines(lines[0].page, runs)
        else:
            parts += 1
            stack += reversed(pieces)
    return found


def _split(runs: list[Run]) -> list[list[Run]]:
    """Two parts side by side if both have running text, else two below each other, else the whole."""
    long = sum(1 for run in runs if len(run.text) >= _PROSE)
    if long < 2 * _MIN_RUNS:
        return [runs]
    beside = _at_gap(sorted(runs, key=lambda run: run.box.x0), across=True)
    if beside and all(sum(1 for run in part if len(run.text) >= _PROSE) >= _MIN_RUNS for part in beside):
        return beside
    return _at_gap(sorted(runs, key=lambda run: run.box.y0), across=False) or [runs]


def _at_gap(runs: list[Run], *, across: bool) -> list[list[Run]]:
    """The runs before and behind their widest blank strip; empty when none is wide enough."""
    best, at = 0.0, 0
    end = float("-inf")
    for index, run in enumerate(runs):
        start, stop = (run.box.x0, run.box.x1) if across else (run.box.y0, run.box.y1)
        gap = (start - end) / run.size if index else 0.0
        if gap > best:
            best, at = gap, index
        end = max(end, stop)
    return [runs[:at], runs[at:]] if best > (_GAP if across else 0.0) else []
