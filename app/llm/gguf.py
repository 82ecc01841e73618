"""The header of a GGUF file, read in Python before any native library opens the file.

GGUF (github.com/ggml-org/ggml, docs/gguf.md) begins with counts, key-value metadata and a table of tensors; the weights
follow. Everything that a header claims is bounded before it is believed: counts, lengths, and by the table of tensors
the size of the file itself, so that a truncated download is named as one. `model_kind` says what a sound file is for.
"""

import math
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ...index.errors import ModelError
from .gguf_types import QUANTIZATIONS, TENSOR_TYPES
from .look_alike import look_alike

_MAX_PAIRS = 10_000
_MAX_TENSORS = 100_000
_MAX_KEY = 65_535  # the format's own limit
_MAX_STRING = 16_000_000
_MAX_ITEMS = 1 << 22
_MAX_HEADER = 512_000_000
_MAX_DIMENSIONS = 4
_MAX_ALIGNMENT = 1 << 16
_KEPT_STRING = 500
_CHUNK = 1 << 20

_STRING, _ARRAY = 8, 9
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_SIZES = {kind: struct.calcsize(form) for kind, form in _SCALARS.items()}

# Long values that nobody here reads: the chat template is never used, the vocabulary is llama.cpp's to read.
_UNREAD = ("tokenizer.chat_template",)

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says about itself.

    Attributes:
        version: of the format, 2 or 3.
        size_bytes: of the file.
        architecture: such as `llama`; empty where it is not said.
        name: of the model, empty where it is not said.
        type: `model`, `adapter`, `mmproj` and so on; `model` where it is not said.
        context_length: tokens that the model was trained on; None where it is not said.
        adapter_type: such as `lora`; empty for a model.
        quantization: such as `Q4_K_M`, else the type of the most bytes of weights.
        tensors: how many there are.
        parts: files that the model is split into.
        pooling: the metadata's pooling type, which embedding models have; 0 is none.
        metadata: short scalar values by key; no arrays, no chat template.
    """

    version: int
    size_bytes: int
    architecture: str
    name: str
    type: str
    context_length: int | None
    adapter_type: str
    quantization: str
    tensors: int
    parts: int
    pooling: int
    metadata: dict[str, Value] = field(default_factory=dict)


def read_gguf(path: Path) -> GgufHeader:
    """The header of a file.

    Raises:
        ModelError: the file is missing, a folder, unreadable, not GGUF, of another version or byte order, truncated,
            or its header contradicts itself.
    """
    if path.is_dir():
        raise ModelError(f"{str(path)!r} is a folder; name the .gguf file in it")
    try:
        with path.open("rb") as file:
            return _Reader(path, file).header()
    except FileNotFoundError:
        raise ModelError(
            f"there is no model file {str(path)!r}; correct the path, or see: sota-rag models list"
        ) from None
    except OSError as error:
        raise ModelError(f"{str(path)!r} cannot be read ({error.strerror}); check its permissions") from None


class _Reader:
    """Takes bytes from the front of a file, a chunk at a time, and never more than it has."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._size = os.fstat(file.fileno()).st_size
        self._buffer, self._at, self._before = b"", 0, 0

    def header(self) -> GgufHeader:
        version = self._preamble()
        tensors, pairs = self._scalar("<Q"), self._scalar("<Q")
        self._require(tensors <= _MAX_TENSORS, f"it claims {tensors} tensors")
        self._require(pairs <= _MAX_PAIRS, f"it claims {pairs} metadata values")
        metadata: dict[str, Value] = {}
        for _ in range(pairs):
            key = self._string(_MAX_KEY, _MAX_KEY)
            self._require(key not in metadata, f"it says {key[:60]!r} twice")
            value = self._value(keep=key not in _UNREAD)
            if value is not None:
                metadata[key] = value
        weights, end = self._tensors(tensors)
        self._check_length(metadata, end)
        return self._summary(version, tensors, metadata, weights)

    def _preamble(self) -> int:
        magic = self._file.read(512)
        if magic[:4] != b"GGUF":
            raise ModelError(f"{str(self._path)!r} is not a GGUF file ({look_alike(magic)}); name a .gguf file")
        self._file.seek(0)
        self._skip(4)
        version = self._scalar("<I")
        if version not in (2, 3):
            if int.from_bytes(version.to_bytes(4, "little"), "big") <= 3:
                raise ModelError(f"{str(self._path)!r} is big-endian GGUF; get the little-endian file of the model")
            known = "old" if version < 2 else "unknown"
            raise ModelError(f"{str(self._path)!r} has the {known} GGUF version {version}; get a file of version 3")
        return version

    def _value(self, *, keep: bool) -> Value | None:
        """The next value; None for one that is not kept."""
        kind = self._scalar("<I")
        if kind == _STRING:
            text = self._string(_MAX_STRING, _KEPT_STRING)
            return text if keep else None
        if kind == _ARRAY:
            self._skip_array()
            return None
        self._require(kind in _SCALARS, f"it has a value of the unknown type {kind}")
        return self._scalar(_SCALARS[kind])

    def _skip_array(self) -> None:
        kind, count = self._scalar("<I"), self._scalar("<Q")
        self._require(count <= _MAX_ITEMS, f"it claims an array of {count} values")
        if kind == _STRING:
            for _ in range(count):
                length = self._scalar("<Q")
                self._require(length <= _MAX_STRING, f"it claims a string of {length} bytes")
                self._skip(length)
            return
        self._require(kind in _SCALARS, f"it has an array of the type {kind}, which nobody reads")
        self._skip(count * _SIZES[kind])

    def _tensors(self, count: int) -> tuple[dict[int, int], int]:
        """Bytes of weights by type, and where the last of them ends, from the first one on."""
        weights: dict[int, int] = {}
        end = 0
        for _ in range(count):
            self._string(_MAX_KEY, 0)
            dimensions = self._scalar("<I")
            self._require(dimensions <= _MAX_DIMENSIONS, f"it claims a tensor of {dimensions} dimensions")
            elements = math.prod(self._scalar("<Q") for _ in range(dimensions))
            kind, offset = self._scalar("<I"), self._scalar("<Q")
            self._require(elements < 1 << 48 and offset < 1 << 48, f"it claims a tensor of {elements} values")
            # A type that came after this table was written counts nothing: the file is then at least so long.
            _, block, size = TENSOR_TYPES.get(kind, ("", 1, 0))
            length = -(-elements // block) * size
            weights[kind] = weights.get(kind, 0) + length
            end = max(end, offset + length)
        return weights, end

    def _check_length(self, metadata: dict[str, Value], end: int) -> None:
        alignment = metadata.get("general.alignment", 32)
        sound = isinstance(alignment, int) and 0 < alignment <= _MAX_ALIGNMENT
        self._require(sound, f"it claims an alignment of {alignment!r}")
        assert isinstance(alignment, int)
        start = -(-self._position // alignment) * alignment
        if end and start + end > self._size:
            raise self._truncated(start + end)

    def _summary(self, version: int, tensors: int, metadata: dict[str, Value], weights: dict[int, int]) -> GgufHeader:
        def text(key: str, default: str = "") -> str:
            value = metadata.get(key)
            return value if isinstance(value, str) else default

        def number(key: str) -> int | None:
            value = metadata.get(key)
            return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

        architecture = text("general.architecture")
        heaviest = max(weights, key=lambda kind: (weights[kind], -kind), default=None)
        main_type = TENSOR_TYPES.get(heaviest, (f"type {heaviest}", 1, 0))[0] if heaviest is not None else ""
        return GgufHeader(
            version=version,
            size_bytes=self._size,
            architecture=architecture,
            name=text("general.name"),
            type=text("general.type", "model"),
            context_length=number(f"{architecture}.context_length"),
            adapter_type=text("adapter.type"),
            quantization=QUANTIZATIONS.get(number("general.file_type"), main_type),
            tensors=tensors,
            parts=number("split.count") or 1,
            pooling=number(f"{architecture}.pooling_type") or 0,
            metadata=metadata,
        )

    @property
    def _position(self) -> int:
        return self._before + self._at

    def _string(self, most: int, kept: int) -> str:
        """The next string, of which at most `kept` bytes are remembered."""
        length = self._scalar("<Q")
        self._require(length <= most, f"it claims a string of {length} bytes")
        kept = min(length, kept)
        text = self._take(kept).decode("utf-8", "replace")
        self._skip(length - kept)
        return text

    def _scalar(self, form: str) -> int:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, count: int) -> bytes:
        if self._at + count > len(self._buffer):
            self._refill(count)
        data = self._buffer[self._at : self._at + count]
        self._at += count
        return data

    def _skip(self, count: int) -> None:
        if self._at + count <= len(self._buffer):
            self._at += count
            return
        target = self._position + count
        self._check_room(target)
        self._file.seek(target)
        self._before, self._buffer, self._at = target, b"", 0

    def _refill(self, count: int) -> None:
        self._check_room(self._position + count)
        self._before, self._buffer, self._at = self._position, self._buffer[self._at :], 0
        self._file.seek(self._before + len(self._buffer))
        self._buffer += self._file.read(max(count, _CHUNK))
        if len(self._buffer) < count:  # it was shortened while it was read
            raise self._truncated(self._before + count)

    def _check_room(self, end: int) -> None:
        self._require(end <= _MAX_HEADER, f"its header is longer than {_MAX_HEADER // 10**6} MB")
        if end > self._size:
            raise self._truncated(end)

    def _truncated(self, end: int) -> ModelError:
        missing = end - self._size
        return ModelError(f"{str(self._path)!r} is truncated (at least {missing:,} bytes are missing); get it again")

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise ModelError(f"{str(self._path)!r} has a broken GGUF header ({otherwise}); get the file again")
