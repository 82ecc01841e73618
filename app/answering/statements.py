"""A sentence as a statement that can be held against another one: its names, its words, its numbers."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ...index.analysis import terms
from .sentences import Candidate
from .verify.quantities import Bound, Kind, Quantity, quantities
from .verify.tokens import Unit, name_key, tokenise

MOST_WORDS = 40
"""A longer sentence says too many things to be held against another one as a whole."""
_MOST_QUANTITIES = 5

# What a document says of itself, of what it just showed, or of what could be, is no statement about the world.
_OWN = re.compile(
    r"\b(?:we|our|ours|us|i|my|me|let's|this|these|those|here|above|below|following|previous|former|latter|next|"
    r"figure|fig|table|section|appendix|chapter|equation|exercise|e\.g|example|instance|suppose|assume|assuming|imagine|"
    r"consider|say|if|would|could|might|may|can|should|perhaps|such as|proposed|et al)\b",
    re.IGNORECASE,
)
_MARKED_UP = re.compile(r"[`\\|{}=<>]|\]\(|https?:")
# "The model", without a name, is another one in every document.
_UNNAMED = re.compile(
    r"\bthe (?:\w+ )?(?:models?|methods?|networks?|approach|algorithm|paper|authors?|system|dataset|data|experiments?|"
    r"results?|input|output|images?|code|script|layers?|task|team|company|course|benchmark|baseline)\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"[A-Z][\w-]*")
_SIZED = re.compile(r"-[A-Za-z]|[\s-]*(?:[a-z]+[\s-]){0,2}(?:models?|networks?|LLMs?|variants?)\b")
# No verb may stand between the preposition and the number: "with Adam takes 16 bytes" states the 16.
_UNDER = re.compile(
    r"\b(?:(?:with|at|using|when|per|given|after|under)|for(?=\s+[A-Za-z])(?!\s+(?:about|around|roughly|nearly|almost|"
    r"approximately|over|some|more|less|up|at)\b))(?:\s+(?!\w+s\b|\w+ed\b)[A-Za-z][\w-]*){0,3}\s*$"
)
# Words that differ between two sentences without telling their statements apart.
_HAVING = frozenset(
    terms(
        "contain consist comprise hold include count total overall made composed need require take occupy use employ "
        "feature provide give get reach achieve parameter model size report amount number come equal have altogether "
        "roughly approximately nearly around about just exactly only precisely full whole each very original"
    )
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence.

    Attributes:
        candidate: the sentence.
        words: its content words and names outside numbers, as written, by stem; light words are left out.
        names: which of their keys name something.
        turns: negations and directions, how often each.
        quantities: the numbers with their units.
    """

    candidate: Candidate
    words: dict[str, str]
    names: frozenset[str]
    turns: Counter[str]
    quantities: tuple[Quantity, ...]


def statement(candidate: Candidate) -> Statement | None:
    """The sentence as a statement; None where it says nothing that another document could contradict."""
    text = candidate.text
    # A fragment that opens in lower case is cut from a formula or a list.
    fragment = text.lstrip("*_\"'“")[:1].islower()
    if candidate.leans or fragment or len(text.split()) > MOST_WORDS or _OWN.search(text) or _MARKED_UP.search(text):
        return None
    words: dict[str, str] = {}
    names: set[str] = set()
    turns: Counter[str] = Counter()
    found = tuple(quantities(text))
    for token in tokenise(text):
        if token.unit is Unit.NAME:
            key = _key(token.text)
            words.setdefault(key, token.text)
            names.add(key)
        elif token.unit is Unit.WORD and token.key not in _HAVING:
            words.setdefault(token.key, token.text)
        elif token.unit in (Unit.NEGATION, Unit.DIRECTION) and not _is_bound(text, token.end, token.key, found):
            turns[token.key] += 1
    if len(found) > _MOST_QUANTITIES or (not names and _UNNAMED.search(text)):
        return None
    return Statement(candidate, words, frozenset(names), turns, found)


def _key(name: str) -> str:
    """A name as it is compared; one of letters alone as the word that it may be elsewhere."""
    return "_".join(terms(name)[-1:]) if name.isalpha() and not name[1:].isupper() else name_key(name)


def _is_bound(text: str, end: int, key: str, found: Iterable[Quantity]) -> bool:
    """Whether a direction says no more than a number's bound ("more than 8"), or only that something is contained."""
    bounds = (quantity.start for quantity in found if quantity.bound is not Bound.EXACT and quantity.start >= end)
    return key == "with" or any(len(text[end:start].split()) <= 1 for start in bounds)


def opening(said: Statement) -> str:
    """The key of the word that opens the sentence, where a name has the capital that any word has; empty for none."""
    first = _FIRST.match(said.candidate.text)
    return next((key for key, word in said.words.items() if first and word == first.group()), "")


def is_setting(text: str, quantity: Quantity) -> bool:
    """Whether a number tells under which conditions a statement holds, rather than what it states."""
    if quantity.kind in (Kind.DATE, Kind.ORDINAL) or quantity.unit == "bit":
        return True
    return bool(_SIZED.match(text[quantity.end :]) or _UNDER.search(text[: quantity.start]))
