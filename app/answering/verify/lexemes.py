"""A text cut into words, numerals and signs, and which numerals are part of a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from .hyperparameters import ends_key
from .number_words import GLUED_SCALES


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
# Words that stand before a number and make it the name of a place or a version, and those that do with a capital only.
_LABELS = frozenset(
    "figure figures fig figs table tables tab section sections sec secs chapter chapters chap appendix appendices "
    "equation equations eq eqs page pages pp version versions v footnote § no".split()
)
_CAPITAL_LABELS = frozenset(
    "algorithm algorithms alg theorem lemma corollary proposition definition example listing exercise part".split()
)
# Families of models, whose members are numbered after a space from 1 to 9, and series with any number.
_FAMILIES = frozenset(
    "llama llamas gpt chatgpt claude gemma gemini phi qwen mistral falcon grok palm pythia nemotron granite imagen "
    "diffusion alphafold deepseek olmo yi sora opus sonnet haiku chinchilla wizardlm vicuna dolly titan cosmos".split()
)
_SERIES = frozenset(
    "python pytorch torch cuda tensorflow keras langchain java ubuntu windows numpy pandas cudnn rocm rtx gtx geforce "
    "nvlink pcie epyc ryzen cifar".split()
)
_NUMBERED = _LABELS | _CAPITAL_LABELS | _FAMILIES | _SERIES
# Prefixes that a hyphen parts from a number of its own: "mid-2023", "8-to-16".
_OPEN_PREFIXES = frozenset("mid pre post early late sub near to and or non circa minus plus of by until since".split())
_ENUMERATED = re.compile(r"[A-Z*_`\"“(\[]")


def lexemes(text: str) -> list[Lexeme]:
    """Words, numerals and signs, in order."""
    found = []
    before = 0
    for match in _LEXEME.finditer(text):
        start, end = match.span()
        between = text[before:start]
        gap = 2 if not found or between.count("\n") > 1 else int(bool(between))
        piece = match.group()
        if " " in piece and match.lastgroup == "NUMERAL" and found and found[-1].lower in _NUMBERED:
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


def named(row: Sequence[Lexeme]) -> frozenset[int]:
    """Places of the numerals that belong to names, labels, versions, citation markers and list markers."""
    found: set[int] = set()
    for place, lexeme in enumerate(row):
        if lexeme.form is Form.NUMERAL and (
            _within_name(row, place, found) or _labelled(row, place, found) or _marker(row, place)
        ):
            found.add(place)
    return frozenset(found)


def _within_name(row: Sequence[Lexeme], place: int, found: set[int]) -> bool:
    return _name_before(row, place, found) or _name_after(row, place)


def _name_before(row: Sequence[Lexeme], place: int, found: set[int]) -> bool:
    """Whether what a numeral is glued to makes it part of a name: "GPT-3", "A100", "ViT-B/16", "W_0", "pass@1"."""
    if not glued(row, place):
        return False
    before = row[place - 1]
    if before.form is Form.WORD:
        return not (before.text in ("x", "X") and _dimension(row, place - 1))
    if before.text in "_@#\\":
        return True
    if before.text == "^":
        return True  # a power is read with its base, and a raised mark is none
    further = place - 2
    if before.text == "." and further >= 0 and glued(row, place - 1):
        return row[further].form is Form.NUMERAL
    if before.text not in "-/" or not glued(row, place - 1):
        return False
    if row[further].form is Form.NUMERAL:
        return further in found
    if row[further].form is not Form.WORD:
        return False
    if further > 0 and glued(row, further) and row[further - 1].form is Form.NUMERAL:
        return further - 1 in found  # "7B-70B" is a range, "v2B-70" is none
    if before.text == "-" and (row[further].lower in _OPEN_PREFIXES or ends_key(row[further].lower)):
        return False
    return not (before.text == "/" and row[further].text in ("s", "GB", "TB", "MB"))


def _name_after(row: Sequence[Lexeme], place: int) -> bool:
    """Whether what is glued behind a numeral makes it part of a name: "3.2.1", "8x7B", "2_a"."""
    if not glued(row, place + 1):
        return False
    after = row[place + 1]
    if after.text == "." and glued(row, place + 2) and row[place + 2].form is Form.NUMERAL:
        return True
    if after.text == "_":
        return True
    if after.text in ("x", "×") and glued(row, place + 2) and row[place + 2].form is Form.NUMERAL:
        return glued(row, place + 3) and row[place + 3].text in ("B", "M", "b")  # "8x7B" names Mixtral
    # "2D", "4o": letters that are one word with the digits and no scale, and further digits behind them.
    return (
        after.form is Form.WORD
        and glued(row, place + 2)
        and row[place + 2].form is Form.NUMERAL
        and after.text not in ("x", "X", "×")
        and after.text not in GLUED_SCALES
    )


def _dimension(row: Sequence[Lexeme], place: int) -> bool:
    """Whether the "x" at a place parts two numerals, as in "224x224", that name no model."""
    behind = glued(row, place + 2) and row[place + 2].text in ("B", "M", "b")
    return glued(row, place) and row[place - 1].form is Form.NUMERAL and not behind


def _labelled(row: Sequence[Lexeme], place: int, found: set[int]) -> bool:
    """Whether a numeral follows a label or the family that it is a member of: "Section 3.2", "Llama 2"."""
    before = place - 1
    if at(row, before) in ("-", "–", ",", "and", "to", "&") and before - 1 in found:
        return _labelled(row, before - 1, found) and at(row, place + 1) not in ("%", "gb")
    if at(row, before) == "(":
        before -= 1
    if at(row, before) == "." and glued(row, before):
        before -= 1
    if before < 0 or row[before].form is Form.ADDRESS:
        return False
    word = row[before]
    if word.lower in _LABELS:
        return (word.lower != "no" or at(row, place - 1) == ".") and len(row[place].text.partition(".")[0]) < 3 + (
            "." not in row[place].text
        )
    if word.lower in _CAPITAL_LABELS and word.text[0].isupper():
        return True
    if not word.text[:1].isupper() or row[place].gap != 1 or before != place - 1 or glued(row, place + 1, Form.WORD):
        return False
    return word.lower in _SERIES or (word.lower in _FAMILIES and float(row[place].text.replace(",", "")) < 10)


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
            if not 0 < int(text) * step > last * step:
                return False
            last = int(text)
        elif text not in (",", ";", "–") and not (text == "-" and at(row, place - 1) != "["):
            return False
    return False
