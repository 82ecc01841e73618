"""The wheel, installed into an empty environment, answers a question outside the tree."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SHIPPED_MODELS = ("answerer", "reranker", "verifier")
PACKAGE_FOLDERS = PROJECT["tool"]["setuptools"]["package-dir"]


def run(*command, folder, **environment):
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        env=clean_environment() | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clean_environment():
    """Nothing that says where our own tree or index is."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("SOTA_RAG_", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "XDG_", "HF_"))
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that neither an old `build` folder gets in nor a new one into the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    tree.mkdir()
    for name in sorted({Path(path).parts[0] for path in PACKAGE_FOLDERS.values()} | {"tests"}):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", PROJECT["project"]["readme"]):
        shutil.copy(ROOT / name, tree / name)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, tree, folder=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """An empty working folder, beside an environment that holds the wheel and borrows what it depends on."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv/bin/python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-deps", "--no-index", wheel, folder=folder)
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder).strip())
    # Only folders: the `.pth` files in them, that of our editable install among them, are not read.
    lent = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (own / "lent.pth").write_text("\n".join(lent) + "\n")
    (folder / "work").mkdir()
    return folder


def test_the_wheel_holds_code_and_data_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {"sota_rag/models/models.toml", "sota_rag/models/gate/gate.json", "sota_rag/index/py.typed"}
    expected |= {"sota_rag/models/verifier_similarity/weights.json", "sota_rag/eval/report/page.html.j2"}
    expected |= {"sota_rag/models/fusion/weights.json"}
    for model in SHIPPED_MODELS:
        expected |= {f"sota_rag/models/{model}/{path.name}" for path in (ROOT / "models" / model).iterdir()}
    expected |= {"sota_rag/corpus/topics.jsonl", "sota_rag/corpus/registry/practices.yaml"}
    for package, folder in PACKAGE_FOLDERS.items():
        inside = package.replace(".", "/")
        expected |= {f"{inside}/{path.name}" for path in (ROOT / folder).glob("*.py")}
        assert f"{inside}/__init__.py" in names
    documents = {f"sota_rag/corpus/{path.parent.name}/{path.name}" for path in (ROOT / "corpus").glob("*/*.md")}
    assert len(documents) >= 175
    assert expected | documents <= names
    assert all(name.startswith(("sota_rag/", "sota_rag-")) for name in names)
    assert not [name for name in names if "tests/" in name or "test_" in name or "conftest" in name]
    # The namespace must stay one: a file in it would hide what else is installed there.
    assert not [name for name in names if name.count("/") == 1 and name.startswith("sota_rag/")]
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_the_installed_wheel_is_what_is_imported(elsewhere):
    code = "import importlib, sys\nfor name in sys.argv[1:]: print(importlib.import_module(name).__file__)"
    packages = sorted(package for package in PACKAGE_FOLDERS if package != "sota_rag.app.page")
    files = run(elsewhere / "venv/bin/python", "-c", code, *packages, folder=elsewhere / "work").splitlines()
    assert len(files) == len(packages)
    assert all(Path(file).is_relative_to(elsewhere / "venv") for file in files), files


def test_it_ingests_the_shipped_documents_and_answers(elsewhere, shipped_index):
    command, home = elsewhere / "venv/bin/sota-rag", elsewhere / "home"
    home.mkdir()
    where = "from sota_rag.app.settings import Settings; print(Settings().index)"
    index = Path(run(elsewhere / "venv/bin/python", "-c", where, folder=elsewhere / "work", HOME=str(home)).strip())
    # The vectors that are there already are not computed again; that of the question is.
    shutil.copytree(shipped_index / "cache", index / "cache")
    printed = run(command, "ingest", folder=elsewhere / "work", HOME=str(home))
    documents = len(list((ROOT / "corpus").glob("*/*.md"))) + 1  # the registry
    assert f"generation 000001 published: {documents} documents" in printed
    question = "What fraction of the parameters does LoRA train?"
    answer = json.loads(run(command, "ask", question, "--json", folder=elsewhere / "work", HOME=str(home)))
    assert not answer["abstained"]
    assert "0.1% to 1%" in answer["answer"]
    assert answer["citations"][0]["source"].startswith(("guides/", "papers/"))
    texts = {hit["passage_id"]: hit["text"] for hit in answer["hits"]}
    assert all(citation["quote"] in texts[citation["passage_id"]] for citation in answer["citations"])
    shown = json.loads(run(command, "index", "show", "--json", folder=elsewhere / "work", HOME=str(home)))
    assert Path(shown["index"]).is_relative_to(home)
    assert Path(shown["roots"][0]).is_relative_to(elsewhere / "venv")
    assert not list((elsewhere / "work").iterdir())
