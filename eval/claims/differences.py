"""Two verifiers on the same claims: what one gains over the other, and how they rank claims of one length."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...index.errors import EvaluationError
from ..statistics import Interval, bootstrap_statistic
from .evaluation import Rule
from .judging import Judged
from .measures import auroc, balanced_accuracy, ranks_of
from .reader import Claim


def one_length_auroc(labels: NDArray[np.bool_], ranks: NDArray[np.int64], words: NDArray[np.int64]) -> float:
    """AUROC over the pairs of a supported and an unsupported claim that have the same number of words.

    What a verifier is worth on a set whose labels go with the length of the claims. NaN where there is no such pair.

    Args:
        labels: shape (claims,), true where supported.
        ranks: of the scores, shape (claims,).
        words: in the claims, shape (claims,).
    """
    span = int(ranks.max()) + 1
    keys, places = np.unique(words.astype(np.int64) * span + ranks, return_inverse=True)
    supported, others = (np.bincount(places[which], minlength=keys.size) for which in (labels, ~labels))
    first, start = np.unique(keys // span, return_index=True)
    below = np.cumsum(others) - others  # others of any length so far, less those of shorter claims
    below -= below[start][np.searchsorted(first, keys // span)]
    pairs = float((np.add.reduceat(supported, start) * np.add.reduceat(others, start)).sum())
    return float((supported * (below + others / 2)).sum()) / pairs if pairs else float("nan")


def differences(
    claims: Sequence[Claim],
    ours: tuple[Sequence[Judged], Rule],
    theirs: tuple[Sequence[Judged], Rule],
    *,
    resamples: int = 2000,
) -> dict[str, Interval]:
    """What `ours` reaches more than `theirs`, paired: the bootstrap draws sources, and judges both on what it drew.

    Args:
        claims: what was judged.
        ours: the opinions of one verifier, and when one counts as a call of `supported`.
        theirs: of the other one.
        resamples: for each interval.

    Returns:
        Differences of `AUROC`, of `balanced accuracy`, and of `AUROC at one length` (see
        `one_length_auroc`); one that is not defined on most resamples is left out.
    """
    labels = np.array([claim.supported for claim in claims])
    words = np.array([len(claim.text.split()) for claim in claims])
    clusters = np.unique([claim.source for claim in claims], return_inverse=True)[1]
    ranks = [ranks_of(np.array([one.opinion.score for one in judged])) for judged, _ in (ours, theirs)]
    calls = [rule.calls(judged) for judged, rule in (ours, theirs)]
    figures: dict[str, Callable[[NDArray[np.int64], int], float]] = {
        "AUROC": lambda rows, which: auroc(labels[rows], ranks[which][rows]),
        "balanced accuracy": lambda rows, which: balanced_accuracy(labels[rows], calls[which][rows]),
        "AUROC at one length": lambda rows, which: one_length_auroc(labels[rows], ranks[which][rows], words[rows]),
    }
    found: dict[str, Interval] = {}
    for name, figure in figures.items():
        try:
            found[name] = bootstrap_statistic(
                lambda rows, figure=figure: figure(rows, 0) - figure(rows, 1),
                labels.size,
                clusters=clusters,
                resamples=resamples,
            )
        except EvaluationError:  # no pair of one length, on most resamples
            continue
    return found
