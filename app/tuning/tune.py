"""Tuning from beginning to end: search on training topics, judge, report once on test topics."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...eval.provenance import fingerprints, now
from ...eval.run_file import RunFile, SystemResult, TopicInfo, summarise
from ...eval.significance import randomisation_test
from ...eval.statistics import paired_difference
from ...index.learned_fusion import shipped_fusion
from ...index.rerank import mixes_by_learned_weights
from ...ingest.progress import Progress
from ..compose import make_encoder, make_reranker
from ..settings import Settings
from .indexes import StudyIndexes
from .judged import JudgedSet, Task
from .outcome import Outcome, outcome_of
from .pair_scores import RememberingReranker
from .parameters import Group, Parameters, Space
from .report import importances, write_study_page
from .study import TuningStudy, finished, open_study, run_trials

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

MEASURES = ("nDCG@10", "R@1", "R@5", "R@10", "R@100", "RR@10", "AP", "Success@5")
PAGE, REPORT = "study.html", "report.json"


@dataclass(frozen=True, slots=True)
class TuneOptions:
    """How a study is made.

    Attributes:
        groups: what is tuned, as far as it makes sense.
        chunk_sizes: choices of `chunking.target_tokens`.
        measure: what is maximised, a name that ir-measures knows.
        trials: in all, those of earlier runs counted.
        seed: of everything that draws.
        prune: whether hopeless trials are stopped.
    """

    groups: tuple[Group, ...]
    chunk_sizes: tuple[int, ...]
    measure: str = "nDCG@10"
    trials: int = 100
    seed: int = 0
    prune: bool = True


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of it.

    Attributes:
        outcome: judged on the training topics.
        changes: settings to write: section → key → value; empty where the ones in use are as good.
        run: before and after on the test topics, or on the training topics where there are no others.
        reported_before: whether the test topics had been looked at by an earlier run, whose report this is.
        page: the HTML file with the plots.
    """

    outcome: Outcome
    changes: Mapping[str, Mapping[str, Any]]
    run: RunFile
    reported_before: bool
    page: Path


def tune(
    settings: Settings,
    task: Task,
    folder: Path,
    options: TuneOptions,
    *,
    progress: Progress | None = None,
    told: Callable[["FrozenTrial"], None] | None = None,
) -> Tuned:
    """Run or go on with a study, and say what should be written.

    Args:
        settings: where the search begins, and everything that is not tuned.
        task: what is searched and asked.
        folder: of the study; its indexes lie below it.
        options: how.
        progress: is told how indexing goes.
        told: is called with each trial that ends.

    Raises:
        OptionalDependencyError: optuna or ir-measures is not installed.
        UsageError: the folder holds another study.
        IndexBusyError: another process tunes there.
        EvaluationError: a measure is unknown, or a quote does not stand in its document.
    """
    encoder, reranker = make_encoder(settings), make_reranker(settings)
    space = Space.around(
        settings,
        groups=options.groups,
        chunk_sizes=options.chunk_sizes,
        reranker=reranker is not None,
        weighted=settings.reranker.mix == "weighted" or not mixes_by_learned_weights(reranker),
    )
    made_for = {
        "questions": task.train.name,
        "questions_sha256": task.train.digest,
        "measure": options.measure,
        "encoder": encoder.info.fingerprint,
        "reranker": reranker.id if reranker else None,
        "fusion": shipped_fusion().fingerprint,
        "groups": list(space.groups),
        "chunk_sizes": list(space.chunk_sizes),
        "seed": options.seed,
    }
    with open_study(folder, made_for, seed=options.seed, prune=options.prune) as study:
        space = _as_begun(study, space)
        remembering = RememberingReranker(reranker, folder / "pairs.sqlite") if reranker is not None else None
        indexes = StudyIndexes(folder, task, settings, encoder, remembering, progress)
        try:
            run_trials(study, space, indexes, task.train, options.measure, options.trials, seed=options.seed, told=told)
            return _judged(study, space, indexes, task, folder, options, settings)
        finally:
            indexes.close()
            if remembering is not None:
                remembering.close()


def _as_begun(study: TuningStudy, space: Space) -> Space:
    """The space around the settings that the study began with: they stay what everything is compared with."""
    begun = study.notes.get("base")
    if begun is None:
        study.note("base", space.base.as_dict())
        return space
    return replace(space, base=Parameters(**begun))


