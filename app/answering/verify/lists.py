"""Numbers that belong together: ranges, lists with one unit at their end, and parts of a whole."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .bounds import Bound
from .draft import NONE, Draft
from .lexemes import Lexeme, at
from .units import CONTEXT, Kind, normalised

_RANGE_SIGNS = frozenset({("-",), ("–",), ("—",), ("to",), ("-", "to", "-"), ("…",), ("through",)})
_LISTED = frozenset(
    tuple(signs.split())
    for signs in ("and", "or", ",", "/", "&", ", and", ", or", "- and", "- or", "- ,", "- to", "versus", "vs", "vs .")
)
_PARTED = frozenset(
    tuple(words.split())
    for words in ("of", "of the", "of its", "of all", "of these", "of those", "out of", "out of the", "out of its")
)


def join_ranges(row: Sequence[Lexeme], drafts: list[Draft]) -> list[Draft]:
    """The drafts with ranges in one: "8–16 GB", "between 8 and 16 GB", "from 0.1% to 1%"."""
    found: list[Draft] = []
    for draft in drafts:
        low = found[-1] if found else None
        if low is not None and _is_range(row, low, draft):
            found[-1] = _range(row, low, draft)
        else:
            found.append(draft)
    return found


def _between(row: Sequence[Lexeme], left: Draft, right: Draft) -> tuple[str, ...]:
    if right.first - left.behind > 3 or any(row[place].gap == 2 for place in range(left.behind, right.first + 1)):
        return ()
    return tuple(at(row, place) for place in range(left.behind, right.first))


def _is_range(row: Sequence[Lexeme], low: Draft, high: Draft) -> bool:
    if low.low is not None or low.number.high is not None or high.number.high is not None or low.per:
        return False
    if (low.date is None) != (high.date is None) or low.number.ordinal or high.number.ordinal:
        return False
    if low.date is None and low.unit.name != high.unit.name and low.unit != NONE:
        return False
    between = _between(row, low, high)
    if between in _RANGE_SIGNS:
        return not low.nouns.stems or between == ("to",)
    opening = at(row, min(low.bound_from, low.first) - 1)
    return between == ("and",) and opening == "between"


def _range(row: Sequence[Lexeme], low: Draft, high: Draft) -> Draft:
    if low.date is None and (low.unit == NONE or low.unit.kind is Kind.MONEY):
        low = _inheriting(low, high)
    opens = low.bound_from - (low.date is None or low.bound is Bound.EXACT)
    splits = at(row, opens) == "from"
    bound = Bound.EXACT if splits and low.date else low.bound if low.bound is not Bound.EXACT else high.bound
    return replace(high, low=low, first=low.first, bound=bound, key=low.key or high.key, splits=splits)


def _inheriting(draft: Draft, giver: Draft) -> Draft:
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


def pass_back(row: Sequence[Lexeme], drafts: list[Draft]) -> list[Draft]:
    """The drafts with what a later one of a list says for all: "3- and 4-bit", "8 or 16 GPUs", "2 of 8 experts"."""
    found = list(drafts)
    for place in range(len(found) - 2, -1, -1):
        left, right = found[place], found[place + 1]
        between = _between(row, left, right)
        if not between or right.date or right.number.ordinal:
            continue
        if between in _PARTED and _is_part(left, right):
            found[place] = _part(left, right)
            # "12.9B of its 46.7B parameters per token" divides the part, and not the whole.
            found[place + 1] = replace(right, per=())
        elif between in _LISTED and left.bare and not left.key and not right.key:
            found[place] = replace(_inheriting(left, right), nouns=right.nouns, per=right.per)
    return found


def _is_part(left: Draft, right: Draft) -> bool:
    alike = left.bare or right.unit == NONE
    return alike and left.date is None and right.low is None and right.number.high is None


def _part(left: Draft, right: Draft) -> Draft:
    """A number with the whole that it is a part of, whose unit and nouns it shares."""
    return replace(
        left,
        of=normalised(right.number.value, right.unit),
        unit=right.unit if left.bare and right.unit.kind is Kind.MEASURE else left.unit,
        nouns=left.nouns if left.nouns.stems or left.unit != NONE else right.nouns,
        per=left.per or right.per,
    )


def pass_on(row: Sequence[Lexeme], drafts: list[Draft]) -> list[Draft]:
    """The drafts with the key of the one before in a list: "learning rates of 1e-4 and 3e-4"."""
    found = list(drafts)
    for place, (left, right) in enumerate(pairwise(drafts)):
        key = found[place].key
        if key and not right.key and not right.date and not right.nouns.stems and right.unit == left.unit:
            between = _between(row, left, right)
            if between in _LISTED or between in _RANGE_SIGNS:
                found[place + 1] = replace(right, key=key)
    return found
