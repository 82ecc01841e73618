"""Quantities of a text, and whether another text states them: the face of the numeric guard.

`quantities` reads numbers as the prose of machine learning prints them, `check` holds a claim's against evidence.
Digits inside names, such as GPT-3, bf16 or Section 3.2, are no quantities.
"""

from functools import lru_cache

from .quantity import Bound, Kind, Quantity
from .quantity_guard import Fault, QuantityProblem, unsupported
from .quantity_parser import parse

__all__ = ["Bound", "Fault", "Kind", "Quantity", "QuantityProblem", "check", "quantities"]

_CACHED = 4_000
_LONGEST_CACHED = 20_000


def quantities(text: str) -> list[Quantity]:
    """The quantities that a text states, in order; spans are code points and do not overlap."""
    return list(_kept(text) if len(text) <= _LONGEST_CACHED else parse(text))


def check(claim: str, evidence: str) -> list[QuantityProblem]:
    """One problem for each quantity of a claim that the evidence does not state.

    Args:
        claim: a sentence, or several.
        evidence: the text that should state the same.

    Returns:
        Problems in the claim's order; none for a claim that stands in the evidence word for word.
    """
    claimed = quantities(claim)
    if not claimed or _stands_in(claim, evidence):
        return []
    return unsupported(claim, claimed, quantities(evidence))


@lru_cache(maxsize=_CACHED)
def _kept(text: str) -> tuple[Quantity, ...]:
    """Evidence is asked about once for every claim."""
    return tuple(parse(text))


def _stands_in(claim: str, evidence: str) -> bool:
    """Whether the evidence holds the claim letter for letter as whole sentences, so that nothing of it is cut off."""
    claim = claim.strip()
    place = evidence.find(claim)
    while place >= 0:
        end = place + len(claim)
        opens = place == 0 or evidence[:place].rstrip()[-1:] in ("", ".", "!", "?") or evidence[place - 1] == "\n"
        closes = end == len(evidence) or evidence[end] == "\n" or (claim[-1] in ".!?" and evidence[end].isspace())
        if opens and closes:
            return True
        place = evidence.find(claim, place + 1)
    return False
