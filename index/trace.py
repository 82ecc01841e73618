"""Where passages stand in every stage of one search, and which stage lost them: what `search --expect` shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidates
from .search_settings import SearchSettings
from .snapshot import Snapshot
from .successors import Placement
from .types import Role, Signals, Stage

_AT_ONCE = 16_384  # vectors compared at a time: 25 MB of 384 dimensions

Rows = NDArray[np.int64]


class Lost(StrEnum):
    """The stage that lost a passage, from the first to the last."""

    NOT_PARSED = "not parsed"
    NOT_INDEXED = "not indexed"
    NOT_SEARCHED = "not searched"
    BEYOND_DENSE = "beyond dense depth"
    BEYOND_BM25 = "beyond BM25 depth"
    BEYOND_BOTH = "beyond depth of both legs"
    FUSION = "fusion"
    RERANK = "rerank"
    SUCCESSORS = "successors"


@dataclass(frozen=True, slots=True)
class Course:
    """A search from its first stage to its last; rows are those of the generation, scores higher for better.

    Attributes:
        found: the candidates of the legs.
        fused: rows in fused order.
        reranked: rows as the reranker left them; as fused where it did not run.
        placed: the hits.
        signals: what each stage said of each candidate.
        allowed: mask of the rows that may be returned, shape (rows,), bool; None for all.
        stages: what was done.
        notes: what whoever asked should know of it.
    """

    found: Candidates
    fused: Rows
    reranked: Rows
    placed: Placement
    signals: dict[int, Signals]
    allowed: NDArray[np.bool_] | None
    stages: tuple[Stage, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassageTrace:
    """Where one passage stood. Ranks count from 1 and are None where a stage was off or did not have the passage.

    Attributes:
        passage_id: the passage.
        document_id: its document.
        role: what part of the document it is.
        dense_rank: exact, among all passages searched, whatever the depth.
        dense_score: cosine in [-1, 1].
        bm25_rank: exact likewise, among those that hold a word of the question.
        bm25_score: 0 where it holds none.
        fused_rank: among the candidates of both legs.
        fused_score: after fusion.
        rerank_rank: after the reranker; equal to `fused_rank` where it did not run.
        rerank_score: what the reranker said of it.
        final_rank: among the hits.
        lost: the stage that lost it; None for a hit.
        detail: what that stage did, in words.
    """

    passage_id: str
    document_id: str
    role: Role
    dense_rank: int | None = None
    dense_score: float | None = None
    bm25_rank: int | None = None
    bm25_score: float | None = None
    fused_rank: int | None = None
    fused_score: float | None = None
    rerank_rank: int | None = None
    rerank_score: float | None = None
    final_rank: int | None = None
    lost: Lost | None = None
    detail: str = ""

    @property
    def _order(self) -> tuple[float, ...]:
        ranks = (self.final_rank, self.rerank_rank, self.fused_rank)
        legs = [rank for rank in (self.dense_rank, self.bm25_rank) if rank is not None]
        return (*(float("inf") if rank is None else rank for rank in ranks), min(legs, default=float("inf")))


@dataclass(frozen=True, slots=True)
class Trace:
    """Passages followed through one search.

    Attributes:
        query: as asked.
        generation: id of the index generation.
        k: how many hits were asked for.
        depth: how many candidates each leg brought at most.
        searched: how many passages the search could return.
        passages: in the order asked for.
    """

    query: str
    generation: str
    k: int
    depth: int
    searched: int
    passages: tuple[PassageTrace, ...]

    def furthest_first(self) -> list[PassageTrace]:
        """The passages, the one that got furthest first, ties by id."""
        return sorted(self.passages, key=lambda one: (*one._order, one.passage_id))


@dataclass(frozen=True, slots=True)
class Tracer:
    """Follows passages through a search that was run.

    Attributes:
        snapshot: the generation.
        course: the search.
        query: the question.
        settings: how it was searched.
        k: how many hits were asked for.
        depth: candidates per leg.
        by_document: ranks count documents, each by its best passage, in place of passages.
    """

    snapshot: Snapshot
    course: Course
    query: str
    settings: SearchSettings
    k: int
    depth: int
    by_document: bool

    def trace(self, ids: Sequence[str]) -> Trace:
        """Follow passages by their ids.

        Raises:
            KeyError: there is no such passage.
        """
        snapshot, course = self.snapshot, self.course
        rows = snapshot.store.rows(ids)
        allowed = course.allowed if course.allowed is not None else np.ones(len(snapshot), dtype=np.bool_)
        dense, bm25 = self._dense(), snapshot.sparse.scores(self.query) if self.settings.legs != "dense" else None
        orders = {
            "dense": None if dense is None else _order(dense, allowed),
            "bm25": None if bm25 is None else _order(bm25, allowed & (bm25 > 0)),
            "fused": course.fused,
            "rerank": course.reranked,
            "final": np.array(course.placed.rows, dtype=np.int64),
        }
        ranks = {name: self._ranks(order, rows) for name, order in orders.items()}
        passages = snapshot.store.passages(rows)
        traced = []
        for passage, row in zip(passages, rows, strict=True):
            said = course.signals.get(row, Signals())
            one = PassageTrace(
                passage.id,
                passage.document_id,
                passage.role,
                dense_rank=ranks["dense"][row],
                dense_score=None if dense is None else float(dense[row]),
                bm25_rank=ranks["bm25"][row],
                bm25_score=None if bm25 is None else float(bm25[row]),
                fused_rank=ranks["fused"][row],
                fused_score=said.fused_score,
                rerank_rank=ranks["rerank"][row],
                rerank_score=said.rerank_score,
                final_rank=ranks["final"][row],
            )
            traced.append(self._judged(one, bool(allowed[row])))
        return Trace(self.query, snapshot.generation, self.k, self.depth, int(allowed.sum()), tuple(traced))

    def _dense(self) -> NDArray[np.float32] | None:
        """Cosine of the question with every passage: shape (rows,), float32."""
        vector = self.course.found.vector
        if vector is None:
            return None
        starts = range(0, len(self.snapshot), _AT_ONCE)
        parts = (np.arange(start, min(start + _AT_ONCE, len(self.snapshot))) for start in starts)
        return np.concatenate([self.snapshot.dense.scores(vector, part) for part in parts])

    def _ranks(self, order: Rows | None, wanted: Sequence[int]) -> dict[int, int | None]:
        """1-based place of each wanted row in an order, None where it is missing or there is no order."""
        order = np.zeros(0, dtype=np.int64) if order is None else order
        found: dict[int, int | None] = {}
        documents = self.snapshot.row_documents
        for row in wanted:
            position = next(iter(np.flatnonzero(order == row).tolist()), None)
            if position is None:
                found[row] = None
            elif self.by_document:
                found[row] = 1 + len(set(documents[order[:position]].tolist()) - {int(documents[row])})
            else:
                found[row] = position + 1
        return found

    def _judged(self, one: PassageTrace, allowed: bool) -> PassageTrace:
        """The trace with the stage that lost the passage."""
        if one.final_rank is not None and one.final_rank <= self.k:
            return one
        if not allowed:
            why = (
                f"its role is {one.role}" if one.role in (Role.REFERENCES, Role.FIGURE) else "the filters leave it out"
            )
            return replace(one, lost=Lost.NOT_SEARCHED, detail=f"{why}; neither leg looks at it")
        if one.fused_rank is None or one.rerank_rank is None:
            return replace(one, lost=self._beyond(), detail=self._depths(one))
        if one.rerank_rank <= self.k:
            return replace(
                one, lost=Lost.SUCCESSORS, detail=f"rank {one.rerank_rank}, pushed off by what was put above"
            )
        if one.rerank_score is None and one.fused_rank > self.k:
            return replace(
                one, lost=Lost.FUSION, detail=f"fused rank {one.fused_rank}{self._alone(one)}, {self._depths(one)}"
            )
        moved = f"fused rank {one.fused_rank}, rank {one.rerank_rank} after the reranker"
        unread = "" if one.rerank_score is not None else ", which had no time for it"
        return replace(one, lost=Lost.RERANK, detail=moved + unread)

    def _alone(self, one: PassageTrace) -> str:
        """Whether a leg had it among the first k; with one leg there is nothing to say."""
        if self.settings.legs != "hybrid":
            return ""
        legs = [("dense", one.dense_rank), ("BM25", one.bm25_rank)]
        had = [name for name, rank in legs if rank is not None and rank <= self.k]
        return f", though {' and '.join(had)} had it among {self.k}" if had else f", no leg had it among {self.k}"

    def _beyond(self) -> Lost:
        alone = {"dense": Lost.BEYOND_DENSE, "bm25": Lost.BEYOND_BM25}
        return alone.get(self.settings.legs, Lost.BEYOND_BOTH)

    def _depths(self, one: PassageTrace) -> str:
        said = []
        if self.settings.legs != "bm25":
            said.append(f"dense rank {one.dense_rank}")
        if self.settings.legs != "dense":
            said.append(f"BM25 rank {one.bm25_rank}" if one.bm25_rank else "no word of the question for BM25")
        return f"{', '.join(said)}, depth {self.depth}"


def _order(scores: NDArray[np.float32], kept: NDArray[np.bool_]) -> Rows:
    """All kept rows by `(-score, row)`."""
    rows = np.flatnonzero(kept)
    return rows[np.lexsort((rows, -scores[rows]))]
