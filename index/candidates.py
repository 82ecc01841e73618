"""The first stages of a search: candidates of each leg, then one fused order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .analysis import states
from .clock import Clock
from .encoder import Encoder
from .fusion import convex_combination, reciprocal_rank_fusion
from .learned_fusion import LearnedFusion, leg_signals, shipped_fusion
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
        states: whether the question is a statement.
    """

    rows: NDArray[np.int64]
    dense: NDArray[np.int64]
    bm25: NDArray[np.int64]
    dense_scores: NDArray[np.float32] | None
    bm25_scores: NDArray[np.float32]
    stages: tuple[Stage, ...]
    notes: tuple[str, ...]
    vector: NDArray[np.float32] | None = None
    states: bool = False

    def leg_signals(self) -> NDArray[np.float64] | None:
        """What the learned fusion weighs, of each of `rows`: shape (n, signals); None when a leg was off."""
        if self.dense_scores is None:
            return None
        return leg_signals(self.dense_scores, self.bm25_scores, self.ranks(), states=self.states)

    def ranks(self) -> NDArray[np.float64]:
        """1-based rank of each row in the dense and the BM25 leg, shape (2, n); inf where a leg did not return it."""
        ranks = np.full((2, len(self.rows)), np.inf)
        for place, leg in enumerate((self.dense, self.bm25)):
            ranks[place, np.searchsorted(self.rows, leg)] = np.arange(1, len(leg) + 1)
        return ranks

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
    return Candidates(rows, dense, bm25, dense_scores, scores[rows], tuple(stages), tuple(notes), asked, states(query))


@dataclass(frozen=True, slots=True)
class Fused:
    """Candidates in one order, by `(-score, row)`.

    Attributes:
        rows: shape (n,), int64.
        scores: fused scores, shape (n,), float64.
        signals: what the learned fusion weighs of each, shape (n, signals); None when a leg was off.
        stage: what was done.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    signals: NDArray[np.float64] | None
    stage: Stage


def fuse(candidates: Candidates, settings: SearchSettings, fusion: LearnedFusion | None = None) -> Fused:
    """The candidates of both legs in one order.

    Args:
        candidates: what the legs found.
        settings: which legs run, and how they become one score.
        fusion: the learned weights, for where the settings ask for them; by default the ones that ship.
    """
    rows, dense, bm25 = candidates.rows, candidates.dense_scores, candidates.bm25_scores
    signals = candidates.leg_signals() if settings.legs == "hybrid" else None
    if dense is None:
        scores, detail = bm25.astype(np.float64), "BM25 leg alone"
    elif signals is None:
        scores, detail = dense.astype(np.float64), "dense leg alone"
    elif settings.fusion == "learned":
        scores, detail = (fusion or shipped_fusion()).fused(signals), "learned weights"
    elif settings.fusion == "convex":
        scores, detail = convex_combination(dense, bm25, settings.alpha), f"convex, alpha {settings.alpha}"
    else:
        scores, detail = reciprocal_rank_fusion(candidates.ranks(), settings.rrf_k), f"RRF, k {settings.rrf_k}"
    order = np.lexsort((rows, -scores))
    return Fused(
        rows[order], scores[order], None if signals is None else signals[order], Stage("fuse", len(rows), detail)
    )
