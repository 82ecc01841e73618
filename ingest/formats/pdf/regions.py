"""What is no running text: tables, algorithms, text inside figures, footnotes, captions, displayed formulas."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from ....index.blocks import BlockKind
from .asides import CAPTION
from .boxes import find_boxes
from .columns import Column
from .page import Line, Page
from .tables import cells

_NOTE_MARK = re.compile(r"(?:\d{1,2}|[*∗†‡§¶♠♣♥♦⋆⋄]{1,3})\s?\S")
_EQUATION_NUMBER = re.compile(r"\(\s?[A-Z]?\.?\d{1,3}(?:\.\d{1,3})?[a-z]?\s?\)$")
_WORD = re.compile(r"[A-Za-z]{3,}")
_FINE_PRINT = 0.85
_MIN_ROWS = 3
_ROW_STEP = 2.2
_MAX_NOTE = 12.0
"""Largest font of a footnote, in points."""
_LABEL_MARGIN = 12.0
_NEAR = 3.5
_MAX_GROUPS = 400


@dataclass(frozen=True, slots=True)
class Label:
    """That a line is part of something else than running text; lines of one page's group make one block."""

    kind: BlockKind
    group: int


def label_lines(page: Page, columns: Sequence[Column], body_size: float) -> dict[Line, Label]:
    """Labels of a page's lines; running text, headings and lists have none."""
    numbers: Iterator[int] = count()
    labels: dict[Line, Label] = {}
    for column in columns:
        if column.turned:
            labels.update(dict.fromkeys(column.lines, Label(BlockKind.FIGURE, next(numbers))))
    columns = [column for column in columns if not column.turned]
    lines = [line for column in columns for line in column.lines]
    for box, kind in find_boxes(page, lines, body_size):
        label = Label(kind, next(numbers))
        for line in lines:
            x, y = line.middle
            if line not in labels and box.y0 <= y <= box.y1 and box.x0 - 6 <= x <= box.x1 + 6:
                labels[line] = label
    for column in columns:
        _label_captions(column, labels, numbers)
        _label_at_captions(column, body_size, labels, numbers)
        _label_footnotes(page, column, body_size, labels, numbers)
        _label_rows(column, labels, numbers)
        _label_formulas(column, labels, numbers)
        _label_code(column, labels, numbers)
    _label_stray(page, lines, body_size, labels)
    return labels


def _label_captions(column: Column, labels: dict[Line, Label], numbers: Iterator[int]) -> None:
    lines = column.lines
    index = 0
    while index < len(lines):
        line = lines[index]
        other = line in labels and labels[line].kind is not BlockKind.FIGURE
        if other or not CAPTION.match(line.text) or (index and _is_within(lines[index - 1], line, labels)):
            index += 1
            continue
        label = Label(BlockKind.CAPTION, next(numbers))
        labels[line] = label
        index += 1
        while index < len(lines) and _goes_on(lines[index - 1], lines[index], column) and lines[index] not in labels:
            labels[lines[index]] = label
            index += 1


def _label_at_captions(column: Column, body_size: float, labels: dict[Line, Label], numbers: Iterator[int]) -> None:
    """Rows of a table without rules beside its caption, and what is left of a figure's text above its own."""
    lines = column.lines
    first: int | None = None
    for index in range(len(lines) + 1):
        captioned = index < len(lines) and lines[index] in labels and labels[lines[index]].kind is BlockKind.CAPTION
        if captioned and first is None:
            first = index
        elif not captioned and first is not None:
            is_table = lines[first].text[:3].casefold() == "tab"
            above = _taken((lines[at] for at in range(first - 1, -1, -1)), labels, body_size, is_table=is_table)
            below = (
                _taken((lines[at] for at in range(index, len(lines))), labels, body_size, is_table=True)
                if is_table and len(above) < 2
                else []
            )
            if is_table:
                _rename_figure(lines, first, index, labels)
            kind = BlockKind.TABLE if is_table else BlockKind.FIGURE
            chosen = above if len(above) >= 2 or not is_table else below if len(below) >= 2 else []
            if chosen:
                labels.update(dict.fromkeys(chosen, Label(kind, next(numbers))))
            first = None


