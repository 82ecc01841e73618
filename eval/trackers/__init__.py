"""Experiment trackers behind one small seam: MLflow, TensorBoard, Weights & Biases; all offline, below one folder.

    track(run, "mlflow", Path("trackers"))

Each tracker gets the fingerprints as parameters, every system's means with the ends of their intervals as metrics
(`system/measure`, `system/measure.low`, `system/measure.high`), and the run file itself as artefact. Nothing is sent
anywhere, and their telemetry is off while they are used.
"""

from importlib import import_module
from pathlib import Path
from typing import Protocol

from ...index.errors import EvaluationError, SotaRagError, UnwritableError, UsageError
from ..run_file import RunFile

TRACKERS = {
    "mlflow": ("mlflow_tracker", "MlflowTracker"),
    "tensorboard": ("tensorboard_tracker", "TensorBoardTracker"),
    "wandb": ("wandb_tracker", "WandbTracker"),
}
"""Name → module and class."""


class Tracker(Protocol):
    """Keeps runs where they can be looked at beside others."""

    def log(self, run: RunFile) -> str:
        """Keep a run; returns the command that shows it.

        Raises:
            OptionalDependencyError: the tracker's package is not installed.
        """
        ...


def make_tracker(name: str, folder: Path) -> Tracker:
    """A tracker that keeps everything below `folder/NAME`.

    Raises:
        UsageError: no tracker has that name.
    """
    if name not in TRACKERS:
        raise UsageError(f"there is no tracker {name!r}; there are {', '.join(TRACKERS)}")
    module, kind = TRACKERS[name]
    return getattr(import_module(f".{module}", __package__), kind)(folder / name)


def track(run: RunFile, name: str, folder: Path) -> str:
    """Hand a run to a tracker; returns the command that shows it.

    Args:
        run: the run.
        name: one of `TRACKERS`.
        folder: what the tracker keeps lies in a folder of its name below this one.

    Raises:
        UsageError: no tracker has that name.
        OptionalDependencyError: its package is not installed.
        UnwritableError: the folder cannot be written.
        EvaluationError: the tracker refuses the run.
    """
    tracker = make_tracker(name, folder)
    try:
        return tracker.log(run)
    except SotaRagError:
        raise
    except OSError as error:
        raise UnwritableError(f"cannot write below {str(folder)!r} ({error.strerror or error})") from error
    except Exception as error:  # each tracker has errors of its own; the run is not lost with any of them
        raise EvaluationError(f"{name} could not keep run {run.name!r} ({type(error).__name__}: {error})") from error
