"""One number of a text with all that belongs to it, before lists and ranges are seen as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from . import number_words
from .bounds import Bound, bound_after, bound_before, date_bound
from .dates import DateRead, date_of_year, is_year, read_date
from .keys import key_after, key_before
from .lexemes import Form, Lexeme, at, glued
from .nouns import Nouns, nouns_after
from .number import Number
from .numerals import read_numeral
from .spelt_numbers import read_spelt
from .units import CONTEXT, CURRENCIES, Kind, Unit, read_unit, time_symbol

NONE = Unit("", Decimal(1), Kind.COUNT)
"""The unit of a bare number."""

_NO_NOUNS = Nouns((), (), 0)
_PERCENT = Unit("%", Decimal(1), Kind.PERCENT)
_TIMES = Unit("x", Decimal(1), Kind.FACTOR)
_MAX_MAGNITUDE = Decimal(30)
_SIZED = 10**6
_FEW = 100
_BEFORE_YEARS = frozenset("the a in since until early mid late this".split())
_NOT_ONE_BEFORE = frozenset("no any every each which".split())


@dataclass(frozen=True, slots=True)
class Draft:
    """A number on its way to a quantity; places are those of lexemes."""

    number: Number
    unit: Unit
    first: int
    behind: int
    bound: Bound = Bound.EXACT
    bound_from: int = 0
    key: str | None = None
    nouns: Nouns = _NO_NOUNS
    per: tuple[str, ...] = ()
    of: Decimal | None = None
    date: DateRead | None = None
    low: "Draft | None" = None
    splits: bool = False

    @property
    def bare(self) -> bool:
        """Whether it is a mere number, to which a unit or noun further on may belong."""
        plain = self.unit == NONE and not self.date and not self.number.ordinal and self.low is None
        return plain and self.number.high is None and not self.per and not self.nouns.stems


def draft_at(row: Sequence[Lexeme], place: int, names: frozenset[int]) -> Draft | None:
    """The number, share, factor, ordinal or date that begins at a place.

    Args:
        row: the text.
        place: where to look.
        names: places of numerals that are part of names.

    Returns:
        None where nothing of the kind begins.
    """
    if date := read_date(row, place, names):
        return _dated(row, date)
    number = _read_number(row, place, names)
    if number is None or _is_pronoun(row, number):
        return None
    if number.share or number.multiple or number.ordinal:
        unit = _TIMES if number.multiple else _PERCENT if number.share else NONE
        return Draft(number, unit, number.first, number.behind, *bound_before(row, number.first))
    return _measured(row, number)


def _read_number(row: Sequence[Lexeme], place: int, names: frozenset[int]) -> Number | None:
    if row[place].form is Form.NUMERAL:
        return None if place in names else read_numeral(row, place, names)
    return read_spelt(row, place) if row[place].form is Form.WORD else None


def _dated(row: Sequence[Lexeme], date: DateRead) -> Draft:
    begin = date.first - (1 + (at(row, date.first - 1) == "-")) * bool(date.part)
    year = Number(Decimal(date.year), Decimal(1), date.first, date.behind)
    return Draft(year, NONE, date.first, date.behind, *date_bound(row, begin), date=date)


def _measured(row: Sequence[Lexeme], number: Number) -> Draft:
    """A number with its unit, bound, key, nouns and divisor."""
    unit, first, behind = _unit_around(row, number)
    if unit.name == "magnitude":
        number = replace(number, value=CONTEXT.power(Decimal(10), min(number.value, _MAX_MAGNITUDE)))
        unit = _TIMES
    bound, begin = bound_before(row, first)
    if unit is NONE and at(row, begin) == "over" and number.value < _FEW:
        bound, begin = Bound.EXACT, first  # "averaged over 3 seeds"
    after, here = bound_after(row, behind)
    if after is not Bound.EXACT:
        bound = after
        behind = here if unit is not NONE or at(row, behind) == "+" else behind
    # A sign says both which key and which bound: "lr ≤ 3e-4".
    key = key_before(row, begin if row[begin].form is Form.WORD else first)
    draft = Draft(number, unit, first, behind, bound, begin, key)
    return _counted(row, draft, here) if unit is NONE else replace(draft, per=_divisor(row, here, unit))


def _unit_around(row: Sequence[Lexeme], number: Number) -> tuple[Unit, int, int]:
    """The unit of a number, the place where both begin, and the place behind them."""
    first = number.first
    if currency := CURRENCIES.get(at(row, first - 1)):
        first -= 1 + (at(row, first - 2) == "us" and glued(row, first - 1))
        return Unit(currency, Decimal(1), Kind.MONEY), first, number.behind
    found = read_unit(row, number.behind)
    if found is None:
        return NONE, first, number.behind
    unit, behind = found
    # "8x A100" counts devices, and "billions times 8" is a product.
    counts = _counts_devices(row, unit, behind) or (number.high is not None and unit.kind is Kind.FACTOR)
    return NONE if counts else unit, first, behind


def _counted(row: Sequence[Lexeme], draft: Draft, here: int) -> Draft:
    """A number without a unit with what it counts, from a place behind it on; a bare year becomes a date."""
    number, key = draft.number, draft.key
    if key is None and (key := key_after(row, draft.behind)):
        return replace(draft, key=key)
    if number.high is not None and at(row, here) == "of":
        here += 1
    sized = number.scale >= _SIZED and not number.word
    nouns = nouns_after(row, here, abs(number.value), sized=sized, keyed=key is not None)
    draft = replace(draft, nouns=nouns)
    plain = not key and draft.behind == number.first + 1 == number.behind and here == draft.behind
    if plain and is_year(row, number.first) and (draft.bare or at(row, draft.first - 1) in _BEFORE_YEARS):
        return _dated(row, date_of_year(row, number.first))
    return replace(draft, per=_divisor(row, nouns.behind, NONE))


def _is_pronoun(row: Sequence[Lexeme], number: Number) -> bool:
    """Whether a word counts nothing: "this one", "one another", "zero-shot"."""
    if not number.word or number.behind != number.first + 1:
        return False
    word, following = at(row, number.first), number.behind
    if word == "zero":
        return at(row, following) in ("-", "point", "points")
    if word != "one":
        return False
    if at(row, number.first - 1) in _NOT_ONE_BEFORE or at(row, following) == "another":
        return True
    if at(row, following) == "-" and glued(row, following):
        return at(row, following + 1) in ("to", "hot", "off")
    if (at(row, following), at(row, following + 1)) == ("out", "of") or at(row, following + 1) in number_words.ONES:
        return False
    return not nouns_after(row, following, Decimal(1)).near and read_unit(row, following) is None


def _counts_devices(row: Sequence[Lexeme], unit: Unit, behind: int) -> bool:
    """Whether "8x" in "8x A100" counts devices and is no factor."""
    if unit.name != "x" or row[behind - 1].text not in ("x", "X", "×") or behind >= len(row):
        return False
    device = row[behind]
    return device.lower in ("gpu", "gpus", "tpu", "tpus") or (
        device.text.isupper() and len(device.text) < 4 and glued(row, behind + 1, Form.NUMERAL)
    )


def _divisor(row: Sequence[Lexeme], place: int, unit: Unit) -> tuple[str, ...]:
    """Stems of what follows "per", "/" or "for each" at a place."""
    if unit.per:
        return (unit.per,)
    words = at(row, place), at(row, place + 1)
    if words[0] == "per" or (words[0] == "/" and glued(row, place)):
        here = place + 1
    elif words in (("for", "each"), ("for", "every")):
        here = place + 2
    elif words[0] in ("a", "each", "every") and time_symbol(words[1]) and unit.name != "s":
        here = place + 1
    else:
        return ()
    scale = ()
    if at(row, here) in number_words.SCALES:
        scale, here = (at(row, here),), here + 1
    if time := time_symbol(at(row, here)):
        return (*scale, time)
    near = nouns_after(row, here, Decimal(1)).near[:3]
    return (*scale, *near) if not glued(row, here, Form.NUMERAL) else ()
