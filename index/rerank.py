"""The reranking stage: a cross-encoder reads question and passage together, within a time budget."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .cross_encoder import PairModel
from .fusion import min_max
from .learned_fusion import LearnedFusion, shipped_fusion
from .search_settings import SearchSettings

_BATCH = 8


class Reranker(Protocol):
    """Anything that scores passages against a query."""

    @property
    def id(self) -> str:
        """Name and fingerprint, for receipts."""
        ...

    @property
    def calibrated(self) -> bool:
        """Whether a score is the logit of the probability that the passage answers the query."""
        ...

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Relevance of each text to the query: shape (len(texts),), float32, higher is better."""
        ...

    def cut(self, query: str, texts: Sequence[str]) -> int:
        """How many of the texts it cannot read to their end together with the query."""
        ...


class CrossEncoderReranker:
    """A cross-encoder with one output (see `PairModel`); safe to share between threads.

    A model whose `config.json` says `"calibrated": true` gives the logit of a probability.

    Args:
        model_id: a name from `models.toml`, or the path of a model folder.
        device: `auto`, `cpu`, `cuda` or `mps`.
        precision: `auto`, `float32` or `bfloat16`.

    Raises:
        ModelError: the model is not there, or gives more than one number for a pair.
    """

    def __init__(self, model_id: str, *, device: str = "auto", precision: str = "auto") -> None:
        self.model = PairModel(model_id, 1, device=device, precision=precision)
        self.calibrated = self.model.config.get("calibrated") is True

    @property
    def id(self) -> str:
        """Model name and the first 12 digits of its fingerprint."""
        return self.model.id

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Relevance of each text to the query: shape (len(texts),), float32; `cut` tells which are too long."""
        return self.model.read([(query, text) for text in texts])[:, 0]

    def cut(self, query: str, texts: Sequence[str]) -> int:
        """How many of the texts are longer than the model's window leaves room for behind the query."""
        return self.model.cut([(query, text) for text in texts])


