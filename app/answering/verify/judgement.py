"""What a verifier says of a claim, and the seam that every verifier fills."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """How far the evidence supports a claim."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its grounds.

    Attributes:
        verdict: `supported` when the evidence says it; `partial` when it says some of it, or says it with a
            reservation that the claim leaves out; `unsupported` when it says otherwise or nothing of the kind;
            `unchecked` when the verifier cannot tell.
        score: strength of the support in [0, 1]; orders claims across verdicts.
        reason: why it is no more than that, in words; empty for full support.
        sentences: positions of the evidence sentences that support the claim best, or come nearest, in order; more
            than one when it takes them together, none without evidence.
        proved: whether the reason is something that the evidence does not bear out, such as another number, and not
            merely that nothing was found.
    """

    verdict: Verdict
    score: float
    reason: str = ""
    sentences: tuple[int, ...] = ()
    proved: bool = False


class Verifier(Protocol):
    """Anything that holds a claim against evidence."""

    @property
    def id(self) -> str:
        """Name and version, for receipts and reports."""
        ...

    def verify(self, claim: str, evidence: Sequence[str]) -> Judgement:
        """Judge one claim.

        Args:
            claim: one sentence.
            evidence: sentences in the order of their text, headings left out; an empty string stands between two
                passages, whose sentences do not explain each other.
        """
        ...
