"""Runs to lines: what stands on a common baseline, scripts attached to the line they belong to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from .page import Box, Line, Run

_SAME_BASELINE = 0.3
_SCRIPT = 0.88
_ATTACHED = 1.2
"""How far, in font sizes, a script may stand from the line it belongs to."""
_DROPPED = 1.7
_BUCKET = 8.0


def find_lines(page: int, runs: Iterable[Run]) -> list[Line]:
    """Lines from top to bottom, each with its runs from left to right; in linear time.

    Large runs make lines; a smaller one is taken for a script where it overlaps a line of larger ones at their
    height, and makes a line of its own elsewhere.
    """
    runs = _without_drop_caps(list(runs))
    lines: list[Line] = []
    buckets: defaultdict[int, list[Line]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (_hangs(run), -run.size, run.order)):
        line = _line_for(run, buckets)
        if line is None:
            line = Line(page, [run], run.box, run.baseline, run.size)
            lines.append(line)
            buckets[int(run.baseline / _BUCKET)].append(line)
        else:
            line.runs.append(run)
            line.box = line.box.join(run.box)
    return sorted((line.settle() for line in lines), key=lambda line: (line.baseline, line.box.x0))


def _without_drop_caps(runs: list[Run]) -> list[Run]:
    """A letter as tall as two lines is put on the upper one of them."""
    found = list(runs)
    for index, run in enumerate(runs[:-1]):
        following = runs[index + 1]
        tall = len(run.text) == 1 and run.text.isalpha() and run.size > _DROPPED * following.size
        near = 0 <= following.box.x0 - run.box.x1 < following.size
        if tall and near and run.box.y0 - following.size < following.baseline < run.baseline - 0.5 * following.size:
            box = Box(run.box.x0, following.box.y0, following.box.x0, following.box.y1)
            found[index] = replace(run, box=box, baseline=following.baseline, size=following.size)
    return found


def _hangs(run: Run) -> bool:
    """Whether it is one of TeX's large signs, which hang below their baseline."""
    return run.math > 0.9 and run.text[0] in "√∑∏∫⋃⋂([{)]}" and len(run.text) <= 2


def _is_over(run: Run, other: Run) -> bool:
    """Whether two runs are printed over each other, as a figure's text over a heading may be."""
    overlap = min(run.box.x1, other.box.x1) - max(run.box.x0, other.box.x0)
    return min(len(run.text), len(other.text)) > 3 and overlap > 0.8 * min(run.box.width, other.box.width)


def _line_for(run: Run, buckets: dict[int, list[Line]]) -> Line | None:
    """The nearest line that a run belongs to."""
    best: Line | None = None
    nearest = float("inf")
    bucket = int(run.baseline / _BUCKET)
    middle = (run.box.y0 + run.box.y1) / 2
    for number in range(bucket - 2, bucket + 3):
        for line in buckets.get(number, ()):
            distance = abs(line.baseline - run.baseline)
            if _hangs(run):
                below = run.baseline + 0.4 * run.size
                belongs = (
                    line.baseline - line.size <= below <= line.baseline + 0.5 * line.size
                    and line.box.x0 - line.size <= run.box.x1
                    and run.box.x0 <= line.box.x1 + line.size
                )
                distance = abs(line.baseline - below)
            elif run.size >= _SCRIPT * line.size:
                belongs = distance <= _SAME_BASELINE * run.size
            else:
                reach = _ATTACHED * line.size
                belongs = distance <= _SAME_BASELINE * run.size or (
                    line.baseline - line.size <= middle <= line.baseline + 0.35 * line.size
                    and line.box.x0 - reach <= run.box.x1
                    and run.box.x0 <= line.box.x1 + reach
                )
            if belongs and distance < nearest and not _is_over(run, line.runs[-1]):
                best, nearest = line, distance
    return best
