"""Questions with the spans that answer them, and the two halves in which they are used."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ...index.errors import EvaluationError
from ...index.types import Document
from ..spans import Span, locate
from ..topics import JudgedTopic

Part = Literal["dev", "test"]


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question and what answers it.

    Attributes:
        id: unique in its set.
        text: the question.
        category: questions of one category are also reported together; may be empty.
        gold: spans of documents' canonical text, one or more.
    """

    id: str
    text: str
    category: str
    gold: tuple[Span, ...]


def questions_of_topics(topics: Iterable[JudgedTopic], documents: Mapping[str, Document]) -> list[SpanQuestion]:
    """The answerable topics, their quotes found in the documents.

    Args:
        topics: judged topics.
        documents: document id → document.

    Raises:
        EvaluationError: a document is not among them, it does not say a quote, or no topic is answerable.
    """
    questions = [
        SpanQuestion(
            topic.id,
            topic.question,
            topic.category,
            tuple(locate(gold, _text(gold.document_id, documents, topic.where), topic.where) for gold in topic.gold),
        )
        for topic in topics
        if topic.answerable
    ]
    if not questions:
        raise EvaluationError("none of the topics is answerable; chunkers are measured by what answers a question")
    return questions


def part_of(question: str) -> Part:
    """The half that a question belongs to, by the sha256 of its words: `dev` to choose on, `test` to report."""
    return "dev" if hashlib.sha256(question.encode()).digest()[0] < 128 else "test"


def select_part(questions: Sequence[SpanQuestion], part: Literal["dev", "test", "all"]) -> list[SpanQuestion]:
    """The questions of one half, or all of them.

    Raises:
        EvaluationError: none is left.
    """
    kept = [question for question in questions if part in ("all", part_of(question.text))]
    if not kept:
        raise EvaluationError(f"none of the {len(questions)} questions falls into the half {part!r}; take all of them")
    return kept


def _text(document_id: str, documents: Mapping[str, Document], where: str) -> str:
    if document_id not in documents:
        raise EvaluationError(f"{where}: document {document_id!r} is not among those that were read; name its folder")
    return documents[document_id].text
