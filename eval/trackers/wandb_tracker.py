"""Weights & Biases, offline: a folder a run, to be uploaded later by whoever wants to."""

import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ...index.errors import OptionalDependencyError
from ..run_file import RunFile
from .content import metrics, parameters, quiet

if TYPE_CHECKING:
    import wandb


class WandbTracker:
    """Keeps each run as an offline run of the project `sota-rag`; no account, no connection.

    What the package would tell about machine, repository, environment and console is switched off, and what it would
    stage in the user's home lies below the folder too.

    Args:
        folder: holds `wandb/offline-run-…`; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def log(self, run: RunFile) -> str:
        """Keep a run; returns the command that uploads it.

        Raises:
            OptionalDependencyError: wandb is not installed.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        homes = {f"WANDB_{kind.upper()}_DIR": str(self._folder / kind) for kind in ("cache", "config", "data")}
        with quiet(WANDB_ERROR_REPORTING="false", WANDB_SILENT="true", WANDB_MODE="offline", **homes):
            try:
                import wandb
            except ImportError as error:
                raise OptionalDependencyError("wandb", "trackers") from error
            settings = wandb.Settings(
                mode="offline",
                silent=True,
                console="off",
                disable_code=True,
                disable_git=True,
                save_code=False,
                host="",
                username="",
                x_disable_machine_info=True,
                x_disable_meta=True,
                x_disable_stats=True,
                x_save_requirements=False,
            )
            kept = wandb.init(
                project="sota-rag",
                group=f"{run.kind}: {run.name}",
                name=f"{run.default} {run.created}",
                job_type=run.kind,
                config=parameters(run),
                dir=str(self._folder),
                settings=settings,
                reinit="create_new",
            )
            try:
                kept.log(metrics(run))
                self._attach(kept, run)
                place = Path(kept.settings.sync_dir)
            finally:
                kept.finish()
        return f"wandb sync {shlex.quote(str(place))}"

    @staticmethod
    def _attach(kept: "wandb.Run", run: RunFile) -> None:
        import wandb

        artefact = wandb.Artifact(re.sub(r"[^\w.-]+", "-", f"{run.kind}-{run.name}"), type="run-file")
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "run.json"
            run.write(path)
            artefact.add_file(str(path))
        kept.log_artifact(artefact)
