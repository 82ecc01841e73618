"""The number that stands at a place of a text, in digits or in words, with what it is multiplied by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal

from . import number_words as words
from .lexemes import Form, Lexeme, at, glued

CONTEXT = Context(prec=60)
"""For products of numbers as long as texts print them."""

_ONE = Decimal(1)
_OPENERS = frozenset(
    {*words.ONES, *words.TENS, *words.SCALES, *words.PLURAL_SCALES, *words.VAGUE, *words.ORDINALS, *words.MULTIPLES}
    | {*words.HALVED, "half", "a", "an", "single", "double"}
)
_MAX_POWER = 400
_MAX_BASE = 10**6
_MAX_DIGITS = 40


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
    scale: Decimal = _ONE
    high: Decimal | None = None
    share: bool = False
    multiple: bool = False
    ordinal: bool = False
    word: bool = False


def read_number(row: Sequence[Lexeme], place: int, named: frozenset[int]) -> Number | None:
    """The number that begins at a place; None where none does, or where it is part of a name."""
    lexeme = row[place]
    if lexeme.form is Form.NUMERAL:
        return None if place in named else _read_numeral(row, place, named)
    if lexeme.form is not Form.WORD or lexeme.lower not in _OPENERS or _within_word(row, place):
        return None
    if lexeme.text not in (lexeme.lower, lexeme.text.capitalize()):
        return None  # "ZeRO"
    readers = (_read_multitude, _read_share, _read_words, _read_single)
    return next((number for reader in readers if (number := reader(row, place))), None)


def _within_word(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a word is glued to digits or to the end of a compound that is no number: "v-one", "x2three"."""
    if not glued(row, place):
        return False
    before = row[place - 1]
    return before.form is Form.NUMERAL or before.text in "_@#" or (before.text == "-" and glued(row, place - 1))


def _read_numeral(row: Sequence[Lexeme], place: int, named: frozenset[int]) -> Number | None:
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
    number = _halved_up(row, _scaled(row, _powered(row, number)))
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
    """ "2/3", where it is no list such as "8/16 GB" and no part of a longer one."""
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
    return replace(_share(number.value, int(under), number.first, place + 3), word=False)


def _powered(row: Sequence[Lexeme], number: Number) -> Number:
    """The number with a power behind it: "10^-4", "2^16", "3 × 10^-4"."""
    direct = _power_at(row, number.behind, number.value)
    if direct is not None:
        value, behind = direct
        return replace(number, value=value, step=value if value else _ONE, behind=behind)
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


def _scaled(row: Sequence[Lexeme], number: Number) -> Number:
    """The number times the scales behind it: "65B", "65 billion", "65-billion", "hundred thousand"."""
    glued_scale = words.GLUED_SCALES.get(row[number.behind].text) if glued(row, number.behind, Form.WORD) else None
    if glued_scale is not None and not (row[number.behind].text == "m" and _is_length(row, number.behind)):
        return _times(number, glued_scale, 1)
    spaced = words.SPACED_SCALES.get(row[number.behind].text) if number.behind < len(row) else None
    if spaced is not None and row[number.behind].gap == 1 and at(row, number.behind + 1) not in ("-", "."):
        return _times(number, spaced, 1)
    while True:
        hyphen = at(row, number.behind) == "-" and glued(row, number.behind) and glued(row, number.behind + 1)
        scale = words.SCALES.get(at(row, number.behind + hyphen))
        if scale is None or row[number.behind].gap == 2:
            return number
        number = _times(number, scale, 1 + hyphen)


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


def _halved_up(row: Sequence[Lexeme], number: Number) -> Number:
    """The number with "and a half" behind it."""
    if tuple(at(row, number.behind + offset) for offset in range(3)) == ("and", "a", "half"):
        return replace(number, value=number.value + Decimal("0.5"), step=Decimal("0.1"), behind=number.behind + 3)
    return number


def _letters_follow(row: Sequence[Lexeme], behind: int) -> bool:
    """Whether letters that are no unit are glued to the number, as in "3D"; `units.py` reads the others."""
    from .units import read_unit

    return glued(row, behind, Form.WORD) and row[behind].text not in ("x", "X", "s") and not read_unit(row, behind)


def _share(over: Decimal, under: int, first: int, behind: int) -> Number:
    value = CONTEXT.divide(CONTEXT.multiply(over, Decimal(100)), Decimal(under))
    return Number(value.quantize(Decimal("0.000001")), _ONE, first, behind, share=True, word=True)


def _read_multitude(row: Sequence[Lexeme], place: int) -> Number | None:
    """ "Thousands", "tens of millions", "several hundred", "multi-billion"."""
    word = at(row, place)
    if word in words.PLURAL_SCALES:
        low, high = words.PLURAL_SCALES[word]
        behind = place + 1
        if at(row, behind) == "of" and (further := words.PLURAL_SCALES.get(at(row, behind + 1))):
            scale = further[0]
            high = CONTEXT.multiply(min(high, Decimal(1000)), scale)
            low, behind = CONTEXT.multiply(low, scale), behind + 2
        return Number(low, low, place, behind, high=high, word=True)
    if word in words.VAGUE:
        here = place + 1 + (at(row, place + 1) == "-")
        plural = words.PLURAL_SCALES.get(at(row, here) + "s")
        if plural is not None:
            return Number(plural[0], plural[0], place, here + 1, high=plural[1], word=True)
    return None


