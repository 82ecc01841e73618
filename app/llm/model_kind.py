"""What a sound GGUF file is for: a model that writes text, an adapter for one, or something else."""

from pathlib import Path

from ...index.errors import ModelError
from .gguf import GgufHeader

_ENCODERS = {
    "bert",
    "eurobert",
    "gemma-embedding",
    "jina-bert-v2",
    "jina-bert-v3",
    "modern-bert",
    "neo-bert",
    "nomic-bert",
    "nomic-bert-moe",
    "t5encoder",
    "wavtokenizer-dec",
}
_PROJECTORS = {"clip", "mmproj"}


def check_writer(path: Path, header: GgufHeader) -> None:
    """Accept only a model that writes text.

    Raises:
        ModelError: it is an adapter, a projector, an encoder, or holds no weights.
    """
    what = _other_kind(header)
    if what:
        raise ModelError(f"{str(path)!r} is {what} and writes no text; name the GGUF file of an instruct model")


def check_adapter(path: Path, header: GgufHeader, architecture: str) -> None:
    """Accept only a LoRA adapter for models of that architecture.

    Raises:
        ModelError: it is none.
    """
    if header.type != "adapter":
        raise ModelError(f"{str(path)!r} is no adapter but a {header.type}; name a LoRA adapter in GGUF as llm.lora")
    if header.adapter_type != "lora":
        raise ModelError(f"{str(path)!r} is an adapter of the kind {header.adapter_type!r}; only LoRA can be used")
    if header.architecture != architecture:
        raise ModelError(
            f"the adapter {str(path)!r} is for {header.architecture!r} models and llm.model is of the architecture "
            f"{architecture!r}; take the model that it was trained on"
        )


def _other_kind(header: GgufHeader) -> str:
    if header.type == "adapter" or header.adapter_type:
        return "an adapter (set it as llm.lora, beside its model)"
    if header.type in _PROJECTORS or header.architecture in _PROJECTORS:
        return "the image projector of a multimodal model"
    if header.type != "model":
        return f"of the type {header.type!r}"
    if header.architecture in _ENCODERS or header.pooling:
        return f"an embedding model ({header.architecture})"
    if not header.architecture:
        return "a GGUF file without an architecture"
    return "" if header.tensors else "a vocabulary without weights"
