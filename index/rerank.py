"""The reranking stage: a cross-encoder reads question and passage together, within a time budget."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .device import choose_placement
from .fusion import min_max
from .models import find_model, quiet_loading, weights_sha256
from .search_settings import SearchSettings

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Reranker(Protocol):
    """Anything that scores passages against a query."""

    @property
    def id(self) -> str:
        """Name and fingerprint, for receipts."""
        ...

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Relevance of each text to the query: shape (len(texts),), float32, higher is better."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one output; safe to share between threads.

    Args:
        model_id: a name from `models.toml`, or the path of a model folder.
        device: `auto`, `cpu`, `cuda` or `mps`.
        precision: `auto`, `float32` or `bfloat16`.
    """

    def __init__(self, model_id: str, *, device: str = "auto", precision: str = "auto") -> None:
        self._files = find_model(model_id)
        self._device, self._precision = device, precision
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None

    @property
    def id(self) -> str:
        """Model name and the first 12 digits of its fingerprint."""
        return f"{self._files.id}@{weights_sha256(self._files.folder)[:12]}"

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Relevance of each text to the query: shape (len(texts),), float32; pairs too long are truncated."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        with self._lock:
            scores = self._load().predict([(query, text) for text in texts], show_progress_bar=False)
        return np.asarray(scores, dtype=np.float32).reshape(len(texts))

    def _load(self) -> "CrossEncoder":
        if self._model is None:
            import torch
            from sentence_transformers import CrossEncoder

            placement = choose_placement(self._device, self._precision)
            dtype = torch.bfloat16 if placement.precision == "bfloat16" else torch.float32
            with quiet_loading():
                self._model = CrossEncoder(
                    str(self._files.folder),
                    device=placement.device,
                    local_files_only=True,
                    model_kwargs={"dtype": dtype},
                )
        return self._model


@dataclass(frozen=True, slots=True)
class Reranked:
    """What the stage did.

    Attributes:
        order: positions of the candidates, best first.
        final: final score of each candidate, in candidate order.
        scores: the reranker's score of each candidate; NaN for those the budget did not reach.
    """

    order: list[int]
    final: NDArray[np.float64]
    scores: NDArray[np.float32]


def rerank(
    reranker: Reranker,
    query: str,
    texts: Sequence[str],
    fused: NDArray[np.float64],
    *,
    weight: float,
    budget_s: float,
    batch_size: int = 8,
) -> Reranked:
    """Score candidates from the best downwards until the budget is spent, then mix the scores.

    A scored candidate ends at `1 + (1 - weight) * min-max(fused) + weight * min-max(rerank)`, both taken
    over the scored candidates; one that the budget did not reach keeps its fused place below all of them. The first
    batch is always scored.

    Args:
        reranker: the model.
        query: the question.
        texts: candidates in fused order, best first.
        fused: their fused scores, shape (len(texts),).
        weight: share of the reranker's score in the final one, 0 to 1.
        budget_s: wall time in seconds after which no further batch is started.
        batch_size: pairs per call; the budget is looked at between calls.
    """
    started = time.perf_counter()
    scores = np.full(len(texts), np.nan, dtype=np.float32)
    done = 0
    while done < len(texts) and (done == 0 or time.perf_counter() - started < budget_s):
        batch = range(done, min(done + batch_size, len(texts)))
        by_length = sorted(batch, key=lambda position: len(texts[position]))
        scores[by_length] = reranker.score(query, [texts[position] for position in by_length])
        done = batch.stop
    final = min_max(fused)
    final[:done] = 1 + (1 - weight) * min_max(fused[:done]) + weight * min_max(scores[:done])
    order = sorted(range(len(texts)), key=lambda position: (-final[position], position))
    return Reranked(order, final, scores)


@dataclass(frozen=True, slots=True)
class Reordered:
    """All candidates of a search after the reranker, best first.

    Attributes:
        rows: shape (n,), int64.
        final: their scores, shape (n,), float64.
        scores: what the reranker said, by row; those that it did not reach are missing.
    """

    rows: NDArray[np.int64]
    final: NDArray[np.float64]
    scores: dict[int, float]


def reorder(
    reranker: Reranker,
    query: str,
    rows: NDArray[np.int64],
    fused: NDArray[np.float64],
    texts: Callable[[Sequence[int]], Sequence[str]],
    *,
    depth: int,
    settings: SearchSettings,
) -> Reordered:
    """Rerank the best of the fused candidates; what lies deeper keeps its order below everything that was seen.

    Args:
        reranker: the model.
        query: the question.
        rows: candidates in fused order, best first, at least one.
        fused: their fused scores.
        texts: what the model reads of given rows.
        depth: how many of them it may see.
        settings: weight and time budget.
    """
    head = rows[:depth]
    outcome = rerank(
        reranker,
        query,
        texts(head.tolist()),
        fused[: len(head)],
        weight=settings.rerank_weight,
        budget_s=settings.rerank_budget_s,
    )
    said = {int(head[place]): float(outcome.scores[place]) for place in np.flatnonzero(~np.isnan(outcome.scores))}
    final = np.concatenate([outcome.final, min_max(fused)[len(head) :] - 1])
    order = np.lexsort((rows, -final))
    return Reordered(rows[order], final[order], said)
