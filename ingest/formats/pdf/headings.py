"""Headings: lines that the outline names, and lines that look like headings."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....index.blocks import BlockKind
from .columns import Column
from .outline import Entry, key_of, letters, number_of
from .page import Line
from .regions import Label
from .titles import KNOWN, NUMBERED, Candidate, Look, candidate_at

_UNLIKELY = frozenset({BlockKind.TABLE, BlockKind.CAPTION, BlockKind.CODE, BlockKind.FOOTNOTE})
_MAX_REPEATS = 2
_RUN_IN = re.compile(r"abstract\s?[.:—–-]+\s?(?=\S)", re.IGNORECASE)
_MAX_LINES = 4
_ENOUGH = 4
_LARGER = 1.1
_MAX_UNNUMBERED = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading that begins with a line.

    Attributes:
        level: from 1.
        title: as the outline has it, or empty.
        lines: how many lines it takes.
        until: characters of its first line when text follows on the same line, else 0.
    """

    level: int
    title: str = ""
    lines: int = 1
    until: int = 0


def find_headings(
    columns: Sequence[Column],
    outline: Sequence[Entry],
    labels: Mapping[Line, Label],
    body_size: float,
    title: Sequence[Line] = (),
    front_end: Line | None = None,
) -> dict[Line, Mark]:
    """The headings among the lines, by their first line.

    What the outline names comes first, then numbered titles and such as "References"; other lines that stand alone
    are headings if they look like those, or if there are too few of those to tell.

    Args:
        columns: all of the document, in reading order.
        outline: its bookmarks, possibly none.
        labels: of lines that are no running text.
        body_size: font size of the running text.
        title: the document's own title, which is none of them.
        front_end: the line with which the text begins behind title and authors, if there are any.
    """
    marks = _named(columns, outline)
    named = len(marks) >= _ENOUGH
    places = {Look.of(line, column) for column in columns for line in column.lines if line in marks}
    candidates = _candidates(columns, labels, body_size, (frozenset(title), front_end), marks)
    # The outline may end at sub-sections: what is numbered below them counts too.
    certain = [
        one
        for one in candidates
        if not _is_drawn(one, labels)
        and (one.known or (one.numbered and (not named or one.look in places or "." in one.line.text.split()[0][:-1])))
    ]
    marks.update((one.line, Mark(0, "", one.lines)) for one in certain)
    places |= {one.look for one in certain if one.numbered}
    guided = named or sum(1 for one in certain if one.numbered) >= _ENOUGH
    always_numbered = _always_numbered(certain)
    repeats = Counter(letters(one.line.text) for one in candidates)
    for one in candidates:
        if one.line in marks or repeats[letters(one.line.text)] > _MAX_REPEATS:
            continue
        if one.look in always_numbered and len(one.line.text) > _MAX_UNNUMBERED:
            continue
        lonely = not _is_drawn(one, labels) and ((not named and one.titled) or not guided)
        if one.look in places or lonely:
            marks[one.line] = Mark(0, "", one.lines)
    return _ranked(marks, columns)


def _is_drawn(one: Candidate, labels: Mapping[Line, Label]) -> bool:
    """Whether it stands within a picture's box, which may reach over the heading above it."""
    label = labels.get(one.line)
    return label is not None and label.kind is BlockKind.FIGURE


def _always_numbered(certain: Sequence[Candidate]) -> set[Look]:
    """Looks of which all headings have a number: a long line without one is none."""
    numbered = Counter(one.look for one in certain if one.numbered)
    return {look for look, times in numbered.items() if times >= _ENOUGH} - {
        one.look for one in certain if not one.numbered
    }


def _candidates(
    columns: Sequence[Column],
    labels: Mapping[Line, Label],
    body_size: float,
    front: tuple[frozenset[Line], Line | None],
    marks: dict[Line, Mark],
) -> list[Candidate]:
    found: list[Candidate] = []
    title, front_end = front
    in_front = front_end is not None
    for column in columns:
        skip = 0
        for index, line in enumerate(column.lines):
            if line is front_end:
                in_front = False
            if line in marks:
                skip = marks[line].lines
            if skip or in_front or line in title:
                skip = max(0, skip - 1)
                continue
            label = labels.get(line)
            if label is not None and label.kind in _UNLIKELY:
                continue
            run_in = _RUN_IN.match(line.text) if line is front_end else None
            if run_in:
                marks[line] = Mark(2, "", 1, run_in.end())
                continue
            candidate = candidate_at(column, index, body_size)
            drawn = label is not None and label.kind is BlockKind.FIGURE
            if candidate and not (drawn and line.size < _LARGER * body_size):
                found.append(candidate)
                skip = candidate.lines - 1
    return found


