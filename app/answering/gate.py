"""Whether the corpus answers a question at all, decided before anything is written.

A logistic model over plain signals and the reranker's opinion; its weights are in `models/gate/gate.json`, made by
`train/gate/calibrate.py` from training questions with their gold documents shown and hidden, and from near misses.
Where no calibrated reranker runs, `models/gate/plain.json` decides by the plain signals alone.
"""

from dataclasses import asdict
from functools import cache

from .evidence import Evidence
from .logistic import LogisticModel

PLAIN_FEATURES = ("sentence_cosine", "word_match", "weakest_word", "question_words", "missing_names")
FEATURES = (*PLAIN_FEATURES, "relevance")


class Gate(LogisticModel):
    """A calibrated decision: from the threshold on an answer is given."""

    __slots__ = ()

    def probability(self, evidence: Evidence | None) -> float:
        """Probability that the corpus answers the question, in [0, 1]; 0 without evidence.

        A reranker that was not asked counts as one that is undecided.
        """
        if evidence is None:
            return 0.0
        return self.of({name: 0.0 if value is None else value for name, value in asdict(evidence).items()})


@cache
def shipped_gate() -> Gate:
    """The gate in `models/gate/gate.json`, for evidence with the reranker's opinion."""
    return Gate.shipped("gate", "gate.json")


@cache
def plain_gate() -> Gate:
    """The gate in `models/gate/plain.json`, for evidence without it."""
    return Gate.shipped("gate", "plain.json")
