"""Readers of reading-comprehension sets: what they take, and what they refuse by name."""

import json

import pytest
from sota_rag.eval.answers.labels import read_labels
from sota_rag.eval.answers.reading import hidden_gold, read_clapnq, read_qasa, read_squad, sample
from sota_rag.eval.answers.types import Question
from sota_rag.eval.topics import Gold
from sota_rag.index.errors import EvaluationError

CONTEXT = "Rust is iron oxide. It forms in moist air. Paint keeps it away."


def squad(**changes):
    answer = {"text": "iron oxide", "answer_start": 8}
    row = {"id": "a", "question": "What is rust?", "is_impossible": False, "answers": [answer, answer]} | changes
    other = {"id": "b", "question": "Who found rust?", "is_impossible": True, "answers": []}
    return {"data": [{"title": "Iron_oxide", "paragraphs": [{"context": CONTEXT, "qas": [row, other]}]}]}


def written(path, *forms, lines=False):
    path.write_text("\n".join(map(json.dumps, forms)) if lines else json.dumps(forms[0]), encoding="utf-8")
    return path


def test_squad_has_the_sentence_of_the_answer_as_gold(tmp_path):
    found = read_squad(written(tmp_path / "squad.json", squad()))
    assert [(d.id, d.title, d.text) for d in found.documents] == [("000-000", "Iron oxide", CONTEXT)]
    known, unknown = found.questions
    assert known.gold == (Gold("squad2/000-000", "Rust is iron oxide."),)
    assert (known.references, known.category, known.answerable) == (("iron oxide",), "answerable", True)
    assert (unknown.gold, unknown.category, unknown.answerable) == ((), "unanswerable", False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answers": []}, r"qas\[0\]: is answerable, yet has no answers"),
        ({"answers": [{"text": "iron", "answer_start": 3}]}, r"answers\[0\]: 'iron' does not stand at 3"),
        ({"question": 4}, r"qas\[0\]: 'question' is 4"),
        ({"id": "b"}, "question id 'b' occurs twice"),
        ({"question": " "}, "question 'a' is empty"),
    ],
)
def test_broken_squad_is_named(tmp_path, changes, said):
    with pytest.raises(EvaluationError, match=said):
        read_squad(written(tmp_path / "squad.json", squad(**changes)))


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON"), ("[]", "no JSON object"), ('{"data": 3}', "'data' is int"), ('{"data": []}', "no questions")],
)
def test_what_is_no_squad_is_refused(tmp_path, text, said):
    (tmp_path / "squad.json").write_text(text)
    with pytest.raises(EvaluationError, match=said):
        read_squad(tmp_path / "squad.json")


def test_squad_without_labels_is_told_apart(tmp_path):
    form = squad()
    del form["data"][0]["paragraphs"][0]["qas"][0]["is_impossible"]
    with pytest.raises(EvaluationError, match=r"dev-v2\.0\.json"):
        read_squad(written(tmp_path / "squad.json", form))


def clapnq_row(name, answer, sentences):
    passage = {"title": "Rust", "text": CONTEXT, "sentences": []}
    output = {"answer": answer, "selected_sentences": sentences}
    return {"id": name, "input": f"what is {name}", "passages": [passage], "output": [output]}


def test_clapnq_joins_its_two_files_and_keeps_each_passage_once(tmp_path):
    known = clapnq_row("1", "Iron oxide.", ["Rust is iron oxide.", "It forms in moist air."])
    written(tmp_path / "clapnq_dev_answerable.jsonl", known, lines=True)
    written(tmp_path / "clapnq_dev_unanswerable.jsonl", clapnq_row("2", "", []), lines=True)
    found = read_clapnq(tmp_path)
    assert len(found.documents) == 1
    assert [gold.quote for gold in found.questions[0].gold] == ["Rust is iron oxide.", "It forms in moist air."]
    assert found.questions[0].references == ("Iron oxide.",)
    assert [question.answerable for question in found.questions] == [True, False]


def test_a_missing_twin_is_named(tmp_path):
    written(tmp_path / "clapnq_dev_answerable.jsonl", clapnq_row("1", "x", ["Rust is iron oxide."]), lines=True)
    with pytest.raises(EvaluationError, match="unanswerable"):
        read_clapnq(tmp_path)


def test_qasa_gathers_the_passages_of_a_paper(tmp_path):
    def row(question, trigger, *contexts):
        cited = [{"context": context, "rationale": ""} for context in contexts]
        return {
            "paper_id": "p1",
            "title": "On rust",
            "question": question,
            "question_trigger_sentence": trigger,
            "evidential_info": cited,
        }

    rows = {"0": row("Why?", "Rust is red."), "1": row("How?", "Rust is red.", "Paint helps.")}
    found = read_qasa(written(tmp_path / "qasa.json", rows))
    assert [(d.id, d.text) for d in found.documents] == [("p1", "Rust is red.\n\nPaint helps.")]
    assert [(q.id, q.answerable) for q in found.questions] == [("q0", False), ("q1", False)]
    assert "no papers" in found.notes[0]


def test_a_sample_keeps_the_shares_and_the_order():
    questions = [Question(str(number), "?", answerable=number % 3 == 0) for number in range(30)]
    drawn = sample(questions, 9, seed=4)
    assert drawn == sample(questions, 9, seed=4) != sample(questions, 9, seed=5)
    assert sum(question.answerable for question in drawn) == 3
    assert [int(question.id) for question in drawn] == sorted(int(question.id) for question in drawn)
    assert sample(questions, None) == sample(questions, 99) == questions


def test_hidden_gold_makes_a_question_unanswerable():
    known = Question("a", "?", "direct", gold=(Gold("d1", "x"), Gold("d2", "y"), Gold("d1", "z")), references=("x",))
    (hidden,) = hidden_gold([known, Question("b", "?", answerable=False)])
    assert (hidden.id, hidden.hidden, hidden.category) == ("a/hidden", ("d1", "d2"), "hidden gold")
    assert not hidden.answerable
    assert not hidden.gold
    assert (hidden.cluster, known.cluster) == ("a", "a")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"topic": "a", "sentence": "It.", "supported": "yes"}], r":1: 'supported' is 'yes'"),
        ([{"topic": "x", "sentence": "It.", "supported": True}], r":1: topic 'x' is not asked"),
        (
            [{"topic": "a", "sentence": "It.", "supported": supported} for supported in (True, False)],
            r":2: this sentence of topic 'a' was judged otherwise",
        ),
        ([], "holds no labels"),
    ],
)
def test_labels_that_cannot_be_used_are_named(tmp_path, rows, said):
    with pytest.raises(EvaluationError, match=said):
        read_labels(written(tmp_path / "labels.jsonl", *rows, lines=True), {"a"})


def test_labels_are_found_whatever_the_white_space(tmp_path):
    row = {"topic": "a", "sentence": "It  is\nso.", "supported": True}
    assert read_labels(written(tmp_path / "labels.jsonl", row, lines=True), {"a"}) == {("a", "It is so."): True}
