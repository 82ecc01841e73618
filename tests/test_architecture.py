"""The import rules of DESIGN.md, read from the syntax tree of every module.

| room      | may import            | never                                               |
|-----------|-----------------------|-----------------------------------------------------|
| `index/`  | no other room         | an LLM, Streamlit, environment variables            |
| `ingest/` | `index`               | an LLM, Streamlit                                   |
| `eval/`   | `index`, `ingest`     | `app`                                               |
| `app/`    | all                   | retrieval algorithms inside the page                |

Nobody imports `train`, or a room by its bare name (a second copy of the module would be loaded). No pickle
anywhere, and no `print()` outside `app/commands`.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "sota_rag"
CODE_ROOMS = ("index", "ingest", "eval", "app")
DATA_ROOMS = ("corpus", "models")
MAY_IMPORT = {
    "index": {"index", *DATA_ROOMS},
    "ingest": {"index", "ingest", *DATA_ROOMS},
    "eval": {"index", "ingest", "eval", *DATA_ROOMS},
    "app": {*CODE_ROOMS, *DATA_ROOMS},
}
BARE_NAMES = {*CODE_ROOMS, *DATA_ROOMS, "train"}
LLM_CLIENTS = {"llama_cpp", "openai", "anthropic", "litellm"}
NEVER = {
    "index": {"streamlit", *LLM_CLIENTS},
    "ingest": {"streamlit", *LLM_CLIENTS},
    "eval": {"streamlit"},
    "app": set[str](),
}
NEVER_IN_PAGE = {"faiss", "bm25s", "rank_bm25", "numpy", "sentence_transformers"}
PICKLES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv"}


def violations(path: str, source: str) -> list[str]:
    """Broken rules of one module as `path:line: what`; the path is relative to the repository, in POSIX form."""
    tree = ast.parse(source, filename=path)
    found = [(line, what) for line, name in imports(path, tree) for what in _import_rules(path, name)]
    found += _call_rules(path, tree)
    if path.startswith("index/"):
        found += _environment_rules(tree)
    return [f"{path}:{line}: {what}" for line, what in sorted(set(found))]


def imports(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of everything a module imports, `from a import b` giving `a` and `a.b`.

    Imports inside functions and under TYPE_CHECKING count, and so do `import_module("…")` and `__import__("…")`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node.level, node.module or "")
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _last_name(node.func) in {"import_module", "__import__"}:
            target = node.args[0] if node.args else None
            if isinstance(target, ast.Constant) and isinstance(target.value, str):
                name = target.value.lstrip(".")
                yield node.lineno, _absolute(path, len(target.value) - len(name), name)


def _absolute(path: str, level: int, name: str) -> str:
    """Resolve a relative import; one that climbs out of the package gives a name beginning with `..`."""
    if level == 0:
        return name
    package = [PACKAGE, *Path(path).parts[:-1]]
    if level > len(package):
        return f"..{name}"
    return ".".join([*package[: len(package) - level + 1], *([name] if name else [])])


def _import_rules(path: str, name: str) -> Iterator[str]:
    room = path.split("/")[0]
    top, *rest = name.split(".")
    if top == PACKAGE and rest and rest[0] not in MAY_IMPORT[room]:
        yield f"{room} imports {rest[0]}"
    if not top:
        yield "a relative import leaves the package"
    if top in BARE_NAMES:
        yield f"bare import of {top}; write it relatively or as {PACKAGE}.{top}"
    if top in NEVER[room]:
        yield f"{room} imports {top}"
    if path.startswith("app/page/") and top in NEVER_IN_PAGE:
        yield f"the page imports {top}"
    if top in PICKLES:
        yield f"{top} is a pickle"


def _call_rules(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg == "allow_pickle" and value is not False:
                yield keyword.value.lineno, "allow_pickle is not False"
            if keyword.arg == "weights_only" and value is not True:
                yield keyword.value.lineno, "weights_only is not True: torch.load would unpickle"
        if isinstance(node.func, ast.Name) and node.func.id == "print" and not path.startswith("app/commands/"):
            yield node.lineno, "print() outside app/commands"


def _environment_rules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """`os.environ` and its kin, also through `import os as o` and `from os import environ`."""
    names_of_os = {"os"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names_of_os |= {alias.asname or alias.name for alias in node.names if alias.name == "os"}
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            for alias in node.names:
                if f"os.{alias.name}" in ENVIRONMENT:
                    yield node.lineno, f"index reads the environment: os.{alias.name}"
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        if node.value.id in names_of_os and f"os.{node.attr}" in ENVIRONMENT:
            yield node.lineno, f"index reads the environment: os.{node.attr}"


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def modules() -> list[Path]:
    return sorted(path for room in CODE_ROOMS for path in (ROOT / room).rglob("*.py"))


def test_no_module_breaks_a_rule():
    found = [
        violation
        for path in modules()
        for violation in violations(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(["broken rules:", *found])


def test_every_room_was_read():
    assert {path.relative_to(ROOT).parts[0] for path in modules()} == set(CODE_ROOMS)


def test_every_folder_with_code_is_in_the_wheel():
    """A sub-package missing from pyproject.toml works in an editable install and is absent from the wheel."""
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {path.parent.relative_to(ROOT).as_posix() for path in modules()}
    assert folders <= set(setuptools["package-dir"].values())
    assert set(setuptools["package-dir"]) == set(setuptools["packages"])


@pytest.mark.parametrize(
    ("path", "source", "what"),
    [
        ("index/dense.py", "from ..app import settings", "index imports app"),
        ("index/dense.py", "from .. import ingest", "index imports ingest"),
        ("index/dense.py", "import sota_rag.eval.beir as b", "index imports eval"),
        ("index/dense.py", "from sota_rag import app", "index imports app"),
        ("index/__init__.py", "from ..ingest import x", "index imports ingest"),
        ("index/dense.py", "def f():\n    import streamlit", "index imports streamlit"),
        ("index/dense.py", "from llama_cpp import Llama", "index imports llama_cpp"),
        ("index/dense.py", "import os\nos.environ['A']", "index reads the environment: os.environ"),
        ("index/dense.py", "import os as o\no.getenv('A')", "index reads the environment: os.getenv"),
        ("index/dense.py", "from os import environ as e", "index reads the environment: os.environ"),
        ("ingest/chunk.py", "from ..eval.beir import load_beir", "ingest imports eval"),
        ("ingest/chunk.py", "from ..app.cli import main", "ingest imports app"),
        ("eval/beir.py", "if TYPE_CHECKING:\n    from ..app import x", "eval imports app"),
        ("eval/beir.py", "from ..train import x", "eval imports train"),
        ("app/cli.py", "from sota_rag.train import x", "app imports train"),
        ("app/cli.py", "import train", "bare import of train"),
        ("app/cli.py", "import index", "bare import of index"),
        ("app/page/ask.py", "from ingest.chunk import x", "bare import of ingest"),
        ("app/page/ask.py", "import faiss", "the page imports faiss"),
        ("app/page/ask.py", "import numpy.linalg as la", "the page imports numpy"),
        ("app/page/ask.py", "from ....outside import x", "a relative import leaves the package"),
        ("app/cli.py", "import importlib\nimportlib.import_module('pickle')", "pickle is a pickle"),
        ("ingest/chunk.py", "import_module('..app', __package__)", "ingest imports app"),
        ("app/cli.py", "from pickle import loads", "pickle is a pickle"),
        ("index/dense.py", "np.load(f, allow_pickle=True)", "allow_pickle is not False"),
        ("index/dense.py", "np.load(f, allow_pickle=flag)", "allow_pickle is not False"),
        ("index/dense.py", "torch.load(f, weights_only=False)", "weights_only is not True"),
        ("app/cli.py", "print('x')", "print() outside app/commands"),
    ],
)
def test_a_planted_violation_is_caught(path, source, what):
    assert any(what in violation for violation in violations(path, source)), violations(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("index/dense.py", "import numpy as np\nfrom .types import Passage\nnp.load(f, allow_pickle=False)"),
        ("index/dense.py", "import os\nos.replace(a, b)\nhub.environ"),
        ("index/dense.py", "files('sota_rag.models')\nfrom ..models import x"),
        ("ingest/chunk.py", "from ..index.types import Passage\nfrom . import blocks"),
        ("eval/beir.py", "from ..index import Retriever\nfrom ..ingest import chunk\nfrom .statistics import x"),
        ("app/answering/gate.py", "from ...index import Retriever\nfrom ..settings import Settings\nimport numpy"),
        ("app/page/ask.py", "import streamlit\nfrom ...eval import load_beir\nfrom . import index"),
        ("app/page/__main__.py", "from sota_rag.app.page import ask"),
        ("app/commands/ask.py", "print('x')\nfrom ..settings import index"),
        ("app/cli.py", "import indexing\nfrom app_index import x\nimport os\nos.environ['A']"),
    ],
)
def test_what_is_allowed_passes(path, source):
    assert violations(path, source) == []


def test_a_violation_names_file_and_line():
    assert violations("eval/x.py", "import json\n\nfrom ..app import cli\n") == ["eval/x.py:3: eval imports app"]
