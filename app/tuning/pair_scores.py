"""A reranker that scores each pair of question and passage once, also across runs: its scores are kept on disk."""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...index.rerank import Reranker

_AT_ONCE = 500


class RememberingReranker:
    """Asks another reranker for the pairs that it does not know.

    Args:
        reranker: the one that it asks.
        file: an SQLite file, made if need be.
    """

    def __init__(self, reranker: Reranker, file: Path) -> None:
        self._reranker = reranker
        self._db = sqlite3.connect(file)
        self._db.execute("CREATE TABLE IF NOT EXISTS scores (pair TEXT PRIMARY KEY, score REAL) WITHOUT ROWID")

    @property
    def id(self) -> str:
        """That of the reranker."""
        return self._reranker.id

    @property
    def calibrated(self) -> bool:
        """As the reranker's."""
        return self._reranker.calibrated

    def cut(self, query: str, texts: Sequence[str]) -> int:
        """None: nobody is told here, and to count them would load the model for scores that are known."""
        return 0

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Relevance of each text to the query: shape (len(texts),), float32."""
        keys = [hashlib.sha256("\0".join((self.id, query, text)).encode()).hexdigest() for text in texts]
        known = self._known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            scores = self._reranker.score(query, list(missing.values()))
            fresh = {key: float(score) for key, score in zip(missing, scores, strict=True)}
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?)", fresh.items())
            known |= fresh
        return np.array([known[key] for key in keys], dtype=np.float32)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _known(self, keys: Sequence[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            found |= dict(self._db.execute(f"SELECT pair, score FROM scores WHERE pair IN ({marks})", part))
        return found
