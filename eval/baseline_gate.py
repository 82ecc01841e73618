"""Whether a run is worse than a baseline by more than noise.

The rule: a guarded measure fails when the 95 % paired bootstrap interval of its difference to the baseline lies wholly
on the bad side of zero. The guarded measures are few, and they rise and fall together, so nothing is corrected. With 44
to 100 topics, changes that are worth nothing raise a false alarm in up to 5 % of cases; a loss of every tenth topic is
found in 53 to 85 %, of which Holm's correction would leave 16 to 65 % (`benchmarks/simulations.py`). Latency is not
guarded: it is the machine's as much as the system's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..index.errors import EvaluationError
from .comparison import compare
from .comparison_form import Comparison, MeasureComparison
from .run_file import RunFile

GUARDED = ("nDCG@10", "R@5", "RR@10")
FEWEST_TOPICS = 10
"""Below so many topics an interval covers too little to stop anyone by."""

_ROUNDING = 1e-9  # an end of an interval that close to zero is zero


@dataclass(frozen=True, slots=True)
class LostTopic:
    """A topic that fell.

    Attributes:
        id: the topic's.
        text: the question; may be empty.
        values: measure → value in the baseline, value now.
    """

    id: str
    text: str
    values: Mapping[str, tuple[float, float]]

    @property
    def drop(self) -> float:
        """How far it fell where it fell most."""
        return max(abs(old - new) for old, new in self.values.values())

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        values = {name: {"baseline": old, "run": new} for name, (old, new) in self.values.items()}
        return {"topic": self.id, "text": self.text, "values": values}


@dataclass(frozen=True, slots=True)
class GateResult:
    """What became of a run at the gate.

    Attributes:
        comparison: baseline (A) and run (B) over the guarded measures.
        failed: measures that are worse than the baseline by more than noise.
        improved: measures that are better by more than noise.
        lost: topics that fell in a failed measure (in the first guarded one where none failed), with their values in
            all measures so meant; those that fell most come first.
    """

    comparison: Comparison
    failed: tuple[str, ...]
    improved: tuple[str, ...]
    lost: tuple[LostTopic, ...]

    @property
    def passed(self) -> bool:
        """Whether no guarded measure failed."""
        return not self.failed

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON: `passed`, `failed`, `improved`, `lost`, and the comparison in its own form."""
        return {
            "passed": self.passed,
            "failed": list(self.failed),
            "improved": list(self.improved),
            "lost": [topic.as_dict() for topic in self.lost],
            "comparison": self.comparison.as_dict(),
        }


def check_against_baseline(baseline: RunFile, run: RunFile, *, measures: Sequence[str] = GUARDED) -> GateResult:
    """Hold a run against the baseline, over the topics that both have and ask in the same words.

    Topics that came, went or were reworded since are named in the comparison (`only_b`, `only_a`, `reworded`).

    Args:
        baseline: the run that was agreed to.
        run: the run in question.
        measures: which to guard.

    Raises:
        EvaluationError: the two cannot be compared (see `compare`), or a guarded measure is left with fewer than
            `FEWEST_TOPICS` topics.
    """
    comparison = compare(baseline, run, measures=measures, leave_out_reworded=True)
    if few := next((name for name, found in comparison.measures.items() if found.topics < FEWEST_TOPICS), None):
        raise EvaluationError(
            f"baseline and run share only {comparison.measures[few].topics} topics with {few}, and fewer than "
            f"{FEWEST_TOPICS} say nothing; make a new baseline"
        )
    failed = tuple(name for name, found in comparison.measures.items() if _bad_end(found) < -_ROUNDING)
    improved = tuple(name for name, found in comparison.measures.items() if _good_end(found) > _ROUNDING)
    return GateResult(comparison, failed, improved, _lost(comparison, failed or tuple(comparison.measures)[:1]))


def _lost(comparison: Comparison, measures: Sequence[str]) -> tuple[LostTopic, ...]:
    """Topics that fell in one of these measures, with their values in all of them."""
    fell = {topic.id: topic for name in measures for topic in comparison.measures[name].losses}
    pairs = {
        name: {topic.id: (topic.a, topic.b) for topic in comparison.measures[name].pairs if topic.id in fell}
        for name in measures
    }
    lost = [
        LostTopic(key, topic.text, {name: pairs[name][key] for name in measures if key in pairs[name]})
        for key, topic in fell.items()
    ]
    return tuple(sorted(lost, key=lambda topic: (-topic.drop, topic.id)))


def as_baseline(run: RunFile) -> RunFile:
    """What of a run is worth committing: its default system, without timings, curves and details."""
    kept = replace(run.systems[run.default], latency_ms={}, curves={}, facts={})
    return replace(run, systems={run.default: kept}, details={})


def _bad_end(found: MeasureComparison) -> float:
    """The end of the interval nearest to "no worse": below zero, the whole interval speaks of a loss."""
    return found.difference.high if found.higher_is_better else -found.difference.low


def _good_end(found: MeasureComparison) -> float:
    return found.difference.low if found.higher_is_better else -found.difference.high
