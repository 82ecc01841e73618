"""What a quantity is."""

from dataclasses import dataclass
from decimal import Decimal

from .bounds import Bound
from .units import Kind

__all__ = ["Bound", "Kind", "Quantity", "Value"]

Value = Decimal | tuple[Decimal, Decimal]
"""A number, or the two ends of a range in the order in which they are printed."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity that a text states.

    Attributes:
        start: first code point of number and unit in the text; a word of approximation is left out.
        end: one past the last.
        value: in the unit; equal values are spelt equally by `str` too. Of a date, the year or YYYYMMDD.
        unit: the base unit, such as `byte`, `s`, `%`, `x` or `usd`; empty for a bare number.
        kind: what sort of quantity it is.
        what: stems of the nouns that it counts, the head last; empty where none can be told.
        bound: whether the value is exact or a limit.
        key: the hyperparameter that it is the value of; None for none.
        per: stems of what it is divided by; empty for none.
        of: the whole that it is a part of, 8 in "2 of 8 experts".
        date: year, month and day, 0 where not said; None for no date.
        step: one unit of the last printed digit, in the unit.
        near: stems of the words beside it, and of the nouns that an earlier quantity of the sentence counts.
        each: stems of what its sentence speaks of one by one, "each token", "every layer".
        splits: whether it is "from … to …", each end of which is stated by itself.
    """

    start: int
    end: int
    value: Value
    unit: str
    kind: Kind
    what: tuple[str, ...] = ()
    bound: Bound = Bound.EXACT
    key: str | None = None
    per: tuple[str, ...] = ()
    of: Decimal | None = None
    date: tuple[int, int, int] | None = None
    step: Decimal = Decimal(1)
    near: frozenset[str] = frozenset()
    each: frozenset[str] = frozenset()
    splits: bool = False