def _read_share(row: Sequence[Lexeme], place: int) -> Number | None:
    """ "Half", "a third of", "two thirds", "three-quarters"."""
    word = at(row, place)
    if word == "half":
        if at(row, place + 1) == "-" or at(row, place - 1) == "-" or at(row, place + 1) in ("precision", "life"):
            return None
        scaled = words.SCALES.get(at(row, place + 2)) if at(row, place + 1) == "a" else None
        if scaled is not None:
            return Number(CONTEXT.divide(scaled, Decimal(2)), scaled / 10, place, place + 3, word=True)
        return _share(_ONE, 2, place, place + 1)
    if word in words.HALVED:
        return _share(_ONE, 2, place, place + 1)
    over = _ONE if word == "a" else words.ONES.get(word)
    hyphen = at(row, place + 1) == "-"
    under = words.SHARES.get(at(row, place + 1 + hyphen))
    if over is None or under is None or not 0 < over < 20:
        return None
    behind = place + 2 + hyphen
    # "A third stage" is an ordinal, and "a quarter" a third of a year; only of something are they shares.
    if word == "a" and at(row, behind) not in ("of", "the", "as", "less", "more", "fewer", "smaller"):
        return None
    return _share(over, under, place, behind)


def _read_words(row: Sequence[Lexeme], place: int) -> Number | None:
    """ "Forty-two", "two hundred and fifty", "a dozen", "ten thousand"."""
    word = at(row, place)
    if word == "an" and at(row, place + 1) == "order":
        return Number(_ONE, _ONE, place, place + 1, word=True)
    if word in ("a", "an"):
        if at(row, place + 1) not in words.SCALES or at(row, place + 1) in ("bn", "mn", "mln"):
            return None
        return _scaled(row, Number(_ONE, _ONE, place, place + 1, word=True))
    if word in words.SCALES and len(word) > 3:
        multiplied = at(row, place - 1) in ("per", "-")
        return None if multiplied else _scaled(row, Number(_ONE, _ONE, place, place, word=True))
    group = _read_hundreds(row, place)
    if group is None:
        return None
    total, behind = group
    number = _scaled(row, Number(total, _ONE, place, behind, word=True))
    while number.step >= 1000:  # "two thousand five hundred"
        here = number.behind + (at(row, number.behind) == "and")
        rest = _read_hundreds(row, here)
        if rest is None or at(row, here) == "one" or rest[0] >= number.step:
            break
        tail = _scaled(row, Number(rest[0], _ONE, here, rest[1], word=True))
        if tail.value >= number.step:
            break
        number = replace(number, value=number.value + tail.value, step=tail.step, behind=tail.behind)
    return _halved_up(row, number)


def _read_hundreds(row: Sequence[Lexeme], place: int) -> tuple[Decimal, int] | None:
    """A number below a thousand in words."""
    small = _read_tens(row, place)
    if small is None:
        return None
    value, behind = small
    hyphen = at(row, behind) == "-"
    if value and value < 100 and at(row, behind + hyphen) == "hundred":
        value, behind = value * 100, behind + 1 + hyphen
        rest = _read_tens(row, behind + (at(row, behind) == "and"))
        if rest is not None and at(row, behind + (at(row, behind) == "and")) != "one":
            value, behind = value + rest[0], rest[1]
    return value, behind


def _read_tens(row: Sequence[Lexeme], place: int) -> tuple[Decimal, int] | None:
    word = at(row, place)
    if word in words.TENS:
        hyphen = at(row, place + 1) == "-"
        unit = words.ONES.get(at(row, place + 1 + hyphen))
        if unit is not None and 0 < unit < 10 and row[place + 1].gap < 2:
            return words.TENS[word] + unit, place + 2 + hyphen
        return words.TENS[word], place + 1
    value = words.ONES.get(word)
    return None if value is None else (value, place + 1)


def _read_single(row: Sequence[Lexeme], place: int) -> Number | None:
    """Words that are a number by themselves: "single", "twice", "second" before a noun."""
    word = at(row, place)
    if word == "single":
        return Number(_ONE, _ONE, place, place + 1, word=True)
    if word in words.MULTIPLES:
        return Number(words.MULTIPLES[word], _ONE, place, place + 1, multiple=True, word=True)
    if word == "double" and at(row, place + 1) in ("the", "that", "its", "their", "this"):
        return Number(Decimal(2), _ONE, place, place + 1, multiple=True, word=True)
    if word in words.ORDINALS and _ranks(row, place):
        return Number(words.ORDINALS[word], _ONE, place, place + 1, ordinal=True, word=True)
    return None


def _ranks(row: Sequence[Lexeme], place: int) -> bool:
    """Whether "first" or "second" is an ordinal: after a determiner, and before a noun."""
    determined = at(row, place - 1) in (
        "the",
        "a",
        "its",
        "their",
        "our",
        "his",
        "her",
        "this",
        "that",
        "every",
        "each",
    )
    following = row[place + 1] if place + 1 < len(row) else None
    if following is None or following.form is not Form.WORD or following.gap == 2:
        return False
    return determined and following.lower not in (
        "of",
        "per",
        "and",
        "or",
        "to",
        "on",
        "in",
        "is",
        "was",
        "time",
        "the",
    )
