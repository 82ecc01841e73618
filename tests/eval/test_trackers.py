"""Trackers: each really writes a run below a folder, and it can be read back; nothing reports home."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from sota_rag.eval import Interval
from sota_rag.eval.run_file import RunFile, SystemResult
from sota_rag.eval.trackers import TRACKERS, make_tracker, track
from sota_rag.eval.trackers.content import metrics, parameters, quiet, renamed
from sota_rag.index.errors import EvaluationError, OptionalDependencyError, UnwritableError, UsageError

RUN = RunFile(
    "retrieval",
    "guides test",
    "2026-05-06T07:08:09Z",
    {"corpus": "c" * 64, "models": {"encoder": "MiniLM"}, "seed": 0},
    "convex",
    {
        "convex": SystemResult({"nDCG@10": Interval(0.75, 0.5, 1.0)}),
        "bm25": SystemResult({"nDCG@10": Interval(0.5, 0.25, 0.625)}),
    },
)
PACKAGES = {"mlflow": "mlflow-skinny", "tensorboard": "tensorboardX", "wandb": "wandb"}


def test_what_every_tracker_is_told():
    assert parameters(RUN) == {
        "kind": "retrieval", "name": "guides test", "created": "2026-05-06T07:08:09Z", "default": "convex",
        "corpus": "c" * 64, "models.encoder": "MiniLM", "seed": "0",
    }  # fmt: skip
    assert metrics(RUN) == {
        "convex/nDCG@10": 0.75, "convex/nDCG@10.low": 0.5, "convex/nDCG@10.high": 1.0,
        "bm25/nDCG@10": 0.5, "bm25/nDCG@10.low": 0.25, "bm25/nDCG@10.high": 0.625,
    }  # fmt: skip


def test_names_that_become_one_are_numbered():
    names = {"nDCG@10": 1, "F1 (a)": 2, "F1 [a]": 3, "F1 {a}": 4}
    assert renamed(names, lambda letter: letter.isalnum() or letter == " ") == {
        "nDCG at 10": 1, "F1 _a_": 2, "F1 _a_ #2": 3, "F1 _a_ #3": 4,
    }  # fmt: skip


def test_the_quiet_leaves_the_environment_as_it_was(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    with pytest.raises(KeyError), quiet(WANDB_MODE="offline"):
        assert (os.environ["WANDB_MODE"], os.environ["DO_NOT_TRACK"]) == ("offline", "1")
        raise KeyError
    assert os.environ["WANDB_MODE"] == "online" and "DO_NOT_TRACK" not in os.environ


# One process for both, as their imports are slow; one that no test runner is seen from, as some trackers look.
KEEP = """
import json, sys, warnings
from pathlib import Path

attempts = []

def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        attempts.append((event, repr(arguments)))
    if event == "socket.connect" and not isinstance(arguments[1], (str, bytes)):  # a path is a socket of this machine
        attempts.append((event, repr(arguments)))

sys.addaudithook(watch)
from sota_rag.eval.run_file import RunFile
from sota_rag.eval.trackers import track

folder = Path(sys.argv[1])
run = RunFile.read(folder / "run.json")
said = {name: [track(run, name, folder) for _ in range(times)] for name, times in json.loads(sys.argv[2]).items()}
from mlflow import MlflowClient

warnings.simplefilter("ignore")  # what was kept is read back at the test's own cost
client = MlflowClient(tracking_uri=said["mlflow"][0].split()[-1])
experiment = client.get_experiment_by_name("retrieval: guides test")
found = client.search_runs([experiment.experiment_id], "metrics.`convex/nDCG at 10` > 0.7")
runs = [{"metrics": run.data.metrics, "params": run.data.params, "status": run.info.status} for run in found]
print(json.dumps({"said": said, "attempts": attempts, "mlflow": runs}))
"""
OURS = ("SOTA_RAG_", "WANDB_", "MLFLOW_", "PYTEST_", "XDG_", "DO_NOT_TRACK")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where everything lies, and what was said: two runs in MLflow, one in wandb."""
    folder = tmp_path_factory.mktemp("kept")
    RUN.write(folder / "run.json")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(OURS) and name != "CI"}
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", KEEP, str(folder), json.dumps({"mlflow": 2, "wandb": 1})],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        env=surroundings | {"HOME": str(folder / "home"), "MLFLOW_DISABLE_TELEMETRY": "", "WANDB_MODE": "online"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout.splitlines()[-1]), done.stdout.splitlines()[:-1] + done.stderr.splitlines()


