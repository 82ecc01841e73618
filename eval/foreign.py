"""Runs of any other system, measured from what it returned."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..index.errors import EvaluationError
from .measures import MEASURES, Qrels, Run, per_topic, total_order
from .provenance import now
from .run_file import RunFile, SystemResult, TopicInfo, summarise

_NAMED = 5


def measure_run(
    run: Run,
    qrels: Qrels,
    *,
    name: str,
    system: str,
    fingerprints: Mapping[str, Any],
    topics: Mapping[str, TopicInfo] | None = None,
    measures: Sequence[str] = MEASURES,
) -> RunFile:
    """A run file of kind `retrieval` about a run that was made elsewhere.

    Every judged topic counts; one that the run lacks scores zero. Topics of the run that are not judged are left out,
    and a note says how many.

    Args:
        run: topic id → document id → score, as deep as the measures look.
        qrels: judgements.
        name: what was measured on.
        system: what to call the system.
        fingerprints: what the run was made with, as far as it is known.
        topics: what each topic asks; without it the report has ids alone.
        measures: names that ir-measures knows.

    Raises:
        EvaluationError: no topic of the run is judged, an unknown measure, or a score that is NaN.
        OptionalDependencyError: ir-measures is not installed.
    """
    unjudged = [topic for topic in run if topic not in qrels]
    if len(unjudged) == len(run):
        first = f"; the run has {next(iter(run))!r}, the qrels have {next(iter(qrels))!r}" if run and qrels else ""
        raise EvaluationError(f"no topic of the run is judged{first}: name the topics alike in both")
    told = {topic: (topics or {}).get(topic, TopicInfo("")) for topic in qrels}
    values = per_topic(run, qrels, measures)
    intervals, by_category = summarise(values, {topic: info.category for topic, info in told.items()})
    rankings = {topic: [list(pair) for pair in total_order(run[topic])] for topic in qrels if topic in run}
    return RunFile(
        kind="retrieval",
        name=name,
        created=now(),
        fingerprints=fingerprints,
        default=system,
        systems={system: SystemResult(intervals, values, by_category)},
        topics=told,
        notes=_notes(run, qrels, unjudged),
        details={"rankings": {system: rankings}, "qrels": {topic: dict(grades) for topic, grades in qrels.items()}},
    )


def _notes(run: Run, qrels: Qrels, unjudged: Sequence[str]) -> tuple[str, ...]:
    notes: list[str] = []
    if unjudged:
        notes.append(f"Topics of the run that are not judged were left out: {_some(unjudged)}.")
    if missing := [topic for topic in qrels if topic not in run]:
        notes.append(f"Judged topics that are not in the run score zero: {_some(missing)}.")
    if not any(document in qrels.get(topic, {}) for topic, scores in run.items() for document in scores):
        notes.append("Not one document of the run is judged: perhaps the two name documents in different ways.")
    if tied := [topic for topic in qrels if topic in run and len(set(run[topic].values())) < len(run[topic])]:
        notes.append(
            f"Tied scores were put in ascending order of document id, in topics {_some(tied)}; trec_eval puts them in "
            "descending order, so that its figures may differ a little."
        )
    return tuple(notes)


def _some(topics: Sequence[str]) -> str:
    named = ", ".join(topics[:_NAMED])
    return f"{named} and {len(topics) - _NAMED} more" if len(topics) > _NAMED else named
