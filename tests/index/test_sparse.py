import logging
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.sparse import Bm25Settings, Bm25sIndex, RankBm25Index

CORPUS = [
    "LoRA freezes the weights and trains low-rank matrices",
    "",
    "weights weights weights",
    "quantization of weights",
    "the of and",
    "entirely other text about cooking",
]


def _built(texts, folder):
    return Bm25sIndex.build(texts)


def _opened(texts, folder):
    Bm25sIndex.build(texts).save(folder / "bm25")
    return Bm25sIndex.open(folder / "bm25", len(texts))


def _reference(texts, folder):
    return RankBm25Index(texts)


@pytest.fixture(params=[_built, _opened, _reference], ids=["bm25s", "bm25s-mapped", "rank-bm25"])
def engine(request, tmp_path):
    return lambda texts: request.param(texts, tmp_path)


def test_one_float32_score_per_row(engine):
    scores = engine(CORPUS).scores("frozen weights")
    assert scores.shape == (len(CORPUS),)
    assert scores.dtype == np.float32
    assert (scores >= 0).all()


def test_only_passages_with_a_query_term_score(engine):
    scores = engine(CORPUS).scores("What are weights?")
    assert np.flatnonzero(scores).tolist() == [0, 2, 3]
    assert scores[2] > scores[3] > scores[0]  # three times; short; long


@pytest.mark.parametrize("query", ["zebra", "", "the", "?!", "zebra unicorn"])
def test_unknown_words_score_zero(engine, query):
    assert not engine(CORPUS).scores(query).any()


def test_unknown_words_do_not_disturb_known_ones(engine):
    index = engine(CORPUS)
    assert np.array_equal(index.scores("weights zebra"), index.scores("weights"))


def test_one_document(engine):
    scores = engine(["low rank matrices"]).scores("rank")
    assert scores.shape == (1,)
    assert scores[0] == pytest.approx(math.log(1 + 0.5 / 1.5) / (1 + 1.2))


@pytest.mark.parametrize("texts", [[""], ["", "", ""], ["the", "?!"], []])
def test_a_corpus_without_terms(engine, texts):
    scores = engine(texts).scores("weights")
    assert scores.shape == (len(texts),)
    assert scores.dtype == np.float32
    assert not scores.any()


def test_a_first_document_without_terms(engine):
    assert engine(["", "weights"]).scores("weights").tolist()[0] == 0
    assert engine(["", "weights"]).scores("weights").tolist()[1] > 0


def test_repeated_query_terms_count_each_time(engine):
    index = engine(CORPUS)
    assert index.scores("weights weights") == pytest.approx(2 * index.scores("weights"))


def test_a_score_worked_by_hand(engine):
    # N = 3, lengths 2, 4 and 3: avgdl 3. "rank" stands twice in the second text and once in the third: df 2.
    texts = ["low bias", "rank rank update matrix", "rank of three bits"]
    # 2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 3)) = 2 / 3.5; 1 / (1 + 1.2 * (0.25 + 0.75 * 3 / 3)) = 1 / 2.2
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    assert idf == pytest.approx(0.470004, abs=1e-6)
    assert engine(texts).scores("rank") == pytest.approx([0, idf * 2 / 3.5, idf / 2.2], rel=1e-5)
    assert engine(texts).scores("rank")[1] == pytest.approx(0.268574, abs=1e-6)


words = st.sampled_from([f"w{number}" for number in range(12)] + ["common"])
texts = st.lists(st.lists(words, max_size=20).map(" ".join), min_size=1, max_size=25)


# rank-bm25 divides 0 by 0 at k1 = 0, and at b = 1 for empty texts; bm25s does not.
@settings(max_examples=150, deadline=None)
@given(texts, st.lists(words, min_size=1, max_size=5).map(" ".join), st.floats(0.01, 3), st.floats(0, 0.99))
def test_engines_agree(corpus, query, k1, b):
    ours = Bm25sIndex.build(corpus, Bm25Settings(k1, b)).scores(query)
    reference = RankBm25Index(corpus, Bm25Settings(k1, b)).scores(query)
    np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=1e-6)
    _assert_same_ranking(ours, reference)


def test_engines_agree_on_terms_in_most_documents():
    random = np.random.default_rng(1)
    corpus = [
        " ".join(["common"] * int(random.integers(0, 4)) + [f"w{n}" for n in random.zipf(1.5, 30) if n < 500])
        for _ in range(300)
    ]
    for query in ("common", "w1", "common w2 w9", "w1 w1 w3 w77"):
        ours, reference = Bm25sIndex.build(corpus).scores(query), RankBm25Index(corpus).scores(query)
        assert (ours > 0).sum() > 10
        np.testing.assert_allclose(ours, reference, rtol=1e-4)
        _assert_same_ranking(ours, reference)
    assert (Bm25sIndex.build(corpus).scores("common") > 0).mean() > 0.5


def _assert_same_ranking(ours, reference):
    """Along our order the reference falls too, but for ties."""
    along = reference[np.lexsort((np.arange(len(ours)), -ours))]
    assert (np.diff(along) <= 1e-4 * np.abs(along[:-1]) + 1e-6).all()


def test_idf():
    index = Bm25sIndex.build(CORPUS)
    expected = [math.log(1 + (6 - df + 0.5) / (df + 0.5)) for df in (3, 1, 0)]
    assert index.idf(["weight", "lora", "zebra"]) == pytest.approx(expected)
    assert index.idf([]) == []


def test_idf_of_the_saved_index_and_without_terms(tmp_path):
    assert _opened(CORPUS, tmp_path).idf(["weight", "zebra"]) == Bm25sIndex.build(CORPUS).idf(["weight", "zebra"])
    assert Bm25sIndex.build(["", ""]).idf(["weight"]) == pytest.approx([math.log(1 + 2.5 / 0.5)])


def test_saved_index_is_mapped_and_equal(tmp_path):
    opened = _opened(CORPUS, tmp_path)
    assert isinstance(opened._bm25.scores["data"], np.memmap)
    for query in ("weights", "lora rank", "cooking text"):
        assert np.array_equal(opened.scores(query), Bm25sIndex.build(CORPUS).scores(query))


def test_nothing_is_pickled(tmp_path):
    _opened(CORPUS, tmp_path)
    assert {path.suffix for path in (tmp_path / "bm25").iterdir()} == {".npy", ".json"}


def test_unicode_terms_survive_saving(tmp_path):
    assert _opened(["Zürich 东京", "other"], tmp_path).scores("zürich 东京")[0] > 0


def test_the_library_does_not_log_at_debug():
    Bm25sIndex.build(CORPUS)
    assert logging.getLogger("bm25s").level == logging.WARNING
