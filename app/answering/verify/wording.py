"""A sentence as all its words and signs, function words and operators included, in order and with their places."""

import re
from dataclasses import dataclass

from .lexicon import NEGATIONS, SHORTENED_NOT

_TOKEN = re.compile(r"[^\W_]+(?:[-_./+'][^\W_]+)*|[^\s\w*`]")
_MARKS = frozenset(",;:.—–()[]\"'“”‘«»‹›!?$\\{}")
_DASH_INSIDE = re.compile(r"(?<=\w)[–‑](?=\w)|(?<!\w)–(?=\d)")
_COUNTED = frozenset({"few", "little"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, an operator or a punctuation mark.

    Attributes:
        key: what is compared: lower case, except for words all in capitals (`US` is not `us`).
        start: first code point in the sentence.
        end: one past the last.
        mark: whether it is punctuation, which carries no meaning of its own.
    """

    key: str
    start: int
    end: int
    mark: bool

    @property
    def sign(self) -> bool:
        """Whether it is an operator or another sign that means something."""
        return not self.mark and not self.key[0].isalnum()


def pieces(text: str) -> list[Piece]:
    """The pieces of a sentence in order, without articles and the mark that ends it.

    "a" stays where it is no article, as in "a + b", and in "a few", which is more than "few".
    """
    # Every replacement keeps the length, so that places hold in the text as it was given.
    plain = _DASH_INSIDE.sub("-", text.replace("’", "'").replace("−", "-"))
    found = [_piece(match) for match in _TOKEN.finditer(plain)]
    while found and found[-1].key in (".", "!"):
        found.pop()
    return [piece for place, piece in enumerate(found) if not _is_article(found, place)]


def is_negation(key: str) -> bool:
    """Whether a word denies."""
    return key in NEGATIONS or key.endswith(SHORTENED_NOT)


def same_word(one: str, other: str) -> bool:
    """Whether two keys are one word, or inflections of one such as `release` and `released`."""
    return one == other or bool(_bases(one) & _bases(other))


def _bases(key: str) -> set[str]:
    """What is left of a word without an ending, at least three letters long."""
    bases = {key}
    for ending in ("s", "es", "ed", "d", "ing", "e", "n", "en"):
        if key.isalpha() and key.endswith(ending) and len(key) - len(ending) >= 3:
            bases.add(key.removesuffix(ending))
    return bases


def _piece(match: re.Match[str]) -> Piece:
    text = match.group()
    capitals = len(text) > 1 and text.isalpha() and text.isupper()
    return Piece(text if capitals else text.lower(), match.start(), match.end(), text in _MARKS)


def _is_article(found: list[Piece], place: int) -> bool:
    key = found[place].key
    if key not in ("a", "an", "the") or place + 1 == len(found):
        return False
    behind = found[place + 1]
    return not behind.sign and not behind.mark and not (key == "a" and behind.key in _COUNTED)
