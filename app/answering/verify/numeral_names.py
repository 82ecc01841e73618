"""Which numerals belong to names, labels, versions and markers, and are no quantities."""

import re
from collections.abc import Sequence

from .dates import is_year
from .hyperparameters import ends_key
from .lexemes import Form, Lexeme, at, glued
from .number_words import GLUED_SCALES
from .numbered import CAPITAL_LABELS, FAMILIES, LABELS, SERIES

# Prefixes that a hyphen parts from a number of its own: "mid-2023", "8-to-16".
_OPEN_PREFIXES = frozenset("mid pre post early late sub near to and or non circa minus plus of by until since".split())
_EDITIONS = frozenset("abcdef")
_ENUMERATED = re.compile(r"[A-Z*_`\"“(\[]")


def named(row: Sequence[Lexeme]) -> frozenset[int]:
    """Places of the numerals that belong to names, labels, versions, citation markers and list markers."""
    found: set[int] = set()
    labelled: set[int] = set()
    for place, lexeme in enumerate(row):
        if lexeme.form is not Form.NUMERAL:
            continue
        if _within_name(row, place, found) or _marker(row, place):
            found.add(place)
        elif _labelled(row, place) or _goes_on(row, place, labelled):
            found.add(place)
            labelled.add(place)
    return frozenset(found)


def _within_name(row: Sequence[Lexeme], place: int, found: set[int]) -> bool:
    return _name_before(row, place, found) or _name_after(row, place)


def _name_before(row: Sequence[Lexeme], place: int, found: set[int]) -> bool:
    """Whether what a numeral is glued to makes it part of a name: "A100", "W_0", "pass@1", "3.2.1"."""
    if not glued(row, place):
        return False
    before, further = row[place - 1], place - 2
    if before.form is Form.WORD:
        return not (before.text in ("x", "X") and _dimension(row, place - 1))
    if before.text in "_@#\\^":
        return True  # a power is read with its base, and a raised mark is none
    if before.text == "." and further >= 0 and glued(row, place - 1):
        return row[further].form is Form.NUMERAL
    return before.text in "-/" and glued(row, place - 1) and _compounded(row, place, found)


def _compounded(row: Sequence[Lexeme], place: int, found: set[int]) -> bool:
    """Whether a hyphen or slash joins a numeral to a name, as in "GPT-3" and "ViT-B/16"."""
    sign, further = row[place - 1].text, place - 2
    if row[further].form is Form.NUMERAL:
        return further in found
    if row[further].form is not Form.WORD:
        return False
    if glued(row, further) and row[further - 1].form is Form.NUMERAL:
        return further - 1 in found  # "7B-70B" is a range
    if sign == "-":
        return not (row[further].lower in _OPEN_PREFIXES or ends_key(row[further].lower))
    return row[further].text not in ("s", "GB", "TB", "MB")


def _name_after(row: Sequence[Lexeme], place: int) -> bool:
    """Whether what is glued behind a numeral makes it part of a name: "3.2.1", "8x7B", "2022b"."""
    if not glued(row, place + 1):
        return False
    after = row[place + 1].text
    if after == "_" or (after in _EDITIONS and is_year(row, place)):
        return True
    if not glued(row, place + 2, Form.NUMERAL):
        return False
    if after in ("x", "X", "×"):
        return glued(row, place + 3) and row[place + 3].text in ("B", "M", "b")  # "8x7B" names Mixtral
    return after == "." or (row[place + 1].form is Form.WORD and after not in GLUED_SCALES)


def _dimension(row: Sequence[Lexeme], place: int) -> bool:
    """Whether the "x" at a place parts two numerals, as in "224x224", that name no model."""
    behind = glued(row, place + 2) and row[place + 2].text in ("B", "M", "b")
    return glued(row, place) and row[place - 1].form is Form.NUMERAL and not behind


def _goes_on(row: Sequence[Lexeme], place: int, labelled: set[int]) -> bool:
    """Whether a numeral goes on with a list of labels: "Sections 3 and 4"."""
    listed = at(row, place - 1) in ("-", "–", ",", "and", "to", "&") and place - 2 in labelled
    return listed and row[place].text.isdecimal() and not glued(row, place + 1, Form.WORD) and at(row, place + 1) != "%"


def _labelled(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a numeral follows a label or the family that it is a member of: "Section 3.2", "Llama 2"."""
    before = place - 1
    before -= at(row, before) == "("
    before -= at(row, before) == "." and glued(row, before)
    if before < 0 or (row[before].form is not Form.WORD and row[before].text != "§"):
        return False
    word, figure = row[before], row[place].text
    if word.lower in LABELS or (word.lower in CAPITAL_LABELS and word.text[0].isupper()):
        abbreviated = word.lower != "no" or at(row, place - 1) == "."
        return abbreviated and (figure.isdecimal() or len(figure.partition(".")[0]) < 3)
    if not word.text[:1].isupper() or row[place].gap != 1 or before != place - 1 or glued(row, place + 1, Form.WORD):
        return False
    return word.lower in SERIES or (word.lower in FAMILIES and len(figure.partition(".")[0]) == 1)


def _marker(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a numeral is a citation marker, such as "[1, 2]", or numbers the items of a list."""
    numeral = row[place]
    if not numeral.text.isdecimal() or len(numeral.text) > 3 or numeral.text == "0":
        return False
    if at(row, place + 1) in (".", ")") and glued(row, place + 1) and numeral.gap == 2:
        following = row[place + 2] if place + 2 < len(row) else None
        return following is not None and following.gap == 1 and bool(_ENUMERATED.match(following.text))
    return _bracketed(row, place, -1, "[") and _bracketed(row, place, 1, "]")


def _bracketed(row: Sequence[Lexeme], place: int, step: int, bracket: str) -> bool:
    """Whether only short whole numbers part a numeral from a bracket, within twelve lexemes, and ascend."""
    last = int(row[place].text)
    for _ in range(12):
        place += step
        text = at(row, place)
        if text == bracket:
            return at(row, place - 1) not in ("=", "∈") if step < 0 else True
        if text.isdecimal() and 0 < len(text) < 4:
            if int(text) == 0 or (int(text) - last) * step <= 0:
                return False
            last = int(text)
        elif text not in (",", ";", "–") and not (text == "-" and at(row, place - 1) != "["):
            return False
    return False
