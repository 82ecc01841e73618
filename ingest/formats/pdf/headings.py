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

_KNOWN = frozenset(
    letters(name)
    for name in (
        "Abstract,Introduction,Related Work,Background,Preliminaries,Method,Methods,Methodology,Experiments,Results,"
        "Discussion,Conclusion,Conclusions,Limitations,Ethics Statement,Ethical Considerations,Broader Impact,"
        "Acknowledgments,Acknowledgements,Acknowledgment,Acknowledgement,References,Bibliography,Appendix,Appendices,"
        "Supplementary Material,Reproducibility Statement,Contributions,Author Contributions,Future Work,"
        "Impact Statement,Data Availability,Contents,Table of Contents,Conclusion and Future Work,Introduction and Background"
    ).split(",")
)
_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[A-Z](?:\.\d{1,2}){1,3}\.?|[A-Z]\.?(?=\s+[^\sa-z])|[IVX]{1,4}\.|"
    r"Appendix [A-Z0-9][.:]?)\s+\S"
)
_UNLIKELY = frozenset({BlockKind.TABLE, BlockKind.FIGURE, BlockKind.CAPTION, BlockKind.CODE, BlockKind.FOOTNOTE})
_MAX_REPEATS = 2
_CAPTION = re.compile(r"(?:figure|fig\.|table|algorithm|listing|theorem|lemma|definition|proposition|corollary|proof)\b", re.I)
_IN_CONTENTS = re.compile(r"\s\d{1,4}$|(?:\. ?){5}")
_RUN_IN = re.compile(r"abstract\s?[.:—–-]+\s?(?=\S)", re.IGNORECASE)
_LARGER = 1.08
_SURE = 1.04
_MAX_LENGTH = 120
_MAX_LINES = 4
_SMALLEST, _SMALLEST_KNOWN = 0.93, 0.78
_MAX_SHORT = 60
_ENOUGH = 4


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


@dataclass(frozen=True, slots=True)
class _Look:
    """What makes headings of one rank look alike."""

    style: str
    size: int
    place: int

    @classmethod
    def of(cls, line: Line, column: Column) -> "_Look":
        """Font, size in half points, and place: 0 flush with the margin, 1 centred, 2 elsewhere."""
        aside = line.box.x0 - column.left, column.right - line.box.x1
        place = 0 if abs(aside[0]) < 4 else 1 if abs(aside[0] - aside[1]) < 8 else 2
        return cls(line.style, round(2 * line.size), place)


