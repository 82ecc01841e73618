"""Claim against one sentence: which units meet in the same order, which do not, and what the claim passed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .tokens import Token, Unit

_WEIGHTS = {
    Unit.NAME: 1.5,
    Unit.QUANTITY: 1.5,
    Unit.WORD: 1.0,
    Unit.NEGATION: 1.0,
    Unit.DIRECTION: 1.0,
    Unit.SWEEPING: 0.5,
    Unit.RESERVATION: 0.0,
}
_LEAD = 3


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a claim lies on a sentence.

    Attributes:
        covered: share of the claim's units, by weight, that the sentence has in the same order, in [0, 1].
        absent: units of the claim that the sentence has nowhere.
        displaced: units of the claim that it has, but in another order.
        passed_over: units of the sentence between, and shortly before, those that met; the claim leaves them out.
        between: of those, the ones that lie between two units that stand side by side in the claim.
        lead: of those, the ones before the first unit that met.
        met: units of the claim that met.
        loose_subject: whether the claim begins with a name that is followed by other words in the sentence.
    """

    covered: float
    absent: tuple[Token, ...]
    displaced: tuple[Token, ...]
    passed_over: tuple[Token, ...]
    between: tuple[Token, ...]
    lead: tuple[Token, ...] = ()
    met: tuple[Token, ...] = ()
    loose_subject: bool = False


def align(claim: Sequence[Token], sentence: Sequence[Token]) -> Alignment:
    """Lay a claim on a sentence by their heaviest common subsequence.

    Takes time proportional to the product of both lengths, some 1,000 steps for two sentences.
    """
    pairs = _common(claim, sentence)
    met = {place for place, _ in pairs}
    whole = weight(claim) or 1.0
    covered = sum(_WEIGHTS[claim[place].unit] for place in met) / whole
    keys = {(token.unit, token.key) for token in sentence}
    left = [token for place, token in enumerate(claim) if place not in met]
    displaced = tuple(token for token in left if (token.unit, token.key) in keys)
    absent = tuple(token for token in left if (token.unit, token.key) not in keys)
    taken = [place for _, place in pairs]
    between = tuple(sentence[place] for one, other in pairwise(taken) for place in range(one + 1, other))
    lead = tuple(sentence[max(0, taken[0] - _LEAD) : taken[0]]) if taken else ()
    loose = len(pairs) > 1 and pairs[0][0] == 0 and claim[0].unit is Unit.NAME and taken[1] > taken[0] + 1
    return Alignment(
        covered=min(1.0, covered),
        absent=absent,
        displaced=displaced,
        passed_over=lead + between,
        between=between,
        lead=lead,
        met=tuple(claim[place] for place, _ in pairs),
        loose_subject=loose,
    )


def weight(tokens: Sequence[Token]) -> float:
    """How much a sentence says: the sum of what its units weigh, 1 for a word."""
    return sum(_WEIGHTS[token.unit] for token in tokens)


def _common(claim: Sequence[Token], sentence: Sequence[Token]) -> list[tuple[int, int]]:
    """Pairs of places that meet, in order: of all common subsequences the heaviest, and of those the most compact."""
    rows, columns = len(claim), len(sentence)
    best = [[(0.0, 0)] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            options = [best[row + 1][column], best[row][column + 1]]
            if _meet(claim[row], sentence[column]):
                weight, gaps = best[row + 1][column + 1]
                beside = column + 1 < columns and row + 1 < rows and _meet(claim[row + 1], sentence[column + 1])
                options.append((weight + _WEIGHTS[claim[row].unit] + 1e-6, gaps + int(beside)))
            best[row][column] = max(options)
    pairs, row, column = [], 0, 0
    while row < rows and column < columns:
        here = best[row][column]
        if _meet(claim[row], sentence[column]) and here not in (best[row + 1][column], best[row][column + 1]):
            pairs.append((row, column))
            row, column = row + 1, column + 1
        elif here == best[row][column + 1]:
            column += 1
        else:
            row += 1
    return pairs


def _meet(one: Token, other: Token) -> bool:
    return one.unit is other.unit and one.key == other.key
