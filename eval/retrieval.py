"""Retrieval measured: run a system over topics, keep every value, every latency and every failure."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..index.errors import EvaluationError
from ..index.types import SearchResult
from .beir import Topic
from .measures import MEASURES, Qrels, Run, per_topic, total_order
from .run_file import SystemResult, percentiles, summarise
from .statistics import Interval, bootstrap_mean

Pairs = Sequence[tuple[str, float]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a system may return in place of bare pairs: the pairs, and how long each of its stages took.

    Attributes:
        pairs: (document id, score), best first.
        timings_ms: stage → wall time in milliseconds. A `total` stands for the latency in place of the call's wall
            time, where a system ranks deeper for the measures than it does for a user.
    """

    pairs: Pairs
    timings_ms: Mapping[str, float] = field(default_factory=dict)


System = Callable[[str], Pairs | Ranking]


@dataclass(frozen=True, slots=True)
class Failure:
    """A topic that the system could not answer, and what it said."""

    topic_id: str
    error: str


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """What a system scored on a collection.

    Attributes:
        collection: the collection's name.
        split: which judgements.
        system: the name under which the system is reported.
        topics: ids, in the order they were asked.
        judgements: number of judged (topic, document) pairs.
        values: measure → topic id → value in [0, 1].
        intervals: measure → mean over topics with its 95 % bootstrap interval.
        latencies_ms: topic id → wall time of the call, or what the system told; failed topics are not in it.
        stages_ms: stage → topic id → wall time, for systems that tell.
        seconds: wall time of all topics together, one after another.
        failures: topics that failed; they score zero and count in every mean.
        run: topic id → document id → score, as the system returned them.
    """

    collection: str
    split: str
    system: str
    topics: tuple[str, ...]
    judgements: int
    values: Mapping[str, Mapping[str, float]]
    intervals: Mapping[str, Interval]
    latencies_ms: Mapping[str, float]
    stages_ms: Mapping[str, Mapping[str, float]]
    seconds: float
    failures: tuple[Failure, ...]
    run: Run

    def latency_percentiles(self) -> dict[str, dict[str, float]]:
        """Stage → `p50`, `p95` and `p99` in milliseconds over the answered topics; `total` is the whole call."""
        stages = {**self.stages_ms, "total": self.latencies_ms}
        return {stage: percentiles(list(values.values())) for stage, values in stages.items() if values}

    def as_system(self, categories: Mapping[str, str], facts: Mapping[str, Any] | None = None) -> SystemResult:
        """The form in which run files keep it.

        Args:
            categories: topic id → category.
            facts: plain figures to keep beside the measures.
        """
        _, by_category = summarise(self.values, categories)
        busy_s = sum(self.latencies_ms.values()) / 1000
        throughput = {"queries_per_s": len(self.latencies_ms) / busy_s} if busy_s else {}
        return SystemResult(
            measures=self.intervals,
            per_topic=self.values,
            by_category=by_category,
            latency_ms=self.latency_percentiles(),
            facts={**throughput, **(facts or {})},
            failures={failure.topic_id: failure.error for failure in self.failures},
        )


def evaluate_retrieval(
    system: System,
    topics: Sequence[Topic],
    qrels: Qrels,
    *,
    measures: Sequence[str] = MEASURES,
    progress: Progress | None = None,
    collection: str = "",
    split: str = "",
    system_name: str = "",
) -> RetrievalReport:
    """Ask a system every topic and measure what it returns.

    A topic on which the system raises, or returns something that is no ranking (a document twice, NaN, a
    score above its predecessor's), becomes a `Failure` and scores zero.

    Args:
        system: maps a query to (document id, score) pairs, best first, higher scores better. Ties are ordered
            by document id. One that returns a `Ranking` also has its stages timed.
        topics: the queries; the means are over exactly these.
        qrels: judgements; those of other topics are not looked at.
        measures: names that ir-measures knows.
        progress: called with (topics done, topics in all) after each topic.
        collection: name for the report.
        split: name for the report.
        system_name: name for the report.

    Raises:
        EvaluationError: no topics, a topic twice, a topic without judgements, or an unknown measure.
        OptionalDependencyError: ir-measures is not installed.
    """
    judged = _judged(topics, qrels)
    per_topic({}, judged, measures)  # a misspelt measure or a missing package is told before the long part
    run: dict[str, dict[str, float]] = {}
    latencies_ms: dict[str, float] = {}
    stages_ms: dict[str, dict[str, float]] = {}
    failures: list[Failure] = []
    began = time.perf_counter()
    for done, topic in enumerate(topics, start=1):
        started = time.perf_counter()
        try:
            said = system(topic.text)
            elapsed_ms = (time.perf_counter() - started) * 1000.0
            ranking = said if isinstance(said, Ranking) else Ranking(said)
            run[topic.id] = _checked(ranking.pairs)
        except Exception as error:  # whatever the system raises is a result about the system
            failures.append(Failure(topic.id, f"{type(error).__name__}: {error}"))
        else:
            latencies_ms[topic.id] = ranking.timings_ms.get("total", elapsed_ms)
            for stage, spent in ranking.timings_ms.items():
                if stage != "total":
                    stages_ms.setdefault(stage, {})[topic.id] = spent
        if progress is not None:
            progress(done, len(topics))
    seconds = time.perf_counter() - began
    values = per_topic(run, judged, measures)
    return RetrievalReport(
        collection=collection,
        split=split,
        system=system_name,
        topics=tuple(judged),
        judgements=sum(map(len, judged.values())),
        values=values,
        intervals={name: bootstrap_mean(np.array(list(column.values()))) for name, column in values.items()},
        latencies_ms=latencies_ms,
        stages_ms=stages_ms,
        seconds=seconds,
        failures=tuple(failures),
        run=run,
    )


def document_scores(result: SearchResult) -> list[tuple[str, float]]:
    """Documents of a search, each with its best passage's score, ordered by `(-score, document id)`."""
    best: dict[str, float] = {}
    for hit in result.hits:
        document_id = hit.passage.document_id
        best[document_id] = max(hit.score, best.get(document_id, -math.inf))
    return total_order(best)


def _judged(topics: Sequence[Topic], qrels: Qrels) -> dict[str, Mapping[str, int]]:
    """The judgements of these topics, in their order."""
    judged: dict[str, Mapping[str, int]] = {}
    for topic in topics:
        if topic.id in judged:
            raise EvaluationError(f"topic {topic.id!r} occurs twice; topic ids are unique")
        if not qrels.get(topic.id):
            raise EvaluationError(f"topic {topic.id!r} has no judgements; leave it out or add it to the qrels")
        judged[topic.id] = qrels[topic.id]
    if not judged:
        raise EvaluationError("there are no topics to evaluate")
    return judged


def _checked(ranking: Sequence[tuple[str, float]]) -> dict[str, float]:
    """A ranking as document id → score, after a look at whether it is one."""
    scores: dict[str, float] = {}
    previous = math.inf
    for document_id, score in ranking:
        if not isinstance(document_id, str):
            raise EvaluationError(f"document id {document_id!r} is not a string")
        if document_id in scores:
            raise EvaluationError(f"document {document_id!r} was returned twice")
        if math.isnan(score):
            raise EvaluationError(f"the score of document {document_id!r} is NaN")
        if score > previous:
            raise EvaluationError(f"document {document_id!r} scores {score!r}, after {previous!r}: not best first")
        scores[document_id] = previous = float(score)
    return scores
