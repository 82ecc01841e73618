"""Term counts give the scores of the index that searches use, under any k1 and b."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.sparse import Bm25Settings, Bm25sIndex
from sota_rag.index.term_counts import TermCounts

CORPUS = [
    "LoRA freezes the weights and trains low-rank matrices",
    "",
    "weights weights weights",
    "quantization of weights",
    "the of and",
    "entirely other text about cooking",
]


@pytest.mark.parametrize("k1", [0.0, 0.4, 1.2, 3.0])
@pytest.mark.parametrize("b", [0.0, 0.75, 1.0])
@pytest.mark.parametrize("query", ["frozen weights", "weights weights lora", "zebra", "", "low-rank zebra"])
def test_scores_are_those_of_the_search(k1, b, query):
    wanted = Bm25sIndex.build(CORPUS, Bm25Settings(k1, b)).scores(query)
    scores = TermCounts.of(CORPUS).weighed(Bm25Settings(k1, b)).scores(query)
    assert (scores.shape, scores.dtype) == (wanted.shape, np.float32)
    np.testing.assert_allclose(scores, wanted, rtol=1e-5)


WORDS = st.lists(st.sampled_from("lora weights rank bits cache fusion".split()), max_size=12).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=8), WORDS, st.floats(0, 4), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_any_texts(texts, query, k1, b):
    wanted = Bm25sIndex.build(texts, Bm25Settings(k1, b)).scores(query)
    np.testing.assert_allclose(TermCounts.of(texts).weighed(Bm25Settings(k1, b)).scores(query), wanted, rtol=1e-4)


def test_no_terms_at_all():
    assert not TermCounts.of(["", "the"]).weighed(Bm25Settings()).scores("weights").any()
    assert TermCounts.of([]).weighed(Bm25Settings()).scores("weights").shape == (0,)
