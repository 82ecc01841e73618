"""Whether the corpus answers a question at all, decided before anything is written.

A logistic model over five plain signals; its weights are in `models/gate/gate.json`, made by
`train/gate/calibrate.py` from training questions with their gold documents shown and hidden, and from near
misses.
"""

from dataclasses import asdict
from functools import cache

from .evidence import Evidence
from .logistic import LogisticModel

FEATURES = ("sentence_cosine", "word_match", "weakest_word", "question_words", "missing_names")


class Gate(LogisticModel):
    """A calibrated decision: from the threshold on an answer is given."""

    __slots__ = ()

    def probability(self, evidence: Evidence | None) -> float:
        """Probability that the corpus answers the question, in [0, 1]; 0 without evidence."""
        return 0.0 if evidence is None else self.of(asdict(evidence))


@cache
def shipped_gate() -> Gate:
    """The gate in `models/gate/gate.json`."""
    return Gate.shipped("gate", "gate.json")
