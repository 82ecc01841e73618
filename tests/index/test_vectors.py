import os
import signal

import numpy as np
import pytest
from sota_rag.index.errors import UnwritableError
from sota_rag.index.vectors import VectorCache, vector_key


def keys_of(*texts, fingerprint="f"):
    return [vector_key(fingerprint, text) for text in texts]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "vectors.sqlite"


def random(rows, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, 8)).astype(np.float32)


def test_keys():
    assert vector_key("f", "text") == vector_key("f", "text")
    assert len({vector_key("f", "text"), vector_key("g", "text"), vector_key("f", "text "), vector_key("f", "")}) == 4
    assert len(vector_key("f", "Zürich 🦙")) == 32


def test_round_trip_is_exact_and_in_the_order_asked_for(path):
    keys, vectors = keys_of("a", "b", "c"), random(3)
    with VectorCache(path) as cache:
        cache.put(keys, vectors)
        assert np.array_equal(cache.get(keys[::-1], 8), vectors[::-1])
        assert len(cache) == 3
    with VectorCache(path) as cache:
        found = cache.get(keys, 8)
        assert found.dtype == np.float32
        assert np.array_equal(found, vectors)


def test_duplicates(path):
    a, b = keys_of("a", "b")
    vectors = random(2)
    with VectorCache(path) as cache:
        cache.put([a, b], vectors)
        assert np.array_equal(cache.get([a, b, a, a], 8), vectors[[0, 1, 0, 0]])
        cache.put([a], vectors[1:])
        assert np.array_equal(cache.get([a], 8), vectors[1:])
        assert len(cache) == 2


def test_missing(path):
    a, b, c = keys_of("a", "b", "c")
    with VectorCache(path) as cache:
        assert cache.missing([a, b]) == {a, b}
        cache.put([b], random(1))
        assert cache.missing([a, b, c, a]) == {a, c}
        assert cache.missing([]) == set()
        assert cache.get([], 8).shape == (0, 8)
        with pytest.raises(KeyError):
            cache.get([b, c], 8)


def test_more_keys_than_one_statement_takes(path):
    keys, vectors = keys_of(*map(str, range(1_203))), random(1_203)
    with VectorCache(path) as cache:
        cache.put(keys[:1_200], vectors[:1_200])
        assert cache.missing(keys) == set(keys[1_200:])
        assert np.array_equal(cache.get(keys[:1_200], 8), vectors[:1_200])


def test_a_batch_that_does_not_match_stores_nothing(path):
    with VectorCache(path) as cache:
        with pytest.raises(ValueError, match="zip"):
            cache.put(keys_of("a", "b"), random(1))
        assert len(cache) == 0
        cache.put(keys_of("a"), random(1))


def test_two_readers_and_a_writer(path):
    keys, vectors = keys_of("a", "b"), random(2)
    with VectorCache(path) as writer, VectorCache(path) as one, VectorCache(path) as two:
        writer.put(keys[:1], vectors[:1])
        assert one.missing(keys) == two.missing(keys) == {keys[1]}
        writer.put(keys[1:], vectors[1:])
        for reader in (one, two):
            assert np.array_equal(reader.get(keys, 8), vectors)


def test_every_finished_batch_survives_a_kill(path, holder):
    process = holder(
        """
        import sys
        from pathlib import Path
        import numpy as np
        from sota_rag.index.vectors import VectorCache, vector_key
        cache = VectorCache(Path(sys.argv[1]))
        for batch in range(10**6):
            keys = [vector_key("f", f"{batch}/{n}") for n in range(64)]
            cache.put(keys, np.full((64, 8), batch, dtype=np.float32))
            if batch == 20:
                print("ready", flush=True)
            if batch >= 20:
                print(batch, flush=True)
        """,
        path,
    )
    first = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    finished = max([first, *map(int, process.stdout.read().split())])
    process.wait()
    with VectorCache(path) as cache:
        assert len(cache) % 64 == 0  # no half batch
        for batch in range(finished + 1):
            stored = cache.get([vector_key("f", f"{batch}/{n}") for n in range(64)], 8)
            assert (stored == batch).all()


@pytest.mark.parametrize("data", [b"this is no database" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_starts_anew(path, data, caplog):
    with VectorCache(path) as cache:
        cache.put(keys_of("a"), random(1))
    path.write_bytes(data)
    with VectorCache(path) as cache:
        assert cache.missing(keys_of("a"))
        cache.put(keys_of("a"), random(1))
    assert "damaged" in caplog.text
    with VectorCache(path) as cache:
        assert not cache.missing(keys_of("a"))


def test_a_cache_that_cannot_be_opened_is_not_deleted(path):
    path.mkdir(parents=True)
    with pytest.raises(UnwritableError, match="mend its permissions"):
        VectorCache(path)
    assert path.is_dir()
