"""The first stages of a search: candidates of each leg, then one fused order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clock import Clock
from .encoder import Encoder
from .fusion import convex_combination, reciprocal_rank_fusion
from .search_settings import SearchSettings
from .snapshot import Snapshot
from .topk import top_rows
from .types import Signals, Stage

_NO_ROWS: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The union of the legs' rows, with each leg's score of every row.

    Attributes:
        rows: shape (n,), int64, ascending.
        dense: rows the dense leg returned, best first.
        bm25: rows the BM25 leg returned, best first.
        dense_scores: cosine of each of `rows`; None when the dense leg was off.
        bm25_scores: BM25 score of each of `rows`; 0 where no query term occurs.
        stages: what the legs did.
        notes: what the user should know.
        vector: the encoded question, shape (dimension,), float32; None when the dense leg was off.
    """

    rows: NDArray[np.int64]
    dense: NDArray[np.int64]
    bm25: NDArray[np.int64]
    dense_scores: NDArray[np.float32] | None
    bm25_scores: NDArray[np.float32]
    stages: tuple[Stage, ...]
    notes: tuple[str, ...]
    vector: NDArray[np.float32] | None = None

    def signals(self) -> dict[int, Signals]:
        """What each leg said of each row."""
        dense_rank = {int(row): rank for rank, row in enumerate(self.dense, start=1)}
        bm25_rank = {int(row): rank for rank, row in enumerate(self.bm25, start=1)}
        return {
            int(row): Signals(
                dense_rank=dense_rank.get(int(row)),
                dense_score=None if self.dense_scores is None else float(self.dense_scores[place]),
                bm25_rank=bm25_rank.get(int(row)),
                bm25_score=float(self.bm25_scores[place]) or None,
            )
            for place, row in enumerate(self.rows)
        }


def gather(
    snapshot: Snapshot,
    encoder: Encoder,
    query: str,
    *,
    vector: NDArray[np.float32] | None,
    settings: SearchSettings,
    depth: int,
    allowed: NDArray[np.bool_] | None,
    clock: Clock,
) -> Candidates:
    """Ask the legs for `depth` candidates each, and score the union with both.

    A passage that only one leg returned still gets its true score from the other, so that fusion compares like
    with like.
    """
    stages, notes = [], []
    nothing_passes = allowed is not None and not allowed.any()
    if nothing_passes:
        notes.append("no document passes the filters")
    dense, asked = _NO_ROWS, None
    if settings.legs != "bm25":
        with clock("encode"):
            asked = encoder.encode([query])[0] if vector is None else vector
        with clock("dense"):
            dense = snapshot.dense.search(asked, depth, allowed)
        stages.append(Stage("dense", len(dense), f"{snapshot.manifest.encoder.id}, depth {depth}"))
    bm25, scores = _NO_ROWS, np.zeros(len(snapshot), dtype=np.float32)
    if settings.legs != "dense":
        with clock("bm25"):
            scores = snapshot.sparse.scores(query)
            # A passage without any query term has score 0 and no place in the ranking.
            bm25 = top_rows(scores, depth, scores > 0 if allowed is None else (scores > 0) & allowed)
        stages.append(Stage("bm25", len(bm25), f"bm25s, depth {depth}"))
        if not len(bm25) and not nothing_passes:
            notes.append("no word of the question occurs in the documents searched")
    rows = np.union1d(dense, bm25).astype(np.int64)
    dense_scores = None if asked is None else snapshot.dense.scores(asked, rows)
    return Candidates(rows, dense, bm25, dense_scores, scores[rows], tuple(stages), tuple(notes), asked)


def fuse(candidates: Candidates, settings: SearchSettings) -> tuple[NDArray[np.int64], NDArray[np.float64], Stage]:
    """Rows and fused scores, ordered by `(-score, row)`, and what was done."""
    rows, dense, bm25 = candidates.rows, candidates.dense_scores, candidates.bm25_scores
    if dense is None:
        scores, detail = bm25.astype(np.float64), "BM25 leg alone"
    elif settings.legs == "dense":
        scores, detail = dense.astype(np.float64), "dense leg alone"
    elif settings.fusion == "convex":
        scores, detail = convex_combination(dense, bm25, settings.alpha), f"convex, alpha {settings.alpha}"
    else:
        ranks = np.stack([_ranks(leg, rows) for leg in (candidates.dense, candidates.bm25)])
        scores, detail = reciprocal_rank_fusion(ranks, settings.rrf_k), f"RRF, k {settings.rrf_k}"
    order = np.lexsort((rows, -scores))
    return rows[order], scores[order], Stage("fuse", len(rows), detail)


def _ranks(leg: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """1-based rank of each row in a leg's list; inf where the leg did not return it."""
    ranks = np.full(len(rows), np.inf)
    ranks[np.searchsorted(rows, leg)] = np.arange(1, len(leg) + 1)
    return ranks
