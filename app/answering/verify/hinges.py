"""The small words on which a statement turns: who does it to whom, from where to where, and whether it has happened.

A claim with the right names, figures and content words still says something else than "was replaced by", "plans to
release" or "it is a myth that". These are doubts, not contradictions: a closed list of words cannot tell more.
"""

from collections.abc import Sequence
from itertools import pairwise

from .lexicon import (
    AHEAD,
    DENIALS,
    EXCEPTING,
    HINGE_PREPOSITIONS,
    LESSENING,
    PAST_BE,
    PREPOSITIONS,
    PRESENT_BE,
    SUBORDINATORS,
)
from .tokens import FUNCTION_WORDS
from .wording import Piece, is_negation, pieces, same_word

_BE = PRESENT_BE | PAST_BE | {"be", "being"}
_OPERATORS = frozenset("+-*/=<>^∩∪±≤≥×·")
_SMALL = HINGE_PREPOSITIONS | _BE | AHEAD | _OPERATORS
_LONGEST = 8


def turned(claim: str, sentence: str) -> str:
    """What turns the claim round in the sentence, in words for the reader; nothing if no such word is known there."""
    claimed, told = _words(claim), _words(sentence)
    pairs = _common(claimed, told)
    if not pairs:
        return ""
    if "respectively" in _keys(told) - _keys(claimed):
        return "the passage says 'respectively', which pairs names and figures in order"
    if pairs[0][0] == 0 and _lead_turns(told[: pairs[0][1]]):
        return f"the passage says {_quoted(sentence, told[: pairs[0][1]])} before it"
    passive = not _keys(claimed) & _BE
    for (one, first), (other, second) in pairwise(pairs):
        added, left = claimed[one + 1 : other], told[first + 1 : second]
        if _gap_turns(added, left, passive=passive) or (left and told[first].key.endswith(("not", "n't"))):
            shown = _around(told, first, second) if left else told[first : second + 1]
            return f"the passage says {_quoted(sentence, shown)} there"
    behind = told[pairs[-1][1] + 1 :]
    if _keys(behind) & DENIALS or _keys(behind[:1]) & (LESSENING - PREPOSITIONS | _OPERATORS):
        return f"the passage says {_quoted(sentence, behind)} behind it"
    return ""


def reverses(claim: str, sentence: str) -> bool:
    """Whether two words that stand together in both are joined the other way: "replaced" and "was replaced by".

    Unlike `turned` it lets free wording pass, for sentences that need not be a shortening of one another.
    """
    claimed, told = _words(claim), _words(sentence)
    passive = not _keys(claimed) & _BE
    for (one, first), (other, second) in pairwise(_common(claimed, told)):
        here, there = _keys(claimed[one + 1 : other]), _keys(told[first + 1 : second])
        if here | there <= _SMALL and here != there:
            by = any(piece.key == "by" for piece in told[second + 1 : second + 2])
            if (here ^ there) & (HINGE_PREPOSITIONS | _OPERATORS) or (passive and by and there & _BE):
                return True
    return False


def other_words(claim: str, sentence: str) -> list[str]:
    """Content words of the claim for which the sentence has only relatives, such as `news` for `new`."""
    claimed, told = _words(claim), _words(sentence)
    met = {one for one, _ in _common(claimed, told)}
    return [
        claim[piece.start : piece.end]
        for place, piece in enumerate(claimed)
        if place not in met and not piece.sign and piece.key not in FUNCTION_WORDS
    ]


def left_out(claim: str, sentence: str) -> str:
    """The longest stretch of the sentence that the claim leaves out, shortened for the reader; may be empty."""
    told = _words(sentence)
    places = [-1, *(place for _, place in _common(_words(claim), told)), len(told)]
    stretches = [told[one + 1 : other] for one, other in pairwise(places)]
    longest = max(stretches, key=len)
    return _quoted(sentence, longest) if longest else ""


def _lead_turns(lead: Sequence[Piece]) -> bool:
    """Whether the words before the claim make it a part of something, a report, or less than it is."""
    if not lead:
        return False
    keys = _keys(lead)
    ends = lead[-1].key in PREPOSITIONS | SUBORDINATORS
    return ends or bool(keys & (DENIALS | EXCEPTING)) or lead[-1].key in LESSENING or any(map(is_negation, keys))


def _gap_turns(added: Sequence[Piece], left: Sequence[Piece], *, passive: bool) -> bool:
    """Whether two words that meet hang together otherwise in the sentence.

    Args:
        added: what the claim has between them.
        left: what the sentence has between them.
        passive: whether a form of "be" in the sentence makes the claim's verb passive, as the claim has none.
    """
    here, there = _keys(added), _keys(left)
    if (here ^ there) & _OPERATORS:
        return True
    if (here - there) & HINGE_PREPOSITIONS and (there & PREPOSITIONS or not left):
        return True
    if (here & PRESENT_BE and there & PAST_BE) or (here & PAST_BE and there & PRESENT_BE):
        return True
    if not left:
        return False
    by = "by" in there - here and bool(there & _BE)
    only_hinges = there <= HINGE_PREPOSITIONS | _BE | AHEAD and (passive or bool(there & HINGE_PREPOSITIONS))
    ahead = "to" in _keys(left[-1:]) or (left[-1].key in _BE and "to" in _keys(left)) or bool(_keys(left[-3:]) & AHEAD)
    # "Encoders read text and decoders generate it": the second verb has a subject of its own.
    rival = "and" in _keys(left[:-1]) and left[-1].key != "and"
    return by or only_hinges or ahead or rival or bool(_keys(left[-2:]) & LESSENING) or bool(there & EXCEPTING)


def _around(told: Sequence[Piece], first: int, second: int) -> Sequence[Piece]:
    """The gap with what a reader needs to see it turn: "was replaced by", not "by" alone."""
    begin = first + 1
    if told[begin].key in HINGE_PREPOSITIONS:
        begin = first - 1 if first and told[first - 1].key in _BE else first
    return told[begin:second]


def _common(claimed: Sequence[Piece], told: Sequence[Piece]) -> list[tuple[int, int]]:
    """Places of words that meet, in order: as many as can, content words first, side by side where they can."""
    rows, columns = len(claimed), len(told)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    met = [[same_word(one.key, other.key) for other in told] + [False] for one in claimed] + [[False] * (columns + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            best[row][column] = max(best[row + 1][column], best[row][column + 1])
            if met[row][column]:
                best[row][column] = max(best[row][column], _worth(claimed, best, met, row, column))
    pairs, row, column = [], 0, 0
    while row < rows and column < columns:
        if met[row][column] and best[row][column] == _worth(claimed, best, met, row, column):
            pairs.append((row, column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row][column + 1]:
            column += 1
        else:
            row += 1
    return pairs


def _worth(
    claimed: Sequence[Piece], best: Sequence[Sequence[float]], met: Sequence[Sequence[bool]], row: int, column: int
) -> float:
    weight = 0.4 if claimed[row].key in FUNCTION_WORDS else 1.0
    return weight + best[row + 1][column + 1] + (0.01 if met[row + 1][column + 1] else 0.0)


def _words(text: str) -> list[Piece]:
    return [piece for piece in pieces(text) if not piece.mark]


def _keys(row: Sequence[Piece]) -> set[str]:
    return {piece.key for piece in row}


def _quoted(text: str, row: Sequence[Piece]) -> str:
    """A stretch of a sentence between quotation marks, at most eight words of it."""
    shown = " ".join(text[row[0].start : row[min(len(row), _LONGEST) - 1].end].split())
    return f"'{shown} …'" if len(row) > _LONGEST else f"'{shown}'"
