"""BM25 whose k1 and b can be changed in milliseconds: term frequencies are counted once, weights follow from them.

`Bm25sIndex` is what a search uses; this gives the same scores (tested) and is for trying settings out. The formula
stands in `sparse.py`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .analysis import query_terms, terms
from .sparse import Bm25Settings


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How often each term occurs in each passage, by term.

    Attributes:
        vocabulary: term → its number.
        starts: shape (terms + 1,), int64: the entries of term t are `starts[t]` to `starts[t + 1]`.
        rows: shape (entries,), int64, the passage of each entry, ascending within a term.
        counts: shape (entries,), float32, how often the term occurs there.
        lengths: shape (passages,), float32, terms of each passage, repetitions counted.
    """

    vocabulary: dict[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    counts: NDArray[np.float32]
    lengths: NDArray[np.float32]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "TermCounts":
        """Count the terms of texts, in row order."""
        vocabulary: dict[str, int] = {}
        numbers: list[int] = []
        rows: list[int] = []
        counts: list[int] = []
        lengths: list[int] = []
        for row, text in enumerate(texts):
            counted = Counter(terms(text))
            lengths.append(counted.total())
            for term, count in counted.items():
                numbers.append(vocabulary.setdefault(term, len(vocabulary)))
                rows.append(row)
                counts.append(count)
        order = np.argsort(np.array(numbers, dtype=np.int64), kind="stable")
        starts = np.zeros(len(vocabulary) + 1, dtype=np.int64)
        np.cumsum(np.bincount(np.array(numbers, dtype=np.int64), minlength=len(vocabulary)), out=starts[1:])
        return cls(
            vocabulary,
            starts,
            np.array(rows, dtype=np.int64)[order],
            np.array(counts, dtype=np.float32)[order],
            np.array(lengths, dtype=np.float32),
        )

    def weighed(self, settings: Bm25Settings) -> "WeighedTerms":
        """The index under given k1 and b; a `SparseIndex`."""
        size = len(self.lengths)
        frequency = np.diff(self.starts).astype(np.float64)
        idf = np.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
        average = float(self.lengths.mean()) if size else 0.0
        length = self.lengths.astype(np.float64) / average if average else np.ones(size)
        damping = settings.k1 * (1 - settings.b + settings.b * length)
        saturated = self.counts / (self.counts + damping[self.rows])
        return WeighedTerms(self, (np.repeat(idf, np.diff(self.starts)) * saturated).astype(np.float32))


@dataclass(frozen=True, slots=True)
class WeighedTerms:
    """Term counts under one k1 and b.

    Attributes:
        terms: the counts.
        weights: shape (entries,), float32, what each entry adds to its passage's score.
    """

    terms: TermCounts
    weights: NDArray[np.float32]

    def scores(self, query: str) -> NDArray[np.float32]:
        """Score of every row: shape (n,), float32, 0 where no query term occurs."""
        scores = np.zeros(len(self.terms.lengths), dtype=np.float32)
        for term in query_terms(query):
            number = self.terms.vocabulary.get(term)
            if number is not None:
                entries = slice(self.terms.starts[number], self.terms.starts[number + 1])
                # A passage occurs once in a term's entries, so that plain indexing adds every entry.
                scores[self.terms.rows[entries]] += self.weights[entries]
        return scores
