"""One generation with the models that search it: everything asked of a view comes from the same generation."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .analysis import query_terms
from .blocks import Block
from .candidates import Fused, fuse, gather
from .clock import Clock
from .encoder import Encoder
from .errors import QueryError
from .filters import allowed_rows
from .layout import Layout
from .neighbours import expand
from .rerank import Reranker, reorder
from .search_settings import SearchSettings
from .snapshot import Snapshot
from .store import FileRecord
from .structure import blocks_of, layout_of
from .successors import PassagePractice, Placement
from .trace import Course, Trace, Tracer
from .types import Document, DocumentInfo, Filters, Hit, Passage, SearchResult, Signals, Stage

MAX_QUERY_CHARS = 4_000


class View:
    """Search and reading over one generation; made by `Retriever.view()`, cheap, and safe to share between threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder,
        reranker: Reranker | None,
        settings: SearchSettings,
        notes: tuple[str, ...] = (),
    ) -> None:
        self._snapshot, self._encoder, self._reranker = snapshot, encoder, reranker
        self._settings, self._notes = settings, notes

    @property
    def generation(self) -> str:
        """Id of the generation."""
        return self._snapshot.generation

    def documents(self) -> list[DocumentInfo]:
        """Metadata of every document, by id."""
        return list(self._snapshot.documents)

    def document(self, document_id: str) -> Document:
        """A document with its text; KeyError for an unknown id."""
        return self._snapshot.store.document(document_id)

    def blocks(self, document_id: str) -> list[Block]:
        """A document's typed blocks, in order; empty for a document without."""
        return blocks_of(self._snapshot.store.structure(document_id))

    def layout(self, document_id: str) -> Layout | None:
        """Where a paged document's text stands on its pages; None for other formats."""
        return layout_of(self._snapshot.store.structure(document_id))

    def passages(self, document_id: str) -> list[Passage]:
        """A document's passages, in order."""
        return self._snapshot.store.document_passages(document_id)

    def files(self) -> list[FileRecord]:
        """What became of every source file, by root and path."""
        return self._snapshot.store.files()

    def practices(self, hits: Iterable[Hit]) -> list[PassagePractice]:
        """The practices that hits have to do with, those in use included; `Successors.behind` says which."""
        return self._snapshot.successors.behind(hits)

    def term_weights(self, question: str) -> dict[str, float]:
        """Index terms of a question, in order, each with its rarity: idf over that of an unknown term, 0 to 1."""
        terms = list(dict.fromkeys(query_terms(question)))
        *weights, unknown = self._snapshot.sparse.idf([*terms, ""])
        return {term: weight / unknown for term, weight in zip(terms, weights, strict=True)}

    def expand(self, passage: Passage, max_tokens: int) -> Passage:
        """The passage grown to its neighbours within a budget of word pieces."""
        store = self._snapshot.store
        siblings = store.document_passages(passage.document_id)
        return expand(passage, siblings, store.document(passage.document_id), max_tokens)

    @property
    def settings(self) -> SearchSettings:
        """How it searches where nothing else is asked for."""
        return self._settings

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        filters: Filters | None = None,
        vector: NDArray[np.float32] | None = None,
        settings: SearchSettings | None = None,
    ) -> SearchResult:
        """Find the k best passages; `Retriever.search` describes the arguments and the errors."""
        query = _checked(query, k)
        clock = Clock()
        course = self._run(query, k, k, filters, vector, settings or self._settings, clock)
        placed, snapshot = course.placed, self._snapshot
        with clock("fetch"):
            passages = snapshot.store.passages(placed.rows)
        hits = tuple(
            Hit(
                passage,
                snapshot.documents[snapshot.row_documents[row]],
                score,
                rank,
                course.signals.get(row, Signals()),
                placed.marks.get(row),
            )
            for rank, (row, score, passage) in enumerate(
                zip(placed.rows, placed.scores, passages, strict=True), start=1
            )
        )
        notes = snapshot.notes + course.found.notes + course.notes + self._notes
        return SearchResult(query, snapshot.generation, hits, clock.milliseconds(), course.stages, notes)

    def trace(
        self,
        query: str,
        passage_ids: Sequence[str],
        k: int = 10,
        *,
        by_document: bool = False,
        filters: Filters | None = None,
        vector: NDArray[np.float32] | None = None,
        settings: SearchSettings | None = None,
    ) -> Trace:
        """Follow passages through the search that `search` would make: rank and score in every stage.

        The legs' ranks are exact over all passages, whatever the depth, which costs one pass over the vectors.

        Args:
            query: the question.
            passage_ids: what is expected.
            k: hits, as for `search`.
            by_document: k and all ranks count documents, each by its best passage, in place of passages.
            filters: as for `search`.
            vector: as for `search`.
            settings: as for `search`.

        Raises:
            KeyError: there is no such passage.
            QueryError: as for `search`.
        """
        query, settings = _checked(query, k), settings or self._settings
        keep = len(self._snapshot) if by_document else k
        course = self._run(query, k, keep, filters, vector, settings, Clock())
        depth = _depth(settings, k)
        return Tracer(self._snapshot, course, query, settings, k, depth, by_document).trace(passage_ids)

    def _run(
        self,
        query: str,
        k: int,
        keep: int,
        filters: Filters | None,
        vector: NDArray[np.float32] | None,
        settings: SearchSettings,
        clock: Clock,
    ) -> Course:
        """All stages of a search for k hits; the last one keeps so many."""
        snapshot = self._snapshot
        if vector is not None:
            vector = np.asarray(vector, dtype=np.float32)
            if vector.shape != (snapshot.manifest.encoder.dimension,):
                wanted = snapshot.manifest.encoder.dimension
                raise QueryError(f"vector has shape {vector.shape}, the index needs ({wanted},); pass one row of it")
        allowed = allowed_rows(snapshot.documents, snapshot.row_documents, snapshot.row_roles, filters)
        found = gather(
            snapshot,
            self._encoder,
            query,
            vector=vector,
            settings=settings,
            depth=_depth(settings, k),
            allowed=allowed,
            clock=clock,
        )
        with clock("fuse"):
            fused = fuse(found, settings)
            signals = found.signals()
            for row, score in zip(fused.rows.tolist(), fused.scores.tolist(), strict=True):
                signals[row] = replace(signals[row], fused_score=score)
        with clock("rerank"):
            rows, scores, rerank_stage, notes = self._rerank(query, fused, signals, settings, k)
        with clock("successors"):
            placed = self._place(query, rows.tolist(), scores.tolist(), keep, signals, settings, allowed)
        filtered = () if allowed is None else (Stage("filter", int(allowed.sum()), f"of {len(snapshot)} passages"),)
        stages = (*filtered, *found.stages, fused.stage, rerank_stage, placed.stage)
        return Course(found, fused.rows, rows, placed, signals, allowed, stages, notes)

    def _rerank(
        self, query: str, fused: Fused, signals: dict[int, Signals], settings: SearchSettings, k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], Stage, tuple[str, ...]]:
        """Reorder the best rows by the cross-encoder, and put its scores into `signals`."""
        rows, reranker = fused.rows, self._reranker
        if reranker is None or not settings.rerank or not len(rows):
            absent = "there is no reranker" if settings.rerank else "switched off"
            return (
                rows,
                fused.scores,
                Stage("rerank", len(rows), f"not run: {absent if len(rows) else 'no candidates'}"),
                (),
            )
        outcome = reorder(reranker, query, rows, fused.scores, fused.signals, self._texts, k=k, settings=settings)
        for row, score in outcome.scores.items():
            probability = (1 + math.tanh(score / 2)) / 2 if reranker.calibrated else None
            signals[row] = replace(signals[row], rerank_score=score, rerank_probability=probability)
        stage = Stage("rerank", len(outcome.scores), outcome.said(reranker.id), outcome.late)
        return outcome.rows, outcome.final, stage, outcome.notes()

    def _texts(self, rows: Sequence[int]) -> list[str]:
        return [passage.contextual_text for passage in self._snapshot.store.passages(rows)]

    def _place(
        self,
        query: str,
        rows: list[int],
        scores: list[float],
        k: int,
        signals: dict[int, Signals],
        settings: SearchSettings,
        allowed: NDArray[np.bool_] | None,
    ) -> Placement:
        """The k best rows, successors above what they superseded unless the mode is `history`."""
        if settings.mode == "history":
            stage = Stage("successors", len(rows[:k]), "not run: in history mode hits stay as they were found")
            return Placement(rows[:k], scores[:k], {}, stage)
        fused = {row: told.fused_score for row, told in signals.items() if told.fused_score is not None}
        return self._snapshot.successors.place(
            rows, scores, k, fused=fused, allowed=allowed, asked=frozenset(query_terms(query))
        )


def _depth(settings: SearchSettings, k: int) -> int:
    """Candidates that each leg brings at most."""
    return max(settings.depth, 3 * k)


def _checked(query: str, k: int) -> str:
    if k < 1:
        raise QueryError(f"k is {k}; ask for 1 hit or more")
    if len(query) > MAX_QUERY_CHARS:
        raise QueryError(f"the question has {len(query):,} characters; ask in at most {MAX_QUERY_CHARS:,}")
    # Lone surrogates come from undecodable command-line bytes; no tokenizer takes them.
    query = query.encode("utf-8", "replace").decode("utf-8").strip()
    if not query:
        raise QueryError("the question is empty; ask something")
    return query
