"""One chunker measured: cut, rank, take the best, compare with the gold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...index.errors import EvaluationError, UsageError
from ...index.fusion import convex_combination
from ...index.neighbours import expand
from ...index.sparse import Bm25sIndex
from ...index.topk import top_rows
from ...index.types import SEARCHED_ROLES, Passage
from ...ingest.loaders import LoadedDocument
from ..run_file import Curve, SystemResult, summarise
from ..spans import Span
from ..statistics import bootstrap_mean
from .chunker import Chunker
from .overlap import TokenScores, best_precision, token_scores, tokens_in
from .questions import SpanQuestion
from .tokens import TokenStarts

_DEPTH = 100
_CURVE_BUDGETS = (100, 200, 300, 500, 750, 1000, 1500, 2000)


@dataclass(frozen=True, slots=True)
class ChunkingPlan:
    """How much of each ranking is looked at.

    Attributes:
        ks: numbers of passages, each 1 or more.
        budgets: numbers of tokens, each 1 or more: the best passages up to so many, the last one cut short.
        alpha: weight of the cosine in the convex fusion with BM25, 0 to 1; 1 ranks by cosine alone.
    """

    ks: tuple[int, ...] = (5,)
    budgets: tuple[int, ...] = (1000,)
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not self.ks or not self.budgets or min(*self.ks, *self.budgets) < 1:
            raise UsageError(f"k {self.ks!r} and tokens {self.budgets!r} must be 1 or more each")
        if not 0 <= self.alpha <= 1:
            raise UsageError(f"alpha is {self.alpha!r}; it weighs the cosine from 0 to 1")


@dataclass(frozen=True, slots=True)
class Source:
    """A document to cut, with the tokens of its text."""

    loaded: LoadedDocument
    tokens: TokenStarts


@dataclass(frozen=True, slots=True)
class CutDocuments:
    """What a chunker made of the documents: passages that a search may return, and all of them by document."""

    searched: tuple[Passage, ...]
    by_document: Mapping[str, tuple[Passage, ...]]


def cut_all(chunker: Chunker, sources: Mapping[str, Source]) -> CutDocuments:
    """Cut every document.

    Raises:
        EvaluationError: the chunker makes no passage.
    """
    by_document = {key: tuple(chunker.cut(source.loaded, source.tokens)) for key, source in sources.items()}
    searched = tuple(p for passages in by_document.values() for p in passages if p.role in SEARCHED_ROLES)
    if not searched:
        raise EvaluationError(f"{chunker.name}: the documents give no passage")
    return CutDocuments(searched, by_document)


def evaluate_chunker(
    chunker: Chunker,
    cut: CutDocuments,
    vectors: NDArray[np.float32],
    questions: Sequence[SpanQuestion],
    question_vectors: NDArray[np.float32],
    sources: Mapping[str, Source],
    *,
    plan: ChunkingPlan = ChunkingPlan(),
    window: int,
) -> SystemResult:
    """Rank the passages of all documents for every question and measure what the best of them hold.

    Measures are `token recall@5`, `token precision@5`, `token IoU@5` for the best five passages,
    `token recall@1000t` and so on for the best thousand tokens, and `token precision Ω` (see `best_precision`).

    Args:
        chunker: what cut the documents.
        cut: its passages.
        vectors: of `cut.searched`, shape (passages, dimension), float32, rows of length 1.
        questions: with gold spans in the documents.
        question_vectors: shape (questions, dimension), likewise.
        sources: document id → document.
        plan: what is looked at.
        window: word pieces that the encoder reads of a passage, special tokens not counted.
    """
    tokens = {key: source.tokens for key, source in sources.items()}
    rank = _Ranker(cut.searched, vectors, plan.alpha)
    everything = [_span(passage) for passage in cut.searched]
    of_document = {key: [span for span in everything if span.document_id == key] for key in sources}
    values: dict[str, dict[str, float]] = {}
    by_budget: dict[int, list[float]] = {budget: [] for budget in _CURVE_BUDGETS}
    brought: dict[int, list[int]] = {k: [] for k in plan.ks}

    def note(suffix: str, question: SpanQuestion, scores: TokenScores) -> None:
        for name, value in (("recall", scores.recall), ("precision", scores.precision), ("IoU", scores.iou)):
            values.setdefault(f"token {name}@{suffix}", {})[question.id] = value

    for question, vector in zip(questions, question_vectors, strict=True):
        shown = _Shown(rank(question.text, vector), cut, chunker.grow, sources)
        for k in plan.ks:
            best = shown.best(k)
            brought[k].append(tokens_in(best, tokens))
            note(str(k), question, token_scores(question.gold, best, tokens))
        for budget in plan.budgets:
            note(f"{budget}t", question, token_scores(question.gold, shown.within(budget, tokens), tokens))
        for budget, recalls in by_budget.items():
            recalls.append(token_scores(question.gold, shown.within(budget, tokens), tokens).recall)
        near = [span for key in sorted({span.document_id for span in question.gold}) for span in of_document[key]]
        values.setdefault("token precision Ω", {})[question.id] = best_precision(question.gold, near, tokens)
    measures, by_category = summarise(values, {question.id: question.category for question in questions})
    sizes = np.array([tokens[span.document_id].count(span.start, span.end) for span in everything])
    return SystemResult(
        measures=measures,
        per_topic=values,
        by_category=by_category,
        curves={"token recall by tokens": _curve(by_budget)},
        facts={
            "passages": len(everything),
            "tokens a passage": float(sizes.mean()),
            "passages longer than the encoder reads": sum(p.token_count > window for p in cut.searched),
            **{f"tokens@{k}": float(np.mean(found)) for k, found in brought.items()},
        },
    )


class _Ranker:
    """Orders all passages for a question: by cosine, or by its convex fusion with BM25."""

    def __init__(self, passages: Sequence[Passage], vectors: NDArray[np.float32], alpha: float) -> None:
        self._passages, self._vectors, self._alpha = passages, vectors, alpha
        self._bm25 = Bm25sIndex.build([p.contextual_text for p in passages]) if alpha < 1 else None

    def __call__(self, question: str, vector: NDArray[np.float32]) -> Iterator[Passage]:
        cosines = self._vectors @ vector
        if self._bm25 is None:
            rows = top_rows(cosines, len(cosines))
        else:
            terms = self._bm25.scores(question)
            rows = np.union1d(top_rows(cosines, _DEPTH), top_rows(terms, _DEPTH))
            scores = convex_combination(cosines[rows], terms[rows], self._alpha)
            rows = rows[np.lexsort((rows, -scores))]
        return (self._passages[row] for row in rows)


class _Shown:
    """The spans that a ranking shows, best first, made as far as they are looked at."""

    def __init__(self, ranking: Iterator[Passage], cut: CutDocuments, grow: int, sources: Mapping[str, Source]) -> None:
        self._ranking, self._cut, self._grow, self._sources = ranking, cut, grow, sources
        self._spans: list[Span] = []

    def best(self, k: int) -> list[Span]:
        """The first k."""
        while len(self._spans) < k and (passage := next(self._ranking, None)) is not None:
            self._spans.append(self._span_of(passage))
        return self._spans[:k]

    def within(self, budget: int, tokens: Mapping[str, TokenStarts]) -> list[Span]:
        """The first so many tokens; the last span is cut short."""
        taken: list[Span] = []
        left = budget
        while left > 0 and len(self.best(len(taken) + 1)) > len(taken):
            span = self._spans[len(taken)]
            counts = tokens[span.document_id]
            taken.append(replace(span, end=counts.first(left, span.start, span.end)))
            left -= counts.count(span.start, span.end)
        return taken

    def _span_of(self, passage: Passage) -> Span:
        if not self._grow:
            return _span(passage)
        siblings = self._cut.by_document[passage.document_id]
        return _span(expand(passage, siblings, self._sources[passage.document_id].loaded.document, self._grow))


def _span(passage: Passage) -> Span:
    return Span(passage.document_id, passage.start, passage.end)


def _curve(by_budget: Mapping[int, Sequence[float]]) -> Curve:
    intervals = [bootstrap_mean(np.array(recalls)) for recalls in by_budget.values()]
    return Curve(
        "tokens retrieved",
        "token recall",
        tuple(map(float, by_budget)),
        tuple(interval.mean for interval in intervals),
        low=tuple(interval.low for interval in intervals),
        high=tuple(interval.high for interval in intervals),
    )
