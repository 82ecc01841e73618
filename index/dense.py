"""Exact nearest neighbours by cosine over unit vectors."""

import numpy as np
from numpy.typing import NDArray


class DenseIndex:
    """A faiss Flat index built in memory from the generation's vectors.

    Exact at every size. At 200,000 passages of dimension 384 a search reads 300 MB, some 30 ms on one core.

    Args:
        vectors: shape (n, dimension), float32, rows of length 1, in passage-id order.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        import faiss

        self._vectors = vectors
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors))

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Rows of the k nearest vectors, ordered by `(-cosine, row)`; ties at the cut go to the lower row.

        Args:
            vector: shape (dimension,), float32, length 1.
            k: how many rows at most.
            allowed: shape (n,), bool; only these rows are searched.
        """
        import faiss

        candidates = len(self._vectors) if allowed is None else int(allowed.sum())
        k = min(k, candidates)
        if k <= 0:
            return np.zeros(0, dtype=np.int64)
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))  # pyright: ignore[reportCallIssue]
            parameters = faiss.SearchParameters(sel=selector)  # pyright: ignore[reportCallIssue]
        depth = min(k + 8, candidates)
        while True:
            scores, rows = self._index.search(vector[None, :], depth, params=parameters)
            # faiss cuts ties arbitrarily: look on until the last one found is worse than the k-th.
            if depth == candidates or scores[0, -1] < scores[0, k - 1] - 1e-6:
                break
            depth = min(depth * 2, candidates)
        found = np.sort(rows[0])
        order = np.lexsort((found, -self.scores(vector, found)))
        return found[order][:k]

    def scores(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine of the vector with each of the given rows: shape (len(rows),), float32, in [-1, 1]."""
        # einsum adds in the same order whatever the number of rows; BLAS does not, and ties would break at random.
        return np.einsum("ij,j->i", self._vectors[rows], vector).astype(np.float32)
