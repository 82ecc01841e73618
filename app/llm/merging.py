"""An adapter added to a copy of the model that it is for, once, so that it costs nothing at any token.

Beside every linear layer llama.cpp multiplies by the two small matrices of an adapter: some four hundred products more
a token, which take a fifth of the speed of the embedded model (`benchmarks/answerer.py`). Their product can be added
to the weights instead, W + alpha / rank * B A (Hu et al., arXiv:2106.09685, section 4.1). The sums are kept in 8 bits
(Q8_0): rounded to the 4 bits of the embedded model they would be off by more than what the adapter adds. That takes
half as much room again, and prompts are read faster, because llama.cpp's products with 8 bits are.

Runs inside the worker, before its doors close.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...index.errors import ModelError
from .fingerprints import model_fingerprint
from .gguf import GgufHeader, read_gguf

if TYPE_CHECKING:
    from gguf import GGUFReader, GGUFWriter

MOST_BYTES = 512 << 20
"""Of a model: of a larger one the copy would be large, and its speed suffers little from an adapter on top."""

RECIPE = "Q8_0, 1"
"""What is done to the weights; a change makes other files."""

_UNUSED_S = 30 * 24 * 3600.0
_UNFINISHED_S = 3600.0
_MOSTLY_Q8_0 = 7  # LLAMA_FTYPE_MOSTLY_Q8_0


class _FormError(Exception):
    """What the files hold cannot be added up."""


class CannotMergeError(Exception):
    """There will be no such copy, for this reason, in words that go on after "because"."""


def merged_fingerprint(model: Path, lora: Path) -> str:
    """Hex sha256 of a model with an adapter added to it, from the hashes of both files.

    Raises:
        ModelError: a file cannot be read.
    """
    return hashlib.sha256(f"{RECIPE}\n{model_fingerprint(model, lora)}".encode()).hexdigest()


def merged_model(model: Path, header: GgufHeader, lora: Path, folder: Path) -> Path:
    """The copy of a model with an adapter added, from the folder, or made and put there.

    Copies that were not used for a month are removed when another is made.

    Args:
        model: GGUF file of the model.
        header: of that file.
        lora: GGUF file of the adapter.
        folder: of such copies; is made if need be.

    Raises:
        CannotMergeError: it is too large, in parts, of a form that cannot be added up, or cannot be written.
        ModelError: a file cannot be read.
    """
    if header.parts > 1:
        raise CannotMergeError("the model is in several files")
    if header.size_bytes > MOST_BYTES:
        raise CannotMergeError(f"the model is larger than {MOST_BYTES >> 20} MiB")
    path = folder / f"{merged_fingerprint(model, lora)[:32]}.gguf"
    if _whole(path):
        with contextlib.suppress(OSError):
            os.utime(path)  # it is in use
        return path
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        _write(model, lora, part)
        part.replace(path)
    except ImportError:
        raise CannotMergeError("the package gguf is not installed") from None
    except OSError as error:
        raise CannotMergeError(f"{str(folder)!r} cannot be written ({error.strerror or error})") from None
    except _FormError as error:
        raise CannotMergeError(f"it is of a form that cannot be added up ({error})") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return path


def _whole(path: Path) -> bool:
    """Whether a copy is there, and as long as its header says."""
    try:
        read_gguf(path)
    except ModelError:
        return False
    return True


def _clear(folder: Path) -> None:
    """Remove copies that nobody used for long, and what was left of one that was interrupted."""
    now = time.time()
    for suffix, seconds in ((".gguf", _UNUSED_S), (".part", _UNFINISHED_S)):
        for path in folder.glob(f"*{suffix}"):
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > seconds:
                    path.unlink()


def _write(model: Path, lora: Path, path: Path) -> None:
    """Add up and write.

    Raises:
        _FormError: the adapter has other matrices than pairs for matrices of the model, or gguf cannot read one.
        OSError: the file cannot be written.
    """
    from gguf import GGUFReader, GGUFWriter

    try:
        source, adapter = GGUFReader(model), GGUFReader(lora)
    except (ValueError, KeyError, IndexError) as error:
        raise _FormError(f"gguf cannot read it: {error}") from None
    pairs = _pairs(adapter)
    if strange := pairs.keys() - {one.name for one in source.tensors}:
        raise _FormError(f"{min(strange)!r} is no matrix of the model")
    alpha = adapter.get_field("adapter.lora.alpha")
    writer = GGUFWriter(path, _text(source, "general.architecture"))
    try:
        _copy_metadata(source, writer)
        for tensor in source.tensors:
            if tensor.name in pairs:
                values, kind = _sum(tensor, pairs[tensor.name], float(alpha.contents()) if alpha else 0.0)
                writer.add_tensor(tensor.name, values, raw_dtype=kind)
            else:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _pairs(adapter: "GGUFReader") -> dict[str, dict[str, Any]]:
    """The two matrices of an adapter by the matrix of the model that they belong to."""
    found: dict[str, dict[str, Any]] = {}
    for tensor in adapter.tensors:
        name, _, which = tensor.name.rpartition(".lora_")
        # llama.cpp looks up rows of an adapter of the embeddings instead of multiplying; here it stays on top.
        if which not in ("a", "b") or not name.startswith("blk."):
            raise _FormError(f"the adapter has a matrix {tensor.name!r}")
        found.setdefault(name, {})[which] = _values(tensor)
    if halves := [name for name, pair in found.items() if len(pair) < 2]:
        raise _FormError(f"the adapter has one matrix only for {min(halves)!r}")
    return found


def _values(tensor: Any) -> Any:
    """A matrix as float32."""
    from gguf.quants import dequantize

    try:
        return dequantize(tensor.data, tensor.tensor_type)
    except NotImplementedError:
        raise _FormError(f"gguf cannot read {tensor.tensor_type.name}, the type of {tensor.name!r}") from None


def _sum(tensor: Any, pair: Mapping[str, Any], alpha: float) -> tuple[Any, Any]:
    """A matrix with its adapter, quantised, and its type; weights that are not quantised keep their type."""
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    down, up = pair["a"], pair["b"]  # shapes (rank, in) and (out, rank)
    scale = alpha / len(down) if alpha else 1.0
    weights = _values(tensor)
    if weights.shape != (len(up), down.shape[1]):
        raise _FormError(f"{tensor.name!r} is {weights.shape}, and its adapter {(len(up), down.shape[1])}")
    whole = (GGMLQuantizationType.F32, GGMLQuantizationType.F16, GGMLQuantizationType.BF16)
    kind = tensor.tensor_type if tensor.tensor_type in whole else GGMLQuantizationType.Q8_0
    return quantize((weights + scale * (up @ down)).astype("float32"), kind), kind


def _copy_metadata(source: "GGUFReader", writer: "GGUFWriter") -> None:
    """What the model says of itself, but for the type of its weights."""
    from gguf import GGUFValueType

    writer.data_alignment = source.alignment
    for field in source.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind is GGUFValueType.ARRAY else None
        value = _MOSTLY_Q8_0 if field.name == "general.file_type" else field.contents()
        writer.add_key_value(field.name, value, kind, sub_type=inner)


def _text(source: "GGUFReader", key: str) -> str:
    field = source.get_field(key)
    if field is None:
        raise _FormError(f"the model does not say its {key}")
    return str(field.contents())
