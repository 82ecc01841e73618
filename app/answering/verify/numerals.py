"""Numbers in digits: decimals, powers, fractions, and letters that scale them."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from .lexemes import Form, Lexeme, at, glued
from .number import ONE, Number, half_added, scaled, share_of
from .units import CONTEXT, read_unit

_MAX_POWER = 400
_MAX_BASE = 10**6
_MAX_DIGITS = 40


def read_numeral(row: Sequence[Lexeme], place: int, named: frozenset[int]) -> Number | None:
    """The number that begins with the numeral at a place; None where letters make it something else, as in "3D"."""
    text = row[place].text.replace(",", "").replace(" ", "")
    if len(text) > _MAX_DIGITS:
        return None
    value = Decimal(text)
    step = Decimal((0, (1,), int(value.as_tuple().exponent)))
    negative = _negative(row, place)
    number = Number(-value if negative else value, step, place - negative, place + 1)
    if suffix := _ordinal_suffix(row, place):
        return replace(number, ordinal=True, behind=suffix)
    if fraction := _read_fraction(row, number, place, named):
        return fraction
    number = half_added(row, scaled(row, _powered(row, number)))
    return None if _letters_follow(row, number.behind) else number


def _negative(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a minus sign belongs to the numeral: glued to it, and nothing glued before it."""
    if not glued(row, place) or at(row, place - 1) != "-":
        return False
    opens = row[place - 1].gap > 0 or at(row, place - 2) in ("(", "[", "=", ":", "±", "~", "≈", "<", ">", "≤", "≥")
    return opens and (place < 2 or row[place - 2].form is not Form.NUMERAL)


def _ordinal_suffix(row: Sequence[Lexeme], place: int) -> int | None:
    return place + 2 if glued(row, place + 1) and at(row, place + 1) in ("st", "nd", "rd", "th") else None


def _read_fraction(row: Sequence[Lexeme], number: Number, place: int, named: frozenset[int]) -> Number | None:
    """Such as "2/3", where it is no list such as "8/16 GB" and no part of a longer one."""
    if at(row, place + 1) != "/" or not glued(row, place + 2, Form.NUMERAL) or place + 2 in named:
        return None
    over, under = row[place].text, row[place + 2].text
    plain = over.isdecimal() and under.isdecimal() and len(under) < 4 and 0 < int(over) < int(under)
    if (
        not plain
        or at(row, place - 1) == "/"
        or at(row, place + 3) in ("/", "-", "%")
        or glued(row, place + 3, Form.WORD)
    ):
        return None
    return replace(share_of(number.value, int(under), number.first, place + 3), word=False)


def _powered(row: Sequence[Lexeme], number: Number) -> Number:
    """The number with a power behind it: "10^-4", "2^16", "3 × 10^-4"."""
    direct = _power_at(row, number.behind, number.value)
    if direct is not None:
        value, behind = direct
        return replace(number, value=value, step=value if value else ONE, behind=behind)
    if at(row, number.behind) in ("×", "·", "x", "*") and at(row, number.behind + 1) == "10":
        tail = _power_at(row, number.behind + 2, Decimal(10))
        if tail is not None:
            power, behind = tail
            return replace(
                number,
                value=CONTEXT.multiply(number.value, power),
                step=CONTEXT.multiply(number.step, power),
                behind=behind,
            )
    return number


def _power_at(row: Sequence[Lexeme], place: int, base: Decimal) -> tuple[Decimal, int] | None:
    if at(row, place) != "^" or not glued(row, place):
        return None
    sign = at(row, place + 1) if at(row, place + 1) in ("-", "+") else ""
    here = place + 1 + bool(sign)
    if not glued(row, here, Form.NUMERAL) or not row[here].text.isdecimal():
        return None
    if len(row[here].text) > 3 or int(row[here].text) > _MAX_POWER or abs(base) > _MAX_BASE or not base:
        return None
    return CONTEXT.power(base, Decimal(sign + row[here].text)), here + 1


def _letters_follow(row: Sequence[Lexeme], behind: int) -> bool:
    """Whether letters that are no unit are glued to the number, as in "3D"; `units.py` reads the others."""
    return glued(row, behind, Form.WORD) and row[behind].text not in ("x", "X", "s") and not read_unit(row, behind)
