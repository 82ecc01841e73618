import numpy as np
import pytest
from sota_rag.index.types import Passage
from sota_rag.index.vectors import VectorCache, vector_key
from sota_rag.ingest import encode
from sota_rag.ingest.encode import StreamEncoder, encode_passages, stored_vectors
from sota_rag.ingest.progress import Silent


def passages(*texts):
    return [Passage(f"d#{n:05d}", "d", n, 0, len(text), text) for n, text in enumerate(texts)]


@pytest.fixture
def cache(tmp_path):
    with VectorCache(tmp_path / "vectors.sqlite") as opened:
        yield opened


def test_a_pool_waits_until_it_is_full_or_nothing_more_comes(cache, hash_encoder, monkeypatch):
    monkeypatch.setattr(encode, "STREAM_POOL", 3)
    stream = StreamEncoder(cache, hash_encoder)
    stream.add(passages("a", "b"))
    assert not stream.prepare(last=False)
    stream.add(passages("c"))
    assert stream.prepare(last=False) and stream.left == 3
    stream.add(passages("d"))
    assert stream.left == 4
    assert stream.step() == 3 and not stream.prepare(last=False)
    assert stream.prepare(last=True) and stream.step() == 1 and not stream.prepare(last=True)
    assert stream.encoded == 4 and len(cache) == 4


def test_a_string_is_encoded_once_and_one_that_is_known_never(cache, hash_encoder):
    stream = StreamEncoder(cache, hash_encoder)
    for _ in range(2):
        stream.add(passages("a", "a", "b"))
        while stream.prepare(last=True):
            stream.step()
    assert sorted(hash_encoder.encoded) == ["a", "b"] and stream.encoded == 2


def test_spared_are_those_known_before_and_equal_strings_but_not_what_was_encoded_for_nothing(cache, hash_encoder):
    cache.put([vector_key(hash_encoder.info.fingerprint, "known")], hash_encoder.encode(["known"]))
    stream = StreamEncoder(cache, hash_encoder)
    stream.add(passages("known", "new", "new", "not needed after all"))
    while stream.prepare(last=True):
        stream.step()
    assert stream.encoded == 2 and stream.spared(passages("known", "new", "new")) == 2


def test_vectors_come_in_the_order_of_the_passages(tmp_path, cache, hash_encoder):
    wanted = passages(*(chr(97 + n) * (n % 7 + 1) for n in range(26)))
    expected = hash_encoder.encode([passage.text for passage in wanted])
    vectors, encoded = encode_passages(wanted, tmp_path / "index", hash_encoder, Silent())
    assert encoded == 26
    np.testing.assert_array_equal(vectors, expected)
    with pytest.raises(KeyError):
        stored_vectors(wanted, cache, hash_encoder)
