"""Whether the corpus answers a question at all, decided before anything is written.

A logistic model over four plain signals; its weights are in `models/gate/gate.json`, made by
`train/gate/calibrate.py` from training questions with their gold documents shown and hidden, and from near
misses.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

FEATURES = ("sentence_cosine", "passage_cosine", "sentence_coverage", "evidence_coverage", "missing_weight")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gate looks at.

    Attributes:
        sentence_cosine: of the question and the nearest candidate sentence, in [-1, 1].
        passage_cosine: of the question and the nearest passage, in [-1, 1].
        sentence_coverage: idf-weighted share of the question's terms in the best covering sentence and its
            headings, in [0, 1].
        evidence_coverage: the same share over all passages looked at together, in [0, 1].
        missing_weight: idf of the rarest question term that no passage looked at holds, over the idf of an unknown
            term, in [0, 1].
    """

    sentence_cosine: float
    passage_cosine: float
    sentence_coverage: float
    evidence_coverage: float
    missing_weight: float


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

    def probability(self, evidence: Evidence) -> float:
        """Probability that the corpus answers the question, in [0, 1]."""
        values = asdict(evidence)
        logit = self.bias + sum(self.weights[name] * values[name] for name in FEATURES)
        return 1 / (1 + math.exp(-logit))


@cache
def shipped_gate() -> Gate:
    """The gate in `models/gate/gate.json`."""
    data = json.loads((files("sota_rag.models") / "gate" / "gate.json").read_text(encoding="utf-8"))
    return Gate(data["weights"], data["bias"], data["threshold"], data["trained_on"])
