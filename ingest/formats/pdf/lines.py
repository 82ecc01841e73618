"""Runs to lines: what stands on a common baseline, scripts attached to the line they belong to."""

from collections import defaultdict
from collections.abc import Iterable

from .page import Line, Run

_SAME_BASELINE = 0.3
_SCRIPT = 0.88
_ATTACHED = 1.2
"""How far, in font sizes, a script may stand from the line it belongs to."""
_BUCKET = 8.0


def find_lines(page: int, runs: Iterable[Run]) -> list[Line]:
    """Lines from top to bottom, each with its runs from left to right; in linear time.

    Large runs make lines; a smaller one is taken for a script where it overlaps a line of larger ones at their
    height, and makes a line of its own elsewhere.
    """
    lines: list[Line] = []
    buckets: defaultdict[int, list[Line]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (-run.size, run.order)):
        line = _line_for(run, buckets)
        if line is None:
            line = Line(page, [run], run.box, run.baseline, run.size)
            lines.append(line)
            buckets[int(run.baseline / _BUCKET)].append(line)
        else:
            line.runs.append(run)
            line.box = line.box.join(run.box)
    return sorted((line.settle() for line in lines), key=lambda line: (line.baseline, line.box.x0))


def _line_for(run: Run, buckets: dict[int, list[Line]]) -> Line | None:
    """The nearest line that a run belongs to."""
    best: Line | None = None
    nearest = float("inf")
    bucket = int(run.baseline / _BUCKET)
    middle = (run.box.y0 + run.box.y1) / 2
    for number in range(bucket - 2, bucket + 3):
        for line in buckets.get(number, ()):
            distance = abs(line.baseline - run.baseline)
            if run.size >= _SCRIPT * line.size:
                belongs = distance <= _SAME_BASELINE * run.size
            else:
                reach = _ATTACHED * line.size
                belongs = distance <= _SAME_BASELINE * run.size or (
                    line.baseline - line.size <= middle <= line.baseline + 0.35 * line.size
                    and line.box.x0 - reach <= run.box.x1
                    and run.box.x0 <= line.box.x1 + reach
                )
            if belongs and distance < nearest:
                best, nearest = line, distance
    return best
