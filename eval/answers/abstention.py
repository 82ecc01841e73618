"""Silence weighed against wrong answers: the risk–coverage curve and what is read from it.

El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010; Geifman and El-Yaniv,
"Selective Classification for Deep Neural Networks", NIPS 2017. At every threshold of the confidence, coverage is the
share of all questions that are answered, and risk the share of these answers that are wrong. The area under the curve
(AURC) is the mean risk over all coverages; the excess (E-AURC; Geifman, Uziel and El-Yaniv, "Bias-Reduced Uncertainty
Estimation for Deep Neural Classifiers", ICLR 2019) takes away the area that the best possible order of the same answers
leaves. Both are in [0, 1], and less is better.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...index.errors import EvaluationError
from ..run_file import Curve


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The points of the curve, one for each different confidence, from the surest on.

    Attributes:
        thresholds: shape (points,), falling: who is at least so sure is answered.
        coverage: shape (points,), rising to 1.
        risk: shape (points,), among those answered.
        area: AURC.
        excess: E-AURC.
    """

    thresholds: NDArray[np.float64]
    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]
    area: float
    excess: float

    def curve(self) -> Curve:
        """For a plot."""
        return Curve(
            "coverage: share of questions answered",
            "risk: share of answers that are wrong",
            tuple(map(float, self.coverage)),
            tuple(map(float, self.risk)),
            kind="step",
        )


def risk_coverage(confidence: NDArray[np.float64], wrong: NDArray[np.float64]) -> RiskCoverage:
    """The curve of some answers. Questions of equal confidence are answered together, or not at all.

    Args:
        confidence: shape (n,), finite.
        wrong: shape (n,), 1 where the answer is wrong, else 0.

    Raises:
        EvaluationError: no answers, arrays of different shapes, or a confidence that is not finite.
    """
    confidence, wrong = np.asarray(confidence, dtype=np.float64), np.asarray(wrong, dtype=np.float64)
    if confidence.shape != wrong.shape or confidence.ndim != 1 or not confidence.size:
        raise EvaluationError(
            f"a risk–coverage curve needs a confidence for each answer; got {confidence.shape}, {wrong.shape}"
        )
    if not np.isfinite(confidence).all():
        raise EvaluationError(f"the confidence of answer {int(np.argmin(np.isfinite(confidence)))} is not finite")
    order = np.argsort(-confidence, kind="stable")
    sure, loss = confidence[order], wrong[order]
    last = np.flatnonzero(np.append(np.diff(sure) != 0, True))
    answered, lost = last + 1, np.cumsum(loss)[last]
    # Inside a tie the order is nobody's: each of its ranks gets the tie's mean loss.
    sizes = np.diff(answered, prepend=0)
    spread = np.repeat(np.diff(lost, prepend=0.0) / sizes, sizes)
    area = _area(spread)
    return RiskCoverage(
        thresholds=sure[last],
        coverage=answered / sure.size,
        risk=lost / answered,
        area=area,
        excess=max(0.0, area - _area(np.sort(loss))),
    )


def _area(loss: NDArray[np.float64]) -> float:
    """Mean of the risks at coverages 1/n, 2/n, …, 1."""
    return float((np.cumsum(loss) / np.arange(1, loss.size + 1)).mean())


def widest(found: RiskCoverage, most_risk: float) -> tuple[float, float, float] | None:
    """The point of the largest coverage whose risk is at most `most_risk`.

    Returns:
        Threshold, coverage and risk; None where every point has more risk.
    """
    fine = np.flatnonzero(found.risk <= most_risk)
    if not fine.size:
        return None
    place = int(fine[-1])
    return float(found.thresholds[place]), float(found.coverage[place]), float(found.risk[place])


def worthwhile(found: RiskCoverage, tolerance: float = 0.0) -> tuple[float, float, float]:
    """The point of the largest coverage whose net benefit is within the tolerance of the best.

    The net benefit is coverage · (1 - 2 · risk): right answers less wrong ones, as a share of all questions. A wrong
    answer costs what a right one brings, and silence is between the two; Chow, "On Optimum Recognition Error and Reject
    Tradeoff", IEEE Transactions on Information Theory 1970, with rejection at half the cost of an error. It depends on
    the share of answerable questions among those that made the curve.

    Returns:
        Threshold, coverage and risk.
    """
    benefit = found.coverage * (1.0 - 2.0 * found.risk)
    place = int(np.flatnonzero(benefit >= benefit.max() - tolerance)[-1])
    return float(found.thresholds[place]), float(found.coverage[place]), float(found.risk[place])


def auroc(confidence: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive is surer than a negative, ties counting half; NaN where one of the kinds is missing.

    The Mann–Whitney statistic (Hanley and McNeil, Radiology 1982).
    """
    positives, negatives = confidence[positive], np.sort(confidence[~positive])
    if not positives.size or not negatives.size:
        return float("nan")
    below = np.searchsorted(negatives, positives, side="left")
    upto = np.searchsorted(negatives, positives, side="right")
    return float((below + upto).mean() / (2 * negatives.size))


def balanced_silence(answered: NDArray[np.bool_], answerable: NDArray[np.bool_]) -> float:
    """Mean of the share of answerable questions answered and that of unanswerable ones met with silence.

    NaN where there is one kind alone. The balanced accuracy of Brodersen et al., "The Balanced Accuracy and Its
    Posterior Distribution", ICPR 2010.
    """
    if answerable.all() or not answerable.any():
        return float("nan")
    return float((answered[answerable].mean() + 1.0 - answered[~answerable].mean()) / 2)
