"""A reference list to its entries."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

from ....index.blocks import BlockKind
from .draft import Draft
from .outline import key_of
from .page import Line

_TITLES = frozenset({"references", "bibliography", "literaturecited", "workscited", "referencesandnotes"})
_NUMBERED = re.compile(r"\[[\w+.,’'\- ]{1,30}\]|\d{1,3}\.\s")
_ENTRIES = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.FORMULA})
_HANGING = 0.6
_MIN_PARAGRAPH = 3
_MIN_NUMBERED = 5
_APART = 1.18


def mark_references(drafts: Sequence[Draft]) -> list[Draft]:
    """Paragraphs below a heading such as "References" become entries, up to the next heading."""
    found: list[Draft] = []
    section: list[Draft] = []
    inside = False
    for draft in drafts:
        if draft.kind is BlockKind.HEADING:
            found += _entries(section)
            section = []
            inside = key_of(" ".join(line.text for line in draft.lines)) in _TITLES
            found.append(draft)
        elif inside and _ends(draft, section):
            inside = False
            found += _entries(section)
            section = []
            found.append(draft)
        elif inside and _belongs(draft, section):
            section.append(draft)
        else:
            found.append(draft)
    return found + _entries(section)


def _ends(draft: Draft, section: Sequence[Draft]) -> bool:
    """Whether a paragraph behind numbered entries is none: it begins where they do or further in, without a number.

    What a column's end has cut off an entry goes on where the entry's further lines stand.
    """
    if draft.kind is not BlockKind.PARAGRAPH or len(draft.lines) < _MIN_PARAGRAPH:
        return False
    if any(_NUMBERED.match(line.text) for line in draft.lines):
        return False
    first = [line.box.x0 for one in section for line in one.lines if _NUMBERED.match(line.text)]
    further = [line.box.x0 for one in section for line in one.lines if not _NUMBERED.match(line.text)]
    if len(first) < _MIN_NUMBERED or not further or min(further) < min(first) + _HANGING * draft.size:
        return False
    left = min(line.box.x0 for line in draft.lines)
    return left < min(further) - _HANGING * draft.size


def _belongs(draft: Draft, section: Sequence[Draft]) -> bool:
    """Whether it is an entry, or was taken for a footnote although it is as large as the entries before it."""
    if draft.kind is BlockKind.FOOTNOTE:
        return not section or abs(section[0].size - draft.size) < 0.3
    return draft.kind in _ENTRIES


def _entries(section: Sequence[Draft]) -> list[Draft]:
    lines = [(line, draft) for draft in section for line in draft.lines]
    if not lines:
        return []
    numbered = sum(1 for draft in section if _NUMBERED.match(draft.lines[0].text))
    marks = numbered >= 0.3 * len(section) and numbered >= 2
    margins = _margins(section)
    usual = _usual_step([line for line, _ in lines])
    entries: list[Draft] = []
    before: Line | None = None
    for line, draft in lines:
        if before is None or _starts(line, before, marks, margins[id(draft.column), line.page], usual):
            entries.append(Draft(BlockKind.REFERENCE_LIST, [], draft.column, indented=True))
        entries[-1].lines.append(line)
        before = line
    return entries


def _margins(section: Sequence[Draft]) -> dict[tuple[int, int], tuple[float, bool]]:
    """For each column where entries begin, and whether their further lines stand further in."""
    starts: dict[tuple[int, int], list[float]] = {}
    for draft in section:
        for line in draft.lines:
            starts.setdefault((id(draft.column), line.page), []).append(line.box.x0)
    found: dict[tuple[int, int], tuple[float, bool]] = {}
    for key, values in starts.items():
        common = [start for start, times in Counter(map(round, values)).items() if times >= max(1, 0.1 * len(values))]
        left = float(min(common or [round(min(values))]))
        further = sum(1 for value in values if value > left + 4)
        found[key] = left, further >= 0.25 * len(values)
    return found


def _usual_step(lines: Sequence[Line]) -> float:
    """Distance of two baselines within an entry, in font sizes."""
    steps = [(line.baseline - before.baseline) / line.size for before, line in pairwise(lines)]
    near = [step for step in steps if 0.9 < step < 2.0]
    return median_low(near) if near else 1.2


def _starts(line: Line, before: Line, numbered: bool, margin: tuple[float, bool], usual: float) -> bool:
    if numbered:
        return bool(_NUMBERED.match(line.text)) and line.box.x0 < margin[0] + 3 * line.size
    left, hanging = margin
    if hanging:
        return line.box.x0 < left + _HANGING * line.size
    step = line.baseline - before.baseline
    if step < 0 or line.page != before.page:
        return before.text.rstrip().endswith(".") and line.text[:1].isupper()
    return step > _APART * usual * line.size
