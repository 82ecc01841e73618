"""All measures on a handful of answers, worked by hand."""

from dataclasses import replace

import pytest
from sota_rag.eval.answers.evaluate import Reader, evaluate_answers
from sota_rag.eval.answers.grounding import Judge
from sota_rag.eval.answers.summary import CURVE, outcome
from sota_rag.eval.answers.types import AnsweredTopic, AnswerSentence, Excerpt, Question
from sota_rag.eval.spans import Span
from sota_rag.eval.topics import Gold
from sota_rag.index.errors import EvaluationError

GOLD = Excerpt("d", 0, 19, "Rust is iron oxide.")
OTHER = Excerpt("d", 20, 42, "It forms in moist air.")


def said(*quotes):
    return tuple(AnswerSentence(quote.text, (quote,)) for quote in quotes)


def asked(name, *, answerable=True, category="", origin=""):
    if not answerable:
        return Question(name, "Who found rust?", category or "near miss", answerable=False, origin=origin)
    return Question(
        name, "What is rust?", category or "direct", gold=(Gold("d", GOLD.text),), references=("iron oxide",)
    )


def answered(question, *quotes, confidence=0.5, forced=None, **more):
    shown = said(*quotes)
    return AnsweredTopic(
        question,
        gold=(Span("d", 0, 19),) if question.answerable else (),
        sentences=shown,
        contexts=(OTHER, GOLD),
        confidence=confidence,
        forced=shown if forced is None else said(*forced),
        **more,
    )


TOPICS = [
    answered(asked("right"), GOLD, confidence=0.9, timings_ms={"total": 10.0, "gate": 1.0}),
    answered(asked("off"), OTHER, confidence=0.8, timings_ms={"total": 30.0}),
    answered(asked("silent"), confidence=0.3, forced=[GOLD]),
    answered(
        asked("off/hidden", answerable=False, category="hidden gold", origin="off"), confidence=0.2, forced=[OTHER]
    ),
    answered(asked("miss", answerable=False), OTHER, confidence=0.6, tally={"sentences extracted": 1}),
]
WITHIN = Judge("within", "within-1", lambda claim, evidence: (claim in evidence, 1.0))
NOBODY = Judge("nobody", "nobody-1", lambda claim, evidence: None)


def means(found):
    return {name: interval.mean for name, interval in found.result.measures.items()}


def test_outcomes():
    assert [outcome(topic) for topic in TOPICS] == [
        "right answer",
        "answer without gold",
        "wrong silence",
        "right silence",
        "wrong answer",
    ]
    assert outcome(replace(TOPICS[0], failure="it broke")) == "failure"


def test_measures_by_hand(hash_encoder):
    labels = {("right", GOLD.text): True, ("miss", OTHER.text): False}
    found = evaluate_answers(TOPICS, judges=[WITHIN, NOBODY], encode=hash_encoder.encode, labels=labels)
    figures = means(found)
    f1 = 2 * (2 / 4) * 1 / (2 / 4 + 1)
    expected = {
        "correct": 2 / 5,
        "coverage": 3 / 5,
        "wrong silence": 1 / 3,
        "right silence": 1 / 2,
        "risk": 2 / 3,
        "gold hit": 1 / 2,
        "context precision": 1 / 2,
        "context recall": 1.0,
        "context recall (reference, within)": 0.0,
        "token F1": f1 / 2,
        "exact match": 0.0,
        "SQuAD 2.0 F1": (f1 + 0 + 0 + 1 + 0) / 5,
        "faithfulness (within)": 1.0,
        "citation recall (within)": 1.0,
        "citation precision (within)": 1.0,
        "faithfulness (human)": 1 / 2,
        "balanced silence": (2 / 3 + 1 / 2) / 2,
        # Of 3 × 2 pairs only silent < miss is in the wrong order.
        "AUROC of confidence": 5 / 6,
        # In order: right, off (wrong), miss (wrong), silent (right when forced), hidden (wrong).
        "AURC": (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5,
    }
    assert {name: figures[name] for name in expected} == pytest.approx(expected)
    assert "faithfulness (nobody)" not in figures
    result = found.result
    assert result.facts["unreadable judgements"] == {"nobody": 3}
    assert result.facts["agreement of judges"] == {"within, human": 0.5}
    assert result.facts["tally"] == {"sentences extracted": 1}
    assert result.per_topic["gold hit"] == {"right": 1.0, "off": 0.0}
    assert result.by_category["hidden gold"]["right silence"].mean == 1
    assert result.latency_ms["total"]["p50"] == 20
    assert result.curves[CURVE].x == pytest.approx((0.2, 0.4, 0.6, 0.8, 1.0))
    assert found.verdicts["within"]["right"] == [(True, 1.0)]


def test_a_question_that_cannot_be_answered_at_all_comes_last_on_the_curve():
    mute = answered(asked("mute"), confidence=1.0, forced=[])
    curve = evaluate_answers([TOPICS[0], mute]).result.curves[CURVE]
    assert curve.y == pytest.approx((0.0, 0.5))


def test_without_answerable_questions_there_is_no_curve():
    found = evaluate_answers(TOPICS[3:]).result
    assert not found.curves
    assert set(found.measures) == {"correct", "coverage", "right silence", "risk"}


def test_a_failure_is_no_right_silence():
    broken = replace(TOPICS[3], failure="QueryError: it is too long")
    found = evaluate_answers([TOPICS[0], broken]).result
    assert found.per_topic["right silence"] == {"off/hidden": 0.0}
    assert found.per_topic["correct"] == {"right": 1.0, "off/hidden": 0.0}
    assert found.failures == {"off/hidden": "QueryError: it is too long"}


def test_without_references_nothing_is_said_of_words_in_common():
    topics = [replace(topic, question=replace(topic.question, references=())) for topic in TOPICS]
    assert not {"token F1", "SQuAD 2.0 F1"} & set(means(evaluate_answers(topics)))


def test_a_reader_gives_ragas_measures(hash_encoder):
    reader = Reader("llm", "m", lambda answer: ["What is rust?"] if "oxide" in answer else None, lambda _, seen: 1)
    found = evaluate_answers(TOPICS[:2], reader=reader, encode=hash_encoder.encode).result
    assert found.per_topic["answer relevance (llm)"] == {"right": pytest.approx(1.0)}
    assert found.per_topic["context relevance (llm)"] == {"right": 0.5, "off": 0.5}
    assert found.facts["unreadable judgements"] == {"llm": 1}


@pytest.mark.parametrize(
    ("topics", "said"),
    [
        ([], "no answered topics"),
        ([TOPICS[0], TOPICS[0]], "'right' occurs twice"),
        ([replace(TOPICS[0], gold=())], "'right' is answerable, yet its gold"),
        ([replace(TOPICS[0], confidence=float("nan"))], "'right': the confidence nan"),
    ],
)
def test_what_cannot_be_measured_is_refused(topics, said):
    with pytest.raises(EvaluationError, match=said):
        evaluate_answers(topics)


def test_answers_survive_json():
    for topic in TOPICS:
        assert AnsweredTopic.from_dict(topic.question, topic.as_dict()) == topic
