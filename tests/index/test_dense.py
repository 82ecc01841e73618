import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.dense import DenseIndex


def unit(array):
    return (array / np.linalg.norm(array, axis=-1, keepdims=True)).astype(np.float32)


def reference(vectors, vector, k, allowed=None):
    scores = np.einsum("ij,j->i", vectors, vector)
    rows = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    return rows[np.lexsort((rows, -scores[rows]))][:k].tolist()


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 70), st.integers(1, 60), st.floats(0, 1))
def test_equals_a_full_sort(seed, size, k, distinct, share):
    random = np.random.default_rng(seed)
    # Rows are drawn from few distinct vectors, so that many tie exactly.
    vectors = unit(random.standard_normal((distinct, 16)))[random.integers(0, distinct, size)]
    vector = unit(random.standard_normal(16))
    allowed = random.random(size) < share
    index = DenseIndex(vectors)
    for mask in (None, allowed):
        found = index.search(vector, k, mask)
        assert found.dtype == np.int64
        assert found.tolist() == reference(vectors, vector, k, mask)


@pytest.mark.parametrize("seed", range(20))
def test_ties_at_the_cut_go_to_the_lower_row(seed):
    # Hundreds of rows tie, and faiss keeps any of them.
    random = np.random.default_rng(seed)
    vectors = unit(random.standard_normal((5, 16)))[random.integers(0, 5, 2_000)]
    vector = unit(random.standard_normal(16))
    index = DenseIndex(vectors)
    for k in (20, 300):
        assert index.search(vector, k).tolist() == reference(vectors, vector, k)


def test_all_vectors_equal():
    vectors = np.repeat(unit(np.ones((1, 8))), 500, axis=0)
    assert DenseIndex(vectors).search(vectors[0], 5).tolist() == [0, 1, 2, 3, 4]
    allowed = np.arange(500) % 3 == 2
    assert DenseIndex(vectors).search(vectors[0], 4, allowed).tolist() == [2, 5, 8, 11]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 64, 65])
def test_masks(size):
    random = np.random.default_rng(size)
    vectors = unit(random.standard_normal((size, 8)))
    index = DenseIndex(vectors)
    none, every = np.zeros(size, dtype=bool), np.ones(size, dtype=bool)
    assert index.search(vectors[0], 10, none).tolist() == []
    assert index.search(vectors[0], 10, every).tolist() == index.search(vectors[0], 10).tolist()
    last = none.copy()
    last[-1] = True
    assert index.search(vectors[0], 10, last).tolist() == [size - 1]


def test_more_asked_than_there_is_never_pads():
    vectors = unit(np.random.default_rng(0).standard_normal((5, 8)))
    found = DenseIndex(vectors).search(vectors[3], 1_000)
    assert found[0] == 3
    assert sorted(found.tolist()) == [0, 1, 2, 3, 4]


def test_an_empty_index():
    assert DenseIndex(np.zeros((0, 8), dtype=np.float32)).search(unit(np.ones(8)), 3).tolist() == []


def test_scores_are_cosines_whatever_else_is_asked():
    random = np.random.default_rng(0)
    vectors = unit(random.standard_normal((300, 384)))
    index, vector = DenseIndex(vectors), unit(random.standard_normal(384))
    every = index.scores(vector, np.arange(300))
    assert every.dtype == np.float32
    np.testing.assert_allclose(every, vectors.astype(np.float64) @ vector, atol=1e-6)
    assert np.array_equal(index.scores(vector, np.array([7, 250])), every[[7, 250]])
    assert index.scores(vector, np.zeros(0, dtype=np.int64)).shape == (0,)


def test_vectors_may_be_mapped_from_disk(tmp_path):
    vectors = unit(np.random.default_rng(0).standard_normal((20, 8)))
    np.save(tmp_path / "vectors.npy", vectors)
    index = DenseIndex(np.load(tmp_path / "vectors.npy", mmap_mode="r"))
    assert index.search(vectors[11], 3).tolist() == reference(vectors, vectors[11], 3)
