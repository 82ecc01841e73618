"""Dates: years, months, days, decades, and the parts of a year."""

from collections.abc import Sequence
from dataclasses import dataclass

from .lexemes import Form, Lexeme, at, glued

_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr may jun jul aug sep oct nov dec".split()
)
_NUMBERS = {name: place % 12 + 1 for place, name in enumerate(_MONTHS)} | {"sept": 9}
_PARTS = frozenset("early mid late".split())
# May and March are other words as well: by themselves they are months only behind one of these.
_BEFORE_MONTHS = frozenset("in since until by of early late mid during from before after".split())


@dataclass(frozen=True, slots=True)
class DateRead:
    """A date as a text states it.

    Attributes:
        year: 1900 to 2099; 0 when it is not said.
        month: 1 to 12; 0 when it is not said.
        day: 1 to 31; 0 when it is not said.
        last: the last year of a decade or of "2017-18"; 0 for a single date.
        part: `early`, `mid` or `late`; empty for none.
        first: place of its first lexeme.
        behind: place after its last one.
    """

    year: int
    month: int
    day: int
    last: int
    part: str
    first: int
    behind: int


def is_year(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a numeral looks like a year from 1900 to 2099."""
    if not 0 <= place < len(row) or row[place].form is not Form.NUMERAL:
        return False
    text = row[place].text
    return len(text) == 4 and text.isdecimal() and text[:2] in ("19", "20")


def read_date(row: Sequence[Lexeme], place: int, named: frozenset[int]) -> DateRead | None:
    """The date that begins at a place and is more than a bare year; None where there is none."""
    if row[place].form is Form.NUMERAL and place not in named:
        return _read_iso(row, place) or _read_decade(row, place) or _read_day_first(row, place)
    if row[place].lower in _NUMBERS and row[place].text[:1].isupper():
        return _read_month_first(row, place)
    return None


def date_of_year(row: Sequence[Lexeme], place: int) -> DateRead:
    """The bare year at a place, with the part of it that is meant."""
    return DateRead(int(row[place].text), 0, 0, 0, _part_before(row, place), place, place + 1)


def _part_before(row: Sequence[Lexeme], first: int) -> str:
    here = first - 1 - (at(row, first - 1) == "-")
    return at(row, here) if at(row, here) in _PARTS else ""


def _read_iso(row: Sequence[Lexeme], place: int) -> DateRead | None:
    """2021-06-17, 2021-06 and 2017-18."""
    if not is_year(row, place) or at(row, place + 1) not in ("-", "–") or not glued(row, place + 1):
        return None
    second = at(row, place + 2)
    if not glued(row, place + 2) or len(second) != 2 or not second.isdecimal():
        return None
    year, number = int(row[place].text), int(second)
    third = at(row, place + 4)
    month = 1 <= number <= 12
    if month and at(row, place + 3) == "-" and glued(row, place + 4) and len(third) == 2 and third.isdecimal():
        return DateRead(year, number, int(third), 0, "", place, place + 5) if 1 <= int(third) <= 31 else None
    if month and second[0] == "0" and number <= year % 100:
        return DateRead(year, number, 0, 0, "", place, place + 3)
    if number > year % 100:
        return DateRead(year, 0, 0, year - year % 100 + number, "", place, place + 3)
    return DateRead(year, number, 0, 0, "", place, place + 3) if month else None


def _read_decade(row: Sequence[Lexeme], place: int) -> DateRead | None:
    behind = place + 1 + (at(row, place + 1) == "'")
    if not is_year(row, place) or not row[place].text.endswith("0") or at(row, behind) != "s" or not glued(row, behind):
        return None
    year = int(row[place].text)
    return DateRead(year, 0, 0, year + 9, _part_before(row, place), place, behind + 1)


def _read_day_first(row: Sequence[Lexeme], place: int) -> DateRead | None:
    """17 June 2021, 17th of June."""
    text = row[place].text
    if not text.isdecimal() or len(text) > 2 or not 1 <= int(text) <= 31:
        return None
    here = place + 1 + (at(row, place + 1) in ("st", "nd", "rd", "th"))
    here += at(row, here) == "of"
    if here >= len(row) or row[here].gap != 1 or row[here].lower not in _NUMBERS or not row[here].text[:1].isupper():
        return None
    year, behind = _year_behind(row, here + 1)
    return DateRead(year, _NUMBERS[row[here].lower], int(text), 0, "", place, behind)


def _read_month_first(row: Sequence[Lexeme], place: int) -> DateRead | None:
    """June 2021, June 17, 2021, and June by itself."""
    month = _NUMBERS[row[place].lower]
    here = place + 1 + (at(row, place + 1) == "." and len(row[place].text) < 5 and glued(row, place + 1))
    text = at(row, here)
    day, behind = 0, here
    if text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= 31 and row[here].gap == 1:
        behind = here + 1 + (at(row, here + 1) in ("st", "nd", "rd", "th"))
        day = int(text)
    year, further = _year_behind(row, behind)
    if not year and not day:
        ambiguous = row[place].lower in (
            "may",
            "march",
            "mar",
            "jan",
            "dec",
            "sep",
            "nov",
            "oct",
            "apr",
            "jun",
            "jul",
            "aug",
        )
        if (ambiguous or len(row[place].text) < 4) and at(row, place - 1) not in _BEFORE_MONTHS:
            return None
        further = place + 1
    return DateRead(year, month, day, 0, _part_before(row, place), place, further)


def _year_behind(row: Sequence[Lexeme], place: int) -> tuple[int, int]:
    """The year at a place, a comma or "of" passed over, and the place behind it; 0 where there is none."""
    here = place + (at(row, place) in (",", "of"))
    if is_year(row, here) and row[here].gap == 1:
        return int(row[here].text), here + 1
    return 0, place
