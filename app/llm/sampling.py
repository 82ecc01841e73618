"""Which token comes next: from logits to a choice, in numpy, the same for every version of llama.cpp.

The order is that of most samplers: repetition penalty (Keskar et al. 2019, arXiv:1909.05858), then the likeliest token
at temperature 0, else the nucleus (Holtzman et al. 2020, arXiv:1904.09751) at the given temperature. A grammar is asked
about few tokens: the choice is made without it first and made again only when the grammar refuses it, so that it costs
microseconds and not the milliseconds of a whole vocabulary.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .types import Sampling

_PENALISED = 64
"""Tokens that were written last and are made less likely."""

_FIRST_TRY = 256
_FEW = 1024

Allowed = Callable[[NDArray[np.int32]], NDArray[np.bool_]]
"""Which of some tokens, shape (n,), a grammar lets come next, shape (n,)."""


class Sampler:
    """Chooses the tokens of one text; the same seed and logits give the same tokens.

    Args:
        sampling: how.
        allowed: what the grammar lets through; None without one.
    """

    def __init__(self, sampling: Sampling, allowed: Allowed | None = None) -> None:
        self._sampling, self._allowed = sampling, allowed
        self._dice = np.random.default_rng(sampling.seed % 2**64)
        self._recent: deque[int] = deque(maxlen=_PENALISED)

    def choose(self, logits: NDArray[np.float32]) -> int | None:
        """The next token; None when the grammar lets none through.

        Args:
            logits: shape (vocabulary,), float32; left as they are.
        """
        scores = penalised(logits, self._recent, self._sampling.repeat_penalty)
        token = self._drawn(scores)
        if self._allowed is not None and not self._allowed(np.array([token], dtype=np.int32))[0]:
            token = self._drawn_by_grammar(scores, self._allowed)
        if token is not None:
            self._recent.append(token)
        return token

    def _drawn(self, scores: NDArray[np.float32]) -> int:
        if self._sampling.temperature == 0:
            return int(scores.argmax())
        return draw(scores, self._sampling.temperature, self._sampling.top_p, self._dice.random())

    def _drawn_by_grammar(self, scores: NDArray[np.float32], allowed: Allowed) -> int | None:
        """Of what the grammar lets through; the likeliest tokens are looked at first, which is nearly always enough."""
        some = np.argpartition(-scores, min(_FIRST_TRY, len(scores) - 1))[:_FIRST_TRY].astype(np.int32)
        for candidates in (np.sort(some), np.arange(len(scores), dtype=np.int32)):
            left = candidates[allowed(candidates)]
            if len(left):
                return int(left[self._drawn(scores[left])])
        return None


def penalised(logits: NDArray[np.float32], recent: deque[int], penalty: float) -> NDArray[np.float32]:
    """A copy of the logits in which tokens of `recent` are less likely; a penalty of 1 changes nothing."""
    scores = logits.copy()
    if penalty != 1 and recent:
        tokens = np.unique(np.fromiter(recent, dtype=np.int64))
        seen = scores[tokens]
        scores[tokens] = np.where(seen > 0, seen / penalty, seen * penalty)
    return scores


def draw(scores: NDArray[np.float32], temperature: float, top_p: float, dice: float) -> int:
    """A token of the nucleus.

    Args:
        scores: logits, shape (n,).
        temperature: above 0.
        top_p: the least tokens that together are so likely, at temperature 1, are drawn from; in (0, 1].
        dice: in [0, 1).
    """
    weights = np.exp(scores.astype(np.float64) - scores.max())
    enough = top_p * weights.sum()
    order = _likeliest(weights, enough)
    before = np.cumsum(weights[order]) - weights[order]
    order = order[before < enough]
    ranked = scores[order].astype(np.float64)
    odds = np.exp((ranked - ranked[0]) / temperature).cumsum()
    return int(order[min(np.searchsorted(odds, dice * odds[-1], side="right"), len(odds) - 1)])


def _likeliest(weights: NDArray[np.float64], enough: float) -> NDArray[np.intp]:
    """Places of the largest weights, descending, that have `enough` together; a few of them nearly always do."""
    if len(weights) > _FEW:
        some = np.sort(np.argpartition(-weights, _FEW)[:_FEW])
        if weights[some].sum() > enough:
            return some[np.argsort(-weights[some], kind="stable")]
    return np.argsort(-weights, kind="stable")
