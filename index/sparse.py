"""BM25 over passages: one interface, two engines.

`Bm25sIndex` (the default) precomputes term scores, is saved with every generation and memory-mapped.
`RankBm25Index` is the reference it is tested against. Both score with Lucene's variant:

    idf(t) = log(1 + (N - df + 0.5) / (df + 0.5))
    score(q, d) = sum over t in q of idf(t) * tf / (tf + k1 * (1 - b + b * |d| / avgdl))

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; variants compared in
Kamphuis et al., "Which BM25 Do You Mean?", ECIR 2020.
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from .analysis import query_terms, terms

if TYPE_CHECKING:
    from bm25s import BM25


_NO_TERMS = "no-terms.json"


@dataclass(frozen=True, slots=True)
class Bm25Settings:
    """Term saturation k1 (0 or more) and length normalisation b (0 to 1).

    The defaults are Lucene's, and the ones the published SciFact figures were taken with.
    """

    k1: float = 1.2
    b: float = 0.75


class SparseIndex(Protocol):
    """Anything that scores every passage for a query by its terms."""

    def scores(self, query: str) -> NDArray[np.float32]:
        """Score of every row: shape (n,), float32, 0 where no query term occurs."""
        ...


class Bm25sIndex:
    """BM25 through bm25s; build it from texts, or open one that was saved."""

    def __init__(self, bm25: "BM25 | None", size: int) -> None:
        self._bm25, self._size = bm25, size

    @classmethod
    def build(cls, texts: Sequence[str], settings: Bm25Settings = Bm25Settings()) -> Self:
        """Index texts in row order."""
        import bm25s

        _calm(bm25s)
        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in terms(text)] for text in texts]
        if not vocabulary:
            return cls(None, len(texts))
        bm25 = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
        bm25.index(bm25s.tokenization.Tokenized(ids, vocabulary), create_empty_token=False, show_progress=False)
        return cls(bm25, len(texts))

    @classmethod
    def open(cls, folder: Path, size: int) -> Self:
        """Memory-map an index saved by `save`.

        Raises:
            FileNotFoundError: a file is missing.
        """
        if (folder / _NO_TERMS).exists():
            return cls(None, size)
        import bm25s

        _calm(bm25s)
        return cls(bm25s.BM25.load(folder, mmap=True, allow_pickle=False, show_progress=False), size)

    def save(self, folder: Path) -> None:
        """Write the index to a folder as npy and JSON files."""
        folder.mkdir(parents=True, exist_ok=True)
        if self._bm25 is None:
            # bm25s cannot hold it; a file of our own tells it from an index whose files were deleted.
            (folder / _NO_TERMS).write_text("{}\n", encoding="utf-8")
        else:
            self._bm25.save(folder, allow_pickle=False, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Score of every row: shape (n,), float32, 0 where no query term occurs."""
        if self._bm25 is None:
            return np.zeros(self._size, dtype=np.float32)
        vocabulary = self._bm25.vocab_dict
        ids = [vocabulary[term] for term in query_terms(query) if term in vocabulary]
        if not ids:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._bm25.get_scores_from_ids(ids), dtype=np.float32)

    def idf(self, terms: Sequence[str]) -> list[float]:
        """Inverse document frequency of index terms; the greatest possible for a term that nowhere occurs."""
        vocabulary = {} if self._bm25 is None else self._bm25.vocab_dict
        result = []
        for term in terms:
            frequency = 0
            if self._bm25 is not None and term in vocabulary:
                # Column pointers of the term-by-passage matrix: their difference is the document frequency.
                pointers = self._bm25.scores["indptr"]
                frequency = int(pointers[vocabulary[term] + 1] - pointers[vocabulary[term]])
            result.append(math.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5)))
        return result


class RankBm25Index:
    """BM25 through rank-bm25: plain, slow, kept as the reference."""

    def __init__(self, texts: Sequence[str], settings: Bm25Settings = Bm25Settings()) -> None:
        from rank_bm25 import BM25Okapi

        class LuceneOkapi(BM25Okapi):
            """BM25Okapi with Lucene's idf, which is never negative and needs no floor."""

            def _calc_idf(self, nd: dict[str, int]) -> None:
                for word, frequency in nd.items():
                    self.idf[word] = float(np.log(1 + (self.corpus_size - frequency + 0.5) / (frequency + 0.5)))

        tokenised = [terms(text) for text in texts]
        self._size, self._k1 = len(tokenised), settings.k1
        self._bm25 = LuceneOkapi(tokenised, k1=settings.k1, b=settings.b) if any(tokenised) else None

    def scores(self, query: str) -> NDArray[np.float32]:
        """Score of every row: shape (n,), float32, 0 where no query term occurs."""
        if self._bm25 is None:
            return np.zeros(self._size, dtype=np.float32)
        # Okapi's numerator carries a factor (k1 + 1) that Lucene dropped because it never changes the order.
        scores = self._bm25.get_scores(query_terms(query)) / (self._k1 + 1)
        return np.asarray(scores, dtype=np.float32)


def _calm(module: object) -> None:
    """Undo bm25s setting its own logger to DEBUG when it is imported."""
    logging.getLogger(getattr(module, "__name__", "bm25s")).setLevel(logging.WARNING)
