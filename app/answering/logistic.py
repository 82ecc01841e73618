"""A logistic model over named signals, as the gate and the second verifier have one, read from a file in `models/`."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Self


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """A calibrated probability with the threshold of a decision.

    Attributes:
        weights: per signal.
        bias: intercept.
        threshold: probability from which on the answer is yes.
        trained_on: what it was fitted to, in words.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float
    trained_on: str

    @classmethod
    def shipped(cls, folder: str, name: str) -> Self:
        """The model in a JSON file of `models/`."""
        data = json.loads((files("sota_rag.models") / folder / name).read_text(encoding="utf-8"))
        return cls(data["weights"], data["bias"], data["threshold"], data["trained_on"])

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of weights, bias and threshold: of all that can change a decision."""
        said = {"weights": dict(self.weights), "bias": self.bias, "threshold": self.threshold}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def of(self, signals: Mapping[str, float]) -> float:
        """Probability for the values of the signals, in [0, 1]; signals without a weight do not count."""
        logit = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-logit))
