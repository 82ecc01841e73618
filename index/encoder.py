"""Text to unit vectors: the seam (`Encoder`) and its sentence-transformers implementation."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .device import Placement, choose_placement
from .errors import ModelError
from .models import ModelFiles, find_model, quiet_loading, weights_sha256

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

_WORD = re.compile(r"[^\W_]+(?:[-_./][^\W_]+)*")

DEFAULT_ENCODER = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Which encoder made a set of vectors.

    Attributes:
        id: model name or folder.
        fingerprint: sha256 over its weights, tokenizer and pooling; precision and device do not enter it,
            because bfloat16 and float32 vectors of one encoder are compatible (cosine 0.9999).
        dimension: length of a vector.
        window: word pieces it reads, special tokens included; what is longer would be cut.
    """

    id: str
    fingerprint: str
    dimension: int
    window: int


class Encoder(Protocol):
    """Anything that turns strings into unit vectors."""

    @property
    def info(self) -> EncoderInfo:
        """Identity of the encoder, without loading its weights."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode strings to an array of shape (len(texts), dimension), float32, rows of length 1."""
        ...


@dataclass(frozen=True, slots=True)
class WordVectors:
    """A text's words with their vectors in context.

    Attributes:
        words: lower-cased runs of letters and digits, in order, as far as the encoder's window reaches.
        vectors: shape (len(words), dimension), float32, rows of length 1: the mean of the word's pieces in the
            encoder's last layer.
    """

    words: tuple[str, ...]
    vectors: NDArray[np.float32]


class WordEncoder(Encoder, Protocol):
    """An encoder that also tells what each word means in its sentence."""

    def encode_words(self, texts: Sequence[str]) -> list[WordVectors]:
        """Words of each text with their vectors."""
        ...


class TokenCounter:
    """Counts word pieces with an encoder's own tokenizer, the file at `path`; it needs no torch, so it loads fast."""

    def __init__(self, model: ModelFiles) -> None:
        self.path = model.folder / "tokenizer.json"
        self._lock = threading.Lock()

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each string, special tokens not counted."""
        with self._lock:
            encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]


class SentenceTransformerEncoder:
    """A sentence-transformers bi-encoder; safe to share between threads, loaded at the first `encode`.

    Args:
        model_id: a name from `models.toml`, or the path of a sentence-transformers folder.
        device: `auto`, `cpu`, `cuda` or `mps`.
        precision: `auto`, `float32` or `bfloat16`.
        batch_size: strings per forward pass; strings are sorted by length first, so batches carry no padding
            to speak of.
    """

    def __init__(
        self,
        model_id: str = DEFAULT_ENCODER,
        *,
        device: str = "auto",
        precision: str = "auto",
        batch_size: int = 32,
    ) -> None:
        self._files = find_model(model_id)
        # Counts this encoder's word pieces; needs no weights.
        self.count_tokens = TokenCounter(self._files)
        self._device, self._precision, self._batch_size = device, precision, batch_size
        # The tokenizer inside the model is not re-entrant, and two forward passes on the same cores gain nothing.
        self._lock = threading.Lock()
        self._model: SentenceTransformer | None = None

    @cached_property
    def placement(self) -> Placement:
        """Device and precision in use."""
        return choose_placement(self._device, self._precision)

    @property
    def info(self) -> EncoderInfo:
        """Identity, read from the model's configuration files without loading torch."""
        import json

        folder = self._files.folder
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            window, dimension = int(config["max_position_embeddings"]), int(config["hidden_size"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{str(folder / 'config.json')!r} is no encoder's configuration ({error!r}); name another model folder"
            ) from error
        # sentence-transformers 6 saves the window with the tokenizer, older releases in a file of their own.
        for name, key in (
            ("sentence_bert_config.json", "max_seq_length"),
            ("tokenizer_config.json", "model_max_length"),
        ):
            path = folder / name
            if path.is_file() and (limit := json.loads(path.read_text(encoding="utf-8")).get(key)):
                window = min(window, int(limit))
                break
        return EncoderInfo(self._files.id, weights_sha256(folder), dimension, window)

    def load(self) -> None:
        """Load the weights now (4 to 7 seconds cold) instead of at the first `encode`."""
        with self._lock:
            self._load()

    def _load(self) -> "SentenceTransformer":
        if self._model is None:
            import torch
            from sentence_transformers import SentenceTransformer

            dtype = torch.bfloat16 if self.placement.precision == "bfloat16" else torch.float32
            with quiet_loading():
                self._model = SentenceTransformer(
                    str(self._files.folder),
                    device=self.placement.device,
                    local_files_only=True,
                    model_kwargs={"dtype": dtype},
                )
        return self._model

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode strings to an array of shape (len(texts), dimension), float32, rows of length 1."""
        if not texts:
            return np.zeros((0, self.info.dimension), dtype=np.float32)
        with self._lock:
            vectors = self._load().encode(
                list(texts), batch_size=self._batch_size, convert_to_tensor=True, show_progress_bar=False
            )
        # bfloat16 pooling leaves lengths off by up to 1 %; cosines are taken as dot products, so mend them.
        return _unit(vectors.float().cpu().numpy())

    def encode_words(self, texts: Sequence[str]) -> list[WordVectors]:
        """Words of each text with their vectors in context, for late interaction."""
        if not texts:
            return []
        with self._lock:
            model = self._load()
            pieces = model.encode(list(texts), output_value="token_embeddings", show_progress_bar=False)
            spans = model.tokenizer(
                list(texts), truncation=True, max_length=model.max_seq_length, return_offsets_mapping=True
            )["offset_mapping"]
        return [
            _words(text, offsets, vectors.float().cpu().numpy())
            for text, offsets, vectors in zip(texts, spans, pieces, strict=True)
        ]


def _words(text: str, offsets: Sequence[tuple[int, int]], vectors: NDArray[np.float32]) -> WordVectors:
    """Gather word pieces into words by their character offsets; special tokens have empty ones."""
    words, rows = [], []
    for match in _WORD.finditer(text):
        inside = [i for i, (start, end) in enumerate(offsets) if match.start() <= start < end <= match.end()]
        if inside:
            words.append(match.group().lower())
            rows.append(vectors[inside].mean(axis=0))
    array = np.array(rows, dtype=np.float32) if rows else np.zeros((0, vectors.shape[1]), dtype=np.float32)
    return WordVectors(tuple(words), _unit(array))


def _unit(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return array / np.linalg.norm(array, axis=1, keepdims=True).clip(min=1e-12)
