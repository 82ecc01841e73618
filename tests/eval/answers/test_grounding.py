"""Citation recall and precision as ALCE has them, and faithfulness, with a judge that knows a table."""

import pytest
from sota_rag.eval.answers.context import (
    cites_gold,
    context_precision,
    context_recall,
    embedded_relevance,
    holds,
    reference_recall,
)
from sota_rag.eval.answers.grounding import (
    Judge,
    citation_scores,
    evidence_sentences,
    judged_statements,
    share_supported,
)
from sota_rag.eval.answers.types import AnsweredTopic, AnswerSentence, Excerpt, Question
from sota_rag.eval.spans import Span


def excerpt(text, *, document="d", start=0):
    return Excerpt(document, start, start + len(text), text)


def judge(*supporting, unread=()):
    """Supports every claim by the sets of quotes that are named, and by all larger ones."""

    def verdict(claim, evidence):
        given = {one for one in evidence if one}
        if given in [set(one) for one in unread]:
            return None
        supported = any(set(one) <= given for one in supporting)
        return supported, float(supported)

    return Judge("table", "table-1", verdict)


def sentence(*quotes):
    return AnswerSentence("Claim.", tuple(excerpt(quote) for quote in quotes))


@pytest.mark.parametrize(
    ("quotes", "supporting", "recall", "precision"),
    [
        (["a"], [["a"]], 1, 1),
        (["a"], [], 0, 0),
        # Both are needed: neither is irrelevant.
        (["a", "b"], [["a", "b"]], 1, 1),
        # b neither supports alone nor is missed.
        (["a", "b"], [["a"]], 1, 1 / 2),
        # Each supports alone.
        (["a", "b"], [["a"], ["b"]], 1, 1),
        # Together they do not support: no citation is precise.
        (["a", "b"], [["c"]], 0, 0),
    ],
)
def test_citations_as_alce_counts_them(quotes, supporting, recall, precision):
    assert citation_scores([sentence(*quotes)], judge(*supporting)) == (recall, pytest.approx(precision))


def test_a_sentence_without_citation_is_not_recalled_and_means_are_over_sentences_and_citations():
    said = [sentence("a", "b"), sentence(), sentence("a")]
    assert citation_scores(said, judge(["a"])) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert citation_scores([sentence()], judge()) == (0, None)


def test_what_the_judge_does_not_tell_is_left_out():
    said = [sentence("a", "b"), sentence("c")]
    assert citation_scores(said, judge(["a", "b"], ["c"], unread=[["b"]])) == (1, 1)
    assert citation_scores([sentence("a")], judge(unread=[["a"]])) == (None, None)


def test_faithfulness_is_against_everything_retrieved():
    contexts = (excerpt("One thing. Another thing."), excerpt("- A third thing."))
    topic = AnsweredTopic(Question("q", "?"), sentences=(sentence(), sentence()), contexts=contexts)
    assert evidence_sentences(contexts) == ["One thing.", "Another thing.", "", "A third thing."]
    assert judged_statements(topic, judge(["A third thing."])) == [(True, 1.0)] * 2
    assert share_supported([(True, 1.0), None, (False, 0.1)]) == 0.5
    assert share_supported([None]) is None


def test_context_precision_is_the_mean_over_relevant_ranks():
    # The example of the RAGAS documentation's formula: ranks 1 and 3 of 3: (1 + 2/3) / 2.
    assert context_precision([True, False, True]) == pytest.approx(5 / 6)
    assert context_precision([False, False]) == 0
    assert context_precision([]) == 0


def test_contexts_and_quotes_against_gold():
    gold = [Span("d", 10, 30), Span("d", 100, 120)]
    assert holds(excerpt("x" * 20, start=0), gold[0])
    assert not holds(excerpt("x" * 19, start=0), gold[0])
    assert not holds(excerpt("x" * 20, document="other", start=10), gold[0])
    assert context_recall([excerpt("x" * 40)], gold) == 0.5
    cited = AnswerSentence("It.", (excerpt("x" * 8, start=26),))
    assert cites_gold([cited], gold)
    assert not cites_gold([AnswerSentence("It.", (excerpt("x" * 8, start=27),))], gold)
    assert not cites_gold([], gold)


def test_reference_recall_takes_the_best_reference():
    question = Question("q", "?", references=("One thing. Nothing else.", "One thing."))
    topic = AnsweredTopic(question, contexts=(excerpt("One thing."),))

    def verdict(claim, evidence):
        return claim in evidence, 1.0

    assert reference_recall(topic, Judge("same", "same-1", verdict)) == 1.0


def test_embedded_relevance_is_a_cosine(hash_encoder):
    assert embedded_relevance("What is it?", "What is it?", hash_encoder.encode) == pytest.approx(1.0)
    assert abs(embedded_relevance("What is it?", "Something else.", hash_encoder.encode)) < 0.6
