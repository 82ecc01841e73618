"""Several results of one generation into one, by weighted reciprocal rank fusion over passages.

Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods",
SIGIR 2009; the weights are ours. What the fused result says of superseded practices is said anew for its own ranks, by
`succession.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...index import Hit, SearchResult, Stage
from .succession import placed

RRF_K = 10
"""Damping, less than the customary 60: a list of ten hits would hardly tell its first from its last."""


@dataclass(frozen=True, slots=True)
class Part:
    """One result that goes into a fusion.

    Attributes:
        result: its hits, best first.
        weight: of its ranks, above 0.
        keep: so many of its first hits stay in the fused result whatever the others say, as far as there is room.
        label: what was searched, for the stages; the result's query when empty.
    """

    result: SearchResult
    weight: float = 1.0
    keep: int = 0
    label: str = ""


def merge(parts: Sequence[Part], k: int, *, rrf_k: int = RRF_K) -> SearchResult:
    """Fuse results: a passage scores the sum over parts of `weight / (rrf_k + rank)`.

    Args:
        parts: one at least, all of one generation; the first one gives the query, and a hit found by several has the
            signals of the first of them.
        k: hits at most.
        rrf_k: damping; larger flattens the difference between ranks.

    Returns:
        At most k hits ordered by `(-score, passage id)`, but for successors that stand directly above what they
        superseded, which can push the last hits off, kept ones too. Timings are summed. The stages are those of the
        first part, then one a part, then the fusion. Each note occurs once.

    Raises:
        ValueError: there is no part, or the parts come from several generations.
    """
    if not parts:
        raise ValueError("nothing to merge; pass one result or more")
    generations = list(dict.fromkeys(part.result.generation for part in parts))
    if len(generations) > 1:
        raise ValueError(f"results come from generations {generations!r}; search one view for all of them")
    scores = _scores(parts, rrf_k)
    best = _best(parts, scores, k)
    hits = placed([part.result.hits for part in parts], best, scores, k)
    first = parts[0].result
    detail = f"reciprocal rank fusion of {len(parts)} results, {len(scores)} passages, best {len(hits)} kept"
    return SearchResult(
        first.query,
        first.generation,
        hits,
        _summed([part.result.timings_ms for part in parts]),
        (*first.stages, *map(_stage, parts), Stage("merge", len(hits), detail)),
        tuple(dict.fromkeys(note for part in parts for note in part.result.notes)),
    )


def only_in(found: Sequence[Hit], others: Sequence[SearchResult]) -> int:
    """How many of the hits are in none of the other results."""
    known = {hit.passage.id for other in others for hit in other.hits}
    return sum(hit.passage.id not in known for hit in found)


def _scores(parts: Sequence[Part], rrf_k: int) -> dict[str, float]:
    scores: dict[str, float] = {}
    for part in parts:
        for rank, hit in enumerate(part.result.hits, start=1):
            scores[hit.passage.id] = scores.get(hit.passage.id, 0.0) + part.weight / (rrf_k + rank)
    return scores


def _best(parts: Sequence[Part], scores: Mapping[str, float], k: int) -> list[str]:
    """Ids of the k best passages, those that a part keeps among them, in order."""
    order = sorted(scores, key=lambda passage: (-scores[passage], passage))
    # Round by round, so that with little room every part keeps its first hit before any keeps its second.
    deepest = max(part.keep for part in parts)
    kept = dict.fromkeys(
        part.result.hits[place].passage.id
        for place in range(deepest)
        for part in parts
        if place < min(part.keep, len(part.result.hits))
    )
    chosen = set([*list(kept)[:k], *(passage for passage in order if passage not in kept)][:k])
    return [passage for passage in order if passage in chosen]


def _summed(timings: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Milliseconds a step over all searches; `total` comes last."""
    steps = dict.fromkeys(step for timing in timings for step in timing if step != "total")
    names = (*steps, *(["total"] if any("total" in timing for timing in timings) else []))
    return {step: round(sum(timing.get(step, 0.0) for timing in timings), 3) for step in names}


def _stage(part: Part) -> Stage:
    return Stage("query", len(part.result.hits), f"weight {part.weight:g}: {part.label or part.result.query}")
