"""The sentences that an answer can rest on, scored for the question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ...index import Encoder, Hit
from ...index.view import View
from .neutralise import addresses_model
from .select import Scored, SelectionSettings, score
from .sentences import Candidate, candidates


@dataclass(frozen=True, slots=True)
class Pool:
    """Sentences of some passages.

    Attributes:
        found: those of one passage together, in its order.
        scored: how well each fits the question; None without sentences.
        passages: id of the hit's passage of each.
        withheld: how many were left out because they speak to a language model instead of a reader.
    """

    found: list[Candidate]
    scored: Scored | None
    passages: tuple[str, ...]
    withheld: int = 0

    def relevance(self, place: int) -> float:
        """A sentence's score as a share of the best one's, at most 1; 0 or less for one that does not fit at all."""
        if self.scored is None:
            return 0.0
        best = float(self.scored.total.max())
        return float(self.scored.total[place]) / best if best > 0 else 0.0


def read_sentences(
    question: str,
    hits: Iterable[Hit],
    view: View,
    encoder: Encoder,
    weights: Mapping[str, float],
    settings: SelectionSettings,
) -> Pool:
    """The sentences of the hits' passages; those that speak to a language model are left out."""
    found = candidates(hits, view.blocks)
    if dropped := [place for place, one in enumerate(found) if addresses_model(one.text)]:
        found = _without(found, dropped)
    scored = score_sentences(question, found, encoder, weights, settings)
    return Pool(found, scored, tuple(one.hit.passage.id for one in found), len(dropped))


def score_sentences(
    question: str,
    found: Sequence[Candidate],
    encoder: Encoder,
    weights: Mapping[str, float],
    settings: SelectionSettings,
) -> Scored | None:
    """Scores of all sentences for a question; None without sentences."""
    if not found:
        return None
    vectors = encoder.encode([question, *(" ".join(candidate.text.split()) for candidate in found)])
    return score(question, found, vectors[1:], vectors[0], weights, settings)


def _without(found: Sequence[Candidate], dropped: Sequence[int]) -> list[Candidate]:
    """The others, with the places of the sentences before them moved up."""
    gone = set(dropped)
    moved = {old: new for new, old in enumerate(place for place in range(len(found)) if place not in gone)}
    return [
        replace(one, before=moved.get(one.before) if one.before is not None else None)
        for place, one in enumerate(found)
        if place not in gone
    ]
