"""Two runs, or two systems of one run, compared topic by topic.

A difference is always `b - a`: what B has over A. Its interval is a paired bootstrap over the topics that both have,
its p a paired randomisation test, adjusted by Holm's method over the measures compared (see `statistics` and
`significance`). Intervals by category are there to be looked at; they are corrected for nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..index.errors import EvaluationError
from .comparison_form import CategoryDifference, Comparison, MeasureComparison, Side
from .direction import lower_is_better
from .pairing import Pairing, TopicDifference, pair
from .run_file import RunFile, SystemResult
from .significance import holm, randomisation_tests
from .statistics import Interval, bootstrap_means

_ROUNDING = 1e-9  # values that differ by less are alike


def compare(
    a: RunFile,
    b: RunFile,
    *,
    system_a: str | None = None,
    system_b: str | None = None,
    measures: Sequence[str] | None = None,
    leave_out_reworded: bool = False,
) -> Comparison:
    """Compare a system of one run with a system of another, or of the same.

    Args:
        a: the run to compare with; the older one, as a rule.
        b: the run in question.
        system_a: its system; by default the one that stands for the run.
        system_b: as `system_a`, of B.
        measures: which; by default every measure that both have per topic. Holm's correction is over these, so
            naming the few that matter finds more.
        leave_out_reworded: leave out a topic whose question differs between the two instead of refusing.

    Raises:
        EvaluationError: the runs are of different kinds, one counts documents and the other passages, a system or a
            measure is not in them, an id stands for different questions, or they share no topic.
        OptionalDependencyError: scipy is not installed.
    """
    if a.kind != b.kind:
        raise EvaluationError(f"a run of {a.kind!r} cannot be compared with one of {b.kind!r}; name two of one kind")
    if a.details.get("level") != b.details.get("level"):
        raise EvaluationError("one run counts whole documents, the other passages; measure both alike")
    name_a, name_b = system_a or a.default, system_b or b.default
    result_a, result_b = _system(a, name_a), _system(b, name_b)
    names = _measures(result_a, result_b, measures)
    pairing = pair(
        a, b, {name: result_a.per_topic[name] for name in names}, {name: result_b.per_topic[name] for name in names},
        leave_out_reworded=leave_out_reworded,
    )  # fmt: skip
    compared = _compared(pairing)
    only_one = sorted(set(result_a.per_topic) ^ set(result_b.per_topic)) if measures is None else []
    notes = pairing.notes
    if only_one:
        notes = (*notes, f"only one of the two has {', '.join(only_one)}")
    return Comparison(
        kind=a.kind,
        a=Side(a.name, name_a, a.created),
        b=Side(b.name, name_b, b.created),
        paired=pairing.topics,
        differs_in=tuple(
            key for key in {**a.fingerprints, **b.fingerprints} if a.fingerprints.get(key) != b.fingerprints.get(key)
        ),
        only_a=pairing.only_a,
        only_b=pairing.only_b,
        reworded=pairing.reworded,
        measures=compared,
        by_category=_by_category(pairing),
        whole_set={
            name: (interval, result_b.measures[name])
            for name, interval in result_a.measures.items()
            if name in result_b.measures and name not in result_a.per_topic and name not in result_b.per_topic
        },
        notes=notes,
    )


def _system(run: RunFile, name: str) -> SystemResult:
    if name not in run.systems:
        raise EvaluationError(f"run {run.name!r} has no system {name!r}; it has {', '.join(run.systems)}")
    return run.systems[name]


def _measures(a: SystemResult, b: SystemResult, asked: Sequence[str] | None) -> list[str]:
    both = [name for name, values in a.per_topic.items() if values and b.per_topic.get(name)]
    for name in asked or ():
        if name not in both:
            there = f"they have {', '.join(both)}" if both else "they have none"
            raise EvaluationError(f"the two do not both have {name!r} for each topic; {there}")
    if not both:
        raise EvaluationError("the two have no measure per topic in common; nothing can be paired")
    return both if asked is None else list(dict.fromkeys(asked))


def _compared(pairing: Pairing) -> dict[str, MeasureComparison]:
    intervals, p = _intervals(pairing.values), _p(pairing.values)
    adjusted = holm(p)
    compared: dict[str, MeasureComparison] = {}
    for name, topics in pairing.values.items():
        sign = -1.0 if lower_is_better(name) else 1.0
        far_first = sorted(topics, key=lambda topic: (-abs(topic.difference), topic.id))
        wins = tuple(topic for topic in far_first if sign * topic.difference > _ROUNDING)
        losses = tuple(topic for topic in far_first if sign * topic.difference < -_ROUNDING)
        compared[name] = MeasureComparison(
            topics=len(topics),
            a=float(np.mean([topic.a for topic in topics])),
            b=float(np.mean([topic.b for topic in topics])),
            difference=intervals[name],
            p=p[name],
            p_holm=adjusted[name],
            higher_is_better=sign > 0,
            wins=wins,
            losses=losses,
            even=tuple(topic for topic in topics if abs(topic.difference) <= _ROUNDING),
            left_out=pairing.left_out[name],
        )
    return compared


def _by_category(pairing: Pairing) -> dict[str, dict[str, CategoryDifference]]:
    found: dict[str, dict[str, CategoryDifference]] = {}
    for category in sorted({topic.category for topics in pairing.values.values() for topic in topics} - {""}):
        members = {
            name: [topic for topic in topics if topic.category == category] for name, topics in pairing.values.items()
        }
        members = {name: topics for name, topics in members.items() if topics}
        intervals = _intervals(members)
        found[category] = {
            name: CategoryDifference(
                topics=len(topics),
                a=float(np.mean([topic.a for topic in topics])),
                b=float(np.mean([topic.b for topic in topics])),
                difference=intervals[name],
            )
            for name, topics in members.items()
        }
    return found


def _by_topics(
    values: Mapping[str, Sequence[TopicDifference]],
) -> Iterator[tuple[list[str], NDArray[np.float64]]]:
    """Measures over the same topics together, with their differences, shape (measures, topics)."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, topics in values.items():
        groups.setdefault(tuple(topic.id for topic in topics), []).append(name)
    for names in groups.values():
        yield names, np.array([[topic.difference for topic in values[name]] for name in names], dtype=np.float64)


def _intervals(values: Mapping[str, Sequence[TopicDifference]]) -> dict[str, Interval]:
    return {
        name: interval
        for names, differences in _by_topics(values)
        for name, interval in zip(names, bootstrap_means(differences), strict=True)
    }


def _p(values: Mapping[str, Sequence[TopicDifference]]) -> dict[str, float]:
    found = {
        name: float(p)
        for names, differences in _by_topics(values)
        for name, p in zip(names, randomisation_tests(differences), strict=True)
    }
    return {name: found[name] for name in values}
