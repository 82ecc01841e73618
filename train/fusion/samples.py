"""Questions with what every stage of a search says of their candidates."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sota_rag.index import Encoder, Reranker
from sota_rag.index.analysis import states
from sota_rag.index.fusion import convex_combination
from sota_rag.index.learned_fusion import leg_signals
from sota_rag.index.sparse import Bm25sIndex

from ..reranker.collections import Asked, Collection

DEPTH = 100


@dataclass(slots=True)
class Sample:
    """A question and its candidates.

    Attributes:
        question: its text.
        rows: rows of the collection's texts, best first by the convex combination, shape (candidates,).
        signals: of the legs, shape (candidates, signals).
        convex: the convex combination with alpha .5, shape (candidates,).
        right: which of them answer the question, shape (candidates,).
        missed: how many that answer it are no candidates.
        logits: the reranker's, of the first candidates, shape (depth,).
    """

    question: str
    rows: NDArray[np.int64]
    signals: NDArray[np.float64]
    convex: NDArray[np.float64]
    right: NDArray[np.bool_]
    missed: int
    logits: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))


def samples(collection: Collection, encoder: Encoder, *, most: int, seed: int = 0) -> list[Sample]:
    """Questions of a collection that something answers, at most so many, drawn by lot."""
    asked = [one for one in collection.asked if one.positives]
    random.Random(seed).shuffle(asked)
    asked = asked[:most]
    if not asked:
        return []
    vectors, sparse = encoder.encode(collection.texts), Bm25sIndex.build(collection.texts)
    queries = encoder.encode([one.text for one in asked])
    return [_sample(one, vectors, vector, sparse) for one, vector in zip(asked, queries, strict=True)]


def _sample(one: Asked, vectors: NDArray[np.float32], vector: NDArray[np.float32], sparse: Bm25sIndex) -> Sample:
    open_ = np.ones(len(vectors), dtype=bool)
    open_[[*one.excluded]] = False
    cosines, bm25 = vectors @ vector, sparse.scores(one.text)
    legs = [_best(np.where(open_, leg, -np.inf), DEPTH) for leg in (cosines, np.where(bm25 > 0, bm25, -np.inf))]
    rows = np.union1d(*legs).astype(np.int64)
    ranks = np.full((2, len(rows)), np.inf)
    for place, leg in enumerate(legs):
        ranks[place, np.searchsorted(rows, leg)] = np.arange(1, len(leg) + 1)
    convex = convex_combination(cosines[rows], bm25[rows])
    signals = leg_signals(cosines[rows], bm25[rows], ranks, states=states(one.text))
    order = np.lexsort((rows, -convex))
    right = np.isin(rows, one.positives)
    return Sample(
        one.text, rows[order], signals[order], convex[order], right[order], len(set(one.positives)) - int(right.sum())
    )


def _best(scores: NDArray[np.float32], depth: int) -> NDArray[np.int64]:
    order = np.lexsort((np.arange(len(scores)), -scores))[:depth]
    return order[np.isfinite(scores[order])]


def rerank_all(found: Sequence[Sample], texts: Sequence[str], reranker: Reranker, depth: int) -> None:
    """Fill in the logits of the first candidates of every sample."""
    for one in found:
        one.logits = reranker.score(one.question, [texts[row] for row in one.rows[:depth].tolist()])
