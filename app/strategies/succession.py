"""Successors in a fused result: above a practice that was superseded stands what took its place, as in every search.

Each result that goes into a fusion was placed by `index/successors.py`. Its marks say which hit stands for which
successor by rank, so a fused order breaks both the ranks and the places; here they are made anew from what the marks
say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...index import Hit
from ...index.types import Counterpart, PracticeMark, Relation


@dataclass(slots=True)
class _Known:
    """What all results say of one passage.

    Attributes:
        hit: of the first result that has it.
        marks: one a result that marks it, in the order of the results.
        ends: by the id of a successor, the passages that stand for it directly above this one, or this one itself.
        below: ids of practices that this passage stands above.
    """

    hit: Hit
    marks: list[PracticeMark] = field(default_factory=list)
    ends: dict[str, list[str]] = field(default_factory=dict)
    below: set[str] = field(default_factory=set)

    @property
    def own(self) -> PracticeMark | None:
        """The mark for what the passage recommends itself, if that was put away."""
        return next((mark for mark in self.marks if mark.relation is not Relation.SUCCESSOR), None)


@dataclass(slots=True)
class _Draft:
    """A fused result while successors are being placed.

    Attributes:
        order: passages so far, best first.
        scores: of the passages in it.
        above: by predecessor, the passage for each successor's id.
        below: by successor, the passage for each predecessor's practice id, with the counterpart that names it.
        stands_for: by successor, the practice id that it stands for.
        drawn: passages that stand where they do as successors, not for a score of their own.
    """

    order: list[str] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    above: dict[str, dict[str, str]] = field(default_factory=dict)
    below: dict[str, dict[str, tuple[str, Counterpart]]] = field(default_factory=dict)
    stands_for: dict[str, str] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)


def placed(found: Sequence[Sequence[Hit]], best: Sequence[str], scores: Mapping[str, float], k: int) -> tuple[Hit, ...]:
    """At most k hits in fused order with successors directly above what they superseded, ranks and marks renewed.

    Args:
        found: the hits of each result, all of them.
        best: ids of the passages that made it, best first.
        scores: fused score of every passage found.
        k: how many hits remain.
    """
    known = _gathered(found)
    draft = _Draft()
    for passage in best:
        if passage in draft.order:
            continue
        draft.scores[passage] = scores[passage]
        mark = known[passage].own
        if mark is not None and mark.relation is Relation.SUPERSEDED:
            _place_above(draft, passage, mark, known, scores)
        draft.order.append(passage)
    ranks = {passage: rank for rank, passage in enumerate(draft.order[:k], start=1)}
    return tuple(
        replace(
            known[passage].hit,
            score=draft.scores[passage],
            rank=rank,
            practice=_mark(known[passage], passage, draft, ranks),
        )
        for passage, rank in ranks.items()
    )


def _gathered(found: Sequence[Sequence[Hit]]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for hits in found:
        by_rank = {hit.rank: hit.passage.id for hit in hits}
        for hit in hits:
            told = known.setdefault(hit.passage.id, _Known(hit))
            if hit.practice is None:
                continue
            told.marks.append(hit.practice)
            for other in hit.practice.other:
                if other.rank is None or other.rank not in by_rank:
                    continue
                if other.rank > hit.rank:
                    told.below.add(other.id)
                elif by_rank[other.rank] not in (stands := told.ends.setdefault(other.id, [])):
                    stands.append(by_rank[other.rank])
    return known


def _place_above(
    draft: _Draft, passage: str, mark: PracticeMark, known: Mapping[str, _Known], scores: Mapping[str, float]
) -> None:
    """Put each successor above a passage that is about to be placed: one that stands there already, else the best."""
    for other in mark.other:
        stands = known[passage].ends.get(other.id, ())
        if not stands:
            continue
        there = [end for end in stands if end == passage or end in draft.order]
        best = (there or sorted(stands, key=lambda end: (-scores[end], end)))[0]
        draft.above.setdefault(passage, {})[other.id] = best
        if best == passage:
            continue
        if best not in draft.order:
            draft.order.append(best)
            draft.drawn.add(best)
            draft.scores[best] = scores[passage]
            # One that holds the former practice too stands for what took its place itself.
            itself = {name: best for name, ends in known[best].ends.items() if best in ends}
            draft.above.setdefault(best, {}).update(itself)
        draft.stands_for.setdefault(best, other.id)
        below = Counterpart(mark.practice_id, mark.statement, mark.year)
        draft.below.setdefault(best, {}).setdefault(mark.practice_id, (passage, below))


def _mark(told: _Known, passage: str, draft: _Draft, ranks: Mapping[str, int]) -> PracticeMark | None:
    """A passage's mark for its place in the fused result; None when nothing that it stood above is below it."""
    below = draft.below.get(passage, {})
    mark = None if passage in draft.drawn else told.own
    if mark is None and below:
        mark = next((mark for mark in told.marks if mark.practice_id == draft.stands_for[passage]), told.marks[0])
    if mark is None:
        # The search itself put it above what then fell off the end; that is as true here.
        return next((mark for mark in told.marks if all(other.rank is None for other in mark.other)), None)
    upward = mark.other if mark.relation is Relation.SUPERSEDED else ()
    above = draft.above.get(passage, {})
    others = {
        other.id: replace(other, rank=ranks.get(above.get(other.id, "")))
        for other in upward
        if other.id in above or other.id not in told.below
    }
    for practice, (predecessor, other) in below.items():
        others.setdefault(practice, replace(other, rank=ranks.get(predecessor)))
    return replace(mark, other=tuple(others.values()))
