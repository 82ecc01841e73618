"""A topics file comes in two parts, by the hash of the ids, category by category."""

import json

import pytest
from sota_rag.eval.topics import TopicSet, dev_ids, read_topics
from sota_rag.index.errors import EvaluationError


def write(path, *categories):
    rows = [
        {"id": f"{category}-{n}", "question": f"What of {category} {n}?", "category": category, "answerable": False}
        for category, count in categories
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ids(topics):
    return [topic.id for topic in topics]


def test_two_fifths_of_every_category_are_for_choosing(tmp_path):
    path = write(tmp_path / "topics.jsonl", ("direct", 50), ("table", 20), ("odd", 3))
    dev, test = TopicSet(path, "dev").read(), TopicSet(path, "test").read()
    counts = {category: sum(topic.category == category for topic in dev) for category in ("direct", "table", "odd")}
    assert counts == {"direct": 20, "table": 8, "odd": 1}
    assert sorted(ids(dev) + ids(test)) == sorted(ids(read_topics(path)))
    assert not set(ids(dev)) & set(ids(test))
    assert TopicSet(path).read() == read_topics(path)
    assert (TopicSet(path, "dev").name, TopicSet(path).name) == ("topics dev", "topics")


def test_the_part_depends_on_ids_alone(tmp_path):
    path = write(tmp_path / "topics.jsonl", ("direct", 40))
    before = dev_ids(read_topics(path))
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line.replace("What of", "Whence") for line in reversed(lines)) + "\n")
    assert dev_ids(read_topics(path)) == before
    # sha256 is the same on every machine and in every year.
    assert sorted(before)[:4] == ["direct-1", "direct-12", "direct-19", "direct-2"]


def test_another_category_moves_nothing(tmp_path):
    before = dev_ids(read_topics(write(tmp_path / "a.jsonl", ("direct", 40))))
    after = dev_ids(read_topics(write(tmp_path / "b.jsonl", ("direct", 40), ("table", 30))))
    assert before == {identity for identity in after if identity.startswith("direct")}


def test_a_part_that_is_unknown_or_empty_is_an_error(tmp_path):
    path = write(tmp_path / "topics.jsonl", ("direct", 1))
    with pytest.raises(EvaluationError, match="there is no part 'train'; the parts are dev and test"):
        TopicSet(path, "train").read()
    with pytest.raises(EvaluationError, match="its part 'dev' has no topic"):
        TopicSet(path, "dev").read()
