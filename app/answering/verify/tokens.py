"""A sentence as the units that carry its meaning, in order: names, quantities, words, and the words that turn them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ....index.analysis import STOP_WORDS, terms
from .lexicon import DIRECTIONS, LIGHT, NEGATIONS, RESERVATIONS, SHORTENED_NOT, SWEEPING
from .quantities import Quantity, quantities

_WORD = re.compile(r"[^\W_]+(?:(?:[-_./+’'][^\W_]+)|\+(?!\w))*")
FUNCTION_WORDS = STOP_WORDS | frozenset(
    "you your we our us i me my he she his her them him what which who whom whose how why so than too very just from "
    "between through during per via other another own been has have had do does did being am were upon within across "
    "among because thus hence therefore while".split()
)
"""Words that hold a sentence together and name nothing."""
_ROMAN_GREEK = re.compile(r"[Ͱ-Ͽ]")


class Unit(StrEnum):
    """What a token is to the meaning of its sentence."""

    NAME = "name"
    QUANTITY = "quantity"
    WORD = "word"
    NEGATION = "negation"
    DIRECTION = "direction"
    SWEEPING = "sweeping"
    RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Token:
    """One unit of meaning.

    Attributes:
        unit: what it is.
        key: what is compared: a stem, a lower-cased name, a value with its unit, a direction.
        start: first code point in the sentence.
        end: one past the last.
        text: as written.
        measure: unit and counted noun of a quantity, else empty.
    """

    unit: Unit
    key: str
    start: int
    end: int
    text: str
    measure: str = ""


def tokenise(text: str) -> list[Token]:
    """The units of a sentence, in order; function words are left out."""
    counted = quantities(text)
    found = [_quantity_token(text, quantity) for quantity in counted]
    taken = [(quantity.start, quantity.end) for quantity in counted]
    opening = True
    for match in _WORD.finditer(text):
        start, end = match.span()
        first, opening = opening, False
        if any(start < last and end > begin for begin, last in taken):
            continue
        if token := _word_token(match.group(), start, end, first=first):
            found.append(token)
    return sorted(found, key=lambda token: token.start)


def is_name(word: str, *, first: bool) -> bool:
    """Whether a word names something: a digit or a capital inside, or a capital where no sentence begins.

    Args:
        word: without surrounding punctuation.
        first: whether it opens the sentence, where every word has a capital.
    """
    if any(character.isdigit() for character in word) or _ROMAN_GREEK.search(word) or "_" in word:
        return True
    rest = word[1:] if first else word
    return any(character.isupper() for character in rest) and word.lower() not in FUNCTION_WORDS


def names(tokens: Iterable[Token]) -> list[Token]:
    """The tokens that name something."""
    return [token for token in tokens if token.unit is Unit.NAME]


def _quantity_token(text: str, quantity: Quantity) -> Token:
    key = f"{quantity.value} {quantity.unit}"
    measure = quantity.unit or " ".join(quantity.what[-1:])
    return Token(Unit.QUANTITY, key, quantity.start, quantity.end, text[quantity.start : quantity.end], measure)


def _word_token(word: str, start: int, end: int, *, first: bool) -> Token | None:
    lower = word.lower()
    if lower.endswith(SHORTENED_NOT) or lower in NEGATIONS:
        return Token(Unit.NEGATION, "not", start, end, word)
    if is_name(word, first=first):
        # "LoRA's" and "LLMs" name what "LoRA" and "LLM" name.
        return Token(Unit.NAME, name_key(word), start, end, word)
    if lower in SWEEPING:
        return Token(Unit.SWEEPING, "_".join(terms(lower)) or lower, start, end, word)
    if lower in DIRECTIONS:
        return Token(Unit.DIRECTION, DIRECTIONS[lower], start, end, word)
    if lower in RESERVATIONS:
        return Token(Unit.RESERVATION, lower, start, end, word)
    if lower in FUNCTION_WORDS or lower in LIGHT:
        return None
    key = "_".join(terms(lower)[-1:])
    return Token(Unit.WORD, key, start, end, word) if key else None


def name_key(word: str) -> str:
    """A name as it is compared: case, hyphens and a possessive or plural ending do not count; a decimal point does."""
    bare = re.sub(r"[’']s?$", "", word)
    if len(bare) > 2 and bare[-1] == "s" and bare[-2].isupper():
        bare = bare[:-1]
    return re.sub(r"[-_/’']|(?<!\d)\.|\.(?!\d)", "", bare).lower()
