"""Drafted topics: their wording, what counts as a repetition, and the file that keeps them apart."""

import json

import numpy as np
import pytest
from sota_rag.eval.synthetic import Draft, DraftFile, KnownQuestions, malformed, refuse_judged
from sota_rag.eval.topics import read_topics
from sota_rag.index.errors import EvaluationError, UnwritableError, UsageError

QUOTE = "Mixtral 8x7B routes each token to 2 of 8 experts in every layer of the network."


def draft(question="How many experts does Mixtral use?", quote=QUOTE, document="guides/moe.md"):
    return Draft(question, document, quote, {"model": "toy", "prompt": "1"})


@pytest.mark.parametrize(
    "question",
    [
        "How many experts does Mixtral route a token to?",
        "In which layers does Mixtral 8x7B route tokens?",
        "Does a token meet all experts of Mixtral?",
        "What does a test set measure?",
    ],
)
def test_sound_questions(question):
    assert malformed(question, QUOTE) == ""


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Mixtral routes tokens to experts.", "is not one question"),
        ("What is Mixtral? How many experts?", "is not one question"),
        ("", "is not one question"),
        ("What is Mixtral?", "has 3 words"),
        ("How " + "very " * 40 + "big is Mixtral?", "has 44 words"),
        ("Mixtral routes tokens to how many experts?", "does not begin like a question"),
        ("What does the fact say about Mixtral?", "cannot be understood without the text"),
        ("What is the answer to this question?", "cannot be understood without the text"),
        ("According to the passage, how many experts?", "does not begin like a question"),
        ("How many experts are mentioned for Mixtral?", "cannot be understood without the text"),
        ("How many experts are there in it?", "cannot be understood without the text"),
        ("Is it so that mixtral 8x7B routes each token to 2 of 8 experts?", "copies 8 words in a row"),
    ],
)
def test_unsound_questions(question, why):
    assert why in malformed(question, QUOTE)


@pytest.mark.parametrize(
    ("question", "quote", "sound"),
    [
        ("What is the retrieval index?", "The retrieval index held 21 million passages.", False),
        ("What is a dense checkpoint?", "Sparse upcycling is made from a dense checkpoint.", False),
        ("What does it mean to cut weights?", "Cutting weights is common.", False),
        ("What does GSM8k really mean?", "GSM1k showed drops against GSM8k.", False),
        ("What does top-1 accuracy mean?", "Top-1 accuracy is the share of right first classes.", True),
        ("What is the NF4 data type?", "NF4 is a data type of four bits.", True),
        ("What does HyDE do?", "HyDE adds a full call before every search.", True),
        ("What does a high group size do?", "A high group size is a common choice.", False),
        ("What does memory arithmetic do?", "The weight memory is the number of parameters times their bits.", False),
        ("What does a size that is too large does harm?", "A size that is too large harms.", False),
        ("What is the difference between E4M3 and E5M2?", "FP8 has two variants with other ranges.", True),
    ],
)
def test_what_something_is_must_be_said(question, quote, sound):
    assert (malformed(question, quote) == "") is sound


def test_questions_that_are_alike():
    known = KnownQuestions([], np.zeros((0, 2), dtype=np.float32))
    assert known.nearest(np.array([1.0, 0.0], dtype=np.float32)) == ""
    known.add("one?", np.array([1.0, 0.0], dtype=np.float32))
    known.add("two?", np.array([0.0, 1.0], dtype=np.float32))
    assert known.nearest(np.array([0.3, 0.95], dtype=np.float32)) == "two?"
    assert known.nearest(np.array([0.8, 0.6], dtype=np.float32)) == ""


def test_topics_are_appended_unreviewed_and_taken_up_again(tmp_path):
    path = tmp_path / "drafted.jsonl"
    file = DraftFile(path)
    file.keep(draft())
    file.drop(draft(question="Huh?", quote="Other."), "wording", "has 1 word")
    again = DraftFile(path)
    assert again.questions == ["How many experts does Mixtral use?"]
    assert again.has_seen("guides/moe.md", QUOTE)
    assert again.has_seen("guides/moe.md", "Other.")
    assert not again.has_seen("guides/other.md", QUOTE)
    again.keep(draft("What routes tokens to experts?", "Third."))
    topics = read_topics(path, unreviewed=True)
    assert [topic.id for topic in topics] == ["y0001", "y0002"]
    assert not any(topic.reviewed for topic in topics)
    assert topics[0].gold[0].quote == QUOTE
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows[0]["origin"] == {"model": "toy", "prompt": "1"}
    dropped = json.loads((tmp_path / "drafted.dropped.jsonl").read_text(encoding="utf-8"))
    assert (dropped["dropped"], dropped["detail"]) == ("wording", "has 1 word")
    with pytest.raises(EvaluationError, match="holds no topics; 2 unreviewed ones were left out"):
        read_topics(path)


@pytest.mark.parametrize("reviewed", [{}, {"reviewed": True}])
def test_a_file_of_judged_topics_is_refused(tmp_path, reviewed):
    path = tmp_path / "mine.jsonl"
    unreviewed = {"id": "a", "question": "x?", "answerable": False, "reviewed": False}
    judged = {"id": "b", "question": "y?", "answerable": False, **reviewed}
    path.write_text(f"{json.dumps(unreviewed)}\n{json.dumps(judged)}\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"mine\.jsonl:2: is a topic that a person has judged"):
        DraftFile(path)


def test_names_of_judged_topics_are_refused(tmp_path):
    with pytest.raises(UsageError, match="judged topics go by that name"):
        refuse_judged(tmp_path / "test.jsonl")
    refuse_judged(tmp_path / "drafted.jsonl")


def test_a_file_that_cannot_be_written(tmp_path):
    file = DraftFile(tmp_path / "gone" / "drafted.jsonl")
    with pytest.raises(UnwritableError, match="cannot write"):
        file.keep(draft())
