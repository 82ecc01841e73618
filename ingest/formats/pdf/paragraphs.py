"""Lines of a column to blocks: where a paragraph begins, lists, and entries of a reference list."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ....index.blocks import BlockKind
from .columns import Column
from .draft import Draft
from .headings import Mark
from .page import Line, Run
from .regions import Label

BULLET = re.compile(r"(?:[•‣◦▪▸►●○■□–—*∗·⋄⋆➢➤✓✔✗]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)])\s+\S")
_INDENT = 0.7
_MAX_INDENT = 6.0
_SHORT = 2.5
_LEADING = 1.35
_ENOUGH = 3
_FULL = 6.0
"""Room, in font sizes, that a full line may leave where lines are not justified."""
_SINGLE = 1.25


def split_column(column: Column, labels: dict[Line, Label], marks: dict[Line, Mark]) -> list[Draft]:
    """Blocks of a column's lines, in order."""
    drafts: list[Draft] = []
    by_group: dict[Label, Draft] = {}
    lines = column.lines
    leading = _leading(lines, column)
    text: list[Line] = []
    index = 0

    def close() -> None:
        if text:
            drafts.extend(_paragraphs(text, column, leading))
            text.clear()

    while index < len(lines):
        line = lines[index]
        mark = marks.get(line)
        if mark is not None:
            close()
            heading, rest = heading_lines(lines[index : index + mark.lines], mark)
            drafts.append(Draft(BlockKind.HEADING, heading, column, mark.level, mark.title))
            if rest is not None:
                text.append(rest)
            index += mark.lines
            continue
        index += 1
        label = labels.get(line)
        if label is None:
            text.append(line)
            continue
        close()
        if label in by_group:
            by_group[label].lines.append(line)
        else:
            by_group[label] = Draft(label.kind, [line], column)
            drafts.append(by_group[label])
    close()
    return drafts


def heading_lines(lines: list[Line], mark: Mark) -> tuple[list[Line], Line | None]:
    """A heading's own lines, and what follows it on its line."""
    if not mark.until:
        return lines, None
    first = lines[0]
    head, *others = first.runs
    width = head.box.width * mark.until / max(1, len(head.text))
    cut = head.box.x0 + width
    left = _part(head, head.text[: mark.until].rstrip(), head.box.x0, cut, 1.0)
    rest = head.text[mark.until :].strip()
    right = ([_part(head, rest, cut, head.box.x1, 0.0)] if rest else []) + others
    return [_line(first, [left])], _line(first, right) if right else None


def _part(run: Run, text: str, x0: float, x1: float, bold: float) -> Run:
    box = type(run.box)(x0, run.box.y0, x1, run.box.y1)
    return Run(text, box, run.baseline, run.size, bold, 0.0, run.mono, run.math, run.order, run.style, 0)


def _line(line: Line, runs: list[Run]) -> Line:
    box = runs[0].box
    for run in runs[1:]:
        box = box.join(run.box)
    return Line(line.page, runs, box, line.baseline, line.size).settle()


def _leading(lines: Sequence[Line], column: Column) -> float:
    """Usual distance of two baselines, in font sizes; what follows a short line may be a paragraph of its own."""
    near = [
        (before, (line.baseline - before.baseline) / line.size)
        for before, line in pairwise(lines)
        if abs(line.size - before.size) < 0.3 and 0.9 * line.size < line.baseline - before.baseline < 2.5 * line.size
    ]
    if not near:
        return 1.2
    full = [step for before, step in near if before.box.x1 > column.right - _FULL * before.size]
    usual = median(full) if len(full) >= _ENOUGH else min(median(step for _, step in near), _SINGLE)
    return min(max(usual, 1.0), 1.8)


def _paragraphs(lines: Sequence[Line], column: Column, leading: float) -> list[Draft]:
    found: list[Draft] = []
    left = _left_of(lines)
    current: Draft | None = None
    for line in lines:
        if current is None or _begins(current, line, column, left, leading):
            kind = BlockKind.LIST if BULLET.match(line.text) else BlockKind.PARAGRAPH
            indented = _INDENT * line.size < line.box.x0 - left < _MAX_INDENT * line.size
            current = Draft(kind, [line], column, indented=indented)
            found.append(current)
        else:
            current.lines.append(line)
    return found


def _left_of(lines: Sequence[Line]) -> float:
    """Where most lines begin."""
    starts = Counter(round(line.box.x0) for line in lines)
    most = starts.most_common(1)[0][1]
    return float(min(start for start, times in starts.items() if times >= 0.5 * most))


def _begins(current: Draft, line: Line, column: Column, left: float, leading: float) -> bool:
    """Whether a line begins a new paragraph behind the current one's last line."""
    before = current.lines[-1]
    step = line.baseline - before.baseline
    size = max(line.size, before.size)
    if step < 0 or step > _LEADING * leading * size or abs(line.size - before.size) > 0.08 * size:
        return True
    if before.text.endswith("-") and line.text[0].islower():
        return False
    if BULLET.match(line.text) and (line.box.x0 <= current.lines[0].box.x0 + 2 or before.box.x1 < column.right - size):
        return current.kind is BlockKind.LIST or line.box.x0 > left + 0.5 * size or _ended(before)
    flush = current.kind is BlockKind.LIST and line.box.x0 <= current.lines[0].box.x0 + 2
    if flush and _ended_or_capital(before, line) and not _is_full(before, line, column):
        return True
    shift = line.box.x0 - before.box.x0
    if shift > _INDENT * size:
        # The second line of a hanging item stands further in than its first.
        hanging = len(current.lines) == 1 and (
            current.kind is BlockKind.LIST
            or before.box.x1 > column.right - 2 * size
            or (_is_full(before, line, column) and not _ended(before))
        )
        return not hanging or (current.kind is not BlockKind.LIST and line.box.x0 > left + _INDENT * size)
    if shift < -_INDENT * size and len(current.lines) > 1:
        return True
    return before.box.x1 < column.right - _SHORT * size and _ended(before) and leading * 1.08 * size < step


def _is_full(before: Line, line: Line, column: Column) -> bool:
    """Whether a line has no room for the first word of the next one."""
    return before.box.x1 + 0.5 * line.size * len(line.text.split(" ", 1)[0]) > column.right


def _ended_or_capital(before: Line, line: Line) -> bool:
    """Whether a sentence may begin with a line."""
    return _ended(before) or line.text[0].isupper()


def _ended(line: Line) -> bool:
    return line.text.endswith((".", "!", "?", ":", ";", ".”", '."', ")"))
