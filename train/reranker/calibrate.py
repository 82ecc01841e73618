"""Make the reranker's logit that of a probability, by temperature and shift folded into its last layer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..fusion.samples import Sample

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SHOWN = 10
"""Candidates of a question that are looked at: what people are shown."""


def pairs_of(held: Sequence[Sample]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Logits of the first candidates of all questions, and which of them answer."""
    logits = np.concatenate([one.logits[:SHOWN] for one in held]).astype(np.float64)
    return logits, np.concatenate([one.right[: min(SHOWN, len(one.logits))] for one in held])


def platt(pools: Mapping[str, Sequence[Sample]]) -> tuple[float, float]:
    """Scale and shift of the logit that make it likeliest, each collection weighing the same.

    Platt, "Probabilistic Outputs for Support Vector Machines", 1999; the scale alone is the temperature of Guo et al.,
    "On Calibration of Modern Neural Networks", ICML 2017.
    """
    parts = [pairs_of(held) for held in pools.values()]
    x = np.concatenate([logits for logits, _ in parts])
    y = np.concatenate([right for _, right in parts]).astype(np.float64)
    weights = np.concatenate([np.full(len(logits), 1 / (len(logits) * len(parts))) for logits, _ in parts])

    def loss(values: NDArray[np.float64]) -> float:
        z = values[0] * x + values[1]
        return float((weights * (np.logaddexp(0, z) - y * z)).sum())

    scale, shift = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B").x
    return float(scale), float(shift)


def fold(model: "PreTrainedModel", scale: float, shift: float) -> None:
    """Change the last layer so that it gives `scale * logit + shift`."""
    import torch

    with torch.no_grad():
        model.classifier.weight.mul_(scale)
        model.classifier.bias.mul_(scale).add_(shift)
