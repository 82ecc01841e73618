import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.topk import top_rows


def reference(scores, k, allowed=None):
    rows = [row for row in range(len(scores)) if scores[row] > -np.inf and (allowed is None or allowed[row])]
    return sorted(rows, key=lambda row: (-scores[row], row))[:k]


@given(st.data())
def test_equals_a_full_sort(data):
    # Few distinct values: nearly everything ties.
    values = st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 1.0])
    scores = np.array(data.draw(st.lists(values, max_size=30)), dtype=np.float32)
    k = data.draw(st.integers(0, 40))
    mask = st.lists(st.booleans(), min_size=len(scores), max_size=len(scores))
    allowed = data.draw(st.none() | mask.map(lambda m: np.array(m, dtype=bool)))
    rows = top_rows(scores, k, allowed)
    assert rows.dtype == np.int64
    assert rows.tolist() == reference(scores, k, allowed)


def test_ties_at_the_cut_go_to_the_lower_row():
    assert top_rows(np.array([0.5, 1, 0.5, 0.5], dtype=np.float32), 3).tolist() == [1, 0, 2]


@pytest.mark.parametrize("k", [0, -1])
def test_nothing_asked(k):
    assert top_rows(np.ones(3, dtype=np.float32), k).tolist() == []


def test_the_scores_are_left_alone():
    scores = np.array([3, 1, 2], dtype=np.float32)
    top_rows(scores, 2, np.array([False, True, True]))
    assert scores.tolist() == [3, 1, 2]
