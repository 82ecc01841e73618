"""Fixtures for all rooms: a hash encoder, and the embedded encoder, loaded once per session."""

import hashlib
import os
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from sota_rag.app.compose import run_ingestion
from sota_rag.app.settings import Settings
from sota_rag.index import EncoderInfo, SentenceTransformerEncoder

# Tests of Ctrl-C send the signal; a shell that runs pytest in the background has it ignored, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Copies of the language model with its adapter added are kept from one run to the next, and not in the user's cache.
os.environ["XDG_CACHE_HOME"] = str(Path(tempfile.gettempdir()) / f"sota-rag-tests-{os.getuid()}")


class HashEncoder:
    """Encodes without a model: equal strings get equal unit vectors, different ones nearly orthogonal ones."""

    def __init__(self, dimension: int = 32, name: str = "hash") -> None:
        fingerprint = hashlib.sha256(f"{name}/{dimension}".encode()).hexdigest()
        self.info = EncoderInfo(name, fingerprint, dimension, 256)
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded += texts
        vectors = np.zeros((len(texts), self.info.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
            vectors[row] = np.random.default_rng(seed).standard_normal(self.info.dimension)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(min=1e-12)


@pytest.fixture
def hash_encoder():
    return HashEncoder()


@pytest.fixture(scope="session")
def make_hash_encoder():
    """The class, for tests that need another dimension or name."""
    return HashEncoder


@pytest.fixture(scope="session")
def minilm():
    """The embedded encoder, as this machine runs it."""
    return SentenceTransformerEncoder()


@pytest.fixture(scope="session")
def shipped_index(tmp_path_factory, minilm):
    """An index of the documents that ship, made once; who changes it works on a copy.

    Where `TEST_SHIPPED_INDEX` names a folder it is kept there, so that nothing is encoded again by the next run.
    """
    kept = os.environ.get("TEST_SHIPPED_INDEX")
    index = Path(kept) if kept else tmp_path_factory.mktemp("shipped") / "index"
    index.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{index}.lock"):  # processes that test side by side share it
        run_ingestion(Settings(index=index), encoder=minilm)
    return index
