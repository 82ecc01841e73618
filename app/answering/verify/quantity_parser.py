"""The quantities that a text states: numbers with units, bounds, keys and what they count."""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal

from .dates import DateRead
from .draft import NONE, Draft, draft_at
from .lexemes import Form, Lexeme, lexemes, opens_sentence
from .lists import join_ranges, pass_back, pass_on
from .nouns import noun_stem, words_before, words_of_each
from .numeral_names import named
from .quantity import Kind, Quantity, Value
from .typeset import Typeset, typeset
from .units import normalised


def parse(text: str) -> list[Quantity]:
    """The quantities of a text in order; they do not overlap."""
    read = typeset(text)
    row = lexemes(read.text)
    drafts = _drafts(row)
    drafts = join_ranges(row, drafts)
    drafts = pass_back(row, drafts)
    drafts = pass_on(row, drafts)
    return _quantities(read, row, drafts)


def _drafts(row: Sequence[Lexeme]) -> list[Draft]:
    names = named(row)
    found: list[Draft] = []
    place = 0
    while place < len(row):
        draft = draft_at(row, place, names)
        if draft is None:
            place += 1
        else:
            found.append(draft)
            place = max(draft.behind, place + 1)
    return found


def _quantities(read: Typeset, row: Sequence[Lexeme], drafts: Sequence[Draft]) -> list[Quantity]:
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
        if not draft.nouns.stems and draft.unit == NONE:
            near |= {*counted, *_words_behind(row, draft)}
        start, end = read.span(row[draft.first].start, row[draft.behind - 1].end)
        start = max(start, found[-1].end if found else 0)  # two numbers in one piece of typesetting
        if start < end:
            found.append(_quantity(draft, start, end, frozenset(near), each))
        counted = draft.nouns.stems or counted
        floor = draft.behind
    return found


def _words_behind(row: Sequence[Lexeme], draft: Draft) -> set[str]:
    """Stems of the first words behind a bare number."""
    found: set[str] = set()
    for place in range(draft.behind, min(draft.behind + 3, len(row))):
        if opens_sentence(row, place) or row[place].form is not Form.WORD:
            break
        found.add(noun_stem(row[place]))
    return found - {""}


def _quantity(draft: Draft, start: int, end: int, near: frozenset[str], each: frozenset[str]) -> Quantity:
    kind = draft.unit.kind
    if draft.number.ordinal:
        kind = Kind.ORDINAL
    elif draft.date:
        kind = Kind.DATE
    elif draft.key and draft.unit == NONE:
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
        step=normalised(draft.number.step, draft.unit),
        near=near,
        each=each,
        splits=draft.splits,
    )


def _what(draft: Draft) -> tuple[str, ...]:
    if draft.date:
        return (draft.date.part,) if draft.date.part else ()
    if draft.key and draft.unit == NONE and draft.number.value % 1:
        return ()
    return draft.nouns.stems


def _unit_name(draft: Draft) -> str:
    """The unit; a date that is more than a year has one of its own, so that no number is taken for it."""
    return "date" if draft.date and draft.date.month else draft.unit.name


def _value(draft: Draft) -> Value:
    if draft.date and draft.low is None:
        if draft.date.last:
            return Decimal(draft.date.year), Decimal(draft.date.last)
        return _date_value(draft.date)
    value = _date_value(draft.date) if draft.date else normalised(draft.number.value, draft.unit)
    if draft.number.high is not None:
        return value, normalised(draft.number.high, draft.unit)
    if draft.low is not None:
        low = _value(draft.low)
        return (low[0] if isinstance(low, tuple) else low), value
    return value


def _date_value(date: DateRead) -> Decimal:
    if not date.month:
        return Decimal(date.year)
    return Decimal(date.year * 10_000 + date.month * 100 + date.day)
