"""What a claim says that stands nowhere in the evidence: a figure or a quotation refutes it, a name speaks against it.

The guards of the lexical verifier hold a claim against one sentence and take nothing on trust; they refuse many a true
claim in other words ("half the work", "6 of the 16 tests"). This is the part of them that a claim in any words must
pass. A name is no such part: passages write many of them otherwise (abbreviated, in small letters, by a pronoun).
"""

import re
from collections.abc import Sequence

from .guards import missing_quotes
from .quantities import Fault, Kind, QuantityProblem, check, quantities
from .tokens import Unit, tokenise

_PARTS = re.compile(r"[^\W_]+")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_MARKER = re.compile(r"\[\d+(?:\s*[,–-]\s*\d+)*\]")
_QUESTION = re.compile(r"^[^?]*\?\s+(?=\S)")
_QUOTED = 4
"""Words from which on a quotation must stand there; shorter ones are titles, terms and irony."""


def asserted(claim: str) -> str:
    """A claim without a question that stands before it, which asserts nothing, and without citation markers."""
    return _QUESTION.sub("", _MARKER.sub(" ", claim))


def refuted(claim: str, evidence: Sequence[str]) -> str:
    """Why a claim cannot be supported, in one clause; empty where this finds nothing.

    Refuted is a number in digits, other than a rank, that no sentence gives; one that is given with another unit of
    measure; and a quotation of four words or more that is none.

    Args:
        claim: one sentence.
        evidence: sentences, of whatever passages.
    """
    whole, said = _joined(evidence), asserted(claim)
    for quote in missing_quotes(said, whole):
        if len(quote.split()) >= _QUOTED:
            return f"the quotation {quote!r} stands nowhere"
    for problem in check(said, whole):
        if _figures(problem.text) and problem.quantity.kind is not Kind.ORDINAL and _certain(problem, whole):
            return problem.message
    return ""


def unfound(claim: str, evidence: Sequence[str]) -> list[str]:
    """Names of a claim of which no part stands anywhere in the evidence, and short quotations that do not.

    Args:
        claim: one sentence.
        evidence: sentences, of whatever passages.
    """
    whole, said = _joined(evidence), asserted(claim)
    found = missing_quotes(said, whole)
    held = whole.casefold()
    for token in tokenise(said):
        parts = [part for part in _PARTS.findall(token.text.casefold()) if len(part) > 1] or [token.text.casefold()]
        if token.unit is Unit.NAME and not any(part in held for part in parts):
            found.append(token.text)
    return found


def _certain(problem: QuantityProblem, whole: str) -> bool:
    """Whether a reader would agree that the evidence gives another number, or the number with another unit."""
    if problem.kind is Fault.MISSING:
        # What stands there in figures was misread: years of a life, a day before its month.
        return not set(_figures(problem.text)) <= set(_figures(whole))
    if problem.kind is not Fault.UNIT or not problem.quantity.unit:
        return False
    return all(stated.unit for stated in quantities(whole) if stated.value == problem.quantity.value)


def _figures(text: str) -> list[str]:
    return [figure.replace(",", "") for figure in _FIGURE.findall(text)]


def _joined(evidence: Sequence[str]) -> str:
    return " ".join(" ".join(sentence.split()) for sentence in evidence)
