"""Bootstrap intervals: what they cover, and their limits."""

import numpy as np
import pytest
from sota_rag.eval import Interval, bootstrap_mean, paired_difference, statistics
from sota_rag.index.errors import EvaluationError


def test_covers_the_true_mean_about_as_often_as_it_says():
    """400 samples of 100 topics: the standard error of the share is 0.011."""
    rng = np.random.default_rng(11)
    samples = rng.beta(2.0, 1.0, size=(400, 100))
    intervals = [bootstrap_mean(sample, resamples=600, seed=seed) for seed, sample in enumerate(samples)]
    covered = np.mean([interval.low <= 2 / 3 <= interval.high for interval in intervals])
    assert 0.92 <= covered <= 0.98


def test_agrees_with_the_normal_interval_on_a_large_sample():
    values = np.random.default_rng(5).normal(0.5, 0.2, size=2_000)
    interval = bootstrap_mean(values)
    half = 1.96 * values.std() / np.sqrt(values.size)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=half * 0.1)
    assert interval.high == pytest.approx(values.mean() + half, abs=half * 0.1)


def test_a_resample_worked_by_hand():
    """Of (0, 1) a resample is 0 with probability 1/4, 1/2 with 1/2, 1 with 1/4."""
    assert bootstrap_mean(np.array([0.0, 1.0])) == Interval(0.5, 0.0, 1.0)
    assert bootstrap_mean(np.array([0.0, 1.0]), confidence=0.4) == Interval(0.5, 0.5, 0.5)


def test_equal_seeds_give_equal_intervals_and_the_input_stays_as_it_was():
    values = np.random.default_rng(3).random(50)
    before = values.copy()
    assert bootstrap_mean(values, seed=4) == bootstrap_mean(values, seed=4)
    assert bootstrap_mean(values, seed=4) != bootstrap_mean(values, seed=5)
    assert np.array_equal(values, before)


def test_memory_is_bounded_by_drawing_in_steps(monkeypatch):
    values = np.random.default_rng(3).random(70)
    whole = bootstrap_mean(values, resamples=2_000)
    monkeypatch.setattr(statistics, "_CELLS_AT_ONCE", 700)
    stepwise = bootstrap_mean(values, resamples=2_000)
    width = whole.high - whole.low
    assert stepwise.low == pytest.approx(whole.low, abs=0.1 * width)
    assert stepwise.high == pytest.approx(whole.high, abs=0.1 * width)


@pytest.mark.parametrize("values", [[0.3], [0.1] * 7, [0.0, 0.0]])
def test_one_value_or_equal_values_have_no_width(values):
    interval = bootstrap_mean(np.array(values))
    assert interval.mean == pytest.approx(values[0])
    assert interval.low == interval.mean == interval.high


def test_a_higher_confidence_is_wider():
    values = np.random.default_rng(2).random(40)
    narrow, wide = bootstrap_mean(values, confidence=0.5), bootstrap_mean(values, confidence=0.99)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_pairing_sees_a_small_steady_gain_that_separate_intervals_do_not():
    rng = np.random.default_rng(9)
    b = rng.random(60)
    a = b + rng.normal(0.02, 0.01, size=60)
    difference = paired_difference(a, b)
    assert difference.mean == pytest.approx(float((a - b).mean()))
    assert difference.low > 0
    assert bootstrap_mean(a).low < bootstrap_mean(b).mean
    mirrored = paired_difference(b, a)
    assert mirrored.mean == pytest.approx(-difference.mean)
    assert mirrored.high < 0


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.array([]), r"shape \(0,\)"),
        (np.zeros((2, 2)), r"shape \(2, 2\)"),
        (np.array([0.1, np.nan]), r"position 1 is not finite"),
        (np.array([np.inf, 0.1]), r"position 0 is not finite"),
    ],
)
def test_values_without_a_mean_are_an_error(values, says):
    with pytest.raises(EvaluationError, match=says):
        bootstrap_mean(values)


@pytest.mark.parametrize("argument", [{"confidence": 1.0}, {"confidence": 0.0}, {"resamples": 0}])
def test_arguments_out_of_range_are_errors(argument):
    with pytest.raises(EvaluationError, match=next(iter(argument))):
        bootstrap_mean(np.array([0.1, 0.2]), **argument)


def test_unpaired_values_are_an_error():
    with pytest.raises(EvaluationError, match=r"shapes \(2,\) and \(1,\)"):
        paired_difference(np.zeros(2), np.zeros(1))
