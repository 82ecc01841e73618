"""Rankings under many parameters: what does not depend on them is computed once, the rest is the search's own code.

A question is encoded once. For each way of cutting, its nearest passages are looked up once, at the greatest depth;
BM25 comes from term counts. Candidates, fusion and reranking are those of a search (`index/candidates.py`,
`index/rerank.py`), so that a ranking here is the fused order of a search with the same settings; only successors are
not placed, for they do not depend on what is tuned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...index import Encoder, SearchSettings
from ...index.analysis import states
from ...index.candidates import Candidates, fuse
from ...index.filters import allowed_rows
from ...index.rerank import Reranker, reorder
from ...index.snapshot import Snapshot
from ...index.sparse import Bm25Settings, SparseIndex
from ...index.term_counts import TermCounts
from ...index.topk import top_rows
from .parameters import Parameters

_LEAST_RERANKED = 10  # a search for ten hits shows the reranker as many at least
_KEPT = 8  # BM25 weightings kept: one is used for many topics in a row


@dataclass(slots=True)
class QuestionVectors:
    """Questions with their vectors, each encoded once for all indexes."""

    encoder: Encoder
    _known: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def of(self, questions: Sequence[str]) -> list[NDArray[np.float32]]:
        """One vector of shape (dimension,) for each question."""
        missing = [question for question in dict.fromkeys(questions) if question not in self._known]
        if missing:
            self._known |= dict(zip(missing, self.encoder.encode(missing), strict=True))
        return [self._known[question] for question in questions]


class RankingBench:
    """One index under changing parameters.

    Args:
        snapshot: the index.
        vectors: encodes questions.
        base: settings that are not tuned.
        reranker: None leaves that stage out.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        vectors: QuestionVectors,
        base: SearchSettings,
        reranker: Reranker | None = None,
    ) -> None:
        self._snapshot, self._vectors, self._base, self._reranker = snapshot, vectors, base, reranker
        passages = snapshot.store.all_passages()
        self._texts = [passage.contextual_text for passage in passages]
        self._ids = [passage.id for passage in passages]
        self._documents = [passage.document_id for passage in passages]
        self._terms = TermCounts.of(self._texts)
        self._allowed = allowed_rows(snapshot.documents, snapshot.row_documents, snapshot.row_roles, None)
        self._nearest: dict[str, NDArray[np.int64]] = {}
        self._weighed: dict[Bm25Settings, SparseIndex] = {}

    def ranking(self, question: str, parameters: Parameters, *, by_document: bool) -> dict[str, float]:
        """Ids of passages, or of documents by their best passage, with scores that fall from rank to rank.

        All candidates are ranked: what a search for k hits gives is the beginning of it, as long as 3 k is not above
        the depth.
        """
        settings = parameters.search_settings(self._base)
        found = self._candidates(question, parameters.bm25, settings)
        fused = fuse(found, settings)
        rows = fused.rows
        if self._reranker is not None and settings.rerank and len(rows):
            rows = reorder(
                self._reranker,
                question,
                rows,
                fused.scores,
                fused.signals,
                lambda wanted: [self._texts[row] for row in wanted],
                k=max(_LEAST_RERANKED, settings.rerank_depth),
                settings=settings,
            ).rows
        names = self._documents if by_document else self._ids
        order = list(dict.fromkeys(names[row] for row in rows.tolist()))
        return {name: float(len(order) - place) for place, name in enumerate(order)}

    def _candidates(self, question: str, bm25: Bm25Settings, settings: SearchSettings) -> Candidates:
        none: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        (vector,) = self._vectors.of([question])
        dense = self._nearest_to(question, vector, settings.depth) if settings.legs != "bm25" else none
        scores, words = np.zeros(len(self._texts), dtype=np.float32), none
        if settings.legs != "dense":
            scores = self._sparse(bm25).scores(question)
            there = scores > 0
            words = top_rows(scores, settings.depth, there if self._allowed is None else there & self._allowed)
        rows = np.union1d(dense, words).astype(np.int64)
        cosines = self._snapshot.dense.scores(vector, rows) if settings.legs != "bm25" else None
        return Candidates(rows, dense, words, cosines, scores[rows], (), (), states=states(question))

    def _nearest_to(self, question: str, vector: NDArray[np.float32], depth: int) -> NDArray[np.int64]:
        known = self._nearest.get(question)
        if known is None or (len(known) < depth and len(known) < len(self._texts)):
            known = self._nearest[question] = self._snapshot.dense.search(vector, depth, self._allowed)
        return known[:depth]

    def _sparse(self, settings: Bm25Settings) -> SparseIndex:
        if settings not in self._weighed:
            while len(self._weighed) >= _KEPT:
                del self._weighed[next(iter(self._weighed))]
            self._weighed[settings] = self._terms.weighed(settings)
        return self._weighed[settings]
