"""Numbers that are spelt in words: "forty-two", "two thirds", "a dozen", "tens of millions", "twice"."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from . import number_words as words
from .lexemes import Form, Lexeme, at, glued
from .number import ONE, Number, half_added, scaled, share_of
from .units import CONTEXT

_OPENERS = frozenset(
    {*words.ONES, *words.TENS, *words.SCALES, *words.PLURAL_SCALES, *words.VAGUE, *words.ORDINALS, *words.MULTIPLES}
    | {*words.HALVED, "half", "a", "an", "single", "double"}
)


def read_spelt(row: Sequence[Lexeme], place: int) -> Number | None:
    """The number in words that begins at a place; None where none does."""
    lexeme = row[place]
    if lexeme.lower not in _OPENERS or _within_word(row, place):
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


def _read_multitude(row: Sequence[Lexeme], place: int) -> Number | None:
    """Such as "Thousands", "tens of millions", "several hundred", "multi-billion"."""
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
    """Such as "Half", "a third of", "two thirds", "three-quarters"."""
    word = at(row, place)
    if word == "half":
        if at(row, place + 1) == "-" or at(row, place - 1) == "-" or at(row, place + 1) in ("precision", "life"):
            return None
        scaled = words.SCALES.get(at(row, place + 2)) if at(row, place + 1) == "a" else None
        if scaled is not None:
            return Number(CONTEXT.divide(scaled, Decimal(2)), scaled / 10, place, place + 3, word=True)
        return share_of(ONE, 2, place, place + 1)
    if word in words.HALVED:
        return share_of(ONE, 2, place, place + 1)
    over = ONE if word == "a" else words.ONES.get(word)
    hyphen = at(row, place + 1) == "-"
    under = words.SHARES.get(at(row, place + 1 + hyphen))
    if over is None or under is None or not 0 < over < 20:
        return None
    behind = place + 2 + hyphen
    # "A third stage" is an ordinal, and "a quarter" a third of a year; only of something are they shares.
    if word == "a" and at(row, behind) not in ("of", "the", "as", "less", "more", "fewer", "smaller"):
        return None
    return share_of(over, under, place, behind)


def _read_words(row: Sequence[Lexeme], place: int) -> Number | None:
    """Such as "Forty-two", "two hundred and fifty", "a dozen", "ten thousand"."""
    word = at(row, place)
    if word == "an" and at(row, place + 1) == "order":
        return Number(ONE, ONE, place, place + 1, word=True)
    if word in ("a", "an"):
        if at(row, place + 1) not in words.SCALES or at(row, place + 1) in ("bn", "mn", "mln"):
            return None
        return scaled(row, Number(ONE, ONE, place, place + 1, word=True))
    if word in words.SCALES and len(word) > 3:
        multiplied = at(row, place - 1) in ("per", "-")
        return None if multiplied else scaled(row, Number(ONE, ONE, place, place, word=True))
    group = _read_hundreds(row, place)
    if group is None:
        return None
    total, behind = group
    number = scaled(row, half_added(row, Number(total, ONE, place, behind, word=True)))
    while number.step >= 1000:  # "two thousand five hundred"
        here = number.behind + (at(row, number.behind) == "and")
        rest = _read_hundreds(row, here)
        if rest is None or at(row, here) == "one" or rest[0] >= number.step:
            break
        tail = scaled(row, Number(rest[0], ONE, here, rest[1], word=True))
        if tail.value >= number.step:
            break
        number = replace(number, value=number.value + tail.value, step=tail.step, behind=tail.behind)
    return half_added(row, number)


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
        return Number(ONE, ONE, place, place + 1, word=True)
    if word in words.MULTIPLES:
        return Number(words.MULTIPLES[word], ONE, place, place + 1, multiple=True, word=True)
    if word == "double" and at(row, place + 1) in ("the", "that", "its", "their", "this"):
        return Number(Decimal(2), ONE, place, place + 1, multiple=True, word=True)
    if word in words.ORDINALS and _ranks(row, place):
        return Number(words.ORDINALS[word], ONE, place, place + 1, ordinal=True, word=True)
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
