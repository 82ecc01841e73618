"""The stage after reranking: above a practice that was superseded stands the one that took its place.

A hit on a practice that was put away keeps its place among the others. The best passage of its current successor is
placed directly above it, unless one stands above it already, and both are marked. A practice without a successor is
marked where it stands. Where a document merely states a former practice, nothing is moved unless the query speaks of
it, and nothing is marked unless it touches it: the passage may be wanted for something else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .analysis import is_question_word, terms
from .practices import Practice, Practices, Standing
from .types import Counterpart, Hit, PracticeMark, Relation, Stage

# Of a successor that no leg found, the passage that says it outright goes before its registry's entry.
_PREFERENCE = {"statement": 0, "registry": 1, "source": 2}
MIN_ASKED = 0.5
"""Least share of the query's content words that a practice's title and statement hold, for the query to speak of it.

It is asked of passages that state a practice among other things, not of registries' entries and of a practice's own
paper. Chosen on the dev topics that ship: nDCG@10 .761 without it, .790 with it (.788 at .4), .792 without this stage;
a superseded passage before the current one in 1, 1 and 7 of 39 topics.
"""
MIN_TOUCHED = 0.3
"""The same, for a passage to be marked: the reader is told, and the order stays."""
# Of the practices that a passage is linked to, the one that it holds itself goes before that of its paper.
_OWN = {"registry": 0, "source": 1, "statement": 2}


@dataclass(frozen=True, slots=True)
class Placement:
    """The rows of a result, best first, with their scores and marks; `stage` says what was done."""

    rows: list[int]
    scores: list[float]
    marks: dict[int, PracticeMark]
    stage: Stage


@dataclass(frozen=True, slots=True)
class PassagePractice:
    """A practice that a hit has to do with.

    Attributes:
        practice: as its registry has it.
        passage_id: the hit's passage.
        named: whether the hit's mark names it, as its own or at the other end.
        entry: whether the passage overlaps the practice's entry in its registry.
        standing: where it stands since it was put away; None while it is in use.
    """

    practice: Practice
    passage_id: str
    named: bool
    entry: bool
    standing: Standing | None


@dataclass(slots=True)
class _Draft:
    """A result while successors are being placed."""

    rows: list[int] = field(default_factory=list)
    scores: dict[int, float] = field(default_factory=dict)
    marks: dict[int, PracticeMark] = field(default_factory=dict)
    above: dict[int, dict[str, int]] = field(default_factory=dict)  # by predecessor's row, its successors' rows by id
    below: dict[int, dict[str, int]] = field(default_factory=dict)  # the same the other way round
    moved: int = 0
    inserted: int = 0
    excluded: int = 0


class Successors:
    """Practices with a history and the passages that they are linked to; one for a generation.

    Args:
        practices: of all registries.
        links: passage row, practice key, and how they are linked.
    """

    def __init__(self, practices: Iterable[Practice], links: Iterable[tuple[int, str, str]]) -> None:
        self.practices = Practices(practices)
        self._of_document: dict[str, list[Practice]] = {}
        self._of_paper: dict[str, list[Practice]] = {}
        self._by_id: dict[str, list[Practice]] = {}
        for practice in self.practices.all:
            self._of_document.setdefault(practice.document_id, []).append(practice)
            self._by_id.setdefault(practice.id, []).append(practice)
            if practice.arxiv_id:
                self._of_paper.setdefault(practice.arxiv_id, []).append(practice)
        self._of_row: dict[int, list[tuple[str, str]]] = {}
        self._rows_of: dict[str, list[tuple[int, str]]] = {}
        for row, key, how in links:
            if key in self.practices.by_key:
                self._of_row.setdefault(row, []).append((key, how))
                self._rows_of.setdefault(key, []).append((row, how))

    def behind(self, hits: Iterable[Hit]) -> list[PassagePractice]:
        """The practices that hits have to do with, in hit order, by hit those that its mark names before the others.

        Unlike marks, they include practices in use that never replaced another: those whose registry entries the
        passages overlap, and those that come from the paper that a passage is of.
        """
        found: list[PassagePractice] = []
        for hit in hits:
            passage, document = hit.passage, hit.document
            inside = {
                practice.key: practice
                for practice in self._of_document.get(document.id, ())
                if practice.start < passage.end and passage.start < practice.end
            }
            named = {practice.key: practice for practice in self._named(hit.practice)}
            paper = {practice.key: practice for practice in self._of_paper.get(document.arxiv_id or "", ())}
            for key, practice in {**named, **inside, **paper}.items():
                standing = self.practices.standing(practice)
                found.append(PassagePractice(practice, passage.id, key in named, key in inside, standing))
        return found

    def _named(self, mark: PracticeMark | None) -> list[Practice]:
        """The practices that a mark names, its own first; where several share an id, the statement decides."""
        if mark is None:
            return []
        named = [(mark.practice_id, mark.statement), *((other.id, other.title) for other in mark.other)]
        return [
            practice for name, said in named for practice in self._by_id.get(name, ()) if practice.statement == said
        ]

    def place(
        self,
        rows: Sequence[int],
        scores: Sequence[float],
        k: int,
        *,
        fused: Mapping[int, float],
        allowed: NDArray[np.bool_] | None,
        asked: frozenset[str] = frozenset(),
    ) -> Placement:
        """The k best rows with successors placed above what they superseded.

        What is placed pushes others down, so that the last ones fall off: never more than k remain.

        Args:
            rows: all candidates, best first.
            scores: their final scores, the same order.
            k: how many remain.
            fused: fused score of each candidate.
            allowed: mask of the rows that the filters let through, shape (rows,); None for all.
            asked: index terms of the query; they tell whether it speaks of a practice, and of which of several in one
                passage. Without any it speaks of all.
        """
        draft = _Draft(scores=dict(zip(rows[:k], scores[:k], strict=True)))
        for row in rows[:k]:
            if row in draft.rows:
                continue
            standing, moves = self._standing(row, asked)
            if standing is not None:
                self._place_above(draft, row, standing, rows[:k], fused, allowed, moves=moves)
            draft.rows.append(row)
        fell_off = [row for row in rows[:k] if row not in draft.rows[:k]]
        kept = draft.rows[:k]
        marks = {row: _ranked(draft, row, kept) for row in kept if row in draft.marks}
        return Placement(kept, [draft.scores[row] for row in kept], marks, _stage(draft, kept, fell_off))

    def _standing(self, row: int, asked: frozenset[str]) -> tuple[Standing | None, bool]:
        """Of the practices put away that a passage is linked to, the one that is most its own and most asked for.

        Also whether its successor is to be placed above it.
        """
        found = [
            (_OWN[how], -len(asked & _terms(standing.practice)), standing.practice.key, standing, share)
            for key, how in self._of_row.get(row, ())
            if (standing := self.practices.standing(self.practices.by_key[key]))
            and (share := 1.0 if how != "statement" else _share_asked(asked, standing.practice)) >= MIN_TOUCHED
        ]
        # One with a successor has more to tell.
        best = min(found, key=lambda own: (own[0], own[1], not own[3].successors, own[2]), default=None)
        return (best[3], best[4] >= MIN_ASKED) if best else (None, False)

    def _place_above(
        self,
        draft: _Draft,
        row: int,
        standing: Standing,
        hits: Sequence[int],
        fused: Mapping[int, float],
        allowed: NDArray[np.bool_] | None,
        *,
        moves: bool,
    ) -> None:
        counterparts: list[Counterpart] = []
        notes: list[str] = []
        for group in standing.successors:
            best, excluded = self._passage(group, draft.rows, row, fused, allowed)
            counterparts.append(_counterpart(group))
            if best is None:
                draft.excluded += excluded
                notes.append(
                    "its successor is excluded by the filters" if excluded else "no passage holds its successor"
                )
                continue
            if not moves and best != row and best not in draft.rows and best not in hits:
                continue
            draft.above.setdefault(row, {})[group[0].id] = best
            if best == row:
                continue
            if moves and best not in draft.rows:
                draft.rows.append(best)
                if best in hits:
                    draft.moved += 1
                else:
                    draft.inserted += 1
                draft.scores[best] = draft.scores[row]
            self._mark_successor(draft, best, row, standing, group)
        practice = standing.practice
        draft.marks[row] = PracticeMark(
            Relation.SUPERSEDED if counterparts else Relation.PUT_AWAY,
            practice.id,
            practice.statement,
            standing.reason,
            practice.year,
            tuple(counterparts),
            "; ".join(dict.fromkeys(notes)),
        )

    def _passage(
        self,
        group: Sequence[Practice],
        above: Sequence[int],
        row: int,
        fused: Mapping[int, float],
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[int | None, bool]:
        """The row that stands for a successor, and whether filters exclude all there are.

        One that stands above already; else the candidate with the best fused score; else the best link.
        """
        order = {practice.key: place for place, practice in enumerate(group)}
        linked = [(other, key, how) for key in order for other, how in self._rows_of.get(key, ())]
        if allowed is not None:
            linked_before, linked = linked, [entry for entry in linked if allowed[entry[0]]]
            if not linked:
                return None, bool(linked_before)
        if not linked:
            return None, False
        held = {other for other, _, _ in linked}
        if row in held:
            return row, False
        for other in above:
            if other in held:
                return other, False
        found = [other for other in held if other in fused]
        if found:
            return min(found, key=lambda other: (-fused[other], other)), False
        return min(linked, key=lambda entry: (_PREFERENCE[entry[2]], order[entry[1]], entry[0]))[0], False

    def _mark_successor(
        self, draft: _Draft, best: int, row: int, standing: Standing, group: Sequence[Practice]
    ) -> None:
        draft.below.setdefault(best, {}).setdefault(standing.practice.id, row)
        practice, earlier = group[0], draft.marks.get(best)
        below = _counterpart((standing.practice,))
        if earlier is not None:
            if below.id not in {other.id for other in earlier.other}:
                draft.marks[best] = replace(earlier, other=(*earlier.other, below))
            return
        own = self.practices.standing(practice)
        draft.marks[best] = PracticeMark(
            Relation.PUT_AWAY if own else Relation.SUCCESSOR,
            practice.id,
            practice.statement,
            own.reason if own else standing.reason,
            practice.year,
            (below,),
        )


def _counterpart(group: Sequence[Practice]) -> Counterpart:
    practice = group[0]
    return Counterpart(practice.id, practice.statement, practice.year)


def _ranked(draft: _Draft, row: int, kept: Sequence[int]) -> PracticeMark:
    """A row's mark with the ranks of the hits at its other ends."""
    rank = {other: place for place, other in enumerate(kept, start=1)}
    ends = {**draft.above.get(row, {}), **draft.below.get(row, {})}
    mark = draft.marks[row]
    return replace(mark, other=tuple(replace(other, rank=rank.get(ends.get(other.id, -1))) for other in mark.other))


def _stage(draft: _Draft, kept: Sequence[int], fell_off: Sequence[int]) -> Stage:
    if not draft.marks:
        return Stage("successors", len(kept), "no hit is on a practice that was put away")
    said = [f"{sum(row in draft.marks for row in kept)} marked", f"{draft.moved} moved up", f"{draft.inserted} put in"]
    if draft.excluded:
        said.append(f"{draft.excluded} left out by the filters")
    if fell_off:
        said.append(f"{len(fell_off)} fell off the end")
    return Stage("successors", len(kept), ", ".join(said))


def _share_asked(asked: frozenset[str], practice: Practice) -> float:
    """Share of the query's content words that a practice's title and statement hold; 1 for a query without any."""
    wanted = {term for term in asked if not is_question_word(term)}
    return len(wanted & _terms(practice)) / len(wanted) if wanted else 1.0


def _terms(practice: Practice) -> set[str]:
    return set(terms(f"{practice.title} {practice.statement}"))