class Mix(Protocol):
    """How the reranker's scores and those before it become final ones."""

    def final(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """Final scores of the first candidates, in [0, 1], from the reranker's scores of them: shape (len(scores),)."""
        ...

    def said(self, reranker: str) -> str:
        """How it mixes, for people; `reranker` is the id of whose scores."""
        ...

    def bound(self, done: int) -> float | None:
        """What no candidate beyond the first `done` can exceed; None where that is not known before all are scored."""
        ...


class WeightedMix:
    """`(1 - weight) * min-max(fused) + weight * min-max(rerank)`, both over the candidates that were scored."""

    def __init__(self, fused: NDArray[np.float64], weight: float) -> None:
        self._fused, self._weight = fused, weight

    def final(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Mix.final`."""
        return (1 - self._weight) * min_max(self._fused[: len(scores)]) + self._weight * min_max(scores)

    def said(self, reranker: str) -> str:
        """As `Mix.said`."""
        return f"weight {self._weight}"

    def bound(self, done: int) -> float | None:
        """Never known: a score changes what those before it are worth."""
        return None


class LearnedMix:
    """The learned weights of the legs' signals and of a calibrated reranker's.

    Args:
        fusion: the weights.
        signals: of the legs, in the order of the candidates, shape (candidates, signals).
    """

    def __init__(self, fusion: LearnedFusion, signals: NDArray[np.float64]) -> None:
        self._fusion, self._before = fusion, fusion.before(signals)

    def final(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `Mix.final`."""
        return self._before[: len(scores)] + self._fusion.added(scores)

    def said(self, reranker: str) -> str:
        """As `Mix.said`."""
        other = reranker.rpartition("@")[2] != self._fusion.reranker
        return "learned weights" + (", which were fitted with another reranker" if other else "")

    def bound(self, done: int) -> float | None:
        """The best of the rest, were it certain to answer."""
        return float(self._before[done:].max()) + self._fusion.most if done < len(self._before) else None


@dataclass(frozen=True, slots=True)
class Reranked:
    """What the stage did.

    Attributes:
        order: positions of the candidates, best first.
        final: final score of each candidate, in candidate order: in [0, 1], and below zero for those not scored.
        scores: the reranker's score of each candidate; NaN for those that it did not read.
        settled: whether it stopped because no other candidate could come among the first.
    """

    order: list[int]
    final: NDArray[np.float64]
    scores: NDArray[np.float32]
    settled: bool = False


def mixes_by_learned_weights(reranker: Reranker | None, fusion: LearnedFusion | None = None) -> bool:
    """Whether a learned mix is possible: its scores are probabilities, and there are weights for them."""
    return reranker is not None and reranker.calibrated and bool((fusion or shipped_fusion()).final)


def rerank(
    reranker: Reranker,
    query: str,
    texts: Sequence[str],
    fused: NDArray[np.float64],
    *,
    mix: Mix,
    k: int,
    budget_s: float,
    batch_size: int = _BATCH,
) -> Reranked:
    """Score candidates from the best downwards until the first k are settled or the budget is spent, then mix.

    A candidate that was not scored keeps its fused place below all that were. The first batch is always scored. The
    first k are settled when the k-th is better than any other candidate can become.

    Args:
        reranker: the model.
        query: the question.
        texts: candidates in fused order, best first.
        fused: their fused scores, shape (len(texts),).
        mix: makes final scores.
        k: how many hits are wanted.
        budget_s: wall time in seconds, from the end of the first batch, after which no further one is started.
        batch_size: pairs per call; budget and standings are looked at between calls.
    """
    started = float("inf")
    scores = np.full(len(texts), np.nan, dtype=np.float32)
    done, settled = 0, False
    while done < len(texts) and (not done or time.perf_counter() - started < budget_s):
        batch = range(done, min(done + batch_size, len(texts)))
        by_length = sorted(batch, key=lambda position: len(texts[position]))
        scores[by_length] = reranker.score(query, [texts[position] for position in by_length])
        started = min(started, time.perf_counter())  # the first batch may have had to load the model
        done = batch.stop
        bound = mix.bound(done)
        if bound is not None and done >= k and np.sort(mix.final(scores[:done]))[-k] > bound:
            settled = True
            break
    final = min_max(fused) - 1 - 1e-9
    final[:done] = mix.final(scores[:done])
    order = sorted(range(len(texts)), key=lambda position: (-final[position], position))
    return Reranked(order, final, scores, settled)


@dataclass(frozen=True, slots=True)
class Reordered:
    """All candidates of a search after the reranker, best first.

    Attributes:
        rows: shape (n,), int64.
        final: their scores, shape (n,), float64.
        scores: what the reranker said, by row; those that it did not read are missing.
        depth: how many it might have read.
        cut: how many passages it could not read to their end.
        settled: whether it stopped because no other candidate could come among the first.
        how: how its scores were mixed with those before it.
    """

    rows: NDArray[np.int64]
    final: NDArray[np.float64]
    scores: dict[int, float]
    depth: int
    cut: int
    settled: bool
    how: str

    @property
    def late(self) -> bool:
        """Whether it had no time for some that could have come among the first."""
        return len(self.scores) < self.depth and not self.settled

    def said(self, name: str) -> str:
        """What was done, for people."""
        read = f"{name}, {self.how}, of {self.depth} candidates"
        if len(self.scores) < self.depth:
            read += (
                f" {len(self.scores)} in time" if self.late else f" {len(self.scores)}, as no other could come first"
            )
        return f"{read}; {self.cut} not read to their end" if self.cut else read

    def notes(self) -> tuple[str, ...]:
        """What whoever asked should know: what another machine, or a longer budget, would have read."""
        said = [f"the reranker read {len(self.scores)} of {self.depth} candidates in its time"] if self.late else []
        return (*said, f"the reranker could not read {self.cut} passages to their end") if self.cut else tuple(said)


def reorder(
    reranker: Reranker,
    query: str,
    rows: NDArray[np.int64],
    fused: NDArray[np.float64],
    signals: NDArray[np.float64] | None,
    texts: Callable[[Sequence[int]], Sequence[str]],
    *,
    k: int,
    settings: SearchSettings,
    fusion: LearnedFusion | None = None,
) -> Reordered:
    """Rerank the best of the fused candidates; what lies deeper keeps its order below everything that was read.

    Args:
        reranker: the model.
        query: the question.
        rows: candidates in fused order, best first, at least one.
        fused: their fused scores.
        signals: their leg signals, shape (len(rows), signals); None where a leg is off.
        texts: what the model reads of given rows.
        k: how many hits are wanted; it reads as many at least.
        settings: depth, mix, weight and time budget.
        fusion: the learned weights, by default those that ship; their final ones, if there are any, make a learned mix.
    """
    depth = max(settings.rerank_depth, k)
    head = rows[:depth]
    mix: Mix = WeightedMix(fused[: len(head)], settings.rerank_weight)
    weights = fusion or shipped_fusion()
    if settings.rerank_mix == "learned" and signals is not None and mixes_by_learned_weights(reranker, weights):
        mix = LearnedMix(weights, signals[: len(head)])
    read = texts(head.tolist())
    outcome = rerank(
        reranker, query, read, fused[: len(head)], mix=mix, k=min(k, len(head)), budget_s=settings.rerank_budget_s
    )
    seen = np.flatnonzero(~np.isnan(outcome.scores)).tolist()
    said = {int(head[place]): float(outcome.scores[place]) for place in seen}
    final = np.concatenate([outcome.final, min_max(fused)[len(head) :] - 2])
    order = np.lexsort((rows, -final))
    cut = reranker.cut(query, [read[place] for place in seen])
    how = mix.said(reranker.id)
    return Reordered(rows[order], final[order], said, len(head), cut, outcome.settled, how)
