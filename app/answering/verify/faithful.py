"""Whether a claim is one sentence with nothing taken out but what may go, such as "However," or "(2021)".

It reads all words and signs, unlike `align.py`, which knows what a claim is about and not how its words hang together.
What may go is listed in `lexicon.py`; whatever is not known to be safe is not.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from .lexicon import (
    BARE_CONNECTIVES,
    COLLECTIVES,
    CONNECTIVES,
    DENIALS,
    EXCEPTING,
    HARMLESS,
    LESSENING,
    NEGATIONS,
    PREPOSITIONS,
    RESERVATIONS,
    SPEECH,
    SUBORDINATORS,
)
from .wording import Piece, is_negation, pieces

_LEANING = re.compile(
    r"(?:this|that|these|those|it|its|they|their|them|he|she|his|her|such|both|here|there(?!\s+(?:is|are|was|were)\b)|"
    r"another|(?:the|its) (?:former|latter|same|above|other)|(?:in|for) (?:this|that|these|those|such|both))\b",
    re.IGNORECASE,
)
_HELD = frozenset("if unless only except respectively but when provided until may might could can not no never".split())
_RESTRICTING = _HELD | RESERVATIONS | NEGATIONS | SUBORDINATORS | EXCEPTING | DENIALS | SPEECH
_MADE_TO = frozenset("to let lets make makes made help helps have has".split())
_PUBLISHED = frozenset(
    "published introduced proposed released presented described called named stated written developed".split()
)
_STOPS = frozenset(".;:?!—–")
_PAUSES = frozenset(",—–")


def leans(claim: str) -> str:
    """The word at the start of a claim that refers to something before it, else nothing."""
    found = _LEANING.match(claim.lstrip("*_`\"'(“‘"))
    return found.group() if found else ""


def is_shortening(claim: str, sentence: str) -> bool:
    """Whether a claim comes from a sentence by safe deletions alone.

    A claim that leans on something before it, and a question as evidence, never count.
    """
    if sentence.rstrip(" \"'”’)*_`").endswith("?") or leans(claim):
        return False
    claimed, told = pieces(claim), pieces(sentence)
    words = [piece for piece in claimed if not piece.mark]
    if not words or ("respectively" in _keys(told) and "respectively" not in _keys(words)):
        return False
    keys = _keys(words)
    denied = any(is_negation(key) for key in keys)
    # Every place where the words so far can end, with nothing but safe gaps before it.
    places = {place for place, piece in enumerate(told) if piece.key == words[0].key and _lead_may_go(told[:place])}
    for before, word in pairwise(words):
        beside = {piece.key for piece in claimed if before.end <= piece.start < word.start}
        places = {
            other
            for one in places
            for other in range(one + 1, len(told))
            if told[other].key == word.key and _gap_may_go(told, one, other, beside, denied=denied)
        }
    return any(_tail_may_go(told, place, keys, denied=denied) for place in places)


def _lead_may_go(lead: Sequence[Piece]) -> bool:
    """Whether nothing stands before the claim but connectives."""
    row = [piece.key for piece in lead if piece.key not in "\"'“”‘("]
    while row:
        phrase = next((tuple(row[:length]) for length in (4, 3, 2, 1) if tuple(row[:length]) in CONNECTIVES), ())
        row = row[len(phrase) :]
        paused = row[:1] == [","]
        if not phrase or not (paused or phrase in BARE_CONNECTIVES):
            return False
        row = row[1:] if paused else row
    return True


def _gap_may_go(told: Sequence[Piece], one: int, other: int, beside: set[str], *, denied: bool) -> bool:
    """Whether what stands between two words of a sentence may go, so that they stand side by side.

    Args:
        told: the sentence.
        one: place of the first word.
        other: place of the second.
        beside: the marks that the claim has between them.
        denied: whether the claim holds a negation, under which leaving out says more and not less.
    """
    gap = told[one + 1 : other]
    left = [piece for piece in gap if not piece.mark]
    if not left:
        return not (({piece.key for piece in gap} - beside) & _STOPS)
    keys = set(_keys(left))
    enclosed = gap[0].key in _PAUSES and gap[-1].key in _PAUSES
    if enclosed and tuple(_keys(left)) in CONNECTIVES:
        return True
    if keys <= HARMLESS and len(left) == len(gap):
        return not denied
    if keys & _RESTRICTING or any(is_negation(key) for key in keys) or any(piece.sign for piece in left):
        return False
    if gap[0].key in "([" and _closing(gap, 0) == len(gap) - 1:
        return left[0].key not in PREPOSITIONS
    if enclosed:
        return _is_apposition(left, told[other].key)
    return not denied and _joins(told[one].key, gap, left)


def _is_apposition(left: Sequence[Piece], behind: str) -> bool:
    """Whether what two commas enclose only says more of the noun before them; ", under bf16," says when."""
    first = left[0].key
    participle = first.endswith(("ed", "ing")) and first not in _PUBLISHED
    # "BERT is small, GPT is large, and slow": what is enclosed may be a statement of its own.
    return first not in PREPOSITIONS and not participle and behind not in ("and", "or", "so", "than")


def _joins(before: str, gap: Sequence[Piece], left: Sequence[Piece]) -> bool:
    """Whether a gap is the first of two things said of one subject: "LoRA [freezes weights and] trains matrices"."""
    keys = set(_keys(left))
    return (
        gap[-1].key == "and"
        and len(left) > 1
        and before not in PREPOSITIONS | COLLECTIVES | {"and", "or"}
        and not keys & _MADE_TO
        and not keys & LESSENING
        and not left[0].key.endswith("ing")
        and not {piece.key for piece in gap} & (_STOPS - {"."})
    )


def _tail_may_go(told: Sequence[Piece], last: int, keys: Sequence[str], *, denied: bool) -> bool:
    """Whether what stands behind the last word of the claim adds to it and takes nothing back."""
    tail = told[last + 1 :]
    left = [piece for piece in tail if not piece.mark]
    if not left:
        return True
    said = set(_keys(left))
    if said & DENIALS or "respectively" in said:
        return False
    if tail[0].key in ("(", "["):
        return _bracket_may_go(told, last, keys, denied=denied)
    if tail[0].key in (";", "–", "—"):
        return not said & (_HELD | EXCEPTING | SPEECH) and left[0].key not in PREPOSITIONS
    first, early = left[0].key, set(_keys(left[1:3]))
    if early & {"if", "only", "but", "unless", "except", "when", "provided", "not", "never", "far", "long"}:
        return False
    paused = tail[0].key == ","
    if first == "and":
        return paused or not (denied or COLLECTIVES & set(keys))
    if first == "because":
        return paused or not denied
    return paused and first in ("so", "since", "which", "while")


def _bracket_may_go(told: Sequence[Piece], last: int, keys: Sequence[str], *, denied: bool) -> bool:
    """Whether the bracket behind a place, and what follows it, may go."""
    close = _closing(told, last + 1)
    inside = _keys(told[last + 2 : close])
    harmless = not set(inside) & (_HELD | EXCEPTING | SPEECH | RESERVATIONS)
    return (
        harmless
        and inside[:1] != []
        and inside[0] not in PREPOSITIONS
        and (_tail_may_go(told, close, keys, denied=denied))
    )


def _closing(row: Sequence[Piece], place: int) -> int:
    """Where the bracket that opens at a place closes; the last place if it does not."""
    depth = 0
    for other in range(place, len(row)):
        depth += (row[other].key in "([") - (row[other].key in ")]")
        if not depth:
            return other
    return len(row) - 1


def _keys(row: Sequence[Piece]) -> list[str]:
    return [piece.key for piece in row]
