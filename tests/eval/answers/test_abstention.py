"""Risk, coverage and their areas, worked by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sota_rag.eval.answers.abstention import auroc, balanced_silence, risk_coverage, widest, worthwhile
from sota_rag.index.errors import EvaluationError


def test_the_curve_by_hand():
    found = risk_coverage(np.array([0.9, 0.2, 0.7, 0.5]), np.array([0, 1, 1, 0]))
    assert found.thresholds == pytest.approx([0.9, 0.7, 0.5, 0.2])
    assert found.coverage == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert found.risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert found.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # The best order has both right ones first: 0, 0, 1/3, 1/2.
    assert found.excess == pytest.approx((1 / 2) / 4)
    assert found.curve().kind == "step"


def test_the_best_order_has_no_excess_and_one_confidence_is_one_point():
    assert risk_coverage(np.array([3.0, 2.0, 1.0]), np.array([0, 0, 1])).excess == 0
    flat = risk_coverage(np.full(4, 0.5), np.array([1, 0, 0, 1]))
    assert (flat.coverage, flat.risk) == (pytest.approx([1.0]), pytest.approx([0.5]))
    assert flat.area == pytest.approx(0.5)


def test_ties_do_not_depend_on_the_order_of_the_topics():
    rng = np.random.default_rng(0)
    confidence, wrong = rng.integers(0, 5, 50) / 5, rng.integers(0, 2, 50)
    order = rng.permutation(50)
    one, other = risk_coverage(confidence, wrong), risk_coverage(confidence[order], wrong[order])
    assert (one.area, one.excess) == (pytest.approx(other.area), pytest.approx(other.excess))
    assert one.risk == pytest.approx(other.risk)


def test_the_widest_coverage_within_a_risk():
    found = risk_coverage(np.array([0.9, 0.7, 0.5, 0.2]), np.array([0, 1, 0, 1]))
    assert widest(found, 0.35) == pytest.approx((0.5, 0.75, 1 / 3))
    assert widest(found, 0.0) == pytest.approx((0.9, 0.25, 0.0))
    assert widest(risk_coverage(np.array([0.9, 0.1]), np.array([1, 0])), 0.2) is None


def test_the_net_benefit_by_hand():
    # Right less wrong answers at the four points: 1, 0, 1, 0 of 4; among equals the widest counts.
    found = risk_coverage(np.array([0.9, 0.7, 0.5, 0.2]), np.array([0, 1, 0, 1]))
    assert worthwhile(found) == pytest.approx((0.5, 0.75, 1 / 3))
    assert worthwhile(found, tolerance=0.25) == pytest.approx((0.2, 1.0, 0.5))


def test_auroc_equals_scikit_learns_with_ties():
    rng = np.random.default_rng(1)
    confidence, positive = rng.integers(0, 8, 60).astype(float), rng.random(60) < 0.4
    assert auroc(confidence, positive) == pytest.approx(roc_auc_score(positive, confidence))
    assert np.isnan(auroc(confidence, np.ones(60, dtype=bool)))


def test_balanced_silence():
    answered, answerable = np.array([True, True, False, True, False]), np.array([True, True, True, False, False])
    assert balanced_silence(answered, answerable) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert np.isnan(balanced_silence(answered, np.ones(5, dtype=bool)))


@pytest.mark.parametrize(
    ("confidence", "wrong", "said"),
    [([], [], "a confidence for each"), ([0.1], [0, 1], "a confidence for each"), ([0.1, np.nan], [0, 1], "answer 1")],
)
def test_what_has_no_curve_is_refused(confidence, wrong, said):
    with pytest.raises(EvaluationError, match=said):
        risk_coverage(np.array(confidence), np.array(wrong))
