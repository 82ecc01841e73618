"""TensorBoard: one event file a run."""

import json
import re
from datetime import datetime
from pathlib import Path

from ...index.errors import OptionalDependencyError
from ..run_file import RunFile
from .content import metrics, parameters, quiet, renamed


class TensorBoardTracker:
    """Keeps each run as a folder with an event file and, beside it, the run file.

    Means and the ends of their intervals are scalars, the fingerprints a text.

    Args:
        folder: holds one folder a run; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def log(self, run: RunFile) -> str:
        """Keep a run; returns the command that shows it.

        Raises:
            OptionalDependencyError: tensorboardX is not installed.
        """
        with quiet():
            try:
                from tensorboardX import SummaryWriter
            except ImportError as error:
                raise OptionalDependencyError("tensorboardX", "trackers") from error
            place = self._place(run)
            at = datetime.fromisoformat(run.created).timestamp()
            with SummaryWriter(str(place)) as writer:
                for name, value in renamed(metrics(run), _may_stand).items():
                    writer.add_scalar(name, value, global_step=0, walltime=at)
                told = json.dumps(parameters(run), ensure_ascii=False, indent=2)
                indented = "\n".join(f"    {line}" for line in told.splitlines())  # Markdown for text as it stands
                writer.add_text("fingerprints", indented, global_step=0, walltime=at)
        run.write(place / "run.json")
        return f"tensorboard --logdir {self._folder}"

    def _place(self, run: RunFile) -> Path:
        """A folder that is not there yet: two runs in one folder would be drawn as one."""
        stem = re.sub(r"[^\w.-]+", "-", f"{run.kind}-{run.name}-{run.created}")
        place, number = self._folder / stem, 2
        while place.exists():
            place, number = self._folder / f"{stem}-{number}", number + 1
        place.mkdir(parents=True)
        return place


def _may_stand(letter: str) -> bool:
    return letter.isalnum() or letter in "_-./"