def _named(columns: Sequence[Column], outline: Sequence[Entry]) -> dict[Line, Mark]:
    """Lines that the outline names: whole lines, several lines together, or the bold beginning of one."""
    if not outline:
        return {}
    wanted = {key_of(entry.title) for entry in outline} | {letters(entry.title) for entry in outline}
    places: dict[str, list[tuple[int, Line, int, int]]] = {}
    for column in columns:
        for index, line in enumerate(column.lines):
            for count, key in _keys(column, index):
                if key in wanted:
                    places.setdefault(key, []).append((line.page, line, count, 0))
            first = line.runs[0]
            if 0 < first.bold_until < len(line.text) and line.text.startswith(first.text[: first.bold_until]):
                key = key_of(first.text[: first.bold_until])
                if key in wanted:
                    places.setdefault(key, []).append((line.page, line, 1, first.bold_until))
    marks: dict[Line, Mark] = {}
    top = min(entry.level for entry in outline)
    for entry in outline:
        found = places.get(key_of(entry.title)) or places.get(letters(entry.title)) or []
        near = [place for place in found if place[1] not in marks and _plausible(place, entry)]
        if near:
            _, line, count, until = min(
                near, key=lambda place: (abs(place[0] - entry.page), place[3] > 0, -place[1].size)
            )
            marks[line] = Mark(entry.level - top + 2, entry.title, count, until)
    return marks


def _plausible(place: tuple[int, Line, int, int], entry: Entry) -> bool:
    """A bookmark may lead to the end of the page before; without a page anything goes."""
    return not entry.page or abs(place[0] - entry.page) <= 1


def _keys(column: Column, index: int) -> list[tuple[int, str]]:
    """Keys of one to four lines from an index on that look alike."""
    first = column.lines[index]
    text = first.text
    found = [(1, key_of(text)), (1, letters(text))]
    for count in range(2, _MAX_LINES + 1):
        if index + count > len(column.lines) or len(text) > 200:
            break
        following = column.lines[index + count - 1]
        if abs(following.size - first.size) > 0.5:
            break
        text = f"{text.removesuffix('-')}{'' if text.endswith('-') else ' '}{following.text}"
        found.append((count, key_of(text)))
    return found


def _ranked(marks: dict[Line, Mark], columns: Sequence[Column]) -> dict[Line, Mark]:
    """Levels: by number, as the outline has them, or as others that look alike."""
    looks = {line: Look.of(line, column) for column in columns for line in column.lines if line in marks}
    by_look: dict[Look, Counter[int]] = {}
    levels: dict[Line, int] = {}
    for line, mark in marks.items():
        level = _level_by_number(line.text) or mark.level or _level_by_letter(line.text)
        if level:
            levels[line] = level
            if not mark.until:
                by_look.setdefault(looks[line], Counter())[level] += 1
    ranks = _by_size([line for line in marks if line not in levels])
    ranked: dict[Line, Mark] = {}
    for line, mark in marks.items():
        level = levels.get(line)
        if level is None and key_of(line.text) in KNOWN:
            level = 2
        if level is None:
            look = looks[line]
            level = by_look[look].most_common(1)[0][0] if look in by_look else ranks[line]
        ranked[line] = Mark(level, mark.title, mark.lines, mark.until)
    return ranked


def _by_size(lines: Sequence[Line]) -> dict[Line, int]:
    """2 for the largest headings, 3 for those in the next size, 4 for all below."""
    levels: dict[Line, int] = {}
    size, level = 0.0, 1
    for line in sorted(lines, key=lambda line: -line.size):
        if line.size < 0.97 * size or level == 1:
            size, level = line.size, min(level + 1, 4)
        levels[line] = level
    return levels


def _level_by_number(text: str) -> int:
    """2 for section 3, 3 for section 3.1 or A.1, and so on; 0 without such a number."""
    number = number_of(text) if NUMBERED.match(text) else None
    return 2 + number.count(".") if number and any(sign.isdigit() for sign in number) else 0


def _level_by_letter(text: str) -> int:
    """2 for appendix A or section IV; 0 without a letter."""
    return 2 if NUMBERED.match(text) and number_of(text) else 0
