"""Bootstrap intervals: what they cover, and their limits."""

import numpy as np
import pytest
from scipy.stats import t
from sota_rag.eval import Interval, bootstrap_mean, paired_difference, statistics
from sota_rag.eval.statistics import bootstrap_means, bootstrap_statistic
from sota_rag.index.errors import EvaluationError


def ndcg_like(rng, size):
    """A fifth of the topics at 0, two fifths at 1, the rest between; the mean is 0.42 + 0.4 x 4/7."""
    which = rng.random(size)
    return np.where(which < 0.18, 0.0, np.where(which < 0.6, 1.0, rng.beta(2.0, 1.5, size)))


@pytest.mark.parametrize(
    ("draw", "true"),
    [
        (lambda rng, size: rng.normal(0.5, 0.2, size), 0.5),
        (ndcg_like, 0.42 + 0.4 * 4 / 7),
        (lambda rng, size: rng.exponential(1.0, size), 1.0),
    ],
    ids=["normal", "nDCG-like", "skewed"],
)
def test_over_5000_simulations_95_percent_intervals_of_100_topics_cover_as_they_say(draw, true):
    rng = np.random.default_rng(17)
    covered = 0
    for seed in range(25):
        intervals = bootstrap_means(draw(rng, (200, 100)), resamples=1_000, seed=seed)
        covered += sum(interval.low <= true <= interval.high for interval in intervals)
    assert 0.935 <= covered / 5_000 <= 0.965


def test_for_ten_topics_it_covers_better_than_the_plain_percentile_interval():
    samples = np.random.default_rng(3).normal(0.0, 1.0, (1_000, 10))
    intervals = bootstrap_means(samples, resamples=1_000)
    means = statistics._resampled_means(samples, 1_000, np.random.default_rng(0))
    low, high = np.quantile(means, [0.025, 0.975], axis=1)
    plain = np.mean((low <= 0.0) & (high >= 0.0))
    assert np.mean([interval.low <= 0.0 <= interval.high for interval in intervals]) > plain + 0.02


def test_agrees_with_the_normal_interval_on_a_large_sample():
    values = np.random.default_rng(5).normal(0.5, 0.2, size=2_000)
    interval = bootstrap_mean(values)
    half = 1.96 * values.std() / np.sqrt(values.size)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=half * 0.1)
    assert interval.high == pytest.approx(values.mean() + half, abs=half * 0.1)


def test_a_resample_worked_by_hand():
    """Of (0, 1) a resample is 0 with probability 1/4, 1/2 with 1/2, 1 with 1/4.

    Student's quantile for one degree of freedom at 0.6 is tan(0.1 pi) = 0.325; times sqrt(2) it is the normal quantile
    of 0.677, so that both ends are at 1/2; at 0.95 they are the extremes.
    """
    assert bootstrap_mean(np.array([0.0, 1.0])) == Interval(0.5, 0.0, 1.0)
    assert bootstrap_mean(np.array([0.0, 1.0]), confidence=0.2) == Interval(0.5, 0.5, 0.5)


@pytest.mark.parametrize("topics", [20, 60])
def test_on_normal_data_it_is_as_wide_as_student_s_interval(topics):
    samples = np.random.default_rng(1).normal(0.0, 1.0, (60, topics))
    widths = [interval.high - interval.low for interval in bootstrap_means(samples)]
    student = 2.0 * t.ppf(0.975, topics - 1) * samples.std(axis=1, ddof=1) / np.sqrt(topics)
    assert np.mean(widths) == pytest.approx(np.mean(student), rel=0.02)


def test_it_stays_within_the_range_of_the_values():
    interval = bootstrap_mean(np.array([0.0, 1.0, 1.0, 1.0]))
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_several_samples_at_once_are_each_as_alone():
    samples = np.random.default_rng(8).random((3, 40))
    samples[1] = 0.25
    together = bootstrap_means(samples, seed=6)
    assert together[1] == Interval(0.25, 0.25, 0.25)
    for sample, interval in zip(samples, together, strict=True):
        alone = bootstrap_mean(sample, seed=6)
        assert (interval.mean, interval.low, interval.high) == pytest.approx((alone.mean, alone.low, alone.high))


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


@pytest.mark.parametrize(
    ("samples", "says"),
    [(np.zeros(3), r"shape \(3,\)"), (np.zeros((2, 0)), "shape"), (np.full((1, 2), np.nan), "finite")],
)
def test_samples_without_means_are_an_error(samples, says):
    with pytest.raises(EvaluationError, match=says):
        bootstrap_means(samples)


