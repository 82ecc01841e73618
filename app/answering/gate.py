"""Whether the corpus answers a question at all, decided before anything is written.

A logistic model over five plain signals; its weights are in `models/gate/gate.json`, made by
`train/gate/calibrate.py` from training questions with their gold documents shown and hidden, and from near
misses.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

from .evidence import Evidence

FEATURES = ("sentence_cosine", "word_match", "weakest_word", "question_words", "missing_names")


@dataclass(frozen=True, slots=True)
class Gate:
    """A calibrated decision.

    Attributes:
        weights: per feature.
        bias: intercept.
        threshold: probability from which on an answer is given.
        trained_on: which questions made it.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float
    trained_on: str

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of weights, bias and threshold: of all that can change a decision."""
        said = {"weights": dict(self.weights), "bias": self.bias, "threshold": self.threshold}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def probability(self, evidence: Evidence | None) -> float:
        """Probability that the corpus answers the question, in [0, 1]; 0 without evidence."""
        if evidence is None:
            return 0.0
        values = asdict(evidence)
        logit = self.bias + sum(self.weights[name] * values[name] for name in FEATURES)
        return 1 / (1 + math.exp(-logit))


@cache
def shipped_gate() -> Gate:
    """The gate in `models/gate/gate.json`."""
    data = json.loads((files("sota_rag.models") / "gate" / "gate.json").read_text(encoding="utf-8"))
    return Gate(data["weights"], data["bias"], data["threshold"], data["trained_on"])
