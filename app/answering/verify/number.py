"""A number as a text states it, and the scales that multiply it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from . import number_words as words
from .lexemes import Form, Lexeme, at, glued
from .units import CONTEXT

ONE = Decimal(1)
_MAX_SCALES = 4


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a text states it, without its unit.

    Attributes:
        value: the number itself; the lower end of a multitude.
        step: one unit of its last printed digit.
        first: place of its first lexeme.
        behind: place after its last one.
        scale: what the digits are multiplied by, such as 10^9 for "65B".
        high: the upper end of a multitude such as "thousands"; None for a plain number.
        share: whether it is a fraction of a whole: a third, a half, 2/3.
        multiple: whether the word multiplies by itself, like "twice".
        ordinal: whether it gives a rank in an order.
        word: whether it is written in words.
    """

    value: Decimal
    step: Decimal
    first: int
    behind: int
    scale: Decimal = ONE
    high: Decimal | None = None
    share: bool = False
    multiple: bool = False
    ordinal: bool = False
    word: bool = False


def scaled(row: Sequence[Lexeme], number: Number) -> Number:
    """The number times the scales behind it: "65B", "65 billion", "65-billion", "hundred thousand"."""
    glued_scale = words.GLUED_SCALES.get(row[number.behind].text) if glued(row, number.behind, Form.WORD) else None
    if glued_scale is not None and not (row[number.behind].text == "m" and _is_length(row, number.behind)):
        return _times(number, glued_scale, 1)
    spaced = words.SPACED_SCALES.get(row[number.behind].text) if number.behind < len(row) else None
    if spaced is not None and row[number.behind].gap == 1 and at(row, number.behind + 1) not in ("-", "."):
        return _times(number, spaced, 1)
    for _ in range(_MAX_SCALES):
        hyphen = at(row, number.behind) == "-" and glued(row, number.behind) and glued(row, number.behind + 1)
        scale = words.SCALES.get(at(row, number.behind + hyphen))
        if scale is None or row[number.behind].gap == 2:
            break
        number = _times(number, scale, 1 + hyphen)
    return number


def _is_length(row: Sequence[Lexeme], place: int) -> bool:
    return at(row, place + 1) in ("/", "²")


def _times(number: Number, scale: Decimal, width: int) -> Number:
    return replace(
        number,
        value=CONTEXT.multiply(number.value, scale),
        step=CONTEXT.multiply(number.step, scale),
        scale=CONTEXT.multiply(number.scale, scale),
        behind=number.behind + width,
    )


def half_added(row: Sequence[Lexeme], number: Number) -> Number:
    """The number with "and a half" behind it."""
    if tuple(at(row, number.behind + offset) for offset in range(3)) == ("and", "a", "half"):
        return replace(number, value=number.value + Decimal("0.5"), step=Decimal("0.1"), behind=number.behind + 3)
    return number


def share_of(over: Decimal, under: int, first: int, behind: int) -> Number:
    """A fraction of a whole, in per cent."""
    value = CONTEXT.divide(CONTEXT.multiply(over, Decimal(100)), Decimal(under))
    return Number(value.quantize(Decimal("0.000001")), ONE, first, behind, share=True, word=True)