def find_headings(
    columns: Sequence[Column],
    outline: Sequence[Entry],
    labels: Mapping[Line, Label],
    body_size: float,
    front_end: Line | None,
) -> dict[Line, Mark]:
    """The headings among the lines, by their first line.

    What the outline names comes first, then numbered titles and such as "References"; other lines that stand alone
    are headings if they look like those, or if there are too few of those to tell.

    Args:
        columns: all of the document, in reading order.
        outline: its bookmarks, possibly none.
        labels: of lines that are no running text.
        body_size: font size of the running text.
        front_end: the line with which the text begins behind title and authors, if there are any.
    """
    marks = _named(columns, outline)
    named = len(marks) >= _ENOUGH
    places = {_Look.of(line, column) for column in columns for line in column.lines if line in marks}
    candidates = _candidates(columns, labels, body_size, front_end, marks)
    # The outline may end at sub-sections: what is numbered below them counts too.
    certain = [
        one
        for one in candidates
        if one.known or (one.numbered and (not named or one.look in places or "." in one.line.text.split()[0][:-1]))
    ]
    marks.update((one.line, Mark(0, "", one.lines)) for one in certain)
    places |= {one.look for one in certain if one.numbered}
    guided = named or sum(1 for one in certain if one.numbered) >= _ENOUGH
    repeats = Counter(letters(one.line.text) for one in candidates)
    for one in candidates:
        if one.line in marks or repeats[letters(one.line.text)] > _MAX_REPEATS:
            continue
        if one.look in places or (not named and one.titled) or not guided:
            marks[one.line] = Mark(0, "", one.lines)
    return _ranked(marks, columns)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Lines that might be a heading.

    Attributes:
        line: the first one.
        lines: how many.
        look: of the first.
        known: its key where that is a usual title, else empty.
        numbered: whether it begins with a section number.
        titled: whether it is wholly bold and short, and running text follows.
    """

    line: Line
    lines: int
    look: _Look
    known: str
    numbered: bool
    titled: bool


def _candidates(
    columns: Sequence[Column],
    labels: Mapping[Line, Label],
    body_size: float,
    front_end: Line | None,
    marks: dict[Line, Mark],
) -> list[_Candidate]:
    found: list[_Candidate] = []
    in_front = front_end is not None
    for column in columns:
        skip = 0
        for index, line in enumerate(column.lines):
            if line is front_end:
                in_front = False
            if line in marks:
                skip = marks[line].lines
            if skip or in_front:
                skip = max(0, skip - 1)
                continue
            label = labels.get(line)
            if label is not None and label.kind in _UNLIKELY:
                continue
            run_in = _RUN_IN.match(line.text) if line is front_end else None
            if run_in:
                marks[line] = Mark(2, "", 1, run_in.end())
                continue
            candidate = _candidate(column, index, body_size)
            if candidate:
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
            _, line, count, until = min(near, key=lambda place: (abs(place[0] - entry.page), place[3] > 0, -place[1].size))
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


def _candidate(column: Column, index: int, body_size: float) -> _Candidate | None:
    """A heading by its font, its number, its name and its place, perhaps."""
    line = column.lines[index]
    text = line.text
    if not _could_be_title(text) or _CAPTION.match(text) or line.mono > 0.5 or line.math > 0.4:
        return None
    if _IN_CONTENTS.search(text) and len(line.runs) > 1:
        return None
    key = key_of(text)
    known = key if key in _KNOWN else ""
    numbered = bool(_NUMBERED.match(text))
    larger = line.size >= _LARGER * body_size
    least = _SMALLEST_KNOWN if known else _SMALLEST
    if line.size < least * body_size or not (larger or _is_strong(line)):
        return None
    count = _extent(column, index)
    sure = numbered and line.size > _SURE * body_size and line.bold > 0.9
    if not count or not (sure or _stands_alone(column, index, count)):
        return None
    lines = column.lines[index : index + count]
    whole = " ".join(one.text for one in lines)
    ended = whole.endswith((".", ",", ";", ":", "-", "?"))
    if len(whole) > _MAX_LENGTH or (ended and not known and not (numbered and whole[-1] in ".?")):
        return None
    following = column.lines[index + count] if index + count < len(column.lines) else None
    titled = (
        len(whole) <= _MAX_SHORT
        and line.bold > 0.97
        and following is not None
        and following.size <= line.size + 0.3
        and following.bold < 0.8
        and len(following.text) > 20
    )
    return _Candidate(line, count, _Look.of(line, column), known, numbered, titled)


def _is_strong(line: Line) -> bool:
    """Bold to its end, or in capitals of any size."""
    small_capitals = "CSC" in line.style or line.style.startswith(("SFCC", "SFXC"))
    return line.bold + line.math >= 0.97 and line.bold > 0.6 or small_capitals or line.text.isupper()


def _could_be_title(text: str) -> bool:
    numbered = _NUMBERED.match(text)
    text = text[numbered.end() - 1 :] if numbered else text
    words = [word for word in text.split() if any(sign.isalpha() for sign in word)]
    if not words or len(text) > _MAX_LENGTH or len(text) < 3:
        return False
    alphabetic = sum(sign.isalpha() for sign in text)
    first = next((sign for sign in text if sign.isalpha()), "a")
    return alphabetic >= 0.6 * len(text.replace(" ", "")) and (first.isupper() or bool(numbered))


def _extent(column: Column, index: int) -> int:
    """How many lines from an index on look like its first one; 0 when too many do."""
    first = column.lines[index]
    count = 1
    for line in column.lines[index + 1 : index + 1 + _MAX_LINES]:
        strong = _is_strong(line) or not _is_strong(first)
        close = 0 < line.baseline - column.lines[index + count - 1].baseline < 1.6 * first.size
        if line.style != first.style or abs(line.size - first.size) > 0.3 or not strong or not close or _NUMBERED.match(line.text):
            break
        count += 1
    return count if count < _MAX_LINES else 0


def _stands_alone(column: Column, index: int, count: int) -> bool:
    """Whether more room than between lines is left above, and no text stands beside."""
    line = column.lines[index]
    if index == 0:
        return True
    above = line.baseline - column.lines[index - 1].baseline
    below = (
        column.lines[index + count].baseline - column.lines[index + count - 1].baseline
        if index + count < len(column.lines)
        else 2 * line.size
    )
    return above > 1.3 * line.size or above < 0 or below > 1.5 * line.size


def _ranked(marks: dict[Line, Mark], columns: Sequence[Column]) -> dict[Line, Mark]:
    """Levels: by number, as the outline has them, or as others that look alike."""
    looks = {line: _Look.of(line, column) for column in columns for line in column.lines if line in marks}
    by_look: dict[_Look, Counter[int]] = {}
    levels: dict[Line, int] = {}
    for line, mark in marks.items():
        level = _level_by_number(line.text) or mark.level or _level_by_letter(line.text)
        if level:
            levels[line] = level
            if not mark.until:
                by_look.setdefault(looks[line], Counter())[level] += 1
    largest = max((line.size for line in marks), default=0.0)
    ranked: dict[Line, Mark] = {}
    for line, mark in marks.items():
        level = levels.get(line)
        if level is None and key_of(line.text) in _KNOWN:
            level = 2
        if level is None:
            look = looks[line]
            level = by_look[look].most_common(1)[0][0] if look in by_look else 2 if line.size >= 0.97 * largest else 3
        ranked[line] = Mark(level, mark.title, mark.lines, mark.until)
    return ranked


def _level_by_number(text: str) -> int:
    """2 for section 3, 3 for section 3.1 or A.1, and so on; 0 without such a number."""
    number = number_of(text) if _NUMBERED.match(text) else None
    return 2 + number.count(".") if number and any(sign.isdigit() for sign in number) else 0


def _level_by_letter(text: str) -> int:
    """2 for appendix A or section IV; 0 without a letter."""
    return 2 if _NUMBERED.match(text) and number_of(text) else 0
