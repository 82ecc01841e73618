"""Whether one sentence says what another one states, in figures, names and polarity; wording is left to a cosine."""

from .align import align
from .guards import contradictions, swaps
from .hinges import reverses
from .quantities import check
from .tokens import Unit, names, tokenise


def agrees(claim: str, evidence: str) -> bool:
    """Whether the evidence states every quantity and name of the claim, in the same order, and denies nothing of it."""
    if check(claim, evidence):
        return False
    claimed, told = tokenise(claim), tokenise(evidence)
    held = {token.key for token in told if token.unit is Unit.NAME}
    if any(token.key not in held for token in names(claimed)):
        return False
    alignment = align(claimed, told)
    return not contradictions(alignment, told) and not swaps(alignment) and not reverses(claim, evidence)
