"""How far a mean over topics can be trusted: bootstrap intervals.

Percentile bootstrap over topics: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
For paired topics of two systems: Sakai, "Evaluating Evaluation Metrics based on the Bootstrap", SIGIR 2006.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..index.errors import EvaluationError

_CELLS_AT_ONCE = 1_000_000  # drawn indices held in memory: 8 MB, and as much again for the drawn values


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the ends of its confidence interval, in the unit of the values."""

    mean: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """The form used in JSON."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


def bootstrap_mean(
    values: NDArray[np.float64], *, resamples: int = 10_000, confidence: float = 0.95, seed: int = 0
) -> Interval:
    """Mean of per-topic values with its percentile bootstrap interval.

    One value, or equal values, give an interval of width zero: nothing in the sample speaks of any spread.

    Args:
        values: shape (topics,), float64, finite.
        resamples: how many samples of the same size are drawn with replacement.
        confidence: between 0 and 1, exclusive.
        seed: equal seeds give equal intervals.

    Raises:
        EvaluationError: no values, values that are not finite, or an argument out of range.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise EvaluationError(f"an interval needs one value per topic; got an array of shape {values.shape}")
    if not np.isfinite(values).all():
        raise EvaluationError(f"the value at position {int(np.argmin(np.isfinite(values)))} is not finite")
    if resamples < 1:
        raise EvaluationError(f"resamples is {resamples!r}; it must be 1 or more")
    if not 0.0 < confidence < 1.0:
        raise EvaluationError(f"confidence is {confidence!r}; it must lie between 0 and 1")
    mean = float(values.mean())
    if values.min() == values.max():
        return Interval(mean, mean, mean)
    rng = np.random.default_rng(seed)
    means = np.empty(resamples, dtype=np.float64)
    step = max(1, _CELLS_AT_ONCE // values.size)
    for start in range(0, resamples, step):
        stop = min(start + step, resamples)
        drawn = rng.integers(0, values.size, size=(stop - start, values.size))
        means[start:stop] = values[drawn].mean(axis=1)
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(mean, float(low), float(high))


def paired_difference(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    *,
    resamples: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Mean of `a - b` over paired topics with its bootstrap interval; above zero, `a` is the better one.

    Topics are drawn in pairs, so what makes a topic hard for both systems cancels out (Sakai 2006).

    Args:
        a: shape (topics,), one system's value for each topic.
        b: the other system's values for the same topics in the same order.
        resamples: as for `bootstrap_mean`.
        confidence: as for `bootstrap_mean`.
        seed: as for `bootstrap_mean`.

    Raises:
        EvaluationError: the two differ in length, or as for `bootstrap_mean`.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise EvaluationError(f"paired values must be of the same topics; got shapes {a.shape} and {b.shape}")
    return bootstrap_mean(a - b, resamples=resamples, confidence=confidence, seed=seed)
