"""The judged topics that ship: enough of every category, and two parts that share nothing."""

from collections import Counter
from pathlib import Path

from sota_rag.app.compose import starter_corpus, starter_topics
from sota_rag.eval.topics import read_topics
from sota_rag.index.analysis import is_question_word, query_terms

DEV, TEST = starter_topics("dev"), starter_topics("test")
TOPICS = read_topics(TEST.path)
GATE = Path(__file__).parents[1] / "train" / "gate" / "questions.jsonl"
LEAST = {
    "direct": 90,
    "paraphrase": 40,
    "numeric": 40,
    "multi-document": 40,
    "current-practice": 40,
    "table": 20,
    "code": 20,
    "near-miss": 30,
    "off-topic": 30,
}


def content(topic):
    return {term for term in query_terms(topic.question) if not is_question_word(term)}


def asked(topic):
    return " ".join(topic.question.lower().split()).rstrip("?. ")


def test_there_are_enough_of_every_category():
    counts = Counter(topic.category for topic in TOPICS)
    assert counts.keys() == LEAST.keys()
    assert not {category: counts[category] for category, least in LEAST.items() if counts[category] < least}
    for topic in TOPICS:
        assert topic.answerable is (topic.category not in ("near-miss", "off-topic")), topic.id
        assert bool(topic.reference) is topic.answerable, topic.id


def test_what_a_category_promises_holds():
    for topic in TOPICS:
        if topic.category == "multi-document":
            assert len({gold.document_id for gold in topic.gold}) > 1, topic.id
        if topic.category == "table":
            assert any("|" in gold.quote for gold in topic.gold), topic.id
    current = [topic for topic in TOPICS if topic.category == "current-practice"]
    assert sum(bool(topic.superseded) for topic in current) >= 40
    assert all(not set(topic.superseded) & set(topic.gold) for topic in current)


def test_guides_notes_and_the_registry_are_asked_about():
    asked_about = {gold.document_id for topic in TOPICS for gold in topic.gold}
    guides, papers, _ = starter_corpus()
    assert {f"guides/{path.name}" for path in guides.glob("*.md")} <= asked_about
    notes = {f"papers/{path.name}" for path in papers.glob("*.md")}
    assert len(notes & asked_about) > 0.9 * len(notes)
    assert "registry/practices.yaml" in asked_about


def test_no_question_is_asked_twice_and_the_parts_share_none():
    dev, test = DEV.read(), TEST.read()
    assert len({asked(topic) for topic in TOPICS}) == len(TOPICS) == len(dev) + len(test)
    shares = {category: sum(topic.category == category for topic in dev) / LEAST[category] for category in LEAST}
    assert min(shares.values()) > 0.35


def test_no_test_topic_was_trained_on():
    """Nor nearly one, by shared words."""
    chosen_by = [*read_topics(GATE), *DEV.read()]
    words = [(topic, content(topic)) for topic in TEST.read()]
    alike = [
        (one.id, other.id)
        for one in chosen_by
        for other, held in words
        if len(held & (own := content(one))) >= 0.75 * len(held | own)
    ]
    assert alike == []


def test_topics_lie_beside_the_documents_and_are_none():
    folders = starter_corpus()
    assert [folder.name for folder in folders] == ["guides", "papers", "registry"]
    assert all(folder.is_dir() and folder.parent == TEST.path.parent for folder in folders)
