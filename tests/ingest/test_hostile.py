"""Broken and malicious files through the worker pool, smaller than in `benchmarks/hostile.py`, which see."""

import sys
from pathlib import Path
from random import Random

import pytest
from sota_rag.index.errors import QuarantineError
from sota_rag.index.models import find_model
from sota_rag.index.store import FileState
from sota_rag.ingest.files import MAX_FILE_BYTES, read_bytes
from sota_rag.ingest.isolation import Limits, WorkerPool
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.reading import ReadJob

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))

from hostile_files.bombs import BOMBS  # noqa: E402
from hostile_files.mutations import mutate  # noqa: E402
from hostile_files.samples import samples  # noqa: E402

GUIDES = sorted((ROOT / "corpus" / "guides").glob("*.md"))
MUTATIONS = 150
SCALE = 0.004
ENDINGS = {FileState.INDEXED, FileState.QUARANTINED, FileState.IGNORED}
# What the pool has to say when a parser did not end by itself, or ended as none may.
FAULTS = ("its parser", "its parse is", "took longer", "of memory", "levels that are followed")
# Libraries that are asked for more than any limit, however small the file: the pool is what stops them.
BEYOND_PARSERS = {"pdf: a form that draws itself"}


@pytest.fixture(scope="module")
def pool():
    pool = WorkerPool(
        find_model("all-MiniLM-L6-v2").folder / "tokenizer.json",
        workers=1,
        limits=Limits(wall_s=10, memory_bytes=600 * 2**20),
    )
    yield pool
    pool.close()


def job(key, name, data):
    return ReadJob(key, f"hostile/{name}", name, data, None, DocumentMeta())


def mutated():
    files = [samples(path.read_text(encoding="utf-8")) for path in GUIDES[:6]]
    suffixes = sorted(files[0])
    for number in range(MUTATIONS):
        dice = Random(number)
        suffix = suffixes[number % len(suffixes)]
        how, data = mutate(dice.choice(files)[suffix], dice.choice(files)[suffix], dice)
        yield job(number, f"{how}{suffix}", data[:100_000])


def test_every_sample_is_read_when_nothing_is_broken(pool):
    made = samples(GUIDES[0].read_text(encoding="utf-8"))
    results = pool.read([job(number, f"a{suffix}", data) for number, (suffix, data) in enumerate(made.items())])
    states = {list(made)[result.key]: result.state for result in results}
    assert set(states.values()) == {FileState.INDEXED}


def test_mutated_files_are_read_or_set_aside_by_their_parsers(pool):
    results = sorted(pool.read(mutated()), key=lambda result: result.key)
    assert [result.key for result in results] == list(range(MUTATIONS))
    assert {result.state for result in results} <= ENDINGS
    assert sum(result.state == FileState.INDEXED for result in results) > MUTATIONS / 4
    faults = {result.key: result.detail for result in results if any(words in result.detail for words in FAULTS)}
    assert not faults


def test_bombs_are_read_or_set_aside(pool):
    names = list(BOMBS)
    jobs = (job(key, f"bomb{BOMBS[name][0]}", BOMBS[name][1](SCALE)) for key, name in enumerate(names))
    results = list(pool.read(jobs))
    assert {result.key for result in results} == set(range(len(names)))
    assert {result.state for result in results} <= ENDINGS
    assert all(result.detail for result in results if result.state != FileState.INDEXED)
    faults = {names[r.key]: r.detail for r in results if any(words in r.detail for words in FAULTS)}
    assert set(faults) <= BEYOND_PARSERS, faults


def test_a_line_of_two_hundred_megabytes_is_not_even_read(tmp_path):
    path = tmp_path / "line.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(QuarantineError, match="larger than 50 MB"):
        read_bytes(path, tmp_path)


def test_the_largest_file_that_is_read_ends_within_its_limits(pool):
    line = b"word " * (MAX_FILE_BYTES // 5)
    before, result, after = sorted(
        pool.read([job(0, "a.md", b"Before."), job(1, "line.md", line), job(2, "b.md", b"After.")]),
        key=lambda result: result.key,
    )
    assert (before.state, after.state) == (FileState.INDEXED, FileState.INDEXED)
    assert result.state == FileState.QUARANTINED
    assert result.detail in (
        "it needed more than 600 MiB of memory to read; split it",
        "it took longer than 10 s to read; split it",
    )
