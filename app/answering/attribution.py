"""Which passage says what a sentence claims: the best sentence of the evidence, and the verdict on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .sentences import Candidate
from .verify.judgement import Judgement, Verdict, Verifier


@dataclass(frozen=True, slots=True)
class Attributed:
    """A sentence with what supports it best.

    Attributes:
        judgement: the verdict, of the best support.
        places: positions of the supporting sentences among the candidates, in order; none without evidence.
        moved: whether the sentence named another passage than the one that supports it.
    """

    judgement: Judgement
    places: tuple[int, ...]
    moved: bool


def attribute(
    text: str, named: Sequence[str], found: Sequence[Candidate], passages: Sequence[str], verifier: Verifier
) -> Attributed:
    """Hold a sentence against the evidence: first against the passages that it names, then against all.

    A model that writes well names the right passage; a small one often does not, and is not believed.

    Args:
        text: the sentence, without markers.
        named: ids of the passages that its markers name.
        found: sentences of the evidence, those of one passage together.
        passages: id of the passage of each.
        verifier: the judge.
    """
    own = [place for place, passage in enumerate(passages) if passage in named]
    judged = _judge(text, own, found, passages, verifier) if own else None
    if judged and judged.judgement.verdict is Verdict.SUPPORTED:
        return judged
    best = _judge(text, range(len(found)), found, passages, verifier)
    if judged and _rank(judged) >= _rank(best):
        return judged
    moved = bool(own) and bool(best.places) and not set(best.places) <= set(own)
    return Attributed(best.judgement, best.places, moved)


def _judge(
    text: str, places: Sequence[int], found: Sequence[Candidate], passages: Sequence[str], verifier: Verifier
) -> Attributed:
    """The verdict over some of the sentences, passages parted by a gap."""
    evidence: list[str] = []
    origin: list[int | None] = []
    for before, place in pairwise([None, *places]):
        if before is not None and place is not None and passages[before] != passages[place]:
            evidence.append("")
            origin.append(None)
        if place is not None:
            evidence.append(found[place].text)
            origin.append(place)
    judgement = verifier.verify(text, evidence)
    told = (origin[sentence] for sentence in judgement.sentences)
    return Attributed(judgement, tuple(place for place in told if place is not None), moved=False)


def _rank(attributed: Attributed) -> tuple[int, float]:
    order = (Verdict.UNSUPPORTED, Verdict.UNCHECKED, Verdict.PARTIAL, Verdict.SUPPORTED)
    return order.index(attributed.judgement.verdict), attributed.judgement.score
