"""The logistic model over the cross-encoder's opinion and the plain signals, and the two thresholds.

Fitted to the examples that the cross-encoder was not trained on (`kept_back`). Sets weigh the same, and in each the
supported and the other claims do; weights of signals that speak for support are not negative, nor positive those that
speak against. Thresholds: `supported` has the best balanced accuracy averaged over sets; down to `partial`, at least
two of five claims are supported, for even odds. From `sure` on, four of five claims that no rule decides are.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

RIDGE = 1e-3
GRID = np.round(np.arange(0.1, 0.95, 0.01), 2)

Labelled = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Signals of claims, shape (claims, signals), and which are supported."""


def fit(sets: Mapping[str, Labelled], against: Sequence[bool]) -> tuple[NDArray[np.float64], float]:
    """Weights and bias.

    Args:
        sets: claims by set.
        against: of each signal, whether it speaks against support.
    """
    x = np.concatenate([signals for signals, _ in sets.values()])
    y = np.concatenate([np.where(right, 1.0, -1.0) for _, right in sets.values()])
    w = np.concatenate([_weights(right) / len(sets) for _, right in sets.values()])

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = y * (x @ values[:-1] + values[-1])
        pull = -w * y * expit(-margin)
        ridge = RIDGE * np.append(values[:-1], 0.0)
        value = float((w * np.logaddexp(0, -margin)).sum() + 0.5 * ridge @ values)
        return value, np.append(pull @ x, pull.sum()) + ridge

    bounds = [(None, 0.0) if one else (0.0, None) for one in against] + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, bounds=bounds, method="L-BFGS-B")
    if not found.success:
        raise RuntimeError(found.message)
    return found.x[:-1], float(found.x[-1])


def _weights(right: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(right, 0.5 / max(1, right.sum()), 0.5 / max(1, (~right).sum()))


def probability(signals: NDArray[np.float64], weights: NDArray[np.float64], bias: float) -> NDArray[np.float64]:
    """Probability of support, shape (claims,)."""
    return expit(signals @ weights + bias)


def balanced(scores: NDArray[np.float64], right: NDArray[np.bool_], threshold: float) -> float:
    """Mean of the share of supported claims at or above the threshold and of the others below it."""
    return float(((scores >= threshold)[right].mean() + (scores < threshold)[~right].mean()) / 2)


def sure(scored: Mapping[str, tuple[NDArray[np.float64], NDArray[np.bool_]]], least: float, share: float) -> float:
    """The lowest threshold from `least` on above which that share of the claims is supported, for even odds.

    Args:
        scored: scores and labels by set, of claims that no rule decides.
        least: the threshold of `supported`.
        share: of the claims above, averaged over sets.
    """
    for cut in GRID[np.round(GRID, 2) >= least]:
        above = []
        for scores, right in scored.values():
            weights = _weights(right)[scores >= cut]
            if weights.sum():
                above.append(float((weights * right[scores >= cut]).sum() / weights.sum()))
        if above and np.mean(above) >= share:
            return float(cut)
    return float(GRID[-1])


def thresholds(scored: Mapping[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]) -> tuple[float, float]:
    """The thresholds of `supported` and of `partial`."""
    quality = [np.mean([balanced(scores, right, cut) for scores, right in scored.values()]) for cut in GRID]
    supported = float(GRID[int(np.argmax(quality))])
    partial = supported
    for cut in GRID[::-1]:
        if cut >= supported:
            continue
        between = []
        for scores, right in scored.values():
            inside = (scores >= cut) & (scores < min(cut + 0.1, supported))
            weights = _weights(right)[inside]
            if weights.sum():
                between.append(float((weights * right[inside]).sum() / weights.sum()))
        if not between or np.mean(between) < 0.4:
            break
        partial = float(cut)
    return supported, partial
