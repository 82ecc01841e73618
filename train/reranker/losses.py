"""What a reranker is trained to make small; each takes the scores of the passages of several questions."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from .mine import Group

NAMES = ("both", "listwise", "margin", "pointwise")


def make(name: str, groups: "Sequence[Group]") -> "Callable[[torch.Tensor, Sequence[int]], torch.Tensor]":
    """A loss by name.

    - `listwise`: cross-entropy of the right passage among those of its question (ListNet with one relevant document;
      Cao et al., ICML 2007). Questions that nothing answers say nothing to it.
    - `margin`: the right passage is to score 1 above each wrong one (hinge; Joachims, KDD 2002).
    - `pointwise`: binary cross-entropy of every passage by itself, right and wrong weighing the same.
    - `both`: `listwise` and half of `pointwise`, so that the score also means something by itself.
    """
    import torch
    from torch.nn import functional

    def listwise(scores: list[torch.Tensor], answered: list[bool]) -> torch.Tensor:
        return _mean([-torch.log_softmax(one, dim=0)[0] for one, right in zip(scores, answered, strict=True) if right])

    def margin(scores: list[torch.Tensor], answered: list[bool]) -> torch.Tensor:
        return _mean(
            [functional.relu(1 - one[0] + one[1:]).mean() for one, right in zip(scores, answered, strict=True) if right]
        )

    def pointwise(scores: list[torch.Tensor], answered: list[bool]) -> torch.Tensor:
        right = [one[:1] for one, has in zip(scores, answered, strict=True) if has]
        wrong = [one[1:] if has else one for one, has in zip(scores, answered, strict=True)]
        return (
            _mean([functional.softplus(-one).mean() for one in right]) / 2
            + _mean([functional.softplus(one).mean() for one in wrong]) / 2
        )

    def _mean(values: list[torch.Tensor]) -> torch.Tensor:
        return torch.stack(values).mean() if values else torch.zeros(())

    parts = {
        "listwise": ((listwise, 1.0),),
        "margin": ((margin, 1.0),),
        "pointwise": ((pointwise, 1.0),),
        "both": ((listwise, 1.0), (pointwise, 0.5)),
    }[name]

    def loss(outputs: torch.Tensor, units: Sequence[int]) -> torch.Tensor:
        chosen = [groups[unit] for unit in units]
        scores = list(torch.split(outputs[:, 0], [len(group.texts) for group in chosen]))
        answered = [group.answered for group in chosen]
        return sum((weight * part(scores, answered) for part, weight in parts), torch.zeros(())) + 0 * outputs.sum()

    return loss


def digest(groups: "Sequence[Group]") -> str:
    """Twelve hex digits of what a loss takes from the groups beside their texts."""
    told = json.dumps([group.answered for group in groups])
    return hashlib.sha256(told.encode()).hexdigest()[:12]
