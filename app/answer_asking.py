"""Questions put to the answering part, and its answers in the form that is measured."""

import glob
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..eval.answers.types import AnsweredTopic, AnswerSentence, Excerpt, Question
from ..eval.spans import Span, locate
from ..index import Filters, Retriever
from ..index.errors import EvaluationError
from ..ingest.progress import Progress
from .answer_journal import Journal
from .answering import Answer, Answerer

_NOTHING = ("",)


class Asking:
    """One answerer and the questions it is asked.

    A question that is met with silence is asked a second time with the gate open, outside the measured time: what would
    have been said belongs to the risk–coverage curve.

    Args:
        answerer: in the mode that is measured.
        retriever: its retriever.
        journal: keeps each answer as soon as it is there.
    """

    def __init__(self, answerer: Answerer, retriever: Retriever, journal: Journal) -> None:
        self.answerer, self._journal = answerer, journal
        self._documents = retriever.documents()
        self._retriever = retriever
        self._known = {document.id for document in self._documents}
        self._texts: dict[str, str] = {}

    def ask_all(self, questions: Sequence[Question], name: str, progress: Progress) -> list[AnsweredTopic]:
        """Every question's answer, in their order.

        Raises:
            EvaluationError: a gold quote does not stand in its document.
        """
        gold = {question.id: tuple(self._located(question)) for question in questions}
        progress.begin(name, len(questions), "topics")
        if any(f"{name}/{question.id}" not in self._journal for question in questions):
            # Loads the models outside the first question's time.
            self.answerer.ask("What is a warm-up?", settings=replace(self.answerer.settings, threshold=0.0))
        topics: list[AnsweredTopic] = []
        for question in questions:
            key = f"{name}/{question.id}"
            if key in self._journal:
                topics.append(AnsweredTopic.from_dict(question, self._journal[key]))
            else:
                topics.append(self._asked(question, gold[question.id]))
                if not topics[-1].failure:
                    self._journal[key] = topics[-1].as_dict()
            progress.advance()
        progress.end()
        return topics

    def _asked(self, question: Question, gold: tuple[Span, ...]) -> AnsweredTopic:
        filters = self._without(question.hidden)
        started = time.perf_counter()
        try:
            answer = self.answerer.ask(question.text, filters=filters)
            total_ms = (time.perf_counter() - started) * 1000.0
            shown = forced = shown_sentences(answer)
            if answer.abstained:
                opened = replace(self.answerer.settings, threshold=0.0)
                forced = shown_sentences(self.answerer.ask(question.text, filters=filters, settings=opened))
        except Exception as error:  # whatever the system raises is a result about the system
            return AnsweredTopic(question, gold, failure=f"{type(error).__name__}: {error}")
        # A repeated question finds its sentences encoded already; its time would flatter.
        timings = {} if question.origin else {**answer.timings_ms, "total": round(total_ms, 3)}
        return AnsweredTopic(
            question,
            gold,
            sentences=shown,
            contexts=tuple(
                Excerpt(hit.passage.document_id, hit.passage.start, hit.passage.end, hit.passage.text)
                for hit in answer.hits
            ),
            confidence=answer.confidence,
            forced=forced,
            filtered_by=answer.receipt.verifier or "",
            timings_ms=timings,
            tally=_tally(answer),
        )

    def _without(self, hidden: Sequence[str]) -> Filters | None:
        """Filters that leave these documents out; None for none."""
        if not hidden:
            return None
        left = tuple(glob.escape(document.source) for document in self._documents if document.id not in hidden)
        return Filters(sources=left or _NOTHING)

    def _located(self, question: Question) -> list[Span]:
        spans: list[Span] = []
        for gold in question.gold:
            if gold.document_id not in self._known:
                raise EvaluationError(
                    f"topic {question.id!r}: document {gold.document_id!r} is not in the index; ingest its folder first"
                )
            if gold.document_id not in self._texts:
                self._texts[gold.document_id] = self._retriever.document(gold.document_id).text
            spans.append(locate(gold, self._texts[gold.document_id], f"topic {question.id!r}"))
        return spans


def at_threshold(topics: Sequence[AnsweredTopic], threshold: float) -> list[AnsweredTopic]:
    """What the same system says with another threshold of its gate, from what it says when it must speak."""
    return [
        replace(topic, sentences=topic.forced if topic.confidence >= threshold else (), timings_ms={})
        for topic in topics
    ]


def shown_sentences(answer: Answer) -> tuple[AnswerSentence, ...]:
    """The sentences of an answer with their quotes, in the form that is measured."""
    quotes = {
        citation.marker: Excerpt(citation.document.id, citation.start, citation.end, citation.quote)
        for citation in answer.citations
    }
    return tuple(
        AnswerSentence(sentence.text, tuple(quotes[marker] for marker in sentence.citations))
        for sentence in answer.sentences
    )


def _tally(answer: Answer) -> dict[str, int]:
    """Where the sentences come from, and how the answer was made in the end."""
    counts = Counter(f"sentences {sentence.origin}" for sentence in answer.sentences)
    counts[f"answers in mode {answer.mode}" if not answer.abstained else "silences"] += 1
    if answer.drafting is not None:
        counts["drafts"] += 1
    return dict(counts)
