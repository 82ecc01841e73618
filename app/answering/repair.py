"""What becomes of a drafted sentence: shown as written, replaced by a verbatim one, or dropped."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ...index import Encoder
from ..strategies.content import content_terms
from .attribution import Attributed
from .expectation import Expected, could_answer, expected
from .neutralise import quotable
from .pool import Pool
from .types import Mode, Origin, Sentence, Verdict

# Shares of the best sentence's score: below the first a sentence is beside the question, below the second a
# verbatim one is no replacement for anything.
BESIDE, REPLACEMENT = 0.55, 0.7
_BLEND = 0.5


@dataclass(frozen=True, slots=True)
class Fate:
    """A decision about one sentence.

    Attributes:
        sentence: to be shown, its citations still empty; None when it is dropped.
        places: positions in the pool of what it cites, in order.
        reason: why it was not shown as written; empty when it was.
        whole: whether the sentence is the one that what was written is a part of.
    """

    sentence: Sentence | None
    places: tuple[int, ...]
    reason: str = ""
    whole: bool = False


def decide(
    question: str, text: str, attributed: Attributed, pool: Pool, used: Collection[int], mode: Mode, encoder: Encoder
) -> Fate:
    """Keep, replace or drop a sentence.

    In mode `auto` only what is at least partly supported is shown as written, and where it is a part of one sentence,
    that sentence; in mode `generate` what could not be checked is shown too, and marked so.

    Args:
        question: as searched for.
        text: the sentence.
        attributed: its verdict and what supports it.
        pool: the sentences that it may rest on.
        used: positions that the answer cites already.
        mode: `auto` or `generate`.
        encoder: finds the verbatim sentence that is nearest.
    """
    judgement, places = attributed.judgement, attributed.places
    shown = {Verdict.SUPPORTED, Verdict.PARTIAL} | ({Verdict.UNCHECKED} if mode is Mode.GENERATE else set())
    reason = judgement.reason
    if judgement.verdict in shown:
        if not _beside(places, pool):
            in_part = mode is Mode.AUTO and judgement.verdict is Verdict.PARTIAL
            if in_part and (whole := whole_sentence(text, places, pool)) is not None:
                return _quoted(whole, pool, f"it is a part of this sentence: {judgement.reason}", text, whole=True)
            detail = "another passage than the one it named" if attributed.moved else judgement.reason
            kept = Sentence(text, (), judgement.verdict, judgement.score, Origin.GENERATED, detail)
            return Fate(kept, places)
        reason = "it is beside the question"
    place = nearest_verbatim(text, pool, used, encoder)
    if place is None:
        return Fate(None, (), reason)
    return _quoted(place, pool, reason, text)


def whole_sentence(text: str, places: Collection[int], pool: Pool) -> int | None:
    """The first of some sentences that can stand alone and has all content words of a text, and more."""
    said = content_terms(text)
    for place in places:
        candidate = pool.found[place]
        if not candidate.leans and said < content_terms(candidate.text):
            return place
    return None


def _quoted(place: int, pool: Pool, reason: str, draft: str, *, whole: bool = False) -> Fate:
    quote = quotable(pool.found[place].text)
    return Fate(Sentence(quote, (), Verdict.SUPPORTED, 1.0, Origin.REPLACED, reason, draft), (place,), reason, whole)


def nearest_verbatim(text: str, pool: Pool, used: Collection[int], encoder: Encoder) -> int | None:
    """The unused sentence of the evidence that fits the question well and the failed sentence best; None if none does.

    One that leans on its predecessor cannot stand alone.
    """
    if pool.scored is None:
        return None
    wanted = encoder.encode([" ".join(text.split())])[0]
    likeness = pool.scored.vectors @ wanted
    fit = [
        place
        for place, candidate in enumerate(pool.found)
        if place not in used and not candidate.leans and pool.relevance(place) >= REPLACEMENT
    ]
    blended = _BLEND * likeness + (1 - _BLEND) * pool.scored.total
    return max(fit, key=lambda place: (float(np.float64(blended[place])), -place), default=None)


def answers_in_kind(question: str, sentences: Collection[Sentence]) -> bool:
    """Whether some sentence holds the kind of fact that is asked for, a number or a year, where one is."""
    if expected(question) is Expected.ANYTHING:
        return True
    return any(could_answer(question, sentence.text) for sentence in sentences)


def _beside(places: tuple[int, ...], pool: Pool) -> bool:
    """Whether what supports a sentence has nothing to do with what is asked."""
    return max((pool.relevance(place) for place in places), default=0.0) < BESIDE
