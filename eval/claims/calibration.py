"""Whether a verifier's scores can be read as probabilities that people find the claim supported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

BINS = 10
_Z = 1.959963984540054  # of a two-sided 95 % interval


@dataclass(frozen=True, slots=True)
class Bins:
    """Claims sorted into bins by score; empty bins are left out.

    Attributes:
        scores: shape (bins,), mean score of each bin, rising.
        shares: shape (bins,), share of supported claims in each.
        sizes: shape (bins,), how many claims each holds.
    """

    scores: Floats
    shares: Floats
    sizes: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Mean distance of score and share, each bin counting by its size."""
        return float((np.abs(self.scores - self.shares) * self.sizes).sum() / self.sizes.sum())

    def interval(self) -> tuple[Floats, Floats]:
        """Ends of the 95 % score interval of each share (Wilson, JASA 1927)."""
        n = self.sizes.astype(np.float64)
        centre = (self.shares + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * np.sqrt(self.shares * (1 - self.shares) / n + _Z**2 / (4 * n**2))
        return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def equal_width(labels: Bools, scores: Floats, bins: int = BINS) -> Bins:
    """Bins of equal width in [0, 1]; a score on an edge belongs to the bin above it, 1 to the last.

    Args:
        labels: true where people found the claim supported.
        scores: in [0, 1], as many.
        bins: how many.
    """
    return _gather(labels, scores, np.minimum((scores * bins).astype(np.int64), bins - 1), bins)


def equal_mass(labels: Bools, scores: Floats, bins: int = BINS) -> Bins:
    """Bins of as equal numbers of claims as ties allow: equal scores are never parted.

    Args:
        labels: as for `equal_width`.
        scores: as for `equal_width`.
        bins: as for `equal_width`.
    """
    edges = np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1])
    return _gather(labels, scores, np.searchsorted(edges, scores, side="left"), bins)


def ece(labels: Bools, scores: Floats) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al., ICML 2017); lower is better.

    It is that of the positive class: the score is held against the share of supported claims.
    """
    return equal_width(labels, scores).error


def adaptive_ece(labels: Bools, scores: Floats) -> float:
    """The same over ten bins of equal mass (Nguyen and O'Connor, EMNLP 2015), which empty regions do not blur."""
    return equal_mass(labels, scores).error


def brier(labels: Bools, scores: Floats) -> float:
    """Mean squared distance of score and label (Brier, Monthly Weather Review 1950); lower is better."""
    return float(np.mean((scores - labels) ** 2))


SCORE_MEASURES: Mapping[str, Callable[[Bools, Floats], float]] = MappingProxyType(
    {"ECE": ece, "adaptive ECE": adaptive_ece, "Brier": brier}
)
"""Measures of scores as probabilities; lower is better."""


def _gather(labels: Bools, scores: Floats, places: NDArray[np.int64], bins: int) -> Bins:
    sizes = np.bincount(places, minlength=bins)
    held = sizes > 0
    sums = (np.bincount(places, weights=values, minlength=bins)[held] for values in (scores, labels))
    means, shares = (total / sizes[held] for total in sums)
    return Bins(means, shares, sizes[held])
