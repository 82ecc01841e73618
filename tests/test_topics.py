"""The judged topics of the shipped guides: their quotes stand in the guides, and test and train are apart."""

from functools import cache
from pathlib import Path

import pytest
from sota_rag.app.compose import starter_corpus, starter_topics
from sota_rag.eval.spans import locate
from sota_rag.eval.topics import read_topics
from sota_rag.ingest.normalise import canonical_text, decode

CORPUS = Path(__file__).parents[1] / "corpus"
TEST, TRAIN = CORPUS / "topics" / "test.jsonl", CORPUS / "topics" / "train.jsonl"


@cache
def text(document_id):
    return canonical_text(decode((CORPUS / document_id).read_bytes()))


def asked(path):
    return [" ".join(topic.question.lower().split()).rstrip("?. ") for topic in read_topics(path)]


@pytest.mark.parametrize("path", [TEST, TRAIN], ids=lambda path: path.stem)
def test_every_quote_stands_in_its_guide(path):
    for topic in read_topics(path):
        for gold in topic.gold + topic.superseded:
            locate(gold, text(gold.document_id), topic.where)


def test_a_third_of_the_test_topics_is_unanswerable():
    topics = read_topics(TEST)
    assert len(topics) >= 60
    assert len(topics) == 3 * sum(not topic.answerable for topic in topics)
    assert all(topic.category for topic in topics)
    assert all(bool(topic.reference) == topic.answerable for topic in topics)


def test_each_guide_is_asked_about():
    guides = {f"guides/{path.name}" for path in (CORPUS / "guides").glob("*.md")}
    assert {gold.document_id for topic in read_topics(TEST) for gold in topic.gold} == guides


def test_what_was_superseded_is_not_gold():
    topics = [topic for topic in read_topics(TEST) if topic.superseded]
    assert topics
    assert all(not set(topic.superseded) & set(topic.gold) for topic in topics)


def test_no_question_is_asked_twice_or_trained_on():
    test, train = asked(TEST), asked(TRAIN)
    assert len(set(test)) == len(test)
    assert len(set(train)) == len(train)
    assert not set(test) & set(train)
    assert not {topic.id for topic in read_topics(TEST)} & {topic.id for topic in read_topics(TRAIN)}


def test_topics_ship_beside_the_starter_corpus_and_are_not_part_of_it():
    assert [starter_topics("test"), starter_topics("train")] == [TEST, TRAIN]
    (guides,) = starter_corpus()
    assert not TEST.is_relative_to(guides)
