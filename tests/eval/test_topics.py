"""Topics files: what is read, and what is refused with its line."""

import json

import pytest
from sota_rag.eval.topics import Gold, read_topics
from sota_rag.index.errors import EvaluationError

GOOD = {
    "id": "t1",
    "question": "What does LoRA freeze?",
    "category": "direct",
    "answerable": True,
    "gold": [{"document": "guides/a.md", "quote": "LoRA freezes the weights."}],
    "reference": "The weights.",
}
NONE = {"id": "t2", "question": "How tall is the tower?", "answerable": False, "gold": []}


@pytest.fixture
def write(tmp_path):
    def write(*rows):
        path = tmp_path / "topics.jsonl"
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return path

    return write


def test_topics_are_read_in_order_with_their_place(write):
    path = write(GOOD, "", NONE)
    first, second = read_topics(path)
    assert (first.id, first.category, first.answerable, first.reference) == ("t1", "direct", True, "The weights.")
    assert first.gold == (Gold("guides/a.md", "LoRA freezes the weights."),)
    assert (second.answerable, second.gold, second.category, second.reviewed) == (False, (), "", True)
    assert [first.where, second.where] == [f"{path}:1", f"{path}:3"]


def test_judged_and_drafted_topics_never_mix(write):
    drafted = {**GOOD, "id": "t9", "reviewed": False}
    path = write(GOOD, drafted)
    assert [topic.id for topic in read_topics(path)] == ["t1"]
    assert [topic.id for topic in read_topics(path, unreviewed=True)] == ["t9"]
    with pytest.raises(EvaluationError, match=r"holds no topics; 1 unreviewed ones were left out"):
        read_topics(write(drafted))
    with pytest.raises(EvaluationError, match=r"holds no unreviewed topics; 1 reviewed ones"):
        read_topics(write(GOOD), unreviewed=True)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({**GOOD, "gold": []}, "topic 't1' has no gold; add a document and a quote"),
        ({**GOOD, "answerable": False}, "topic 't1' is not answerable, yet has gold"),
        ({**GOOD, "answerable": "yes"}, "'answerable' is 'yes'; it must be true or false"),
        ({**GOOD, "gold": "LoRA"}, "'gold' must be a list of objects with keys document and quote"),
        ({**GOOD, "gold": [{"document": "a"}]}, "key 'quote' is missing"),
        ({**GOOD, "gold": [{"document": "a", "quote": " "}]}, "a quote of 'gold' from 'a' is empty"),
        ({**GOOD, "superseded": [{"quote": "x"}]}, "key 'document' is missing"),
        ({**GOOD, "question": " "}, "'question' is empty"),
        ({**GOOD, "golds": []}, "unknown key 'golds'; known are"),
        ({**GOOD, "id": ""}, "'id' is empty"),
        ("[]", "is not a JSON object"),
        ("{", "not JSON"),
    ],
)
def test_a_broken_line_is_named(write, row, says):
    path = write({**NONE, "id": "ok"}, row)
    with pytest.raises(EvaluationError) as caught:
        read_topics(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert says in str(caught.value)


def test_an_id_used_twice_names_both_lines(write):
    path = write(GOOD, GOOD)
    with pytest.raises(EvaluationError, match=rf"{path}:2: 'id' 't1' was already used at {path}:1"):
        read_topics(path)


def test_an_empty_and_a_missing_file(write, tmp_path):
    with pytest.raises(EvaluationError, match=r"holds no topics$"):
        read_topics(write())
    with pytest.raises(EvaluationError, match="a topics file is JSONL with keys"):
        read_topics(tmp_path / "none.jsonl")
