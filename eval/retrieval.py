"""Retrieval measured: run a system over topics, keep every value, every latency and every failure."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..index.errors import EvaluationError, UnwritableError
from ..index.types import SearchResult
from .beir import Topic
from .measures import MEASURES, Qrels, Run, per_topic, total_order
from .statistics import Interval, bootstrap_mean

System = Callable[[str], Sequence[tuple[str, float]]]
Progress = Callable[[int, int], None]

_PERCENTILES = (50, 95, 99)
_FLOAT32_MAX = float(np.finfo(np.float32).max)


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
        latencies_ms: topic id → wall time of the call; failed topics are not in it.
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
    failures: tuple[Failure, ...]
    run: Run

    def latency_percentiles(self) -> dict[str, float]:
        """`p50`, `p95` and `p99` in milliseconds over the answered topics; empty if there are none."""
        if not self.latencies_ms:
            return {}
        points = np.percentile(np.array(list(self.latencies_ms.values())), _PERCENTILES)
        return {f"p{percentile}": float(point) for percentile, point in zip(_PERCENTILES, points, strict=True)}

    def as_dict(self) -> dict[str, object]:
        """The form used in JSON; the run itself is left to `write_trec_run`."""
        return {
            "collection": self.collection,
            "split": self.split,
            "system": self.system,
            "topics": len(self.topics),
            "judgements": self.judgements,
            "measures": {name: interval.as_dict() for name, interval in self.intervals.items()},
            "per_topic": {name: dict(values) for name, values in self.values.items()},
            "latency_ms": self.latency_percentiles(),
            "failures": [{"topic": failure.topic_id, "error": failure.error} for failure in self.failures],
        }


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
            by document id.
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
    failures: list[Failure] = []
    for done, topic in enumerate(topics, start=1):
        started = time.perf_counter()
        try:
            ranking = system(topic.text)
            elapsed_ms = (time.perf_counter() - started) * 1000.0
            run[topic.id] = _checked(ranking)
        except Exception as error:  # whatever the system raises is a result about the system
            failures.append(Failure(topic.id, f"{type(error).__name__}: {error}"))
        else:
            latencies_ms[topic.id] = elapsed_ms
        if progress is not None:
            progress(done, len(topics))
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


def trec_run_lines(run: Run, tag: str) -> Iterator[str]:
    """Lines `topic Q0 document rank score tag` of a TREC run file, best first, ranks from 1.

    trec_eval ignores the rank, reads scores as float32 and breaks ties by descending id. A score that would
    tie with the one before it is therefore written one float32 step lower: every tool reads the same order.

    Raises:
        EvaluationError: an id or the tag is empty or has white space in it, or a score is no finite float32.
    """
    _check_field(tag)
    for topic_id, scores in run.items():
        _check_field(topic_id)
        previous = np.float32(np.inf)
        for rank, (document_id, score) in enumerate(total_order(scores), start=1):
            _check_field(document_id)
            if abs(score) > _FLOAT32_MAX:
                raise EvaluationError(f"topic {topic_id!r}: score {score!r} does not fit a TREC run file")
            previous = min(np.float32(score), np.nextafter(previous, np.float32(-np.inf)))
            yield f"{topic_id} Q0 {document_id} {rank} {previous!s} {tag}"


def write_trec_run(path: Path, run: Run, tag: str) -> None:
    """Write a TREC run file.

    Raises:
        EvaluationError: as for `trec_run_lines`; nothing is written then.
        UnwritableError: the file cannot be written.
    """
    text = "".join(f"{line}\n" for line in trec_run_lines(run, tag))
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error


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


def _check_field(value: str) -> None:
    if not value or value.split() != [value]:
        raise EvaluationError(f"{value!r} cannot stand in a TREC run file: it is empty or has white space in it")
