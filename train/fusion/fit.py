"""Weights by gradient from samples of several collections, and the measures they reach."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from .samples import Sample

RIDGE = 1e-3


def fit(
    pools: Mapping[str, Sequence[tuple[NDArray[np.float64], NDArray[np.bool_]]]],
) -> NDArray[np.float64]:
    """Weights of the signals that make what answers a question likeliest, none negative, shape (signals,).

    The loss is the cross-entropy of each answering candidate among those that do not answer (ListNet; Cao et al., ICML
    2007), averaged within a collection and then over collections, so that none decides by its size.

    Args:
        pools: for each collection (signals, which answer) of its questions; those without an answer among the
            candidates say nothing.
    """
    chunks = []
    for one in pools.values():
        held = [(signals, right) for signals, right in one if right.any() and not right.all()]
        for signals, right in held:
            wrong = signals[~right]
            weight = 1 / (len(held) * right.sum() * len(pools))
            chunks += [(np.vstack([row, wrong]), weight) for row in signals[right]]
    sizes = np.array([len(part) for part, _ in chunks])
    x = np.concatenate([part for part, _ in chunks])
    weights = np.array([weight for _, weight in chunks])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = x @ w
        top = np.maximum.reduceat(scores, starts)
        exps = np.exp(scores - np.repeat(top, sizes))
        totals = np.add.reduceat(exps, starts)
        value = float((weights * (np.log(totals) + top - scores[starts])).sum())
        shares = exps / np.repeat(totals, sizes) * np.repeat(weights, sizes)
        gradient = x.T @ shares - x[starts].T @ weights
        return value + 0.5 * RIDGE * float(w @ w), gradient + RIDGE * w

    bounds = [(0.0, None)] * x.shape[1]
    found = minimize(loss, np.zeros(x.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500})
    if not found.success:
        raise RuntimeError(found.message)
    return found.x


def ndcg(scores: NDArray[np.float64], sample: Sample, k: int = 10) -> float:
    """nDCG@k with binary relevance of candidates ordered by score."""
    order = np.lexsort((sample.rows, -scores))[:k]
    gains = 1 / np.log2(np.arange(2, k + 2))
    wanted = int(sample.right.sum()) + sample.missed
    return float((sample.right[order] * gains[: len(order)]).sum() / gains[: min(k, wanted)].sum())
