"""The best rows by score, in a total order."""

import numpy as np
from numpy.typing import NDArray


def top_rows(scores: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Rows of the k highest scores, ordered by `(-score, row)`; ties at the cut go to the lower row.

    Rows stand in passage-id order, so this is the order `(-score, passage id)`.

    Args:
        scores: shape (n,), float32, higher is better; `-inf` never qualifies.
        k: how many rows at most.
        allowed: shape (n,), bool; rows outside it never qualify.
    """
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf)
    k = min(k, len(scores))
    if k <= 0:
        return np.zeros(0, dtype=np.int64)
    threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
    rows = np.flatnonzero((scores >= threshold) & (scores > -np.inf))
    order = np.lexsort((rows, -scores[rows]))
    return rows[order][:k]