def _rename_figure(lines: Sequence[Line], first: int, end: int, labels: dict[Line, Label]) -> None:
    """A picture right above or below the caption of a table is that table."""
    for beside, caption in ((first - 1, first), (end, end - 1)):
        if not 0 <= beside < len(lines) or lines[beside] not in labels:
            continue
        label = labels[lines[beside]]
        near = abs(lines[beside].baseline - lines[caption].baseline) < _NEAR * lines[caption].size
        if label.kind is BlockKind.TABLE:
            return
        if label.kind is BlockKind.FIGURE and near:
            table = Label(BlockKind.TABLE, label.group)
            labels.update((line, table) for line in lines if labels.get(line) == label)
            return


def _taken(lines: Iterator[Line], labels: dict[Line, Label], body_size: float, *, is_table: bool) -> list[Line]:
    """Lines from a caption on that are no running text: rows of cells, or small and short ones of a figure."""
    found: list[Line] = []
    for line in lines:
        several = len(cells(line)) > 1
        small = line.size < 0.93 * body_size and len(line.text) < 60
        if line in labels or not (several or (small and not is_table)) or _EQUATION_NUMBER.search(line.text):
            break
        found.append(line)
    return found


def _is_within(before: Line, line: Line, labels: dict[Line, Label]) -> bool:
    """Whether a line goes on a paragraph: a sentence may begin with "Fig. 2."."""
    close = 0 < line.baseline - before.baseline < 1.35 * line.size
    return (
        close
        and before not in labels
        and abs(line.size - before.size) < 0.3
        and len(before.text) > 30
        and not line.bold
    )


def _goes_on(before: Line, line: Line, column: Column) -> bool:
    """Whether a line of a caption is followed by another: close, as large, and the one before it was full."""
    step = line.baseline - before.baseline
    largest = max(before.size, line.size)
    # Its label may be larger than the rest, which then follows without extra room.
    alike = abs(line.size - before.size) <= (0.6 if step > 1.2 * largest else 0.1 * largest)
    if not 0 < step < 1.5 * largest or not alike:
        return False
    if CAPTION.match(line.text):
        return False
    # What is shorter than its successor has room for the successor's first word: then it was a last line.
    first_word = line.text.split(" ", 1)[0]
    room = len(first_word) * line.size * 0.5
    return before.box.x1 + room > min(column.right, max(line.box.x1, before.box.x1)) - line.size


def _label_footnotes(
    page: Page, column: Column, body_size: float, labels: dict[Line, Label], numbers: Iterator[int]
) -> None:
    """Small lines at the foot of a column, from a short rule or a note's mark on."""
    lines = column.lines
    start = len(lines)
    while start and _is_small(lines[start - 1], body_size) and lines[start - 1] not in labels:
        start -= 1
    foot = lines[start:]
    if not foot or foot[0].baseline < 0.35 * page.height:
        return
    rule = any(
        abs(box.x0 - column.left) < 12
        and 0.1 * (column.right - column.left) < box.width < 0.55 * (column.right - column.left)
        and 0 <= foot[0].baseline - box.y0 < 2.6 * foot[0].size
        for box in page.rules
    )
    marks = [index for index, line in enumerate(foot) if _begins_note(line)]
    if not rule and (not marks or marks[0] != 0):
        if not marks and foot[0].size > _FINE_PRINT * body_size:
            return
        foot = foot[marks[0] :] if marks else foot
    label = Label(BlockKind.FOOTNOTE, next(numbers))
    for line in foot:
        if _begins_note(line):
            label = Label(BlockKind.FOOTNOTE, next(numbers))
        labels[line] = label


def _is_small(line: Line, body_size: float) -> bool:
    """Whether a line is set as a note: smaller than the text, which on slides is no small print."""
    return line.size <= min(0.93 * body_size, _MAX_NOTE)


def _begins_note(line: Line) -> bool:
    first = line.runs[0]
    raised = first.baseline < line.baseline - 0.15 * line.size and first.size < 0.95 * line.size
    mark = first.text[:1]
    return bool(_NOTE_MARK.match(line.text)) and (
        raised or mark in "*∗†‡§¶" or (mark.isdigit() and first.size < 0.95 * line.size)
    )


