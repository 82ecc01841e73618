"""Passages and other strings to vectors, through the cache."""

import numpy as np
import pytest
from sota_rag.index.types import Passage
from sota_rag.index.vectors import VectorCache, vector_key
from sota_rag.ingest import encode
from sota_rag.ingest.encode import StreamEncoder, encode_passages, encode_strings, stored_vectors
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.progress import Silent
from sota_rag.ingest.reading import InlineReader


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


def test_strings_come_in_order_whatever_the_batches_and_however_often_each_is_asked_for(
    cache, hash_encoder, make_hash_encoder, monkeypatch
):
    monkeypatch.setattr(encode, "ENCODE_BATCH", 4)
    texts = [chr(97 + n % 13) * (n % 7 + 1) for n in range(40)]
    vectors = encode_strings(texts, cache, hash_encoder, Silent())
    np.testing.assert_array_equal(vectors, make_hash_encoder().encode(texts))
    assert vectors.dtype == np.float32
    assert sorted(hash_encoder.encoded) == sorted(set(texts))


class Counted(Silent):
    """Remembers what progress was told."""

    def __init__(self):
        self.total, self.done, self.ended = None, 0, False

    def begin(self, stage, total, unit):
        self.total = total

    def advance(self, count=1):
        self.done += count

    def end(self):
        self.ended = True


def test_strings_that_are_known_are_not_encoded(cache, hash_encoder, make_hash_encoder):
    cache.put([vector_key(hash_encoder.info.fingerprint, "known")], make_hash_encoder().encode(["known"]))
    progress = Counted()
    vectors = encode_strings(["new", "known", "new"], cache, hash_encoder, progress)
    assert hash_encoder.encoded == ["new"]
    assert (progress.total, progress.done, progress.ended) == (1, 1, True)
    np.testing.assert_array_equal(vectors, make_hash_encoder().encode(["new", "known", "new"]))
    progress = Counted()
    np.testing.assert_array_equal(encode_strings(["new", "known", "new"], cache, hash_encoder, progress), vectors)
    assert hash_encoder.encoded == ["new"] and progress.total is None


def test_no_strings_are_no_vectors(cache, hash_encoder):
    assert encode_strings([], cache, hash_encoder, Silent()).shape == (0, 32)
    assert hash_encoder.encoded == []


KNEAD = "Knead the dough by hand for ten minutes."
REGISTRY = f"""recommendations:
- {{id: hand, recommendation: {KNEAD}, status: attic, superseded_by: machine, documents: [corpus/guide.md]}}
- {{id: machine, recommendation: Mix the dough with a slow machine., documents: [corpus/guide.md]}}
"""


def test_a_second_ingest_with_a_registry_encodes_nothing(tmp_path, hash_encoder):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "practices.yaml").write_text(REGISTRY)
    (corpus / "guide.md").write_text("# Dough\n\nMany knead dough by hand. Others mix it with a machine.\n")
    (corpus / "gone.md").write_text("# Ovens\n\nOvens are hot.\n")
    reader = InlineReader(lambda texts: [len(text.split()) for text in texts])

    def run():
        return ingest([corpus], tmp_path / "index", encoder=hash_encoder, reader=reader)

    run()
    # As a string of its own it is encoded for its links alone.
    assert KNEAD in hash_encoder.encoded
    hash_encoder.encoded.clear()
    (corpus / "gone.md").unlink()
    assert run().published and hash_encoder.encoded == []
