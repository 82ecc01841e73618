"""What stands within a line besides words: raised and lowered text, pictures, references to notes."""

import re

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from .formula import inline, tidy
from .walker import Walker

_DIGITS = "0123456789+-−=()"
_SUPERSCRIPTS = str.maketrans(_DIGITS, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_SUBSCRIPTS = str.maketrans(_DIGITS, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "re", "e", "o", "a", "™", "®", "TM"})
_MAX_SCRIPT = 24
"""Code points; whatever is longer was raised for its looks."""
_MAX_MARK = 8

_LEAST_ALT = 5
_SAYS_NOTHING = re.compile(
    r"\S*\.\w{2,4}|refer to caption|(?:image|figure|img|logo|icon|avatar)s?\b.{0,10}", re.IGNORECASE
)
_FORMULA_NAME = re.compile(r"\b(?:math|tex|latex)\b|mwe-math")


def line_break(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `br`."""
    walker.end_line()


def quotation(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `q`, whose quotation marks are drawn by the browser."""
    walker.say("“")
    walker.children(element, kind)
    walker.say("”")


def superscript(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `sup`: an exponent, an ordinal, or a link to a note."""
    text = walker.text_of(element)
    if len(text) <= _MAX_MARK and any(link.get("href", "").startswith("#") for link in element.iter("a")):
        walker.say(f"[{text.strip('[]')}]")
    elif text in _ORDINALS:
        walker.say(text)
    else:
        walker.say(_script(text, _SUPERSCRIPTS, "^"))


def subscript(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `sub`."""
    walker.say(_script(walker.text_of(element), _SUBSCRIPTS, "_"))


def _script(text: str, characters: dict[int, int], sign: str) -> str:
    """As a reader would type it: x², CO₂, x_{max}."""
    if not text or len(text) > _MAX_SCRIPT or any(character in " $[" for character in text):
        return text
    if all(ord(character) in characters for character in text):
        return text.translate(characters)
    return sign + (text if len(text) == 1 else f"{{{text}}}")


def note_reference(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A link to a footnote, whose mark must not run into the word before it."""
    mark = "".join("".join(element.itertext()).split()).strip("[]")
    walker.say(f"[{mark}]" if mark else "")


def picture(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """An `img`: the formula that it shows, or its alternative text where that says something."""
    alt = " ".join(element.get("alt", "").split())
    if alt and _FORMULA_NAME.search(element.get("class", "")):
        walker.say(inline(tidy(alt)))
    elif len(alt) >= _LEAST_ALT and not _SAYS_NOTHING.fullmatch(alt):
        walker.show(alt)
