"""A text cut into words, numerals and signs, and which numerals are part of a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from .numbered import NUMBERED


class Form(Enum):
    """What a lexeme is made of."""

    WORD = auto()
    NUMERAL = auto()
    SIGN = auto()
    ADDRESS = auto()


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of a text without white space in it.

    Attributes:
        form: what it is made of.
        text: as written.
        lower: in lower case.
        start: first position in the text that was cut.
        end: one past the last.
        gap: what stands before it: 0 nothing, 1 white space, 2 a blank line or the beginning of the text.
    """

    form: Form
    text: str
    lower: str
    start: int
    end: int
    gap: int


# Thousands are grouped by commas, or by single spaces where no numeral stands on either side.
_LEXEME = re.compile(
    r"""
      (?P<ADDRESS>https?://[^\s<>|)\]]+ | www\.[^\s<>|)\]]+ | (?i:arxiv):\s?[0-9]{4}\.[0-9]{4,5}(?:v[0-9]+)?
         | \b(?:19|20)[0-9]{2}\.(?:[a-z]{2,12}-)+[a-z]{1,12}\.[0-9]+
         | \b(?:0[7-9]|[12][0-9])(?:0[1-9]|1[0-2])\.[0-9]{4,5}(?:v[0-9]+)?\b | \b10\.[0-9]{4,9}/[^\s<>|)\]]+)
    | (?P<NUMERAL>(?:(?<![0-9.])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])
         | (?<![\w.-])(?<![0-9][ ])[1-9][0-9]{0,2}(?:[ ][0-9]{3}(?![\w.-]|[ ][0-9])|(?:[ ]000)+(?![0-9]))
         | [0-9]+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3}(?![0-9A-Za-z]))?
         | (?<![\w.)\]])\.[0-9]+)
    | (?P<WORD>[^\W\d_]+(?:'[^\W\d_]+)*)
    | (?P<SIGN><=|>=|:=|[^\s])
    """,
    re.VERBOSE,
)


def lexemes(text: str) -> list[Lexeme]:
    """Words, numerals and signs, in order."""
    found = []
    before = 0
    for match in _LEXEME.finditer(text):
        start, end = match.span()
        between = text[before:start]
        gap = 2 if not found or between.count("\n") > 1 else int(bool(between))
        piece = match.group()
        if " " in piece and match.lastgroup == "NUMERAL" and found and found[-1].lower in NUMBERED:
            end = start + piece.index(" ")  # "Llama 2 175"
            piece = text[start:end]
            rest = Lexeme(
                Form.NUMERAL, text[end + 1 : match.end()], text[end + 1 : match.end()], end + 1, match.end(), 1
            )
            found += [Lexeme(Form.NUMERAL, piece, piece, start, end, gap), rest]
        else:
            found.append(Lexeme(Form[match.lastgroup or "SIGN"], piece, piece.lower(), start, end, gap))
        before = match.end()
    return found


def at(row: Sequence[Lexeme], place: int) -> str:
    """The lower-cased lexeme at a place; empty outside the text."""
    return row[place].lower if 0 <= place < len(row) else ""


def glued(row: Sequence[Lexeme], place: int, form: Form | None = None) -> bool:
    """Whether the lexeme at a place, of a form or of any, follows the one before it without white space."""
    return 0 < place < len(row) and row[place].gap == 0 and form in (None, row[place].form)


def opens_sentence(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a sentence or cell begins at a place, or the text is over there."""
    if not 0 < place < len(row) or row[place].gap == 2:
        return True
    before = row[place - 1]
    if before.text in "|;":
        return True
    return (
        before.text in ".!?" and row[place].gap > 0 and at(row, place - 2) not in ("vs", "approx", "al", "e", "g", "ca")
    )
