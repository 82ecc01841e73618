"""Run files: every evaluation is one JSON document that says what was measured, on what, and with what.

One form serves all kinds of evaluation, so that any two runs can be compared, reported and plotted over time:

    {"format": "sota-rag run 1", "kind": "retrieval", "name": "scifact test", "created": "2026-11-25T10:00:00Z",
     "fingerprints": {"corpus": …, "index": …, "models": {…}, "settings": …, "code": …, "machine": {…}, "seed": 0},
     "default": "convex", "measures": {"nDCG@10": {"mean": 0.74, "low": 0.70, "high": 0.78}, …},
     "topics": {"1": {"text": "…", "category": ""}, …},
     "systems": {"convex": {"measures": {…}, "per_topic": {"nDCG@10": {"1": 1.0, …}}, "by_category": {…},
                            "latency_ms": {"total": {"p50": 11.0, …}}, "curves": {…}, "facts": {…}, "failures": []}},
     "notes": [], "details": {}}

`measures` repeats those of the default system. A measure without entry in `per_topic` is one of the whole set (an
AUROC, say) and cannot be paired; a topic missing from a measure's entry is one for which it is not defined.
"""

import contextlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..index.errors import EvaluationError, UnwritableError
from .statistics import Interval, bootstrap_mean

FORMAT = "sota-rag run 1"


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """What was asked, and the category it belongs to (may be empty)."""

    text: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a curve for a plot, such as risk over coverage.

    Attributes:
        x_label: what the abscissa shows.
        y_label: what the ordinate shows.
        x: abscissae, finite.
        y: ordinates, as many, finite.
        kind: `line`, `step`, or `calibration` (drawn with its diagonal).
        low: lower ends of an interval about y; empty for none.
        high: upper ends; empty for none.
        sizes: how many examples each point stands for; empty where that means nothing.
    """

    x_label: str
    y_label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    kind: str = "line"
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemResult:
    """What one system scored.

    Attributes:
        measures: measure → mean (or value of the whole set) with its 95 % bootstrap interval.
        per_topic: measure → topic id → value; finite.
        by_category: category → measure → interval over the topics of that category.
        latency_ms: stage → `p50`, `p95`, `p99`; the stage `total` is the whole call.
        curves: name → curve.
        facts: plain figures and words: passages, queries a second, peak memory in MiB, what the system is.
        failures: topic id → what the system said.
    """

    measures: Mapping[str, Interval]
    per_topic: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    by_category: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    latency_ms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {
            "measures": {name: interval.as_dict() for name, interval in self.measures.items()},
            "per_topic": {name: dict(values) for name, values in self.per_topic.items()},
            "by_category": {
                category: {name: interval.as_dict() for name, interval in measures.items()}
                for category, measures in self.by_category.items()
            },
            "latency_ms": {stage: dict(points) for stage, points in self.latency_ms.items()},
            "curves": {
                name: {key: getattr(curve, key) for key in curve.__slots__} for name, curve in self.curves.items()
            },
            "facts": dict(self.facts),
            "failures": dict(self.failures),
        }


@dataclass(frozen=True, slots=True)
class RunFile:
    """One evaluation.

    Attributes:
        kind: `retrieval`, `chunking`, `answers` or `verifier`.
        name: what was measured on, such as `scifact test`.
        created: UTC, ISO 8601, to the second.
        fingerprints: corpus, index, models, settings, code, machine, seed; see `fingerprints`.
        default: the system that stands for the run in comparisons and in the history.
        systems: name → result, in the order they ran.
        topics: topic id → what was asked.
        notes: what the reader of the figures must know.
        details: whatever else the kind of evaluation has to tell, as JSON.
    """

    kind: str
    name: str
    created: str
    fingerprints: Mapping[str, Any]
    default: str
    systems: Mapping[str, SystemResult]
    topics: Mapping[str, TopicInfo] = field(default_factory=dict)
    notes: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measures(self) -> Mapping[str, Interval]:
        """Those of the default system."""
        return self.systems[self.default].measures

    def without_texts(self) -> Self:
        """The same run with the topics' ids and categories alone."""
        return replace(self, topics={key: TopicInfo("", topic.category) for key, topic in self.topics.items()})

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        main = self.systems[self.default].as_dict()
        return {
            "format": FORMAT,
            "kind": self.kind,
            "name": self.name,
            "created": self.created,
            "fingerprints": dict(self.fingerprints),
            "default": self.default,
            "measures": main["measures"],
            "topics": {key: {"text": topic.text, "category": topic.category} for key, topic in self.topics.items()},
            "systems": {name: system.as_dict() for name, system in self.systems.items()},
            "notes": list(self.notes),
            "details": dict(self.details),
        }

    def write(self, path: Path) -> None:
        """Write the JSON; the file is complete or not there.

        Raises:
            EvaluationError: a value is NaN or infinite.
            UnwritableError: the file cannot be written.
        """
        try:
            text = json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError as error:
            raise EvaluationError(f"run {self.name!r} holds a value that is not finite ({error})") from error
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text + "\n", encoding="utf-8", newline="\n")
            partial.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a run file and check it.

        Raises:
            EvaluationError: it cannot be read, is no run file, holds no system or a value that is not finite (the
                message names the system, the measure and the topic).
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise EvaluationError(f"cannot read {str(path)!r} ({error.strerror}); name a run file") from error
        except (ValueError, RecursionError) as error:
            place = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise EvaluationError(f"{path}{place}: not JSON ({error}); name a run file of `sota-rag eval`") from error
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            said = data.get("format") if isinstance(data, dict) else None
            raise EvaluationError(f"{path}: is no run file (its format is {said!r}, not {FORMAT!r})")
        try:
            systems = {name: _system(system, f"{path}: system {name!r}") for name, system in data["systems"].items()}
            run = cls(
                kind=data["kind"],
                name=data["name"],
                created=data["created"],
                fingerprints=data["fingerprints"],
                default=data["default"],
                systems=systems,
                topics={key: TopicInfo(topic["text"], topic["category"]) for key, topic in data["topics"].items()},
                notes=tuple(data["notes"]),
                details=data["details"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise EvaluationError(f"{path}: is a damaged run file ({type(error).__name__}: {error})") from error
        if run.default not in run.systems:
            raise EvaluationError(f"{path}: is an empty run; the system {run.default!r} it is about is not in it")
        return run


def summarise(
    per_topic: Mapping[str, Mapping[str, float]], categories: Mapping[str, str]
) -> tuple[dict[str, Interval], dict[str, dict[str, Interval]]]:
    """Intervals over all topics, and over those of each category that has any value.

    Args:
        per_topic: measure → topic id → value; a measure without any value is left out.
        categories: topic id → category; topics without one, or with an empty one, count in the total only.
    """
    measures = {name: _interval(values) for name, values in per_topic.items() if values}
    grouped: dict[str, dict[str, Interval]] = {}
    for category in sorted({category for category in categories.values() if category}):
        members = {
            name: {topic: value for topic, value in values.items() if categories.get(topic) == category}
            for name, values in per_topic.items()
        }
        found = {name: _interval(values) for name, values in members.items() if values}
        if found:
            grouped[category] = found
    return measures, grouped


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """`p50`, `p95` and `p99`; empty for no values."""
    if not values:
        return {}
    return {f"p{point}": float(np.percentile(np.array(values), point)) for point in (50, 95, 99)}


def _interval(values: Mapping[str, float]) -> Interval:
    return bootstrap_mean(np.array(list(values.values()), dtype=np.float64))


def _system(data: Mapping[str, Any], where: str) -> SystemResult:
    for measure, values in data["per_topic"].items():
        for topic, value in values.items():
            _number(value, f"{where}, measure {measure!r}, topic {topic!r}")
    return SystemResult(
        measures=_intervals(data["measures"], where),
        per_topic=data["per_topic"],
        by_category={
            category: _intervals(measures, f"{where}, category {category!r}")
            for category, measures in data["by_category"].items()
        },
        latency_ms=data["latency_ms"],
        curves={name: _curve(curve, f"{where}, curve {name!r}") for name, curve in data["curves"].items()},
        facts=data["facts"],
        failures=data["failures"],
    )


def _curve(data: Mapping[str, Any], where: str) -> Curve:
    points = {key: tuple(_number(value, where) for value in data[key]) for key in ("x", "y", "low", "high")}
    return Curve(
        x_label=data["x_label"], y_label=data["y_label"], kind=data["kind"], sizes=tuple(data["sizes"]), **points
    )


def _intervals(data: Mapping[str, Any], where: str) -> dict[str, Interval]:
    return {
        name: Interval(*(_number(ends[key], f"{where}, measure {name!r}") for key in ("mean", "low", "high")))
        for name, ends in data.items()
    }


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise EvaluationError(f"{where}: {value!r} is no finite number; measure again")
    return float(value)
