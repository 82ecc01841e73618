"""Signals of a candidate into one score, by weights that were learned from judgements.

The model is linear: a score is a sum of signals times weights, which lie readable in `models/fusion/weights.json`, made
by `train/fusion`. Signals are normalised within a query, so that collections and encoders of other scales do. One set
of weights is for the two legs before anything is reranked, another for the final order with the reranker's opinion.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError
from .fusion import by_maximum, min_max

LEG_SIGNALS = ("cosine", "bm25", "dense_place", "bm25_place", "agreement", "stated_cosine", "stated_bm25")
RERANK_SIGNALS = ("rerank_probability", "rerank_logit")
_DAMPING = 10.0
_LOGIT = 8.0


def leg_signals(
    cosines: NDArray[np.float32], bm25: NDArray[np.float32], ranks: NDArray[np.float64], *, states: bool
) -> NDArray[np.float64]:
    """Signals of the two legs, shape (candidates, len(LEG_SIGNALS)), each in [0, 1].

    - `cosine`: cosine, spread over [0, 1] among the candidates.
    - `bm25`: BM25 score as a share of the highest.
    - `dense_place`, `bm25_place`: 1 for the first in that leg's ranking, half for the eleventh, 0 for none.
    - `agreement`: the lower of the two places.
    - `stated_cosine`, `stated_bm25`: `cosine` and `bm25` again where the query is a statement, else 0: a claim has more
      of its passage's words than a question has.

    Args:
        cosines: shape (candidates,).
        bm25: BM25 scores, 0 or more, shape (candidates,).
        ranks: 1-based ranks in the dense and the BM25 leg, shape (2, candidates), `inf` where a leg did not return it.
        states: whether the query is a statement (`index.analysis.states`).
    """
    places = _DAMPING / (_DAMPING + ranks - 1)
    share = by_maximum(bm25)
    near = min_max(cosines)
    return np.stack(
        [near, share, places[0], places[1], places.min(axis=0), near * float(states), share * float(states)], axis=1
    )


def rerank_signals(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Signals of a calibrated reranker, shape (candidates, 2), each in [0, 1].

    - `rerank_probability`: that the passage answers.
    - `rerank_logit`: the logit, 0 at -8 and 1 at 8, which also tells apart what is all likely or all unlikely.

    Args:
        logits: what the reranker gave, shape (candidates,).
    """
    values = logits.astype(np.float64)
    return np.stack([1 / (1 + np.exp(-values)), np.clip((values + _LOGIT) / (2 * _LOGIT), 0, 1)], axis=1)


@dataclass(frozen=True, slots=True)
class LearnedFusion:
    """Weights of the signals.

    Attributes:
        legs: weight of each leg signal where nothing is reranked.
        final: weight of each leg signal and of each of the reranker's; empty where none were fitted to a reranker. In
            both, none is negative and all sum to one, so that a score is a weighted mean of its signals.
        reranker: the first digits of the fingerprint of the reranker that the final weights were fitted with.
    """

    legs: Mapping[str, float]
    final: Mapping[str, float]
    reranker: str = ""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Weights in a file.

        Raises:
            ModelError: the file is missing or holds something else.
        """
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            weights = {
                part: {str(name): float(value) for name, value in held[part].items()} for part in ("legs", "final")
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{str(path)!r} holds no weights of a fusion ({error!r}); make it with train.fusion"
            ) from error
        known = {"legs": {*LEG_SIGNALS}, "final": {*LEG_SIGNALS, *RERANK_SIGNALS}}
        for part, given in weights.items():
            if strange := sorted(set(given) - known[part]):
                raise ModelError(f"{str(path)!r}: there is no signal {strange[0]!r} in {part!r}")
            if below := sorted(name for name, value in given.items() if not value >= 0):
                raise ModelError(f"{str(path)!r}: the weight of {below[0]!r} in {part!r} is below zero")
        return cls(weights["legs"], weights["final"], str(held.get("reranker", "")))

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of all weights."""
        told = json.dumps([dict(sorted(self.legs.items())), dict(sorted(self.final.items()))])
        return hashlib.sha256(told.encode()).hexdigest()

    def fused(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores where nothing is reranked, shape (candidates,), from leg signals."""
        return signals @ self._row(self.legs, LEG_SIGNALS)

    def before(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """The legs' part of the final score, shape (candidates,)."""
        return signals @ self._row(self.final, LEG_SIGNALS)

    def added(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """The reranker's part of the final score, shape (candidates,)."""
        return rerank_signals(logits) @ self._row(self.final, RERANK_SIGNALS)

    @property
    def most(self) -> float:
        """What the reranker adds at most."""
        return float(sum(self.final.get(name, 0.0) for name in RERANK_SIGNALS))

    @staticmethod
    def _row(weights: Mapping[str, float], names: tuple[str, ...]) -> NDArray[np.float64]:
        return np.array([weights.get(name, 0.0) for name in names])


@cache
def shipped_fusion() -> LearnedFusion:
    """The weights in `models/fusion/weights.json`."""
    return LearnedFusion.read(Path(str(files("sota_rag.models") / "fusion" / "weights.json")))
