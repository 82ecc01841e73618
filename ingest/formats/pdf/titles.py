"""Whether lines look like a title: their font, their number, their name, and the room around them."""

import re
from dataclasses import dataclass

from .columns import Column
from .outline import key_of, letters
from .page import Line
from .tables import cells

KNOWN = frozenset(
    letters(name)
    for name in (
        "Abstract,Introduction,Related Work,Background,Preliminaries,Method,Methods,Methodology,Experiments,Results,"
        "Discussion,Conclusion,Conclusions,Limitations,Ethics Statement,Ethical Considerations,Broader Impact,"
        "Acknowledgments,Acknowledgements,Acknowledgment,Acknowledgement,References,Bibliography,Appendix,Appendices,"
        "Supplementary Material,Reproducibility Statement,Contributions,Author Contributions,Future Work,"
        "Impact Statement,Data Availability,Contents,Table of Contents,Conclusion and Future Work"
    ).split(",")
)
NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[A-Z](?:\.\d{1,2}){1,3}\.?|[A-Z]\.?(?=\s+[^\sa-z])|[IVX]{1,4}\.|"
    r"Appendix [A-Z0-9][.:]?)\s+\S"
)
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[A-Z]\w*(?:\s|$)")
_FIRST_SECTION = re.compile(r"[01](?:\.\d{1,2}){0,3}\.?\s+[A-Z]")
_CAPTION = re.compile(
    r"(?:figure|fig\.|table|algorithm|listing|theorem|lemma|definition|proposition|corollary|proof)\b", re.I
)
_LEADERS = re.compile(r"(?:\. ?){5}")
_LARGER = 1.08
_SURE = 1.04
_MUCH_LARGER = 1.3
_BOLD = 0.94
_MAX_LENGTH = 120
_MAX_LINES = 4
_SMALLEST, _SMALLEST_KNOWN = 0.93, 0.78
_MAX_SHORT = 60
_OPENING = frozenset("“‘\"'([¿¡§")


@dataclass(frozen=True, slots=True)
class Look:
    """What makes headings of one rank look alike."""

    style: str
    size: int
    place: int

    @classmethod
    def of(cls, line: Line, column: Column) -> "Look":
        """Font, size in half points, and place: 0 flush with the margin, 1 centred, 2 elsewhere."""
        aside = line.box.x0 - column.left, column.right - line.box.x1
        place = 0 if abs(aside[0]) < 4 else 1 if abs(aside[0] - aside[1]) < 8 else 2
        return cls(line.style, round(2 * line.size), place)


@dataclass(frozen=True, slots=True)
class Candidate:
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
    look: Look
    known: str
    numbered: bool
    titled: bool


def candidate_at(column: Column, index: int, body_size: float) -> Candidate | None:
    """A heading by its font, its number, its name and its place, perhaps."""
    line = column.lines[index]
    text = line.text
    if not _could_be_title(text) or _CAPTION.match(text) or line.mono > 0.5 or line.math > 0.4:
        return None
    if _LEADERS.search(text) or (len(line.runs) > 1 and line.runs[-1].text.isdigit() and len(cells(line)) > 1):
        return None
    key = key_of(text)
    known = key if key in KNOWN else ""
    numbered = bool(NUMBERED.match(text))
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
    ended = whole.endswith((".", ",", ";", ":", "-") if line.size >= _MUCH_LARGER * body_size else (*".,;:-?",))
    if len(whole) > _MAX_LENGTH or (ended and not known and not (numbered and whole[-1] in ".?")):
        return None
    following = column.lines[index + count] if index + count < len(column.lines) else None
    if following is not None and _runs_on(lines[-1], following, column):
        return None
    titled = (
        len(whole) <= _MAX_SHORT
        and line.bold > 0.97
        and following is not None
        and following.size <= line.size + 0.3
        and following.bold < 0.8
        and len(following.text) > 20
    )
    return Candidate(line, count, Look.of(line, column), known, numbered, titled)


def is_section(text: str) -> bool:
    """Whether a line by its words alone begins a section: a number before a capital, or a usual title."""
    return key_of(text) in KNOWN or bool(_SECTION.match(text))


def begins_document(text: str) -> bool:
    """Whether a line is the heading of a document's first section, unlike a title such as "10 Steps"."""
    return key_of(text) in KNOWN or bool(_FIRST_SECTION.match(text))


def _runs_on(last: Line, following: Line, column: Column) -> bool:
    """Whether the next line goes on with the sentence: the last one is full, and no room is left between them."""
    full = last.box.x1 > column.right - last.size and column.right - column.left < 30 * last.size
    return full and 0 < following.baseline - last.baseline < 1.3 * last.size and following.text[0].islower()


def _is_strong(line: Line) -> bool:
    """Bold to its end, or in capitals of any size."""
    small_capitals = "CSC" in line.style or line.style.startswith(("SFCC", "SFXC"))
    return (line.bold + line.math >= _BOLD and line.bold > 0.6) or small_capitals or line.text.isupper()


def _could_be_title(text: str) -> bool:
    numbered = NUMBERED.match(text)
    text = text[numbered.end() - 1 :] if numbered else text
    words = [word for word in text.split() if any(sign.isalpha() for sign in word)]
    if not words or len(text) > _MAX_LENGTH or len(text) < 3:
        return False
    alphabetic = sum(sign.isalpha() for sign in text)
    first = next((sign for sign in text if sign.isalpha()), "a")
    if not numbered and not (text[0].isalnum() or text[0] in _OPENING):
        return False
    return alphabetic >= 0.6 * len(text.replace(" ", "")) and (first.isupper() or bool(numbered))


def _extent(column: Column, index: int) -> int:
    """How many lines from an index on look like its first one; 0 when too many do."""
    first = column.lines[index]
    count = 1
    if letters(first.text) in KNOWN:
        # What is a title by itself is not continued by the one below it.
        return count
    for line in column.lines[index + 1 : index + 1 + _MAX_LINES]:
        strong = _is_strong(line) or not _is_strong(first)
        close = 0 < line.baseline - column.lines[index + count - 1].baseline < 1.6 * first.size
        if (
            line.style != first.style
            or abs(line.size - first.size) > 0.3
            or not strong
            or not close
            or NUMBERED.match(line.text)
            or letters(line.text) in KNOWN
        ):
            break
        count += 1
    return count if count < _MAX_LINES else 0


def _stands_alone(column: Column, index: int, count: int) -> bool:
    """Whether more room than between lines is left above, and no text stands beside."""
    line = column.lines[index]
    if index == 0:
        return True
    before = column.lines[index - 1]
    if line.size >= _MUCH_LARGER * before.size and line.baseline - before.baseline > 1.3 * before.size:
        return True
    above = line.baseline - column.lines[index - 1].baseline
    below = (
        column.lines[index + count].baseline - column.lines[index + count - 1].baseline
        if index + count < len(column.lines)
        else 2 * line.size
    )
    return above > 1.3 * line.size or above < 0 or below > 1.5 * line.size
