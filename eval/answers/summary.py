"""What single topics add up to: means with intervals, figures of the whole set, the curve, latencies, counts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..run_file import SystemResult, percentiles, summarise
from ..statistics import Interval, bootstrap_statistic
from .abstention import auroc, balanced_silence, risk_coverage
from .context import cites_gold
from .grounding import Verdict
from .types import AnsweredTopic

CURVE = "risk–coverage"


@dataclass(slots=True)
class Found:
    """Values while they come in.

    Attributes:
        per_topic: measure → topic id → value.
        verdicts: judge → topic id → a verdict on each sentence.
        unreadable: judge → how often it gave none.
    """

    per_topic: dict[str, dict[str, float]] = field(default_factory=dict)
    verdicts: dict[str, dict[str, list[Verdict | None]]] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)

    def add(self, measure: str, topic: str, value: float | None) -> None:
        """Note a value; None where the measure is not defined."""
        if value is not None:
            self.per_topic.setdefault(measure, {})[topic] = float(value)

    def missed(self, who: str, number: int = 1) -> None:
        """Note judgements that could not be read."""
        self.unreadable[who] = self.unreadable.get(who, 0) + number


def outcome(topic: AnsweredTopic) -> str:
    """What became of a topic: `right answer`, `answer without gold`, `wrong silence`, `right silence`, `wrong answer`.

    Or `failure`, where the system gave an error instead of an answer.
    """
    if topic.failure:
        return "failure"
    if topic.question.answerable:
        if not topic.answered:
            return "wrong silence"
        return "right answer" if cites_gold(topic.sentences, topic.gold) else "answer without gold"
    return "wrong answer" if topic.answered else "right silence"


def summary(topics: Sequence[AnsweredTopic], found: Found) -> SystemResult:
    """The figures of one system."""
    categories = {topic.question.id: topic.question.category for topic in topics}
    clusters = {topic.question.id: topic.question.cluster for topic in topics}
    measures, by_category = summarise(found.per_topic, categories)
    measures |= {
        name: _clustered(values, clusters)
        for name, values in found.per_topic.items()
        if len({clusters[topic] for topic in values}) < len(values)
    }
    wrong = np.array([float(not _would_be_right(topic)) for topic in topics])
    confidence = np.array([topic.confidence if topic.forced else -np.inf for topic in topics])
    # Where nothing can be said at all, the question comes last.
    confidence[np.isinf(confidence)] = min((topic.confidence for topic in topics), default=0.0) - 1.0
    measures |= _of_the_set(topics, confidence, wrong)
    outcomes = [outcome(topic) for topic in topics]
    stages = {stage for topic in topics for stage in topic.timings_ms}
    return SystemResult(
        measures=measures,
        per_topic=found.per_topic,
        by_category=by_category,
        latency_ms={
            stage: percentiles([topic.timings_ms[stage] for topic in topics if stage in topic.timings_ms])
            for stage in sorted(stages)
        },
        # Where nothing can be answered, every answer is wrong and the curve says nothing.
        curves={CURVE: risk_coverage(confidence, wrong).curve()} if any(t.question.answerable for t in topics) else {},
        facts={
            "outcomes": {name: outcomes.count(name) for name in sorted(set(outcomes))},
            "sentences": sum(len(topic.sentences) for topic in topics),
            "tally": dict(sum((Counter(topic.tally) for topic in topics), Counter())),
            "unreadable judgements": found.unreadable,
            "agreement of judges": _agreement(found.verdicts),
        },
        failures={topic.question.id: topic.failure for topic in topics if topic.failure},
    )


def _would_be_right(topic: AnsweredTopic) -> bool:
    """Whether what is said when the system must speak is right."""
    return topic.question.answerable and cites_gold(topic.forced, topic.gold)


def _clustered(values: Mapping[str, float], clusters: Mapping[str, str]) -> Interval:
    """The mean with an interval that draws questions, each with all the conditions it was asked under."""
    column = np.array(list(values.values()))
    return bootstrap_statistic(
        lambda rows: float(column[rows].mean()), column.size, clusters=np.array([clusters[topic] for topic in values])
    )


def _of_the_set(
    topics: Sequence[AnsweredTopic], confidence: NDArray[np.float64], wrong: NDArray[np.float64]
) -> dict[str, Interval]:
    answerable = np.array([topic.question.answerable for topic in topics])
    answered = np.array([topic.answered for topic in topics])
    clusters = np.array([topic.question.cluster for topic in topics])
    figures: dict[str, Callable[[NDArray[np.int64]], float]] = {}
    if answerable.any():
        figures |= {
            "AURC": lambda rows: risk_coverage(confidence[rows], wrong[rows]).area,
            "E-AURC": lambda rows: risk_coverage(confidence[rows], wrong[rows]).excess,
        }
    # With few topics of one kind, most resamples would lack it, and an interval from the rest would mislead.
    if min(answerable.sum(), (~answerable).sum()) >= 2:
        figures |= {
            "balanced silence": lambda rows: balanced_silence(answered[rows], answerable[rows]),
            "AUROC of confidence": lambda rows: auroc(confidence[rows], answerable[rows]),
        }
    return {name: bootstrap_statistic(figure, len(topics), clusters=clusters) for name, figure in figures.items()}


def _agreement(verdicts: Mapping[str, Mapping[str, Sequence[Verdict | None]]]) -> dict[str, float]:
    """Share of the sentences on which two judges say the same, of those that both judged."""
    names = list(verdicts)
    found: dict[str, float] = {}
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            same = [
                a[0] == b[0]
                for topic in verdicts[one].keys() & verdicts[other].keys()
                for a, b in zip(verdicts[one][topic], verdicts[other][topic], strict=True)
                if a is not None and b is not None
            ]
            if same:
                found[f"{one}, {other}"] = round(sum(same) / len(same), 4)
    return found
