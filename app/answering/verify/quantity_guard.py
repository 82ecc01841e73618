"""The numeric guard: does the evidence state every quantity of a claim, with its value, unit, key and bound?

It is on the safe side: what it cannot match it reports. A quantity that the evidence states word for word matches.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from .nouns import stem
from .quantity import Bound, Kind, Quantity
from .units import CONTEXT


class Fault(StrEnum):
    """What is wrong with a quantity of a claim."""

    MISSING = "missing"
    UNIT = "unit"
    KEY = "key"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class QuantityProblem:
    """A quantity that the evidence does not state.

    Attributes:
        kind: `missing`: no such value; `unit`: the value with another unit, or of another thing; `key`: the value
            of another hyperparameter; `bound`: a limit in another direction, or none.
        quantity: as the claim has it.
        text: as the claim prints it.
        message: the same for a reader, in one clause.
    """

    kind: Fault
    quantity: Quantity
    text: str
    message: str


# A claim with the bound on the left follows from evidence with one on the right.
_FOLLOWS = {
    Bound.EXACT: {Bound.EXACT, Bound.APPROX, Bound.AT_LEAST, Bound.AT_MOST},
    Bound.APPROX: {Bound.EXACT, Bound.APPROX, Bound.AT_LEAST, Bound.AT_MOST},
    Bound.AT_LEAST: {Bound.EXACT, Bound.AT_LEAST, Bound.APPROX, Bound.MORE},
    Bound.AT_MOST: {Bound.EXACT, Bound.AT_MOST, Bound.APPROX, Bound.LESS},
    Bound.MORE: {Bound.MORE},
    Bound.LESS: {Bound.LESS},
}
_MESSAGES = {
    Fault.MISSING: "the passage does not give {text!r}",
    Fault.UNIT: "the passage gives the number of {text!r} for something else",
    Fault.KEY: "the passage gives {text!r} as the value of something else",
    Fault.BOUND: "the passage sets another limit than {text!r}",
}


_SCALED = 1_000


class _Evidence:
    """The quantities of the evidence by value; ends of ranges that are stated each by itself are added."""

    def __init__(self, quantities: Iterable[Quantity]) -> None:
        self._by_value: dict[object, dict[Quantity, None]] = defaultdict(dict)
        self.counts: Counter[tuple[object, str]] = Counter()
        for quantity in quantities:
            for stated in (quantity, *_ends(quantity)):
                # Places do not matter here, and without them repetitions cost nothing.
                self._by_value[stated.value][replace(stated, start=0, end=0)] = None
                self.counts[stated.value, stated.unit] += 1
        self._numbers = sorted(value for value in self._by_value if isinstance(value, Decimal))
        self._ranges = [value for value in self._by_value if isinstance(value, tuple)]

    def of_value(self, quantity: Quantity) -> list[Quantity]:
        """Quantities with the value of a claim's, whatever their unit."""
        found = list(self._by_value.get(quantity.value, ()))
        if quantity.unit == "magnitude" and isinstance(quantity.value, tuple):
            low, high = quantity.value
            found += [replace(stated, unit="magnitude") for stated in self._within(low * 2, high) if stated.unit == ""]
        elif isinstance(quantity.value, Decimal) and quantity.value and quantity.bound is Bound.APPROX:
            half = quantity.step / 2
            found += [
                stated
                for stated in self._within(quantity.value - half, quantity.value + half)
                if stated.value != quantity.value + half and _same_base(quantity, stated)  # a half is rounded up
            ]
        if isinstance(quantity.value, Decimal) and quantity.date is not None:
            found += [stated for stated in self._all_dates() if _same_date(quantity, stated)]
        if isinstance(quantity.value, Decimal) and quantity.bound in (Bound.AT_LEAST, Bound.AT_MOST):
            end = 0 if quantity.bound is Bound.AT_LEAST else 1
            found += [
                replace(stated, value=quantity.value, bound=quantity.bound)
                for value in self._ranges
                if value[end] == quantity.value
                for stated in self._by_value[value]
            ]
        return found

    def states_figure(self, quantity: Quantity) -> bool:
        """Whether the figure of a claim stands in the evidence with another unit or scale."""
        figure = _figure(quantity)
        return figure is not None and any(
            figure == _figure(stated) for stated_by in self._by_value.values() for stated in stated_by
        )

    def states_reversed(self, quantity: Quantity) -> bool:
        """Whether the evidence goes from the end of a range to its beginning."""
        return isinstance(quantity.value, tuple) and quantity.value[::-1] in self._by_value

    def _within(self, low: Decimal, high: Decimal) -> list[Quantity]:
        first, last = bisect_left(self._numbers, low), bisect_right(self._numbers, high)
        return [stated for value in self._numbers[first:last] for stated in self._by_value[value]]

    def _all_dates(self) -> list[Quantity]:
        return [stated for stated_by in self._by_value.values() for stated in stated_by if stated.date is not None]


