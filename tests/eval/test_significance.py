"""The randomisation test and Holm's correction: worked by hand, against scipy, and over simulations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test
from sota_rag.eval import significance
from sota_rag.eval.significance import holm, randomisation_test, randomisation_tests
from sota_rag.index.errors import EvaluationError


def test_over_5000_simulations_a_true_null_is_rejected_in_5_percent():
    """100 topics; the two systems differ on each by noise alone."""
    rng = np.random.default_rng(23)
    rejected = 0
    for seed in range(25):
        p = randomisation_tests(rng.normal(0.0, 0.2, (200, 100)), permutations=1_000, seed=seed)
        rejected += np.count_nonzero(p <= 0.05)
    assert 0.042 <= rejected / 5_000 <= 0.058


def test_three_gains_and_nothing_else_worked_by_hand():
    """Of the eight choices of signs two give a sum as far from zero: all up, all down."""
    assert randomisation_test(np.array([1.0, 0.5, 0.7, 0.2]), np.array([0.0, 0.1, 0.1, 0.2])) == 0.25


def test_topics_that_tie_decide_nothing():
    differences = np.array([0.3, 0.2, -0.1, 0.4, 0.2])
    few = randomisation_tests(differences[np.newaxis])[0]
    many = randomisation_tests(np.append(differences, np.zeros(500))[np.newaxis])[0]
    assert few == many


def test_the_exact_test_is_scipy_s():
    differences = np.random.default_rng(5).normal(0.1, 0.3, 10)
    theirs = permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert randomisation_test(differences, np.zeros(10)) == pytest.approx(theirs.pvalue)


def test_drawn_signs_come_near_the_exact_p(monkeypatch):
    differences = np.random.default_rng(6).normal(0.15, 0.3, 12)
    exact = randomisation_test(differences, np.zeros(12))
    monkeypatch.setattr(significance, "_EXACT_UP_TO", 0)
    monkeypatch.setattr(significance, "_CELLS_AT_ONCE", 5_000)
    assert randomisation_test(differences, np.zeros(12)) == pytest.approx(exact, abs=0.015)


def test_alike_systems_have_p_1_and_p_is_never_0():
    values = np.random.default_rng(1).random(50)
    assert randomisation_test(values, values) == 1.0
    assert randomisation_test(values + 1.0, values, permutations=999) == pytest.approx(1 / 1000)


def test_it_is_two_sided_deterministic_and_leaves_its_input():
    a, b = np.random.default_rng(2).random((2, 60))
    before = a.copy()
    p = randomisation_test(a, b, seed=3)
    assert p == randomisation_test(b, a, seed=3) == randomisation_test(a, b, seed=3)
    assert np.array_equal(a, before)


def test_several_tests_at_once_are_each_as_alone():
    rows = np.random.default_rng(2).normal(0.05, 0.3, (3, 40))
    rows[1, 5:] = 0.0
    together = randomisation_tests(rows, seed=9)
    assert [float(p) for p in together] == [randomisation_test(row, np.zeros(40), seed=9) for row in rows]


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (np.zeros(2), np.zeros(3), r"shapes \(2,\) and \(3,\)"),
        (np.zeros(0), np.zeros(0), r"shape \(1, 0\)"),
        (np.array([np.nan]), np.zeros(1), "not finite"),
    ],
)
def test_what_cannot_be_tested_is_an_error(a, b, says):
    with pytest.raises(EvaluationError, match=says):
        randomisation_test(a, b)


def test_no_permutations_are_an_error():
    with pytest.raises(EvaluationError, match="permutations is 0"):
        randomisation_tests(np.ones((1, 3)), permutations=0)


def test_holm_worked_by_hand():
    """0.01 x 3; 0.03 x 2; 0.04 x 1 is below the one before it."""
    adjusted = holm({"c": 0.04, "a": 0.01, "b": 0.03})
    assert list(adjusted) == ["c", "a", "b"]
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert holm({"alone": 0.2}) == {"alone": 0.2}
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=3), st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_adjusted_p_lie_between_plain_and_bonferroni_and_keep_their_order(p):
    adjusted = holm(p)
    for name, value in p.items():
        assert value <= adjusted[name] <= min(1.0, len(p) * value)
        assert all(adjusted[other] <= adjusted[name] for other in p if p[other] <= value)


def test_what_is_no_p_is_an_error():
    with pytest.raises(EvaluationError, match=r"p of 'x' is 1\.5"):
        holm({"x": 1.5})
