"""What is measured of an answer, whatever system gave it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..spans import Span
from ..topics import Gold

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Maps strings to unit vectors, shape (strings, dimension)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        id: unique in the evaluation.
        text: as a user would ask it.
        category: questions of one category are also reported together; may be empty.
        answerable: whether the documents that may be used answer it.
        gold: quotes any of which answers it; none where it is not answerable.
        references: answers in a person's words, any of which will do; may be empty.
        hidden: ids of documents that must not be used.
        origin: id of the question that this one repeats under other conditions; its own id where it repeats none.
            Questions of one origin are not independent observations.
    """

    id: str
    text: str
    category: str = ""
    answerable: bool = True
    gold: tuple[Gold, ...] = ()
    references: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    origin: str = ""

    @property
    def cluster(self) -> str:
        """Equal for questions that repeat each other."""
        return self.origin or self.id


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Code points `start` to `end` (exclusive) of a document, and what stands there."""

    document_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer with the quotes that it cites."""

    text: str
    citations: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class AnsweredTopic:
    """A question with what a system said.

    Attributes:
        question: what was asked.
        gold: where the gold quotes stand, in the documents' texts.
        sentences: as shown to a reader; empty for silence.
        contexts: what was retrieved, best first.
        confidence: that the documents answer the question; higher is surer, finite. Only its order counts.
        forced: what is said when the system must speak; equal to `sentences` unless it was silent.
        filtered_by: id of the verifier that decided which sentences are shown; empty for none.
        timings_ms: stage → milliseconds; `total` is the whole call.
        tally: how often something happened that the report counts, such as a sentence that a language model wrote.
        failure: what went wrong; empty when the system answered or chose to be silent.
    """

    question: Question
    gold: tuple[Span, ...] = ()
    sentences: tuple[AnswerSentence, ...] = ()
    contexts: tuple[Excerpt, ...] = ()
    confidence: float = 0.0
    forced: tuple[AnswerSentence, ...] = ()
    filtered_by: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    tally: Mapping[str, int] = field(default_factory=dict)
    failure: str = ""

    @property
    def answered(self) -> bool:
        """Whether a reader sees an answer."""
        return bool(self.sentences)

    @property
    def text(self) -> str:
        """The answer in one line, without markers."""
        return " ".join(" ".join(sentence.text.split()) for sentence in self.sentences)

    def as_dict(self) -> dict[str, Any]:
        """All but the question, as JSON."""
        form = asdict(self)
        del form["question"]
        return form

    @classmethod
    def from_dict(cls, question: Question, form: Mapping[str, Any]) -> Self:
        """What `as_dict` gave.

        Raises:
            KeyError: or TypeError, the form is another one.
        """
        return cls(
            question,
            gold=tuple(Span(**span) for span in form["gold"]),
            sentences=_sentences(form["sentences"]),
            contexts=tuple(Excerpt(**context) for context in form["contexts"]),
            confidence=form["confidence"],
            forced=_sentences(form["forced"]),
            filtered_by=form["filtered_by"],
            timings_ms=form["timings_ms"],
            tally=form["tally"],
            failure=form["failure"],
        )


def _sentences(forms: Sequence[Mapping[str, Any]]) -> tuple[AnswerSentence, ...]:
    return tuple(
        AnswerSentence(form["text"], tuple(Excerpt(**citation) for citation in form["citations"])) for form in forms
    )