# --- figures of the whole set


def auroc(labels, scores):
    def of(rows):
        supported, others = scores[rows][labels[rows] == 1], scores[rows][labels[rows] == 0]
        return float(np.mean(supported[:, np.newaxis] > others)) if supported.size and others.size else float("nan")

    return of


def test_a_mean_as_a_figure_of_the_set_has_the_interval_of_a_mean():
    values = np.random.default_rng(4).random(80)
    figure = bootstrap_statistic(lambda rows: float(values[rows].mean()), 80, resamples=4_000)
    mean = bootstrap_mean(values)
    assert figure.mean == pytest.approx(mean.mean)
    assert (figure.low, figure.high) == pytest.approx((mean.low, mean.high), abs=0.1 * (mean.high - mean.low))
    assert figure == bootstrap_statistic(lambda rows: float(values[rows].mean()), 80, resamples=4_000)


def test_the_interval_of_an_auroc_covers_it():
    """Scores of the two classes are one standard deviation apart: the true AUROC is 0.760."""
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(60):
        labels = (rng.random(80) < 0.4).astype(int)
        interval = bootstrap_statistic(auroc(labels, rng.normal(labels, 1.0)), 80, resamples=200, seed=seed)
        covered += interval.low <= 0.760 <= interval.high
    assert covered >= 52


def test_rows_of_one_cluster_come_and_go_together():
    """Copies add nothing: five of each of 40 values are worth 40 observations, not 200."""
    values = np.random.default_rng(2).random(40)
    copied, clusters = np.repeat(values, 5), np.repeat([f"answer {number}" for number in range(40)], 5)
    order = np.random.default_rng(1).permutation(200)
    copied, clusters = copied[order], clusters[order]
    seen = []

    def mean(rows):
        seen.append(np.bincount(rows, minlength=200))
        return float(copied[rows].mean())

    figure = bootstrap_statistic(mean, 200, clusters=clusters)
    assert all(len({times[row] for row in np.flatnonzero(clusters == "answer 7")}) == 1 for times in seen[:50])
    mean_of_40, rows_alone = bootstrap_mean(values), bootstrap_statistic(mean, 200)
    assert figure.high - figure.low == pytest.approx(mean_of_40.high - mean_of_40.low, rel=0.1)
    assert figure.high - figure.low > 1.8 * (rows_alone.high - rows_alone.low)


def test_clusters_of_unequal_size_are_drawn_whole():
    clusters = np.array([0, 1, 1, 2, 2, 2])
    sizes = []
    bootstrap_statistic(lambda rows: sizes.append(sorted(rows)) or float(rows.size), 6, clusters=clusters, resamples=50)
    for rows in sizes[1:]:
        assert rows.count(1) == rows.count(2)
        assert rows.count(3) == rows.count(4) == rows.count(5)
        assert rows.count(0) + rows.count(1) + rows.count(3) == 3


def test_resamples_of_one_class_are_left_out():
    """Two positives of 12: one resample in nine has none."""
    labels = np.array([1, 1] + [0] * 10)
    scores = np.linspace(1.0, 0.0, 12)
    figure = bootstrap_statistic(auroc(labels, scores), 12, resamples=300)
    assert (figure.mean, figure.low, figure.high) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("statistic", "n", "options", "says"),
    [
        (lambda rows: 0.5, 0, {}, "1 row or more; got 0"),
        (lambda rows: float("nan"), 4, {}, "nan on all 4 rows"),
        (
            lambda rows: 1.0 if len(set(rows.tolist())) == 8 else float("nan"),
            8,
            {},
            "not defined on .* of 2000 resamples",
        ),
        (lambda rows: 1.0 if len(set(rows.tolist())) == 8 else float("inf"), 8, {}, "infinite on a resample"),
        (lambda rows: 0.5, 4, {"clusters": np.zeros(3)}, r"4 rows, and clusters of shape \(3,\)"),
        (lambda rows: 0.5, 4, {"resamples": 0}, "resamples"),
    ],
)
def test_figures_without_an_interval_are_errors(statistic, n, options, says):
    with pytest.raises(EvaluationError, match=says):
        bootstrap_statistic(statistic, n, **options)


def test_a_single_row_or_cluster_has_no_width():
    assert bootstrap_statistic(lambda rows: 0.5, 1) == Interval(0.5, 0.5, 0.5)
    values = np.array([0.1, 0.9])
    alone = bootstrap_statistic(lambda rows: float(values[rows].mean()), 2, clusters=np.array(["a", "a"]))
    assert alone == Interval(0.5, 0.5, 0.5)
