"""The gate's threshold, chosen on training questions: from which confidence on an answer is given.

Every answerable question is asked as it is and with its gold documents hidden, every unanswerable one as it is. What
counts is balanced accuracy: right answers and right silences weigh the same, however many there are of each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...eval.statistics import Interval, paired_difference
from ...eval.topics import JudgedTopic
from ...index import Filters
from ...index.errors import EvaluationError
from ..answering import Answerer

_GRID = np.round(np.arange(0.05, 0.96, 0.01), 2)
_TOLERANCE = 0.02
_FOLDS = 10


@dataclass(frozen=True, slots=True)
class GateExample:
    """A question with what the gate said of it.

    Attributes:
        topic_id: examples of one topic stay in one fold.
        answerable: whether the documents shown answer it.
        confidence: the gate's probability, in [0, 1].
    """

    topic_id: str
    answerable: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """What to do with the threshold.

    Attributes:
        before: in use.
        after: chosen on all examples.
        accuracy_before: balanced accuracy with the one in use.
        accuracy_after: with the chosen one.
        expected_gain: of the choosing over the one in use, cross-validated.
        answerable: examples that should be answered.
        unanswerable: examples that should not.
    """

    before: float
    after: float
    accuracy_before: float
    accuracy_after: float
    expected_gain: Interval
    answerable: int
    unanswerable: int

    @property
    def better(self) -> bool:
        """Whether the chosen threshold is better by more than noise."""
        return self.after != self.before and self.expected_gain.low > 0


def gate_examples(
    answerer: Answerer, topics: Sequence[JudgedTopic], progress: Callable[[int, int], None] | None = None
) -> list[GateExample]:
    """Ask every topic, the answerable ones also with their gold documents hidden; nothing is written.

    Args:
        answerer: over the index, in mode `extract`.
        topics: training questions.
        progress: called with (topics done, topics in all) after each.
    """
    documents = [document.id for document in answerer.retriever.documents()]
    found: list[GateExample] = []
    for done, topic in enumerate(topics, start=1):
        found.append(GateExample(topic.id, topic.answerable, answerer.ask(topic.question).confidence))
        if gold := {quote.document_id for quote in topic.gold}:
            others = Filters(sources=tuple(document for document in documents if document not in gold))
            hidden = answerer.ask(topic.question, filters=others) if others.sources else None
            found += [GateExample(topic.id, False, hidden.confidence)] if hidden else []
        if progress is not None:
            progress(done, len(topics))
    return found


def choose_threshold(examples: Sequence[GateExample], before: float, *, seed: int = 0) -> GateOutcome:
    """The middle of the thresholds whose balanced accuracy is about the highest, judged by cross-validation.

    Args:
        examples: from training questions.
        before: the threshold in use.
        seed: of folds and interval.

    Raises:
        EvaluationError: the examples are all answerable, or none is.
    """
    confidence = np.array([one.confidence for one in examples])
    answerable = np.array([one.answerable for one in examples], dtype=np.bool_)
    if not answerable.any() or answerable.all():
        raise EvaluationError("a threshold needs questions that are answerable and some that are not")
    topics = list(dict.fromkeys(one.topic_id for one in examples))
    number = {topic: place for place, topic in enumerate(topics)}
    owner = np.array([number[one.topic_id] for one in examples])
    fold_of = np.random.default_rng(seed).permutation(len(topics)) % min(_FOLDS, len(topics))
    chosen = np.full(len(examples), before)
    for fold in range(int(fold_of.max()) + 1):
        held = fold_of[owner] == fold
        rest = ~held
        if answerable[rest].any() and not answerable[rest].all():
            chosen[held] = _best(confidence[rest], answerable[rest])
    weight = np.where(answerable, 0.5 / answerable.mean(), 0.5 / (~answerable).mean())
    right, right_before = (weight * ((confidence >= used) == answerable) for used in (chosen, before))
    after = _best(confidence, answerable)
    return GateOutcome(
        before,
        after,
        _accuracy(confidence, answerable, before),
        _accuracy(confidence, answerable, after),
        # Examples of one question are not independent: they are drawn together.
        paired_difference(_by_topic(right, owner), _by_topic(right_before, owner), seed=seed),
        int(answerable.sum()),
        int((~answerable).sum()),
    )


def _by_topic(values: NDArray[np.float64], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum over each topic's examples, scaled so that the mean is that over all examples."""
    summed = np.bincount(owner, weights=values)
    return summed * len(summed) / len(values)


def _best(confidence: NDArray[np.float64], answerable: NDArray[np.bool_]) -> float:
    quality = np.array([_accuracy(confidence, answerable, threshold) for threshold in _GRID])
    # The curve is flat at its top, and its very peak moves with a single question.
    return round(float(_GRID[quality >= quality.max() - _TOLERANCE].mean()), 2)


def _accuracy(confidence: NDArray[np.float64], answerable: NDArray[np.bool_], threshold: float) -> float:
    answered = confidence >= threshold
    return float((answered[answerable].mean() + (~answered[~answerable]).mean()) / 2)
