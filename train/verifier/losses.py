"""What a verifier is trained to make small."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .examples import CONTRADICTED, NEUTRAL, SUPPORTED, Example

if TYPE_CHECKING:
    import torch

OUTPUTS = (SUPPORTED, NEUTRAL, CONTRADICTED)
"""What the model's three outputs stand for."""


def weights(examples: Sequence[Example]) -> list[float]:
    """Weight of each example, 1 on average.

    Supported and other claims of one origin weigh the same together, and an origin as the root of its size, so that no
    set decides by being large or by having much of one label.
    """
    counts: dict[tuple[str, bool], int] = {}
    for one in examples:
        key = (one.origin.removesuffix("-damaged"), one.label == SUPPORTED)
        counts[key] = counts.get(key, 0) + 1
    raw = []
    for one in examples:
        origin, right = one.origin.removesuffix("-damaged"), one.label == SUPPORTED
        total = counts.get((origin, True), 0) + counts.get((origin, False), 0)
        raw.append(total**0.5 / (2 * counts[origin, right]))
    mean = sum(raw) / len(raw)
    return [one / mean for one in raw]


def digest(examples: Sequence[Example]) -> str:
    """Twelve hex digits of all labels and where they are from, so that a run with others is another run."""
    return hashlib.sha256(json.dumps([(one.origin, one.label) for one in examples]).encode()).hexdigest()[:12]


def make(examples: Sequence[Example], sizes: Sequence[int]) -> "Callable[[torch.Tensor, Sequence[int]], torch.Tensor]":
    """Cross-entropy over the three outputs, of the window that supports the claim most.

    Where a claim is known to be unsupported and not in which way, the two other outputs count together. A contradiction
    is asked of the window that contradicts most, and of the one that supports most only that it does not.

    Args:
        examples: what is trained on.
        sizes: how many windows of each.
    """
    import torch

    weight = weights(examples)

    def loss(outputs: torch.Tensor, units: Sequence[int]) -> torch.Tensor:
        parts = torch.split(torch.log_softmax(outputs, dim=1), [sizes[unit] for unit in units])
        values = []
        for unit, logs in zip(units, parts, strict=True):
            best = logs[logs[:, 0].argmax()]
            label = examples[unit].label
            if label == CONTRADICTED:
                against = logs[:, 2].argmax()
                said = logs[against, 2]
                if against != logs[:, 0].argmax():
                    said = (said + torch.logsumexp(best[1:], dim=0)) / 2
            else:
                said = best[OUTPUTS.index(label)] if label in OUTPUTS else torch.logsumexp(best[1:], dim=0)
            values.append(-weight[unit] * said)
        return torch.stack(values).mean()

    return loss
