import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.fusion import convex_combination, min_max, reciprocal_rank_fusion


def test_rrf_formula():
    ranks = np.array([[1, 2, np.inf], [3, np.inf, 1]])
    expected = [1 / 61 + 1 / 63, 1 / 62, 1 / 61]
    assert reciprocal_rank_fusion(ranks).tolist() == pytest.approx(expected)
    assert reciprocal_rank_fusion(ranks, rrf_k=0).tolist() == pytest.approx([1 + 1 / 3, 1 / 2, 1])


def test_convex_formula():
    dense = np.array([0.2, 0.6, 0.4], dtype=np.float32)
    bm25 = np.array([8, 0, 4], dtype=np.float32)
    # min-max(dense) = 0, 1, .5; bm25 / max = 1, 0, .5
    assert convex_combination(dense, bm25, 0.25).tolist() == pytest.approx([0.75, 0.25, 0.5])
    assert convex_combination(dense, bm25, 1.0).tolist() == pytest.approx([0, 1, 0.5])
    assert convex_combination(dense, bm25, 0.0).tolist() == pytest.approx([1, 0, 0.5])


def test_convex_without_any_bm25_score():
    dense = np.array([0.1, 0.3], dtype=np.float32)
    assert convex_combination(dense, np.zeros(2, dtype=np.float32)).tolist() == pytest.approx([0, 0.5])


def test_min_max_of_constants_and_of_nothing():
    assert min_max(np.full(3, 0.7, dtype=np.float32)).tolist() == [1, 1, 1]
    assert min_max(np.zeros(0, dtype=np.float32)).shape == (0,)
    assert convex_combination(np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32)).shape == (0,)


cosines = st.floats(-1, 1, width=32)
bm25s = st.floats(0, 50, width=32)


@given(st.lists(st.tuples(cosines, bm25s), min_size=1, max_size=20), st.floats(0, 1))
def test_convex_is_bounded_and_monotone(pairs, alpha):
    dense, bm25 = (np.array(column, dtype=np.float32) for column in zip(*pairs, strict=True))
    fused = convex_combination(dense, bm25, alpha)
    assert fused.dtype == np.float64
    assert ((fused >= 0) & (fused <= 1 + 1e-12)).all()
    for i in range(len(pairs)):
        for j in range(len(pairs)):
            if dense[i] >= dense[j] and bm25[i] >= bm25[j]:
                assert fused[i] >= fused[j] - 1e-12


@given(st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 1000)), min_size=2, max_size=10), st.integers(0, 100))
def test_rrf_is_bounded_and_monotone(pairs, rrf_k):
    ranks = np.array(pairs, dtype=np.float64).T
    fused = reciprocal_rank_fusion(ranks, rrf_k)
    assert ((fused > 0) & (fused <= 2 / (rrf_k + 1))).all()
    for i in range(len(pairs)):
        for j in range(len(pairs)):
            if (ranks[:, i] < ranks[:, j]).all():
                assert fused[i] > fused[j]
