"""Small runs of all four kinds."""

import pytest
from sota_rag.eval import Interval
from sota_rag.eval.run_file import Curve, RunFile, SystemResult, TopicInfo, summarise

CATEGORIES = ("direct", "how-to")


def system(per_topic, topics, **more):
    measures, by_category = summarise(per_topic, {key: topic.category for key, topic in topics.items()})
    return SystemResult({**measures, **more.pop("measures", {})}, per_topic, by_category, **more)


def build(
    kind="retrieval", *, name="guides test", created="2026-05-06T07:08:09Z", count=12, shift=0.0, notes=(), bare=False
):
    """A run of one kind with two systems: `default`, and `other`, which is worse on every topic but one.

    A bare run has the first alone, without categories and latencies: each plot takes its time.
    """
    categories = ("", "") if bare else CATEGORIES
    topics = {f"t{number:02}": TopicInfo(f"Question {number}?", categories[number % 2]) for number in range(count)}
    good = {topic: min(1.0, 0.5 + shift + 0.04 * (place % 9)) for place, topic in enumerate(topics)}
    poor = {topic: value - 0.2 - 0.01 * (place % 3) for place, (topic, value) in enumerate(good.items())}
    poor["t03"] = good["t03"] + 0.05
    main, second, more = {
        "retrieval": ("nDCG@10", "superseded-leak@5", {}),
        "chunking": ("token recall", "token IoU", {"curves": {"recall by tokens": band()}}),
        "answers": ("faithfulness", "wrong silence", {"curves": {"risk–coverage": steps()}}),
        "verifier": (
            "correct",
            "agreement",
            {"measures": {"AUROC": Interval(0.8, 0.7, 0.9)}, "curves": {"reliability": calibration()}},
        ),
    }[kind]
    latency = {"encode": {"p50": 3.0, "p95": 5.0, "p99": 9.0}, "total": {"p50": 11.0, "p95": 20.5, "p99": 41.0}}
    if bare:
        only = {"default": system({main: good, second: good}, topics, **more)}
        return RunFile(kind, name, created, {}, "default", only, topics, notes)
    systems = {
        "default": system({main: good, second: good}, topics, latency_ms=latency, facts={"passages": 131}, **more),
        "other": system({main: poor, second: poor}, topics, latency_ms=latency, **more),
    }
    fingerprints = {"corpus": "c" * 64, "models": {"encoder": "MiniLM"}, "machine": {"cores": 2}, "code": "d" * 64}
    return RunFile(kind, name, created, fingerprints, "default", systems, topics, notes)


def band():
    return Curve("tokens", "recall", (250.0, 500.0), (0.5, 0.7), low=(0.4, 0.6), high=(0.6, 0.8))


def steps():
    return Curve("coverage", "risk", (0.25, 0.5, 1.0), (0.0, 0.1, 0.3), kind="step")


def calibration():
    return Curve(
        "predicted", "supported", (0.1, 0.5, 0.9), (0.2, 0.5, 0.8), "calibration", (0.1, 0.4, 0.7), (0.3, 0.6, 0.9),
        sizes=(10, 20, 30),
    )  # fmt: skip


@pytest.fixture(scope="session")
def make_run():
    return build
