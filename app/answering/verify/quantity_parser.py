"""The quantities that a text states: numbers with units, bounds, keys and what they count."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from . import number_words
from .dates import DateRead, date_of_year, is_year, read_date
from .lexemes import Form, Lexeme, at, glued, lexemes, named
from .numbers import CONTEXT, Number, read_number
from .quantity import Bound, Kind, Quantity, Value
from .surroundings import (
    DATE_BOUNDS,
    Nouns,
    bound_after,
    bound_before,
    key_after,
    key_before,
    nouns_after,
    noun_stem,
    opens_sentence,
    words_before,
    words_of_each,
)
from .typeset import Typeset, typeset
from .units import CURRENCIES, Unit, read_unit, time_symbol

_NONE = Unit("", Decimal(1), Kind.COUNT)
_NO_NOUNS = Nouns((), (), 0)
_PERCENT = Unit("%", Decimal(1), Kind.PERCENT)
_TIMES = Unit("x", Decimal(1), Kind.FACTOR)
_RANGE_SIGNS = frozenset({("-",), ("–",), ("—",), ("to",), ("-", "to", "-"), ("…",), ("through",)})
_LISTED = frozenset({(",",), ("and",), ("or",), ("/",), (",", "and"), (",", "or"), ("-", "and"), ("-", "or"), ("-", ","),
                     ("-", "to"), ("&",), ("versus",), ("vs",), ("vs", ".")})  # fmt: skip
_PARTED = frozenset({("of",), ("of", "the"), ("of", "its"), ("of", "all"), ("out", "of"), ("out", "of", "the"),
                     ("of", "these"), ("of", "those")})  # fmt: skip
_MAX_PLAIN = 40
_BEFORE_YEARS = frozenset("the a in since until early mid late this that".split())
_NOT_ONE_BEFORE = frozenset("no any every each which".split())


@dataclass(frozen=True, slots=True)
class _Draft:
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
    low: "_Draft | None" = None
    splits: bool = False

    @property
    def bare(self) -> bool:
        """Whether it is a mere number, to which a unit or noun further on may belong."""
        plain = self.unit == _NONE and not self.date and not self.number.ordinal and self.low is None
        return plain and self.number.high is None and not self.per and not self.nouns.stems


def parse(text: str) -> list[Quantity]:
    """The quantities of a text in order; they do not overlap."""
    read = typeset(text)
    row = lexemes(read.text)
    drafts = _drafts(row)
    drafts = _merged(row, drafts)
    drafts = _passed_back(row, drafts)
    drafts = _passed_on(row, drafts)
    return _quantities(read, row, drafts)


def _drafts(row: Sequence[Lexeme]) -> list[_Draft]:
    names = named(row)
    found: list[_Draft] = []
    place = 0
    while place < len(row):
        draft = _draft_at(row, place, names)
        if draft is None:
            place += 1
        else:
            found.append(draft)
            place = max(draft.behind, place + 1)
    return found


def _draft_at(row: Sequence[Lexeme], place: int, names: frozenset[int]) -> _Draft | None:
    if date := read_date(row, place, names):
        return _dated(row, date)
    number = read_number(row, place, names)
    if number is None or _is_pronoun(row, number):
        return None
    if number.share or number.multiple or number.ordinal:
        unit, behind = _TIMES if number.multiple else _PERCENT if number.share else _NONE, number.behind
        bound, begin = bound_before(row, number.first)
        return _Draft(number, unit, number.first, behind, bound, begin)
    return _measured(row, number)


def _measured(row: Sequence[Lexeme], number: Number) -> _Draft:
    """A number with its unit, bound, key, nouns and divisor."""
    first, behind, unit = number.first, number.behind, _NONE
    currency = CURRENCIES.get(at(row, first - 1))
    if currency is not None:
        first -= 1 + (at(row, first - 2) == "us" and glued(row, first - 1))
        unit = Unit(currency, Decimal(1), Kind.MONEY)
    elif found := read_unit(row, behind):
        if not _counts_devices(row, *found) and not (number.high is not None and found[0].kind is Kind.FACTOR):
            unit = found[0]
        behind = found[1]
    bound, begin = bound_before(row, first)
    after, here = bound_after(row, behind)
    if after is not Bound.EXACT:
        bound, behind = after, here if unit is not _NONE or at(row, behind) == "+" else behind
    if (
        unit is _NONE
        and after is Bound.EXACT
        and bound is Bound.MORE
        and at(row, begin) == "over"
        and number.value < 100
    ):
        bound, begin = Bound.EXACT, first  # "averaged over 3 seeds"
    if unit.name == "magnitude":
        number = replace(number, value=CONTEXT.power(Decimal(10), min(number.value, Decimal(30))))
        unit = _TIMES
    key = key_before(row, begin)
    nouns = _NO_NOUNS
    if unit is _NONE:
        if key is None and (key := key_after(row, behind)):
            return _Draft(number, unit, first, behind, bound, begin, key)
        if number.high is not None and at(row, here) == "of":
            here += 1
        sized = number.scale >= 10**6 and not number.word
        nouns = nouns_after(row, here, abs(number.value), sized=sized, keyed=key is not None)
        here = nouns.behind
    draft = _Draft(number, unit, first, behind, bound, begin, key, nouns)
    plain = unit is _NONE and not key and number.behind == number.first + 1 and after is Bound.EXACT
    if plain and is_year(row, number.first) and (draft.bare or at(row, first - 1) in _BEFORE_YEARS):
        return _dated(row, date_of_year(row, number.first))
    return replace(draft, per=_divisor(row, here, unit))


def _dated(row: Sequence[Lexeme], date: DateRead) -> _Draft:
    begin = date.first - (1 + (at(row, date.first - 1) == "-")) * bool(date.part)
    bound, start = bound_before(row, begin, DATE_BOUNDS)
    if bound is Bound.EXACT or any(at(row, place) in ("a", "an", "the") for place in range(start, begin)):
        bound, start = Bound.EXACT, begin  # "since a 2024 study found it" gives a reason and no time
    year = Number(Decimal(date.year), Decimal(1), date.first, date.behind)
    return _Draft(year, _NONE, date.first, date.behind, bound, start, date=date)


def _is_pronoun(row: Sequence[Lexeme], number: Number) -> bool:
    """Whether "one" stands for a thing, and "zero" in "zero-shot" and "zero point" counts nothing."""
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
    return not nouns_after(row, following, Decimal(1)).near and not read_unit(row, following)


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


def _merged(row: Sequence[Lexeme], drafts: list[_Draft]) -> list[_Draft]:
    """The drafts with ranges in one: "8–16 GB", "between 8 and 16 GB", "from 0.1% to 1%"."""
    found: list[_Draft] = []
    for draft in drafts:
        low = found[-1] if found else None
        if low is not None and _is_range(row, low, draft):
            found[-1] = _range(row, low, draft)
        else:
            found.append(draft)
    return found


def _between(row: Sequence[Lexeme], left: _Draft, right: _Draft) -> tuple[str, ...]:
    if right.first - left.behind > 3 or any(row[place].gap == 2 for place in range(left.behind, right.first + 1)):
        return ()
    return tuple(at(row, place) for place in range(left.behind, right.first))


def _is_range(row: Sequence[Lexeme], low: _Draft, high: _Draft) -> bool:
    if low.low is not None or low.number.high is not None or high.number.high is not None or low.per:
        return False
    if (low.date is None) != (high.date is None) or low.number.ordinal or high.number.ordinal:
        return False
    if low.date is None and low.unit.name != high.unit.name and low.unit != _NONE:
        return False
    between = _between(row, low, high)
    if between in _RANGE_SIGNS:
        return not low.nouns.stems or between == ("to",)
    opening = at(row, min(low.bound_from, low.first) - 1)
    return between == ("and",) and opening == "between"


def _range(row: Sequence[Lexeme], low: _Draft, high: _Draft) -> _Draft:
    if low.date is None and (low.unit == _NONE or low.unit.kind is Kind.MONEY):
        low = _inheriting(low, high)
    splits = "from" in (at(row, low.bound_from - 1), at(row, low.first - 1)) or low.bound is Bound.AT_LEAST
    if low.date is not None and at(row, low.bound_from) == "from":
        splits, low = True, replace(low, bound=Bound.EXACT)
    return replace(high, low=low, first=low.first, bound=low.bound, key=low.key or high.key, splits=splits)


def _inheriting(draft: _Draft, giver: _Draft) -> _Draft:
    """A bare number with the unit, and for want of an own one the scale, of the number that it shares them with."""
    number = draft.number
    if number.scale == 1 and giver.number.scale > 1:
        scale = giver.number.scale
        number = replace(
            number,
            value=CONTEXT.multiply(number.value, scale),
            step=CONTEXT.multiply(number.step, scale),
            scale=scale,
        )
    return replace(draft, number=number, unit=giver.unit)


def _passed_back(row: Sequence[Lexeme], drafts: list[_Draft]) -> list[_Draft]:
    """The drafts with what a later one of a list says for all: "3- and 4-bit", "8 or 16 GPUs", "2 of 8 experts"."""
    found = list(drafts)
    for place in range(len(found) - 2, -1, -1):
        left, right = found[place], found[place + 1]
        between = _between(row, left, right)
        if not between or right.date or right.number.ordinal:
            continue
        if (
            between in _PARTED
            and (left.bare or right.unit == _NONE)
            and right.low is None
            and right.number.high is None
            and not left.date
        ):
            of = _normalised(right.number.value, right.unit)
            unit = right.unit if left.bare and right.unit.kind is Kind.MEASURE else left.unit
            nouns = left.nouns if left.nouns.stems or left.unit != _NONE else right.nouns
            # "12.9B of its 46.7B parameters per token" divides the part, and not the whole.
            found[place] = replace(left, of=of, unit=unit, nouns=nouns, per=left.per or right.per)
            found[place + 1] = replace(right, per=())
        elif between in _LISTED and left.bare and not left.key and not right.key:
            found[place] = replace(_inheriting(left, right), nouns=right.nouns, per=right.per)
    return found


def _passed_on(row: Sequence[Lexeme], drafts: list[_Draft]) -> list[_Draft]:
    """The drafts with the key of the one before in a list: "learning rates of 1e-4 and 3e-4"."""
    found = list(drafts)
    for place, (left, right) in enumerate(pairwise(drafts)):
        key = found[place].key
        if key and not right.key and not right.date and not right.nouns.stems and right.unit == left.unit:
            between = _between(row, left, right)
            if between in _LISTED or between in _RANGE_SIGNS:
                found[place + 1] = replace(right, key=key)
    return found


def _quantities(read: Typeset, row: Sequence[Lexeme], drafts: Sequence[_Draft]) -> list[Quantity]:
    openings = [place for place in range(len(row)) if opens_sentence(row, place)]
    found: list[Quantity] = []
    floor = sentence = 0
    counted: tuple[str, ...] = ()
    each: frozenset[str] = frozenset()
    for draft in drafts:
        number = bisect_right(openings, draft.first)
        if number != sentence:
            sentence, counted = number, ()
            each = words_of_each(row, openings[number - 1], openings[number] if number < len(openings) else len(row))
        near = {*draft.nouns.near, *words_before(row, draft.first, floor)}
        if not draft.nouns.stems and draft.unit == _NONE:
            near |= {*counted, *_words_behind(row, draft)}
        start, end = read.span(row[draft.first].start, row[draft.behind - 1].end)
        found.append(_quantity(draft, start, end, frozenset(near), each))
        counted = draft.nouns.stems or counted
        floor = draft.behind
    return found


def _words_behind(row: Sequence[Lexeme], draft: _Draft) -> set[str]:
    """Stems of the first words behind a bare number."""
    found: set[str] = set()
    for place in range(draft.behind, min(draft.behind + 3, len(row))):
        if opens_sentence(row, place) or row[place].form is not Form.WORD:
            break
        found.add(noun_stem(row[place]))
    return found - {""}


def _quantity(draft: _Draft, start: int, end: int, near: frozenset[str], each: frozenset[str]) -> Quantity:
    kind = draft.unit.kind
    if draft.number.ordinal:
        kind = Kind.ORDINAL
    elif draft.date:
        kind = Kind.DATE
    elif draft.key and draft.unit == _NONE:
        kind = Kind.HYPERPARAMETER
    return Quantity(
        start=start,
        end=end,
        value=_value(draft),
        unit="magnitude" if draft.number.high is not None else _unit_name(draft),
        kind=kind,
        what=_what(draft),
        bound=draft.bound,
        key=draft.key,
        per=draft.per,
        of=draft.of,
        date=(draft.date.year, draft.date.month, draft.date.day) if draft.date else None,
        step=_normalised(draft.number.step, draft.unit),
        near=near,
        each=each,
        splits=draft.splits,
    )


def _what(draft: _Draft) -> tuple[str, ...]:
    if draft.date:
        return (draft.date.part,) if draft.date.part else ()
    if draft.key and draft.unit == _NONE and draft.number.value != draft.number.value.to_integral_value():
        return ()
    return draft.nouns.stems


def _unit_name(draft: _Draft) -> str:
    """The unit; a date that is more than a year has one of its own, so that no number is taken for it."""
    return "date" if draft.date and draft.date.month else draft.unit.name


def _value(draft: _Draft) -> Value:
    if draft.date and draft.low is None:
        if draft.date.last:
            return Decimal(draft.date.year), Decimal(draft.date.last)
        return _date_value(draft.date)
    value = _date_value(draft.date) if draft.date else _normalised(draft.number.value, draft.unit)
    if draft.number.high is not None:
        return value, _normalised(draft.number.high, draft.unit)
    if draft.low is not None:
        low = _value(draft.low)
        return (low[0] if isinstance(low, tuple) else low), value
    return value


def _date_value(date: DateRead) -> Decimal:
    if not date.month:
        return Decimal(date.year)
    return Decimal(date.year * 10_000 + date.month * 100 + date.day)


def _normalised(value: Decimal, unit: Unit) -> Decimal:
    """The value in the base unit, without trailing zeros, so that equal values are spelt equally."""
    if unit.factor != 1:
        value = CONTEXT.multiply(value, unit.factor)
    if not value:
        return Decimal(0)
    plain = value.normalize(CONTEXT)
    exponent = int(plain.as_tuple().exponent)
    return plain.quantize(Decimal(1), context=CONTEXT) if 0 < exponent and plain.adjusted() < _MAX_PLAIN else plain