def test_nothing_is_sent_said_or_left_elsewhere(kept):
    folder, told, chatter = kept
    assert told["attempts"] == []
    assert chatter == []
    assert sorted(path.name for path in folder.iterdir()) == ["mlflow", "run.json", "wandb"]


def test_tensorboard_holds_means_and_ends(tmp_path):
    assert track(RUN, "tensorboard", tmp_path) == f"tensorboard --logdir {tmp_path / 'tensorboard'}"
    track(RUN, "tensorboard", tmp_path)
    from tensorboardX.proto.event_pb2 import Event

    first, second = sorted((tmp_path / "tensorboard").iterdir())
    assert (first.name, second.name) == (
        "retrieval-guides-test-2026-05-06T07-08-09Z",
        "retrieval-guides-test-2026-05-06T07-08-09Z-2",
    )
    (events,) = first.glob("events.*")
    found = [value for record in records(events.read_bytes()) for value in Event.FromString(record).summary.value]
    scalars = {value.tag: value.simple_value for value in found}
    assert scalars["convex/nDCG_at_10"] == 0.75 and scalars["bm25/nDCG_at_10.high"] == 0.625
    assert RunFile.read(first / "run.json") == RunFile.read(second / "run.json")


def records(data):
    """The records of an event file: length, its checksum, the record, its checksum."""
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        yield data[12 : 12 + length]
        data = data[16 + length :]


def test_mlflow_can_be_searched(kept):
    folder, told, _ = kept
    assert told["said"]["mlflow"][0] == f"mlflow ui --backend-store-uri sqlite:///{folder / 'mlflow' / 'mlflow.db'}"
    assert len(told["mlflow"]) == 2
    assert told["mlflow"][0]["metrics"]["bm25/nDCG at 10.low"] == 0.25
    assert told["mlflow"][0]["params"]["models.encoder"] == "MiniLM"
    assert told["mlflow"][0]["status"] == "FINISHED"
    (one, other) = (folder / "mlflow" / "artifacts").rglob("run.json")
    assert RunFile.read(one) == RunFile.read(other) == RunFile.read(folder / "run.json")


def test_wandb_keeps_an_offline_run(kept):
    folder, told, _ = kept
    place = Path(told["said"]["wandb"][0].removeprefix("wandb sync "))
    assert place.parent == folder / "wandb" / "wandb" and place.name.startswith("offline-run-")
    (written,) = place.glob("*.wandb")
    content = written.read_bytes()
    assert b"convex/nDCG@10" in content and b"MiniLM" in content
    (staged,) = (folder / "wandb" / "data").rglob("staging/*")
    assert RunFile.read(staged) == RunFile.read(folder / "run.json")


@pytest.mark.parametrize(("name", "missing"), [("mlflow", "sqlalchemy"), *{name: name for name in TRACKERS}.items()])
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, name, missing):
    monkeypatch.setitem(sys.modules, {"tensorboard": "tensorboardX"}.get(missing, missing), None)
    with pytest.raises(OptionalDependencyError, match=rf"{PACKAGES.get(missing, missing)}.*sota-rag\[trackers\]"):
        track(RUN, name, tmp_path)


def test_what_goes_wrong_inside_is_told_in_one_line(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="there is no tracker 'excel'; there are mlflow, tensorboard, wandb"):
        make_tracker("excel", tmp_path)

    def broken(self, run):
        raise RuntimeError("the store is too new")

    monkeypatch.setattr("sota_rag.eval.trackers.wandb_tracker.WandbTracker.log", broken)
    with pytest.raises(
        EvaluationError, match=r"wandb could not keep run 'guides test' .RuntimeError: the store is too new"
    ):
        track(RUN, "wandb", tmp_path)
    (tmp_path / "tensorboard").write_text("no folder")
    with pytest.raises(UnwritableError, match="cannot write below"):
        track(RUN, "tensorboard", tmp_path)
