"""The search itself: an Optuna study in an SQLite file that can be interrupted and taken up again.

Sampler: TPE (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011) as in Optuna (Akiba et al., KDD
2019). Pruning: the topics come in batches, the same for every trial; a trial that a Wilcoxon signed-rank test finds
worse than the best one, batch by batch, is stopped.
"""

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...index.errors import IndexBusyError, OptionalDependencyError, UsageError
from .indexes import StudyIndexes
from .judged import JudgedSet
from .parameters import Parameters, Space, parameters_of

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

STUDY_FILE = "study.sqlite"
_NAME = "sota-rag tune"
_BATCHES = 40
_PRUNED_BELOW = 0.02  # looked at after every batch, so that it must be sterner than for one look
_STARTUP_TRIALS = 15
_STARTUP_BATCHES = 14  # with fewer and with ties, scipy computes the test by a slow permutation
_MADE_FOR, _PARAMETERS, _VALUES = "made for", "parameters", "values"


@dataclass(frozen=True, slots=True)
class Tried:
    """A finished trial.

    Attributes:
        number: its number in the study.
        parameters: the point.
        values: shape (topics,), the measure of each training topic, in their order.
    """

    number: int
    parameters: Parameters
    values: np.ndarray

    @property
    def mean(self) -> float:
        """Over the topics."""
        return float(self.values.mean())


class TuningStudy:
    """A study in memory whose trials are also kept in a file as they end; made by `open_study`.

    Optuna's own storage would write every batch of every trial to the disk, which takes longer than measuring it. So
    a trial is kept whole or not at all: one that was interrupted leaves no trace.
    """

    def __init__(self, live: "Study", stored: "Study") -> None:
        self.live, self._stored = live, stored
        live.add_trials(stored.get_trials(deepcopy=False))

    @property
    def notes(self) -> dict[str, Any]:
        """What was noted about the study as a whole, as JSON."""
        return self._stored.user_attrs

    def note(self, key: str, value: Any) -> None:
        """Note something for good."""
        self._stored.set_user_attr(key, value)

    def keep(self, trial: "FrozenTrial") -> None:
        """Keep a trial that ended."""
        self._stored.add_trial(trial)


@contextmanager
def open_study(folder: Path, made_for: dict[str, Any], *, seed: int, prune: bool) -> Iterator[TuningStudy]:
    """The study of a folder, made if need be; one process at a time.

    Args:
        folder: where the study and its indexes lie.
        made_for: what it is about, as JSON; a study that is about something else is refused.
        seed: of the sampler.
        prune: whether hopeless trials are stopped.

    Raises:
        OptionalDependencyError: optuna is not installed.
        UsageError: the folder holds a study about something else.
        IndexBusyError: another process tunes there.
    """
    try:
        import optuna
    except ImportError as error:
        raise OptionalDependencyError("optuna", "tune") from error
    from filelock import FileLock, Timeout

    logging.getLogger("optuna").setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "LOCK")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise IndexBusyError(
            f"another process is tuning in {str(folder)!r}; wait for it or name another --study"
        ) from None
    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{(folder / STUDY_FILE).resolve()}")
        try:
            stored = optuna.create_study(storage=storage, study_name=_NAME, direction="maximize", load_if_exists=True)
            _check(stored, folder, made_for)
            yield TuningStudy(_live(seed + len(stored.get_trials(deepcopy=False)), prune), stored)
        finally:
            storage.engine.dispose()
    finally:
        lock.release()


def _live(seed: int, prune: bool) -> "Study":
    import optuna

    with warnings.catch_warnings():
        # The pruner is marked experimental; what it does here is tested.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        pruner = (
            optuna.pruners.WilcoxonPruner(p_threshold=_PRUNED_BELOW, n_startup_steps=_STARTUP_BATCHES)
            if prune
            else optuna.pruners.NopPruner()
        )
    # A study that is taken up goes on with other random numbers than it began with.
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_STARTUP_TRIALS)
    return optuna.create_study(sampler=sampler, pruner=pruner, direction="maximize")


def _check(study: "Study", folder: Path, made_for: dict[str, Any]) -> None:
    said = json.loads(json.dumps(made_for))
    before = study.user_attrs.get(_MADE_FOR)
    if before is None:
        study.set_user_attr(_MADE_FOR, said)
        return
    other = next((key for key in said if before.get(key) != said[key]), None)
    if other is not None:
        raise UsageError(
            f"the study in {str(folder)!r} was begun with {other} {before.get(other)!r}, not {said[other]!r}; "
            "name another --study, or go on as it was begun"
        )


def run_trials(
    study: TuningStudy,
    space: Space,
    indexes: StudyIndexes,
    train: JudgedSet,
    measure: str,
    trials: int,
    *,
    seed: int,
    told: Callable[["FrozenTrial"], None] | None = None,
) -> None:
    """Try points until the study has so many trials; the first one is the settings as they are.

    Interrupted, at most the trial that was running is lost.

    Args:
        study: from `open_study`.
        space: where to look.
        indexes: measures.
        train: the training topics.
        measure: what is maximised, the mean over topics.
        trials: in all, those of earlier runs counted.
        seed: of the batches.
        told: is called with each trial that ends.
    """
    from optuna.trial import TrialState

    live = study.live
    done = len(live.get_trials(deepcopy=False))
    if not done:
        live.enqueue_trial(space.present())
    batches = _batches(tuple(train.questions), seed)
    for _ in range(done, trials):
        trial = live.ask()
        parameters = space.suggest(trial)
        trial.set_user_attr(_PARAMETERS, parameters.as_dict())
        values = _measured(trial, parameters, indexes, train, measure, batches)
        if values is None:
            ended = live.tell(trial, state=TrialState.PRUNED)
        else:
            ordered = [values[topic] for topic in train.questions]
            trial.set_user_attr(_VALUES, [round(value, 6) for value in ordered])
            ended = live.tell(trial, float(np.mean(ordered)))
        study.keep(ended)
        if told is not None:
            told(ended)


def _measured(
    trial: "Trial",
    parameters: Parameters,
    indexes: StudyIndexes,
    train: JudgedSet,
    measure: str,
    batches: list[tuple[str, ...]],
) -> dict[str, float] | None:
    """Topic id → value; None where the trial was stopped."""
    values: dict[str, float] = {}
    for step, batch in enumerate(batches):
        values |= indexes.values(train, parameters, (measure,), batch)[measure]
        trial.report(float(np.mean([values[topic] for topic in batch])), step)
        if step + 1 < len(batches) and trial.should_prune():
            return None
    return values


def _batches(topics: tuple[str, ...], seed: int) -> list[tuple[str, ...]]:
    """The topics in random batches of even size; the same for equal seeds."""
    order = np.random.default_rng(seed).permutation(len(topics))
    parts = np.array_split(order, min(_BATCHES, len(topics)))
    return [tuple(topics[place] for place in part) for part in parts]


def finished(study: TuningStudy) -> list[Tried]:
    """Trials that were measured on all training topics, in their order; the first one is the settings as they were.

    Raises:
        UsageError: there is none yet.
    """
    from optuna.trial import TrialState

    found = [
        Tried(trial.number, parameters_of(trial.user_attrs[_PARAMETERS]), np.array(trial.user_attrs[_VALUES]))
        for trial in study.live.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    ]
    if not found:
        raise UsageError("no trial of the study was finished; ask for more with --trials")
    return found
