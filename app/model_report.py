"""What is known of the models on this machine: listed ones, pulled ones, and any file or folder by its path."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ..index.errors import ModelError
from ..index.models import file_sha256, find_model, known_models, packaged_weights
from .llm.find import adapter_name, find_language_model
from .llm.gguf import GgufHeader, read_gguf
from .llm.model_kind import check_writer
from .model_pull import folder_role
from .model_store import ModelStore, Pulled, Role
from .settings import Settings

State = Literal["installed", "verified", "hash differs", "changed", "not installed"]


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model in the list.

    Attributes:
        id: listed name, or `OWNER/REPO[/FILE]` of a pulled one.
        role: what it is for.
        licence: None where it is not known.
        folder: that it lies in; None where it is not installed.
        file: its weights file in that folder; None for a folder of several.
        state: `changed` where size or time are not as recorded, `hash differs` where the bytes were compared.
        used: whether the settings name it.
    """

    id: str
    role: Role
    licence: str | None
    folder: str | None
    file: str | None
    state: State
    used: bool

    def form(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def model_states(settings: Settings, store: ModelStore, *, verify: bool, name: str | None = None) -> list[ModelState]:
    """All models that are listed or were pulled, or the one of that name; with `verify` every file is hashed.

    Raises:
        ModelError: there is no model of that name.
    """
    states = [_listed(one, settings, verify=verify) for one in sorted(known_models()) if name in {None, one}]
    pulled = store.find(name) if name is not None else None
    chosen = store.models().values() if name is None else [pulled] if pulled is not None else []
    states += [_pulled(one, settings, store, verify=verify) for one in chosen]
    if not states:
        raise ModelError(f"no model {name!r} is listed or was pulled; see the names with: sota-rag models list")
    return states


def model_facts(name: str, store: ModelStore) -> dict[str, Any]:
    """Everything that can be said of one model without loading it; values that are not known are None.

    Raises:
        ModelError: there is no such model, or its file is broken.
    """
    entry, pulled = known_models().get(name), store.find(name)
    role = role_of(name, store)
    facts: dict[str, Any] = {"id": name, "role": role}
    if role == "llm":
        found = find_language_model(name, store)
        facts |= {"id": found.id, "file": str(found.path), "bytes": found.path.stat().st_size}
        facts |= {"licence": found.licence, "sha256": found.sha256 or file_sha256(found.path), "source": found.source}
        return facts | _gguf_facts(found.path)
    if role == "adapter" and entry is not None:
        path = packaged_weights(name)
        facts |= {"file": str(path), "bytes": path.stat().st_size, "licence": entry["licence"], "base": entry["base"]}
        return facts | {"sha256": entry["sha256"], "source": f"package {entry['package']}"}
    if pulled is not None:
        facts |= {"id": pulled.id, "file": str(store.path(pulled)), "licence": pulled.licence}
        facts |= {"bytes": sum(record.bytes for record in pulled.files.values()), "sha256": None}
        return facts | {"source": f"pulled from {pulled.repo} at {pulled.revision[:12]}"}
    found = find_model(name)
    weights = sorted(found.folder.glob("*.safetensors"))
    facts |= {"id": found.id, "file": str(found.folder), "licence": found.licence, "sha256": found.sha256}
    facts |= {"bytes": sum(path.stat().st_size for path in weights)}
    if entry is None:
        return facts | {"source": "a folder named by its path"}
    package = str(entry["package"]).replace("_", "-")
    shape = {name: entry[name] for name in ("dimension", "window") if name in entry}
    return facts | {"source": f"package {package}", **shape}


def role_of(name: str, store: ModelStore) -> Role:
    """What a model is for: as it is listed or recorded, else a file writes and a folder's configuration tells."""
    entry, pulled = known_models().get(name), store.find(name)
    if entry is not None:
        return _role(entry["role"])
    if pulled is not None:
        return pulled.role
    folder = Path(name).expanduser() if not name.startswith("~") or name.startswith("~/") else Path(name)
    return folder_role(folder) if (folder / "config.json").is_file() else "llm"


def used_model(settings: Settings, role: Role) -> str | None:
    """The name that the settings have for a role."""
    return {
        "llm": settings.llm.model,
        "adapter": adapter_name(settings.llm.lora, settings.llm.model),
        "encoder": settings.encoder.model,
        "reranker": settings.reranker.model,
        "verifier": settings.verifier.model,
    }[role]


def setting_value(name: str, role: Role, store: ModelStore) -> str:
    """What to write into the settings for a model, so that it is found from any folder.

    Raises:
        ModelError: there is no such model, it is not complete, or it is of another kind.
    """
    if role == "llm":
        found = find_language_model(name, store)
        check_writer(found.path, read_gguf(found.path))
        return found.id
    if role == "adapter":
        raise ModelError(f"{name!r} goes with a language model; name it in the setting llm.lora")
    pulled = store.find(name)
    if pulled is not None and name not in known_models():
        return str(store.path(pulled))
    return find_model(name).id


def _listed(name: str, settings: Settings, *, verify: bool) -> ModelState:
    entry = known_models()[name]
    role = _role(entry["role"])
    weights = None
    try:
        weights = packaged_weights(name)
    except ModelError:
        state: State = "not installed"
    else:
        differs = verify and file_sha256(weights) != entry["sha256"]
        state = "hash differs" if differs else "verified" if verify else "installed"
    written_here = settings.llm.url is None or role not in ("llm", "adapter")
    used = used_model(settings, role) == name and written_here
    folder, file = (str(weights.parent), weights.name) if weights is not None else (None, None)
    return ModelState(name, role, str(entry["licence"]), folder, file, state, used)


def _pulled(model: Pulled, settings: Settings, store: ModelStore, *, verify: bool) -> ModelState:
    folder = store.place(model.repo)
    state: State = "installed"
    if verify:
        state = "hash differs" if store.differing(model) else "verified"
    else:
        try:
            store.path(model)
        except ModelError:
            state = "changed"
    named = used_model(settings, model.role)
    own = {model.id, str(folder)}
    used = named is not None and (named in own or (model.role == "llm" and store.find(named) == model))
    file = next(iter(model.files)) if model.role == "llm" else None
    return ModelState(model.id, model.role, model.licence, str(folder), file, state, used)


def _role(value: object) -> Role:
    for role in get_args(Role):
        if value == role:
            return role
    raise ModelError(f"models.toml gives the role {value!r}, which there is not; correct it")


def _gguf_facts(path: Path) -> dict[str, Any]:
    """What the header of a GGUF file says; its weights are not loaded."""
    header = read_gguf(path)
    return {
        "name": header.name or None,
        "architecture": header.architecture or None,
        "kind": header.type,
        "quantisation": header.quantization,
        "window": header.context_length,
        "template": _template(header),
    }


def _template(header: GgufHeader) -> str | None:
    """The chat template family that the header suggests; None where only the vocabulary tells, when it is loaded."""
    tokenizer = str(header.metadata.get("tokenizer.ggml.pre", ""))
    if "mistral" in header.name.lower() or "mixtral" in header.name.lower() or tokenizer == "tekken":
        return "mistral"
    if header.architecture.startswith("gemma"):
        return "gemma"
    if tokenizer in {"llama-bpe", "llama3", "llama-v3"}:
        return "llama3"
    return "chatml" if tokenizer in {"smollm", "qwen2"} or header.architecture.startswith("qwen") else None
