"""Pools of workers, honest and misbehaving."""

from pathlib import Path

import pytest
from sota_rag.index.models import find_model
from sota_rag.ingest.isolation import Limits, WorkerPool
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.reading import ReadJob

LIMITS = Limits(wall_s=20, memory_bytes=400 * 2**20, output_bytes=500_000)
MISBEHAVING = (str(Path(__file__).with_name("misbehaving_worker.py")),)


@pytest.fixture(scope="session")
def tokenizer():
    return find_model("all-MiniLM-L6-v2").folder / "tokenizer.json"


@pytest.fixture(scope="module")
def pool(tokenizer):
    """One misbehaving worker, 400 MiB, half a MB of answer."""
    pool = WorkerPool(tokenizer, workers=1, limits=LIMITS, command=MISBEHAVING)
    yield pool
    pool.close()


@pytest.fixture
def make_pool(tokenizer):
    """A pool of misbehaving workers, closed after the test."""
    made = []

    def make(*, workers=1, command=MISBEHAVING, **limits):
        made.append(WorkerPool(tokenizer, workers=workers, limits=Limits(**limits), command=command))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


@pytest.fixture(scope="session")
def jobs_of():
    """Jobs for files with the given contents, all of one format."""

    def make(*contents, suffix=".bad"):
        return [
            ReadJob(
                key,
                f"docs/{key}{suffix}",
                f"{key}{suffix}",
                text if isinstance(text, bytes) else text.encode(),
                None,
                DocumentMeta(),
            )
            for key, text in enumerate(contents)
        ]

    return make


@pytest.fixture(scope="session")
def outcomes(jobs_of):
    """What a pool makes of files with the given contents: state and reason or text, in the files' order."""

    def read(pool, *contents, suffix=".bad"):
        found = sorted(pool.read(jobs_of(*contents, suffix=suffix)), key=lambda result: result.key)
        return [(r.state, r.loaded.document.text if r.loaded else r.detail) for r in found]

    return read
