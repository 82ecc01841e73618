"""What a study found: whether it is more than chance, and as little of it as keeps the gain.

The best of many trials is measured too well, because it was chosen by the same topics. Its gain is therefore
estimated by cross-validation: for each fold of the topics, the best trial on the other folds is compared there with the
settings as they were. Where the best trial is better than those by more than noise, every group of parameters whose
return to its old values costs nothing that can be told from noise goes back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...eval.statistics import Interval, paired_difference
from .parameters import Group, Parameters, Space
from .study import Tried

_FOLDS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to do with the settings, judged on training topics alone.

    Attributes:
        before: the settings as they were.
        best: the trial with the highest mean.
        after: the best parameters, with everything put back that gains nothing; `before` where nothing gains.
        put_back: groups that went back to their old values.
        gain: of `after` over `before`, paired over the training topics.
        expected_gain: of the choosing, cross-validated; what to expect on other topics.
    """

    before: Tried
    best: Tried
    after: Tried
    put_back: tuple[Group, ...]
    gain: Interval
    expected_gain: Interval

    @property
    def better(self) -> bool:
        """Whether the new settings are better by more than noise; only then are they worth writing."""
        return self.gain.low > 0 and self.expected_gain.low > 0


def outcome_of(
    tried: Sequence[Tried],
    space: Space,
    measure: Callable[[Parameters], NDArray[np.float64]],
    *,
    seed: int = 0,
) -> Outcome:
    """Judge a study.

    Args:
        tried: its finished trials; the first is the settings as they were.
        space: what was tuned.
        measure: values of all training topics, in their order, for parameters that may not have been tried.
        seed: of folds and intervals.
    """
    before = tried[0]
    best = max(tried, key=lambda one: (one.mean, -one.number))
    after, put_back = before, space.groups
    if paired_difference(best.values, before.values, seed=seed).low > 0:
        after, put_back = _simplest(best, before, space, measure, seed)
    return Outcome(
        before,
        best,
        after,
        put_back,
        paired_difference(after.values, before.values, seed=seed),
        expected_gain(tried, seed=seed),
    )


def expected_gain(tried: Sequence[Tried], *, seed: int = 0) -> Interval:
    """Gain over the first trial of whatever trial is best on other topics, paired over all topics.

    Args:
        tried: finished trials over the same topics, two topics at least.
        seed: of the folds and the interval.
    """
    values = np.stack([one.values for one in tried])
    order = np.random.default_rng(seed).permutation(values.shape[1])
    chosen = np.empty(values.shape[1])
    for fold in np.array_split(order, min(_FOLDS, len(order))):
        others = np.setdiff1d(order, fold)
        chosen[fold] = values[int(np.argmax(values[:, others].mean(axis=1))), fold]
    return paired_difference(chosen, values[0], seed=seed)


def _simplest(
    best: Tried, before: Tried, space: Space, measure: Callable[[Parameters], NDArray[np.float64]], seed: int
) -> tuple[Tried, tuple[Group, ...]]:
    """Put groups back, the least useful first, while what is left keeps up with the best and is better than before."""
    current, put_back = best, []
    while True:
        candidates: list[tuple[Group, Tried]] = []
        for group in space.groups:
            parameters = current.parameters.with_group(group, space.base)
            if parameters == current.parameters:
                continue
            without = replace(current, parameters=parameters, values=measure(parameters))
            lost = paired_difference(best.values, without.values, seed=seed)
            if lost.low <= 0 < paired_difference(without.values, before.values, seed=seed).low:
                candidates.append((group, without))
        if not candidates:
            return current, tuple(put_back)
        group, current = max(candidates, key=lambda one: one[1].mean)
        put_back.append(group)