def _judged(
    study: TuningStudy,
    space: Space,
    indexes: StudyIndexes,
    task: Task,
    folder: Path,
    options: TuneOptions,
    settings: Settings,
) -> Tuned:
    tried = finished(study)

    def measured(parameters: Parameters) -> NDArray[np.float64]:
        return np.array(list(indexes.values(task.train, parameters, (options.measure,))[options.measure].values()))

    outcome = outcome_of(tried, space, measured, seed=options.seed)
    page = folder / PAGE
    important = importances(study.live, options.seed)
    write_study_page(
        study.live,
        outcome,
        tried,
        space,
        measure=options.measure,
        name=task.train.name,
        important=important,
        path=page,
    )
    place = folder / REPORT
    known = RunFile.read(place) if place.exists() else None
    if known is None:
        details = {
            "tuning": {
                **_figures(outcome, options),
                "trials": {"all": len(study.live.get_trials(deepcopy=False)), "finished": len(tried)},
                "space": space.as_dict(),
                "importances": important,
            }
        }
        run = _report(indexes, task, outcome, options, settings, details)
        if task.test is not None:
            run.write(place)
    else:
        run = known
    changes = outcome.after.parameters.changes(Parameters.of(settings)) if outcome.better else {}
    return Tuned(outcome, changes, run, known is not None, page)


def _figures(outcome: Outcome, options: TuneOptions) -> dict[str, Any]:
    """What was found on the training topics."""
    return {
        "measure": options.measure,
        "seed": options.seed,
        "training_topics": len(outcome.before.values),
        "before": {"parameters": outcome.before.parameters.as_dict(), "mean": outcome.before.mean},
        "best": {"parameters": outcome.best.parameters.as_dict(), "mean": outcome.best.mean},
        "after": {"parameters": outcome.after.parameters.as_dict(), "mean": outcome.after.mean},
        "put_back": list(outcome.put_back),
        "gain": outcome.gain.as_dict(),
        "expected_gain": outcome.expected_gain.as_dict(),
        "better": outcome.better,
    }


def _report(
    indexes: StudyIndexes,
    task: Task,
    outcome: Outcome,
    options: TuneOptions,
    settings: Settings,
    details: dict[str, Any],
) -> RunFile:
    """Before, after, and the best trial where it is neither, as systems of a run."""
    judged = task.test or task.train
    points = {"before": outcome.before.parameters, "after": outcome.after.parameters}
    if outcome.best.parameters not in points.values():
        points["best trial"] = outcome.best.parameters
    measures = tuple(dict.fromkeys((options.measure, *MEASURES)))
    values = {name: indexes.values(judged, point, measures) for name, point in points.items()}
    before, after = (np.array(list(values[name][options.measure].values())) for name in ("before", "after"))
    details["tuning"]["reported"] = {
        "questions": judged.name,
        "difference": paired_difference(after, before, seed=options.seed).as_dict(),
        "p": randomisation_test(after, before, seed=options.seed),
    }
    notes = list(task.notes)
    if task.test is None:
        notes.append("these are the training topics: the figures flatter what was chosen on them")
    if not outcome.better:
        notes.append(
            "`after` is a candidate: on the training topics it is not better by more than noise, so the settings stay"
        )
    made_of = indexes.manifest_of(outcome.after.parameters)
    return RunFile(
        kind="retrieval",
        name=f"tuning, {judged.name}",
        created=now(),
        fingerprints=fingerprints(
            corpus=task.train.digest,
            index=f"{made_of['generation']} chunker {made_of['chunker'][:12]}",
            models={"encoder": made_of["encoder"]},
            settings=json.dumps({name: point.as_dict() for name, point in points.items()}, sort_keys=True),
            seed=options.seed,
        ),
        default="after",
        systems={name: _system(judged, values[name], points[name], indexes) for name in points},
        topics={topic: TopicInfo(text, judged.categories[topic]) for topic, text in judged.questions.items()},
        notes=notes,
        details=details,
    )


def _system(
    judged: JudgedSet, values: Mapping[str, Mapping[str, float]], point: Parameters, indexes: StudyIndexes
) -> SystemResult:
    measures, by_category = summarise(values, judged.categories)
    return SystemResult(
        measures=measures,
        per_topic=values,
        by_category=by_category,
        facts={"parameters": point.as_dict(), "passages": indexes.passages(point)},
    )
