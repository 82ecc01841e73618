"""Two rankings of the same candidates into one score; higher is better."""

import numpy as np
from numpy.typing import NDArray


def reciprocal_rank_fusion(ranks: NDArray[np.float64], rrf_k: int = 60) -> NDArray[np.float64]:
    """Reciprocal rank fusion: sum over legs of 1 / (rrf_k + rank).

    Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning
    Methods", SIGIR 2009.

    Args:
        ranks: shape (legs, candidates), 1-based; `inf` where a leg did not return the candidate.
        rrf_k: damping; larger flattens the difference between ranks.

    Returns:
        shape (candidates,), float64, in (0, legs / (rrf_k + 1)].
    """
    return (1.0 / (rrf_k + ranks)).sum(axis=0)


def convex_combination(
    dense: NDArray[np.float32], bm25: NDArray[np.float32], alpha: float = 0.5
) -> NDArray[np.float64]:
    """Convex combination: alpha * min-max(cosine) + (1 - alpha) * BM25 / max(BM25).

    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023. BM25 has a natural
    zero, so it is divided by its maximum; cosine has none that means anything, so it is spread over [0, 1].

    Args:
        dense: cosines of the candidates, shape (candidates,).
        bm25: BM25 scores of the same candidates, 0 or more.
        alpha: weight of the dense leg, 0 to 1.

    Returns:
        shape (candidates,), float64, in [0, 1].
    """
    return alpha * min_max(dense) + (1 - alpha) * by_maximum(bm25)


def min_max(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scores spread over [0, 1]; all 1 where they are equal."""
    values = scores.astype(np.float64)
    if not len(values):
        return values
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.ones_like(values)


def by_maximum(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scores of 0 or more as shares of the highest."""
    values = scores.astype(np.float64)
    top = values.max(initial=0.0)
    return values / top if top > 0 else values
