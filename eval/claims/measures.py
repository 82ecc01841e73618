"""How well calls and scores of a verifier agree with human labels.

All are figures of a whole set, for arrays over its claims: `labels`, bool, true where people found the claim
supported; `called`, bool, true where the verifier calls it supported; `ranks`, int64, the place of the claim's score
among the distinct scores (see `ranks_of`). They are NaN where a class, or a call, that they need is missing. The
definitions are those of scikit-learn, and are tested against it; they are written here because an interval asks for
thousands of resamples, where this takes seconds and scikit-learn, checking its input each time, minutes.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def ranks_of(scores: NDArray[np.float64]) -> Ints:
    """Place of each score among the distinct ones, the lowest being 0; equal scores share a place."""
    return np.unique(scores, return_inverse=True)[1].astype(np.int64)


def accuracy(labels: Bools, called: Bools) -> float:
    """Share of claims called as people labelled them."""
    return float(np.mean(labels == called))


def recall(labels: Bools, called: Bools) -> float:
    """Share of the supported claims that are called so."""
    return _ratio(int((labels & called).sum()), int(labels.sum()))


def specificity(labels: Bools, called: Bools) -> float:
    """Share of the unsupported claims that are not called supported: the recall of the other class."""
    return recall(~labels, ~called)


def precision(labels: Bools, called: Bools) -> float:
    """Share of the claims called supported that are; NaN where nothing is."""
    return _ratio(int((labels & called).sum()), int(called.sum()))


def balanced_accuracy(labels: Bools, called: Bools) -> float:
    """Mean of recall and specificity, 0.5 for a verifier that knows nothing (Brodersen et al., ICPR 2010)."""
    return (recall(labels, called) + specificity(labels, called)) / 2


def f1(labels: Bools, called: Bools) -> float:
    """Harmonic mean of precision and recall of `supported`; 0 where nothing supported is called so."""
    hits = int((labels & called).sum())
    return _ratio(2 * hits, int(labels.sum()) + int(called.sum())) if labels.any() else float("nan")


def macro_f1(labels: Bools, called: Bools) -> float:
    """Mean of the F1 of `supported` and of the F1 of everything else."""
    return (f1(labels, called) + f1(~labels, ~called)) / 2


def auroc(labels: Bools, ranks: Ints) -> float:
    """Probability that a supported claim scores above an unsupported one, ties counting half.

    The area under the ROC curve (Hanley and McNeil, Radiology 1982).
    """
    positive, negative = _counts(labels, ranks)
    below = np.cumsum(negative) - negative
    return _ratio(float((positive * (below + negative / 2)).sum()), float(positive.sum() * negative.sum()))


def average_precision(labels: Bools, ranks: Ints) -> float:
    """Mean, over the supported claims, of the precision among all that score as high or higher."""
    positive, negative = (counts[::-1] for counts in _counts(labels, ranks))
    hits, shown = np.cumsum(positive), np.cumsum(positive + negative)
    return _ratio(float((positive * hits / np.maximum(shown, 1)).sum()), float(positive.sum()))


def selective_risk(labels: Bools, ranks: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coverage and risk when claims are let through by score, the highest first.

    Coverage is the share of claims let through, risk the share of those that are unsupported (El-Yaniv and Wiener,
    JMLR 2010). Claims of equal score go through together.

    Returns:
        Both of shape (distinct scores,), float64, in [0, 1], coverage rising.
    """
    positive, negative = (counts[::-1] for counts in _counts(labels, ranks))
    through = np.cumsum(positive + negative)
    present = (positive + negative) > 0
    return (through / labels.size)[present], (np.cumsum(negative)[present] / through[present])


def aurc(labels: Bools, ranks: Ints) -> float:
    """Area under the risk–coverage curve, the mean risk over all coverages (Geifman et al., ICLR 2019).

    Lower is better; it cannot be less than the share of unsupported claims allows.
    """
    coverage, risk = selective_risk(labels, ranks)
    return float((np.diff(coverage, prepend=0.0) * risk).sum())


CALL_MEASURES: Mapping[str, Callable[[Bools, Bools], float]] = MappingProxyType(
    {
        "balanced accuracy": balanced_accuracy,
        "accuracy": accuracy,
        "precision": precision,
        "recall": recall,
        "specificity": specificity,
        "F1": f1,
        "macro F1": macro_f1,
    }
)
"""Measures of calls; positives are the supported claims."""

RANK_MEASURES: Mapping[str, Callable[[Bools, Ints], float]] = MappingProxyType(
    {"AUROC": auroc, "average precision": average_precision, "AURC": aurc}
)
"""Measures of the order that the scores put claims in."""


def best_threshold(labels: Bools, scores: NDArray[np.float64]) -> float:
    """The threshold whose calls (`score >= threshold`) have the best balanced accuracy; midway between two scores.

    Of several as good, the middle one. NaN where a class is missing.
    """
    values = np.unique(scores)
    positive, negative = _counts(labels, ranks_of(scores))
    if not positive.sum() or not negative.sum() or values.size < 2:
        return float("nan")
    # Called supported are the claims above each cut, the cuts lying between neighbouring scores.
    recalls = 1 - np.cumsum(positive)[:-1] / positive.sum()
    specificities = np.cumsum(negative)[:-1] / negative.sum()
    quality = recalls + specificities
    best = np.flatnonzero(quality >= quality.max() - 1e-12)
    place = int(best[best.size // 2])
    return float((values[place] + values[place + 1]) / 2)


def _counts(labels: Bools, ranks: Ints) -> tuple[Ints, Ints]:
    """Supported and unsupported claims at each rank."""
    length = int(ranks.max()) + 1
    return np.bincount(ranks[labels], minlength=length), np.bincount(ranks[~labels], minlength=length)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