def _label_rows(column: Column, labels: dict[Line, Label], numbers: Iterator[int]) -> None:
    """Tables without rules: at least three rows of at least three cells each."""
    rows: list[Line] = []
    for line in [*column.lines, None]:
        if line is not None and line not in labels and line.math < 0.3 and _is_row(line, rows):
            rows.append(line)
            continue
        if len(rows) >= _MIN_ROWS:
            label = Label(BlockKind.TABLE, next(numbers))
            labels.update(dict.fromkeys(rows, label))
        rows = []


def _is_row(line: Line, rows: Sequence[Line]) -> bool:
    """Whether a line has three cells, or two right below rows that have three: the last one may be a sum."""
    count = len(cells(line))
    near = len(rows) >= _MIN_ROWS and line.baseline - rows[-1].baseline < _ROW_STEP * line.size
    return count >= 3 or (count == 2 and near)


def _label_formulas(column: Column, labels: dict[Line, Label], numbers: Iterator[int]) -> None:
    """Displayed formulas: away from the margin, with more signs than words."""
    before: Line | None = None
    label: Label | None = None
    for line in column.lines:
        if line in labels or not _is_formula(line, column):
            # The pieces of a fraction stand on baselines of their own.
            near = before is not None and label is not None and 0 <= line.baseline - before.baseline < 1.3 * before.size
            if line in labels or not (near and _is_fragment(line)):
                before, label = None, None
                continue
        if before is None or label is None or line.baseline - before.baseline > 3.2 * max(line.size, before.size):
            label = Label(BlockKind.FORMULA, next(numbers))
        labels[line] = label
        before = line
    _draw_in_fragments(column, labels)


def _draw_in_fragments(column: Column, labels: dict[Line, Label]) -> None:
    """Limits and numerators above a formula's main line."""
    following: Line | None = None
    for line in reversed(column.lines):
        label = labels.get(line)
        apart = label is None and _is_fragment(line) and line.box.x0 > column.left + line.size
        if apart and following is not None and 0 <= following.baseline - line.baseline < 1.6 * following.size:
            labels[line] = labels[following]
        following = line if line in labels and labels[line].kind is BlockKind.FORMULA else None


def _is_formula(line: Line, column: Column) -> bool:
    numbered = bool(_EQUATION_NUMBER.search(line.text)) and line.box.x1 > column.right - 2 * line.size
    indent = line.box.x0 - column.left
    words = sum(len(word) for word in _WORD.findall(line.text))
    share = words / max(1, len(line.text))
    if indent < 1.2 * line.size and not numbered:
        # A long formula may fill the line; running text never has this many signs.
        return line.math > 0.45 and share < 0.15 and len(line.text) > 10
    centred = abs(indent - (column.right - line.box.x1)) < 1.5 * line.size and indent > 3 * line.size
    if centred and "=" in line.text and not line.text.endswith(".") and line.bold < 0.5:
        return True
    if numbered and len(cells(line)) > 1:
        return line.math > 0.08 or share < 0.5
    return line.math > 0.22 and share < 0.4


def _is_fragment(line: Line) -> bool:
    return len(line.text) <= 24 and not any(len(word) > 4 for word in _WORD.findall(line.text)) and not line.bold > 0.9


def _label_code(column: Column, labels: dict[Line, Label], numbers: Iterator[int]) -> None:
    """Consecutive lines in a fixed-pitch font."""
    group: list[Line] = []
    for line in [*column.lines, None]:
        if line is not None and line not in labels and line.mono > 0.7:
            group.append(line)
            continue
        if len(group) >= 3:
            labels.update(dict.fromkeys(group, Label(BlockKind.CODE, next(numbers))))
        group = []


def _label_stray(page: Page, lines: Sequence[Line], body_size: float, labels: dict[Line, Label]) -> None:
    """Labels of axes just outside of a picture's box."""
    for box in page.pictures[:_MAX_GROUPS]:
        grown = box.grown(_LABEL_MARGIN)
        own = next((labels[line] for line in lines if line in labels and box.holds(*line.middle)), None)
        if own is None or own.kind is not BlockKind.FIGURE:
            continue
        for line in lines:
            short = line.box.width < 0.6 * box.width and len(line.text) < 40
            if line not in labels and grown.holds(*line.middle) and short and line.size < 0.98 * body_size:
                labels[line] = own
