"""Answers measured: one figure a topic where there is one, figures of the whole set, and how the silence was.

Quality is measured on what was answered, so a system that is silent more often is measured on easier questions; read
these figures beside `coverage`. `correct` and `SQuAD 2.0 F1` are over all topics. What counts as wrong, for `risk` and
the risk–coverage curve: an unanswerable question answered, or an answer none of whose citations overlaps a gold quote.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...index.errors import EvaluationError
from ...ingest.progress import Progress, Silent
from ..run_file import SystemResult
from .context import (
    asked_relevance,
    context_precision,
    context_recall,
    embedded_relevance,
    holds,
    reference_recall,
)
from .grounding import Judge, Verdict, citation_scores, evidence_sentences, judged_statements, share_supported
from .overlap import overlap
from .summary import Found, outcome, summary
from .types import AnsweredTopic, Encode


@dataclass(frozen=True, slots=True)
class Reader:
    """A language model that reads answers and contexts, for the measures that RAGAS asks one for.

    Attributes:
        name: short, for the names of measures.
        id: model and version of the prompts.
        questions: maps an answer to questions that it answers; None where the reply cannot be read.
        needed: maps a question and the contexts' sentences to how many of them are needed to answer it; None likewise.
    """

    name: str
    id: str
    questions: Callable[[str], Sequence[str] | None]
    needed: Callable[[str, Sequence[str]], int | None]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the answers of one system are worth.

    Attributes:
        result: the figures.
        outcomes: topic id → outcome in words; see `outcome`.
        verdicts: judge → topic id → a verdict on each sentence; None where the judge gave none.
    """

    result: SystemResult
    outcomes: Mapping[str, str]
    verdicts: Mapping[str, Mapping[str, Sequence[Verdict | None]]]


def evaluate_answers(
    topics: Sequence[AnsweredTopic],
    *,
    judges: Sequence[Judge] = (),
    reader: Reader | None = None,
    encode: Encode | None = None,
    labels: Mapping[tuple[str, str], bool] | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Measure what one system said.

    Args:
        topics: each question once.
        judges: hold answers against contexts and citations; their measures carry their names.
        reader: a language model for answer and context relevance.
        encode: for answer relevance by embedding, and for what the reader asks.
        labels: topic id and sentence → whether a person found it supported; gives `faithfulness (human)`.
        progress: is told of each topic judged.

    Raises:
        EvaluationError: there are no topics, or one occurs twice.
        OptionalDependencyError: rouge-score is not installed and there are references.
    """
    _check(topics)
    progress, found = progress or Silent(), Found()
    with_references = any(topic.question.references for topic in topics)
    progress.begin("judging", len(topics), "topics")
    for topic in topics:
        _silence(topic, found)
        _retrieved(topic, found)
        if with_references:
            _against_reference(topic, found)
        if topic.answered:
            _judged(topic, judges, found)
            _relevance(topic, reader, encode, found)
            _labelled(topic, labels or {}, found)
        for judge in judges:
            if topic.question.references and topic.question.answerable:
                found.add(
                    f"context recall (reference, {judge.name})", topic.question.id, reference_recall(topic, judge)
                )
        progress.advance()
    progress.end()
    return Assessment(
        summary(topics, found), {topic.question.id: outcome(topic) for topic in topics}, dict(found.verdicts)
    )


def _check(topics: Sequence[AnsweredTopic]) -> None:
    if not topics:
        raise EvaluationError("there are no answered topics to evaluate")
    seen: set[str] = set()
    for topic in topics:
        if topic.question.id in seen:
            raise EvaluationError(f"topic {topic.question.id!r} occurs twice; topic ids are unique")
        if topic.question.answerable and not topic.gold:
            raise EvaluationError(f"topic {topic.question.id!r} is answerable, yet its gold was not located")
        if not np.isfinite(topic.confidence):
            raise EvaluationError(f"topic {topic.question.id!r}: the confidence {topic.confidence!r} is not finite")
        seen.add(topic.question.id)


def _silence(topic: AnsweredTopic, found: Found) -> None:
    name, what = topic.question.id, outcome(topic)
    right = what in ("right answer", "right silence")
    found.add("correct", name, right)
    found.add("coverage", name, topic.answered)
    if topic.question.answerable:
        found.add("wrong silence", name, not topic.answered)
    else:
        found.add("right silence", name, what == "right silence")
    if topic.answered:
        found.add("risk", name, not right)
        if topic.question.answerable:
            found.add("gold hit", name, right)


def _retrieved(topic: AnsweredTopic, found: Found) -> None:
    if topic.question.answerable and not topic.failure:
        relevant = [any(holds(context, span) for span in topic.gold) for context in topic.contexts]
        found.add("context precision", topic.question.id, context_precision(relevant))
        found.add("context recall", topic.question.id, context_recall(topic.contexts, topic.gold))


def _against_reference(topic: AnsweredTopic, found: Found) -> None:
    asked = topic.question
    if not asked.answerable:
        # "No answer" is the one right answer here, as SQuAD 2.0 has it (Rajpurkar, Jia and Liang, ACL 2018).
        found.add("SQuAD 2.0 F1", asked.id, outcome(topic) == "right silence")
    elif asked.references and topic.answered:
        same = overlap(topic.text, asked.references)
        found.add("token F1", asked.id, same.f1)
        found.add("exact match", asked.id, same.exact)
        found.add("ROUGE-L", asked.id, same.rouge_l)
        found.add("SQuAD 2.0 F1", asked.id, same.f1)
    elif asked.references:
        found.add("SQuAD 2.0 F1", asked.id, 0.0)


def _judged(topic: AnsweredTopic, judges: Sequence[Judge], found: Found) -> None:
    name = topic.question.id
    for judge in judges:
        verdicts = judged_statements(topic, judge)
        found.verdicts.setdefault(judge.name, {})[name] = verdicts
        if missing := verdicts.count(None):
            found.missed(judge.name, missing)
        found.add(f"faithfulness ({judge.name})", name, share_supported(verdicts))
        recall, precision = citation_scores(topic.sentences, judge)
        found.add(f"citation recall ({judge.name})", name, recall)
        found.add(f"citation precision ({judge.name})", name, precision)


def _relevance(topic: AnsweredTopic, reader: Reader | None, encode: Encode | None, found: Found) -> None:
    name, asked = topic.question.id, topic.question.text
    if encode is not None:
        found.add("answer relevance (embedding)", name, embedded_relevance(asked, topic.text, encode))
    if reader is None:
        return
    made = reader.questions(topic.text)
    if not made:
        found.missed(reader.name)
    elif encode is not None:
        found.add(f"answer relevance ({reader.name})", name, asked_relevance(asked, made, encode))
    sentences = [sentence for sentence in evidence_sentences(topic.contexts) if sentence]
    needed = reader.needed(asked, sentences) if sentences else 0
    if needed is None:
        found.missed(reader.name)
    elif sentences:
        found.add(f"context relevance ({reader.name})", name, needed / len(sentences))


def _labelled(topic: AnsweredTopic, labels: Mapping[tuple[str, str], bool], found: Found) -> None:
    name = topic.question.id
    said = [labels.get((name, " ".join(sentence.text.split()))) for sentence in topic.sentences]
    known = [supported for supported in said if supported is not None]
    if known:
        found.verdicts.setdefault("human", {})[name] = [
            None if supported is None else (supported, float(supported)) for supported in said
        ]
        found.add("faithfulness (human)", name, sum(known) / len(known))
