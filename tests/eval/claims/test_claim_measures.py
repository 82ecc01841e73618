"""Measures of verifiers: numbers worked by hand, and parity with scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sota_rag.eval.claims.calibration import adaptive_ece, brier, ece, equal_mass, equal_width
from sota_rag.eval.claims.differences import one_length_auroc
from sota_rag.eval.claims.measures import (
    CALL_MEASURES,
    accuracy,
    aurc,
    auroc,
    average_precision,
    balanced_accuracy,
    best_threshold,
    f1,
    macro_f1,
    precision,
    ranks_of,
    recall,
    selective_risk,
)

LABELS = np.array([True, True, False, True, False])
SCORES = np.array([0.9, 0.8, 0.8, 0.3, 0.1])


@pytest.fixture(scope="module")
def many():
    """Scores with many ties, as verifiers give them."""
    rng = np.random.default_rng(8)
    scores = np.round(rng.random(400), 2)
    return rng.random(400) < scores, scores, rng.random(400) < 0.4


def test_calls_agree_with_scikit_learn(many):
    labels, _, called = many
    parity = {
        accuracy: metrics.accuracy_score,
        balanced_accuracy: metrics.balanced_accuracy_score,
        precision: metrics.precision_score,
        recall: metrics.recall_score,
        f1: metrics.f1_score,
        macro_f1: lambda y, p: metrics.f1_score(y, p, average="macro"),
    }
    for ours, theirs in parity.items():
        assert ours(labels, called) == pytest.approx(theirs(labels, called), abs=1e-12)


def test_scores_agree_with_scikit_learn(many):
    labels, scores, _ = many
    ranks = ranks_of(scores)
    assert auroc(labels, ranks) == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-12)
    expected = metrics.average_precision_score(labels, scores)
    assert average_precision(labels, ranks) == pytest.approx(expected, abs=1e-12)
    assert brier(labels, scores) == pytest.approx(metrics.brier_score_loss(labels, scores), abs=1e-12)


def test_bins_agree_with_scikit_learn(many):
    labels, scores, _ = many
    odd = np.where(scores * 10 == np.round(scores * 10), scores + 0.001, scores).clip(max=1.0)  # none on an edge
    for bins, strategy in ((equal_width(labels, odd), "uniform"), (equal_mass(labels, odd), "quantile")):
        shares, means = calibration_curve(labels, odd, n_bins=10, strategy=strategy)
        assert bins.shares == pytest.approx(shares, abs=1e-12)
        assert bins.scores == pytest.approx(means, abs=1e-12)
        assert bins.sizes.sum() == labels.size


def test_worked_by_hand():
    """Pairs of a supported and an unsupported claim: 3 x 2, of which 4 are in order and 1 is tied."""
    ranks = ranks_of(SCORES)
    assert list(ranks) == [3, 2, 2, 1, 0]
    assert auroc(LABELS, ranks) == pytest.approx(4.5 / 6)
    assert average_precision(LABELS, ranks) == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    coverage, risk = selective_risk(LABELS, ranks)
    assert coverage == pytest.approx([0.2, 0.6, 0.8, 1.0])
    assert risk == pytest.approx([0, 1 / 3, 1 / 4, 2 / 5])
    assert aurc(LABELS, ranks) == pytest.approx(0.2 * 0 + 0.4 / 3 + 0.2 / 4 + 0.2 * 2 / 5)


def test_resamples_that_lack_some_scores_are_measured_alike(many):
    labels, scores, _ = many
    rows = np.random.default_rng(1).integers(0, 400, 60)
    for measure in (auroc, average_precision, aurc):
        assert measure(labels[rows], ranks_of(scores)[rows]) == pytest.approx(
            measure(labels[rows], ranks_of(scores[rows]))
        )


def test_calibration_worked_by_hand():
    scores = np.array([0.05, 0.05, 0.95, 1.0])
    labels = np.array([False, True, True, True])
    assert ece(labels, scores) == pytest.approx((2 * abs(0.05 - 0.5) + 2 * abs(0.975 - 1)) / 4)
    assert adaptive_ece(labels, scores) == pytest.approx((2 * 0.45 + 0.05 + 0.0) / 4)
    low, high = equal_width(labels, scores).interval()
    assert (low < [0.5, 1.0]).all() and (high >= [0.5, 1.0]).all() and high[1] == 1.0
    # Wilson's interval for 1 of 2 is 0.5 -+ 0.4055.
    assert [low[0], high[0]] == pytest.approx([0.0945, 0.9055], abs=1e-4)


def test_equal_scores_are_never_parted():
    scores = np.array([0.2] * 50 + [0.4] * 3 + [0.9] * 2)
    bins = equal_mass(np.zeros(55, dtype=bool), scores)
    assert list(bins.sizes) in ([50, 3, 2], [50, 5], [53, 2])


def test_the_threshold_has_the_best_balanced_accuracy(many):
    labels, scores, _ = many
    threshold = best_threshold(labels, scores)
    best = max(balanced_accuracy(labels, scores >= cut) for cut in np.unique(scores))
    assert balanced_accuracy(labels, scores >= threshold) == pytest.approx(best, abs=1e-12)
    assert best_threshold(np.array([False, True]), np.array([0.2, 0.6])) == pytest.approx(0.4)
    assert np.isnan(best_threshold(np.array([True, True]), np.array([0.2, 0.6])))
    assert np.isnan(best_threshold(np.array([True, False]), np.array([0.5, 0.5])))


def test_what_is_not_defined_is_nan():
    one_class, nothing = np.ones(3, dtype=bool), np.zeros(3, dtype=bool)
    undefined = {"balanced accuracy", "specificity", "macro F1"}
    for name, measure in CALL_MEASURES.items():
        assert np.isnan(measure(one_class, one_class)) == (name in undefined), name
    assert np.isnan(precision(one_class, nothing))
    assert f1(one_class, nothing) == 0
    assert np.isnan(auroc(one_class, np.arange(3)))
    assert np.isnan(average_precision(nothing, np.arange(3)))


def test_claims_of_one_length_are_held_against_each_other(many):
    labels, scores, _ = many
    words = np.random.default_rng(9).integers(5, 12, labels.size)
    pairs = [
        (scores[a] > scores[b]) + (scores[a] == scores[b]) / 2
        for a in np.flatnonzero(labels)
        for b in np.flatnonzero(~labels)
        if words[a] == words[b]
    ]
    assert one_length_auroc(labels, ranks_of(scores), words) == pytest.approx(np.mean(pairs))
    assert one_length_auroc(labels, ranks_of(words.astype(float)), words) == 0.5  # length itself tells nothing
    assert np.isnan(one_length_auroc(labels, ranks_of(scores), labels.astype(int)))
