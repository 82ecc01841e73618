"""Passages to vectors, through the cache."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..index.encoder import Encoder
from ..index.generations import vector_cache_file
from ..index.types import Passage
from ..index.vectors import VectorCache, vector_key
from .progress import Progress

ENCODE_BATCH = 64
STREAM_POOL = 2048
"""Strings that are sorted by length together while more are still coming: enough for batches of one length."""


class StreamEncoder:
    """Encodes passages into the cache while others are still being read.

    Args:
        cache: where vectors are looked up and stored, batch by batch.
        encoder: makes them.
    """

    def __init__(self, cache: VectorCache, encoder: Encoder) -> None:
        self._cache, self._encoder = cache, encoder
        self._waiting: dict[bytes, str] = {}
        self._batches: list[list[tuple[bytes, str]]] = []
        self._encoded: set[bytes] = set()

    @property
    def encoded(self) -> int:
        """Strings that were encoded so far."""
        return len(self._encoded)

    def add(self, passages: Sequence[Passage]) -> None:
        """Take in passages that will be needed."""
        for passage in passages:
            self._waiting[self._key(passage)] = passage.contextual_text

    def prepare(self, *, last: bool) -> bool:
        """Whether there is a batch to encode; a pool that is not full waits for more unless these were the `last`."""
        if not self._batches and self._waiting and (last or len(self._waiting) >= STREAM_POOL):
            missing = self._cache.missing(list(self._waiting))
            self._batches = batches_by_length([item for item in self._waiting.items() if item[0] in missing])
            self._waiting.clear()
        return bool(self._batches)

    @property
    def left(self) -> int:
        """Strings that are still to be encoded, of those that were added so far."""
        return sum(len(batch) for batch in self._batches) + len(self._cache.missing(list(self._waiting)))

    def step(self) -> int:
        """Encode and store one batch; returns its size. Call when `prepare` says so."""
        batch = self._batches.pop()
        self._cache.put([key for key, _ in batch], self._encoder.encode([text for _, text in batch]))
        self._encoded.update(key for key, _ in batch)
        return len(batch)

    def spared(self, passages: Sequence[Passage]) -> int:
        """How many passages got their vector without being encoded: from the cache, or with an equal string.

        Strings that were encoded and then not needed, such as those of a duplicate, do not count against them.
        """
        return len(passages) - len(self._encoded & {self._key(passage) for passage in passages})

    def _key(self, passage: Passage) -> bytes:
        return vector_key(self._encoder.info.fingerprint, passage.contextual_text)


def encode_passages(
    passages: Sequence[Passage], index: Path, encoder: Encoder, progress: Progress
) -> tuple[NDArray[np.float32], int]:
    """Vectors of all passages, shape (len(passages), dimension), in order, and how many strings were encoded.

    Every batch is stored as soon as it is encoded, so an interrupted run pays for no batch twice.

    Raises:
        UnwritableError: the vector cache cannot be written.
    """
    with VectorCache(vector_cache_file(index)) as cache:
        stream = StreamEncoder(cache, encoder)
        stream.add(passages)
        if stream.prepare(last=True):
            progress.begin("encoding", stream.left, "passages")
            while stream.prepare(last=True):
                progress.advance(stream.step())
            progress.end()
        return stored_vectors(passages, cache, encoder), stream.encoded


def encode_strings(
    texts: Sequence[str], cache: VectorCache, encoder: Encoder, progress: Progress
) -> NDArray[np.float32]:
    """Vectors of strings, shape (len(texts), dimension), in order; none is encoded that the cache has.

    Raises:
        UnwritableError: the vector cache cannot be written.
    """
    info = encoder.info
    keys = [vector_key(info.fingerprint, text) for text in texts]
    missing = cache.missing(keys)
    batches = batches_by_length(
        [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key in missing]
    )
    if batches:
        progress.begin("linking", len(missing), "sentences")
        for batch in batches:
            cache.put([key for key, _ in batch], encoder.encode([text for _, text in batch]))
            progress.advance(len(batch))
        progress.end()
    return cache.get(keys, info.dimension)


def stored_vectors(passages: Sequence[Passage], cache: VectorCache, encoder: Encoder) -> NDArray[np.float32]:
    """Vectors of passages that are all in the cache, shape (len(passages), dimension), in order."""
    info = encoder.info
    return cache.get([vector_key(info.fingerprint, passage.contextual_text) for passage in passages], info.dimension)


def batches_by_length(items: Sequence[tuple[bytes, str]]) -> list[list[tuple[bytes, str]]]:
    """Keys and strings in batches of one length each, which carry no padding to speak of.

    The batches come in a random but fixed order, so that the rate so far predicts the time left.
    """
    ordered = sorted(items, key=lambda item: (len(item[1]), item[0]))
    batches = [ordered[start : start + ENCODE_BATCH] for start in range(0, len(ordered), ENCODE_BATCH)]
    random.Random(0).shuffle(batches)
    return batches
