"""A verifier's opinion of whole claims: sentence by sentence, the least supported one decides."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...index.errors import EvaluationError
from ...ingest.progress import Progress, Silent
from ...ingest.sentences import sentence_spans
from .reader import Claim

VERDICTS = ("unsupported", "unchecked", "partial", "supported")
"""From the least to the most support."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a verifier says: one of `VERDICTS`, and a score in [0, 1] that orders claims across verdicts."""

    verdict: str
    score: float


Judge = Callable[[str, Sequence[str]], Opinion]
"""Holds one sentence against evidence sentences; an empty string stands between two passages."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim's opinion.

    Attributes:
        claim_id: which claim.
        opinion: `unchecked` with score 0 where the verifier failed.
        ms: wall time of all its sentences together.
        error: what the verifier said when it failed; else empty.
    """

    claim_id: str
    opinion: Opinion
    ms: float
    error: str = ""


class Memory(Protocol):
    """Remembers opinions between runs."""

    def known(self, claim: Claim) -> Judged | None:
        """What was said of a claim before."""
        ...

    def keep(self, claim: Claim, judged: Judged) -> None:
        """Remember it."""
        ...


def sentences_of(claim: Claim) -> list[str]:
    """The sentences of a claim, each with the claim's question before it where there is one."""
    found = [claim.text[start:end] for start, end in sentence_spans(claim.text)]
    return [f"{claim.question} {sentence}" if claim.question else sentence for sentence in found]


def evidence_of(claim: Claim) -> list[str]:
    """The sentences of a claim's evidence, an empty string between two passages."""
    found: list[str] = []
    for passage in claim.evidence:
        sentences = [passage[start:end] for start, end in sentence_spans(passage)]
        found += ["", *sentences] if found and sentences else sentences
    return found


def judge_claim(judge: Judge, claim: Claim) -> Opinion:
    """The verdict and the score of the least supported sentence.

    Raises:
        EvaluationError: a verdict is not known, or a score is no number in [0, 1].
    """
    evidence = evidence_of(claim)
    opinions = [judge(sentence, evidence) for sentence in sentences_of(claim)]
    for opinion in opinions:
        where = f"{claim.where or 'claim'} (id {claim.id!r})"
        if opinion.verdict not in VERDICTS:
            raise EvaluationError(f"{where}: the verdict is {opinion.verdict!r}; it must be of {', '.join(VERDICTS)}")
        if math.isnan(opinion.score) or not 0 <= opinion.score <= 1:
            raise EvaluationError(f"{where}: the verifier's score is {opinion.score!r}; it must lie between 0 and 1")
    least = min((opinion.verdict for opinion in opinions), key=VERDICTS.index)
    return Opinion(least, min(float(opinion.score) for opinion in opinions))


def judge_all(
    judge: Judge, claims: Iterable[Claim], *, memory: Memory | None = None, progress: Progress | None = None
) -> list[Judged]:
    """Opinions of all claims, in their order; a verifier that raises has failed at that claim and goes on.

    Args:
        judge: the verifier.
        claims: what is judged.
        memory: is asked first, and told of each new opinion at once, so that an interrupted run can go on.
        progress: advances by one claim each.

    Raises:
        EvaluationError: as for `judge_claim`.
    """
    progress = progress or Silent()
    judged: list[Judged] = []
    for claim in claims:
        one = memory.known(claim) if memory else None
        if one is None:
            one = _timed(judge, claim)
            if memory and not one.error:
                memory.keep(claim, one)
        judged.append(one)
        progress.advance()
    return judged


def _timed(judge: Judge, claim: Claim) -> Judged:
    started, error = time.perf_counter(), ""
    try:
        opinion = judge_claim(judge, claim)
    except EvaluationError:
        raise
    except Exception as failure:  # whatever the verifier raises is a result about the verifier
        opinion, error = Opinion("unchecked", 0.0), f"{type(failure).__name__}: {failure}"
    return Judged(claim.id, opinion, (time.perf_counter() - started) * 1000, error)
