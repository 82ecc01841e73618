"""MLflow: an SQLite store and artefacts in one folder."""

import logging
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...index.errors import OptionalDependencyError
from ..run_file import RunFile
from .content import metrics, parameters, quiet, renamed

if TYPE_CHECKING:
    from mlflow import MlflowClient

_LONGEST_PARAMETER = 6000  # characters that MLflow takes
_BATCH = 500  # half of what MLflow takes at once


class MlflowTracker:
    """Keeps each run as a run of the experiment `KIND: NAME`.

    `@` may not stand in a name there: `nDCG@10` becomes `nDCG at 10`. MLflow's own file store is in maintenance mode
    and refuses to open, so the store is an SQLite file.

    Args:
        folder: holds `mlflow.db` and `artifacts`; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def log(self, run: RunFile) -> str:
        """Keep a run; returns the command that shows it.

        Raises:
            OptionalDependencyError: MLflow, or what its SQLite store needs, is not installed.
        """
        with quiet(MLFLOW_DISABLE_TELEMETRY="true"):
            try:
                import alembic  # noqa: F401 - the store imports both late, and says less about them
                import sqlalchemy  # noqa: F401
                from mlflow import MlflowClient
            except ImportError as error:
                missing = (error.name or "mlflow").split(".")[0]
                raise OptionalDependencyError(missing.replace("mlflow", "mlflow-skinny"), "trackers") from error
            logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
            self._folder.mkdir(parents=True, exist_ok=True)
            store = f"sqlite:///{self._folder / 'mlflow.db'}"
            self._keep(MlflowClient(tracking_uri=store, registry_uri=store), run)
        return f"mlflow ui --backend-store-uri {store}"

    def _keep(self, client: "MlflowClient", run: RunFile) -> None:
        from mlflow.entities import Metric, Param

        title = f"{run.kind}: {run.name}"
        experiment = client.get_experiment_by_name(title)
        identifier = (
            client.create_experiment(title, artifact_location=(self._folder / "artifacts").as_uri())
            if experiment is None
            else experiment.experiment_id
        )
        at = int(datetime.fromisoformat(run.created).timestamp() * 1000)
        made = client.create_run(identifier, start_time=at, run_name=f"{run.default} {run.created}").info.run_id
        values = [Metric(name, value, at, 0) for name, value in renamed(metrics(run), _may_stand).items()]
        told = [Param(name, value[:_LONGEST_PARAMETER]) for name, value in renamed(parameters(run), _may_stand).items()]
        for start in range(0, len(values), _BATCH):
            client.log_batch(made, metrics=values[start : start + _BATCH])
        client.log_batch(made, params=told)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "run.json"
            run.write(path)
            client.log_artifact(made, str(path))
        client.set_terminated(made)


def _may_stand(letter: str) -> bool:
    return letter.isalnum() or letter in "_-. /"