def unsupported(text: str, claimed: Sequence[Quantity], stated: Sequence[Quantity]) -> list[QuantityProblem]:
    """One problem for each quantity of a claim that the evidence does not state.

    Args:
        text: the claim.
        claimed: its quantities.
        stated: quantities of the evidence.
    """
    evidence = _Evidence(stated)
    found = []
    used: Counter[tuple[object, str]] = Counter()
    for quantity in claimed:
        fault = _fault(quantity, evidence)
        if fault and quantity.splits and not evidence.states_reversed(quantity):
            ends = [_fault(end, evidence) for end in _ends(quantity)]
            fault = next((one for one in ends if one), None)
        # "8 of 8 experts" takes two eights, and "2 of 8 experts" holds one.
        place = quantity.value, quantity.unit
        used[place] += 1
        if fault is None and 0 < evidence.counts[place] < used[place]:
            fault = Fault.MISSING
        if fault:
            shown = " ".join(text[quantity.start : quantity.end].split())
            found.append(QuantityProblem(fault, quantity, shown, _MESSAGES[fault].format(text=shown)))
    return found


def _fault(claim: Quantity, evidence: _Evidence) -> Fault | None:
    """What is wrong with a quantity; the last test that all candidates fail."""
    candidates = evidence.of_value(claim)
    if not candidates:
        return Fault.UNIT if evidence.states_figure(claim) else Fault.MISSING
    tests = (
        (Fault.UNIT, _same_thing),
        (Fault.KEY, _same_key),
        (Fault.MISSING, _same_whole),
        (Fault.BOUND, _same_bound),
    )
    for fault, holds in tests:
        candidates = [stated for stated in candidates if holds(claim, stated)]
        if not candidates:
            return fault
    return None


def _same_base(claim: Quantity, stated: Quantity) -> bool:
    """Whether two sizes in bytes are both decimal or both binary: "about 4 GiB" is no rounding of 4 GB."""
    if claim.unit != "byte":
        return True
    return CONTEXT.divide(claim.step, stated.step).normalize(CONTEXT).as_tuple().digits == (1,)


def _figure(quantity: Quantity) -> Decimal | None:
    """The printed figure of a scalar that has a unit or is scaled, 13 of "13 thousand"; None for others."""
    if isinstance(quantity.value, tuple) or quantity.date or not quantity.step:
        return None
    if not quantity.unit and quantity.step < _SCALED:
        return None
    return CONTEXT.divide(quantity.value, quantity.step).normalize(CONTEXT)


def _ends(quantity: Quantity) -> list[Quantity]:
    """The two ends of "from … to …" as quantities of their own."""
    if not quantity.splits or not isinstance(quantity.value, tuple):
        return []
    return [
        replace(quantity, value=value, splits=False, date=(int(value), 0, 0) if quantity.date else None)
        for value in quantity.value
    ]


def _same_date(claim: Quantity, stated: Quantity) -> bool:
    """Whether the evidence's date says all that the claim's says, and the same."""
    if claim.date is None or stated.date is None or isinstance(stated.value, tuple):
        return False
    return all(mine in (0, theirs) for mine, theirs in zip(claim.date, stated.date, strict=True))


def _same_thing(claim: Quantity, stated: Quantity) -> bool:
    """Whether both have one unit and count or divide by the same things."""
    if claim.date is not None and stated.date is not None:
        return set(claim.what) <= set(stated.what)
    if claim.unit != stated.unit or (claim.kind is Kind.ORDINAL) != (stated.kind is Kind.ORDINAL):
        return False
    if claim.date is not None or stated.date is not None:
        return True  # "2048" by itself may be a year or not
    if claim.per and not _same_divisor(set(claim.per), set(stated.per), stated.each):
        return False
    if not claim.what:
        return True
    return claim.what[-1] in (stated.what or stated.near)


def _same_divisor(claimed: set[str], stated: set[str], each: frozenset[str]) -> bool:
    if stated:
        return claimed <= stated or stated <= claimed
    return claimed <= each


def _same_key(claim: Quantity, stated: Quantity) -> bool:
    if claim.key is None or claim.key == stated.key:
        return True
    words = [word for word in (stem(word) for word in claim.key.split()) if word]
    held = stated.near | set(stated.what)
    return stated.key is None and bool(words) and all(word in held for word in words)


def _same_whole(claim: Quantity, stated: Quantity) -> bool:
    return claim.of is None or stated.of is None or claim.of == stated.of


def _same_bound(claim: Quantity, stated: Quantity) -> bool:
    return stated.bound in _FOLLOWS[claim.bound]
