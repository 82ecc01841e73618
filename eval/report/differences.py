"""Systems held against one of them, topic by topic."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..direction import lower_is_better
from ..run_file import RunFile, SystemResult
from ..statistics import Interval, bootstrap_means

Paired = Mapping[str, Mapping[str, "Difference"]]
"""System → measure → difference to the reference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a system lies from the reference, over the topics that both have a value for.

    Attributes:
        interval: system minus reference, 95 %.
        topics: how many were paired.
        verdict: `better`, `worse`, or empty where the interval holds zero.
    """

    interval: Interval
    topics: int
    verdict: str


def differences(reference: SystemResult, others: Mapping[str, SystemResult]) -> dict[str, dict[str, Difference]]:
    """Each system against the reference, in every measure that has per-topic values in both.

    Measures over the same topics share their draws, which makes a report of a large ablation quick.
    """
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for name, system in others.items():
        for measure, values in system.per_topic.items():
            ours = reference.per_topic.get(measure, {})
            shared = tuple(topic for topic in ours if topic in values)
            if shared:
                groups.setdefault(shared, []).append((name, measure))
    found: dict[str, dict[str, Difference]] = {name: {} for name in others}
    for topics, pairs in groups.items():
        rows = [
            [others[name].per_topic[measure][topic] - reference.per_topic[measure][topic] for topic in topics]
            for name, measure in pairs
        ]
        for (name, measure), interval in zip(pairs, bootstrap_means(np.array(rows, dtype=np.float64)), strict=True):
            found[name][measure] = Difference(interval, len(topics), _verdict(measure, interval))
    return found


def same_topics(one: RunFile, other: RunFile) -> bool:
    """Whether two runs of one kind asked the same: topics of one id have the same words, or none."""
    shared = set(one.topics) & set(other.topics)
    texts = ((one.topics[topic].text, other.topics[topic].text) for topic in shared)
    return one.kind == other.kind and bool(shared) and all(a == b or not a or not b for a, b in texts)


def _verdict(measure: str, interval: Interval) -> str:
    if interval.low <= 0.0 <= interval.high:
        return ""
    return "better" if (interval.low > 0.0) is not lower_is_better(measure) else "worse"
