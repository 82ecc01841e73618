"""Whether two systems differ: a paired randomisation test, and Holm's correction over measures.

The test: Smucker, Allan and Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval
Evaluation", CIKM 2007. Were the two systems alike, each topic's difference could as well have the other sign; p is the
share of all ways to choose the signs that give a mean at least as far from zero. The correction: Holm, "A Simple
Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6(2), 1979.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..index.errors import EvaluationError

_EXACT_UP_TO = 13  # topics that differ: 8,192 ways to choose their signs are fewer than the 10,000 drawn otherwise
_CELLS_AT_ONCE = 1_000_000
_ROUNDING = 1e-9  # sums that differ by less, relative to all differences, are taken for equal


def randomisation_test(
    a: NDArray[np.float64], b: NDArray[np.float64], *, permutations: int = 10_000, seed: int = 0
) -> float:
    """Two-sided p of the paired randomisation test that two systems score alike; in (0, 1].

    Exact where at most 13 topics differ; otherwise from signs drawn at random, with the observed ones counted in
    (Phipson and Smyth, "Permutation P-values Should Never Be Zero", 2010), so that p is never too small.

    Args:
        a: shape (topics,), one system's value for each topic, finite.
        b: the other system's values for the same topics in the same order.
        permutations: how many times the signs are drawn.
        seed: equal seeds give equal p.

    Raises:
        EvaluationError: the two differ in length, there are no topics, a value is not finite, or no permutations.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise EvaluationError(f"paired values must be of the same topics; got shapes {a.shape} and {b.shape}")
    return float(randomisation_tests((a - b)[np.newaxis], permutations=permutations, seed=seed)[0])


def randomisation_tests(
    differences: NDArray[np.float64], *, permutations: int = 10_000, seed: int = 0
) -> NDArray[np.float64]:
    """As `randomisation_test`, for several rows of paired differences at once: they share the drawn signs.

    Args:
        differences: shape (tests, topics), float64, finite; several measures over the same topics, say.
        permutations: as for `randomisation_test`.
        seed: as for `randomisation_test`.

    Returns:
        p of each row, shape (tests,).

    Raises:
        EvaluationError: no topics, a value that is not finite, or no permutations.
    """
    differences = np.asarray(differences, dtype=np.float64)
    if differences.ndim != 2 or differences.shape[1] == 0:
        raise EvaluationError(f"the test needs an array (tests, topics); got shape {differences.shape}")
    if not np.isfinite(differences).all():
        raise EvaluationError("a difference is not finite")
    if permutations < 1:
        raise EvaluationError(f"permutations is {permutations!r}; it must be 1 or more")
    p = np.ones(len(differences), dtype=np.float64)
    few = np.count_nonzero(differences, axis=1) <= _EXACT_UP_TO
    for row in np.flatnonzero(few):
        p[row] = _exact(differences[row][differences[row] != 0.0])
    if not few.all():
        p[~few] = _drawn(differences[~few], permutations, np.random.default_rng(seed))
    return p


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p of each measure, in the order given; below 0.05, the family's error is held at 5 % (Holm 1979).

    The smallest of m is multiplied by m, the next by m - 1, and so on; none is below one before it, none above 1.

    Raises:
        EvaluationError: a p is not in [0, 1].
    """
    if wrong := next((name for name, value in p.items() if not 0.0 <= value <= 1.0), None):
        raise EvaluationError(f"p of {wrong!r} is {p[wrong]!r}; it must lie between 0 and 1")
    adjusted: dict[str, float] = {}
    highest = 0.0
    for place, name in enumerate(sorted(p, key=lambda name: p[name])):
        highest = max(highest, min(1.0, (len(p) - place) * p[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p}


def _exact(differing: NDArray[np.float64]) -> float:
    """Over every choice of signs; topics without a difference have none to choose."""
    patterns = np.arange(2**differing.size)[:, np.newaxis] >> np.arange(differing.size) & 1
    sums = (2.0 * patterns - 1.0) @ differing
    return float(np.mean(np.abs(sums) >= np.abs(differing.sum()) - _ROUNDING * np.abs(differing).sum()))


def _drawn(differences: NDArray[np.float64], permutations: int, rng: np.random.Generator) -> NDArray[np.float64]:
    topics = differences.shape[1]
    reached = np.abs(differences.sum(axis=1)) - _ROUNDING * np.abs(differences).sum(axis=1)
    as_far = np.zeros(len(differences), dtype=np.int64)
    step = max(1, _CELLS_AT_ONCE // topics)
    for start in range(0, permutations, step):
        signs = rng.integers(0, 2, size=(min(step, permutations - start), topics), dtype=np.int8) * 2.0 - 1.0
        as_far += np.count_nonzero(np.abs(differences @ signs.T) >= reached[:, np.newaxis], axis=1)
    return (as_far.astype(np.float64) + 1.0) / (permutations + 1.0)
