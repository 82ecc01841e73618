"""What no other wording can excuse: a figure, a name or a quotation of a claim that stands nowhere in the evidence.

The guards of the lexical verifier hold a claim against one sentence and take nothing on trust; they refuse many a true
claim in other words ("half the work", "6 of the 16 tests"). This is the part of them that a claim in any words must
pass.
"""

import re
from collections.abc import Sequence

from .guards import missing_quotes
from .quantities import check
from .quantity_guard import Fault
from .tokens import Unit, tokenise

_PARTS = re.compile(r"[^\W_]+")


def refuted(claim: str, evidence: Sequence[str]) -> str:
    """Why a claim cannot be supported, in one clause; empty where this finds nothing.

    Refuted is a number in digits that no sentence gives; one that is given with another unit of measure; a name none of
    whose parts stands anywhere; and a quotation that is none.

    Args:
        claim: one sentence.
        evidence: sentences, of whatever passages.
    """
    whole = " ".join(" ".join(sentence.split()) for sentence in evidence)
    for quote in missing_quotes(claim, whole):
        return f"the quotation {quote!r} stands nowhere"
    for problem in check(claim, whole):
        in_digits = any(sign.isdigit() for sign in problem.text)
        if in_digits and (problem.kind is Fault.MISSING or (problem.kind is Fault.UNIT and problem.quantity.unit)):
            return problem.message
    held = whole.casefold()
    for token in tokenise(claim):
        parts = [part for part in _PARTS.findall(token.text.casefold()) if len(part) > 1] or [token.text.casefold()]
        if token.unit is Unit.NAME and not any(part in held for part in parts):
            return f"{token.text!r} stands nowhere in the passages"
    return ""
