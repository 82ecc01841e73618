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


def encode_passages(
    passages: Sequence[Passage], index: Path, encoder: Encoder, progress: Progress
) -> tuple[NDArray[np.float32], int]:
    """Vectors of all passages, shape (len(passages), dimension), in order, and how many strings were encoded.

    Every batch is stored as soon as it is encoded, so an interrupted run pays for no batch twice.

    Raises:
        UnwritableError: the vector cache cannot be written.
    """
    info = encoder.info
    texts = [passage.contextual_text for passage in passages]
    keys = [vector_key(info.fingerprint, text) for text in texts]
    with VectorCache(vector_cache_file(index)) as cache:
        missing = cache.missing(keys)
        # A dict, because the same string may stand in several passages.
        wanted = {key: text for key, text in zip(keys, texts, strict=True) if key in missing}
        batches = batches_by_length(list(wanted.items()))
        if batches:
            progress.begin("encoding", len(wanted), "passages")
        for batch in batches:
            vectors = encoder.encode([text for _, text in batch])
            cache.put([key for key, _ in batch], vectors)
            progress.advance(len(batch))
        if batches:
            progress.end()
        return cache.get(keys, info.dimension), len(wanted)


def batches_by_length(items: Sequence[tuple[bytes, str]]) -> list[list[tuple[bytes, str]]]:
    """Keys and strings in batches of one length each, which carry no padding to speak of.

    The batches come in a random but fixed order, so that the rate so far predicts the time left.
    """
    ordered = sorted(items, key=lambda item: (len(item[1]), item[0]))
    batches = [ordered[start : start + ENCODE_BATCH] for start in range(0, len(ordered), ENCODE_BATCH)]
    random.Random(0).shuffle(batches)
    return batches
