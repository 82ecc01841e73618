"""Two statements that are alike but for a number."""

from dataclasses import dataclass
from decimal import Decimal

from .statements import Statement, is_setting, opening
from .verify.quantities import Bound, Quantity

MIN_SHARED = 3
"""Least words that both statements have, the noun that is counted included; a name counts as two."""
MIN_SHARED_UNNAMED = 4
"""The same where they have no name in common."""
MOST_SCOPE = 3
"""Most words that either may have besides, for both still to be statements of one matter."""
LEAST_GAP = Decimal("0.02")
"""Values nearer than this share of the greater one are one value, rounded differently."""
_APPROXIMATE = Decimal("0.1")

_Slot = tuple[str, str, str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NumberDifference:
    """The numbers of two statements as printed, and the words by which each is limited."""

    left: str
    right: str
    left_scope: str = ""
    right_scope: str = ""


def compare_numbers(left: Statement, right: Statement) -> NumberDifference | None:
    """What two statements disagree on; None where they agree, or speak of different things.

    They must share names and words, count the same things and have the same negations and directions; one number
    of the same slot (noun, unit, hyperparameter) must differ by more than rounding. Other words and settings that one
    has and the other has not, such as a model's size, a data set or a year, are its scope.
    """
    if left.turns != right.turns or not (left.quantities and right.quantities):
        return None
    differing = _differing(left, right)
    if differing is None:
        return None
    shared = left.words.keys() & right.words.keys()
    named = shared & (left.names | right.names | ({opening(left)} & {opening(right)}))
    weight = len(shared | set(differing[0].what)) + len(named)
    if weight < (MIN_SHARED if named else MIN_SHARED_UNNAMED):
        return None
    one, other, left_settings, right_settings = differing
    scopes = (_scope(left, right, left_settings), _scope(right, left, right_settings))
    if max(len(scope) for scope in scopes) > MOST_SCOPE or (any(scopes) and not named):
        return None
    return NumberDifference(_printed(left, one), _printed(right, other), *(", ".join(scope) for scope in scopes))


def _differing(left: Statement, right: Statement) -> tuple[Quantity, Quantity, list[Quantity], list[Quantity]] | None:
    """The one pair of numbers that disagree, and on each side the settings that the other side has not."""
    ours, theirs = _unmatched(left, right), _unmatched(right, left)
    left_settings = [quantity for quantity in ours if is_setting(left.candidate.text, quantity)]
    right_settings = [quantity for quantity in theirs if is_setting(right.candidate.text, quantity)]
    stated = [quantity for quantity in ours if quantity not in left_settings]
    answered = [quantity for quantity in theirs if quantity not in right_settings]
    if len(stated) != 1 or len(answered) != 1 or _slot(stated[0]) != _slot(answered[0]):
        return None
    # Where the one statement gives its slot several values, which of them is meant cannot be told.
    for side, quantity in ((left, stated[0]), (right, answered[0])):
        if sum(_slot(other) == _slot(quantity) for other in side.quantities) > 1:
            return None
    if not _disjoint(stated[0], answered[0]):
        return None
    return stated[0], answered[0], left_settings, right_settings


def _unmatched(one: Statement, other: Statement) -> list[Quantity]:
    """Numbers that the other statement does not have as well."""
    held = {(_slot(quantity), quantity.value) for quantity in other.quantities}
    return [quantity for quantity in one.quantities if (_slot(quantity), quantity.value) not in held]


def _slot(quantity: Quantity) -> _Slot:
    return quantity.kind, quantity.unit, "".join(quantity.what[-1:]), quantity.key or "", quantity.per


def _scope(one: Statement, other: Statement, settings: list[Quantity]) -> list[str]:
    """What limits a statement and not the other one, as written."""
    text = one.candidate.text
    words = [word for key, word in one.words.items() if key not in other.words]
    return [*(_span(text, quantity) for quantity in settings), *words]


def _disjoint(one: Quantity, other: Quantity) -> bool:
    (low, high), (least, most) = _interval(one), _interval(other)
    gap = max(least - high, low - most)
    if gap <= 0:
        return False
    ends = [abs(value) for value in (low, high, least, most) if value.is_finite()]
    return gap > LEAST_GAP * max(ends)


def _interval(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """All values that a quantity may mean: as printed, within its rounding, its bound or its approximation."""
    value = quantity.value
    low, high = (min(value), max(value)) if isinstance(value, tuple) else (value, value)
    # Whole numbers are counted; those of many digits and those with decimals are rounded.
    half = Decimal(0) if quantity.step == 1 else quantity.step / 2
    low, high = low - half, high + half
    if quantity.bound is Bound.APPROX:
        low, high = low - abs(low) * _APPROXIMATE, high + abs(high) * _APPROXIMATE
    if quantity.bound in (Bound.AT_LEAST, Bound.MORE):
        high = Decimal("Infinity")
    if quantity.bound in (Bound.AT_MOST, Bound.LESS):
        low = Decimal("-Infinity")
    return low, high


def _printed(statement: Statement, quantity: Quantity) -> str:
    return _span(statement.candidate.text, quantity)


def _span(text: str, quantity: Quantity) -> str:
    return " ".join(text[quantity.start : quantity.end].split())
