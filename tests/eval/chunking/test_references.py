import csv
import json

import pytest
from sota_rag.eval.chunking import corpus_files, part_of, questions_of_topics, read_references, select_part
from sota_rag.eval.spans import Span
from sota_rag.eval.topics import Gold, JudgedTopic
from sota_rag.index.errors import EvaluationError
from sota_rag.index.types import Document, DocumentInfo
from sota_rag.ingest.normalise import canonical_text

GUIDE = "LoRA freezes the weights.\nIt trains two matrices."
NOTES = "BM25 counts words.\r\nCafe\u0301s are\u200b loud. Cafe\u0301s are small."


def reference(text, content, start=None):
    start = text.index(content) if start is None else start
    return {"content": content, "start_index": start, "end_index": start + len(content)}


ROWS = [
    ("What does LoRA freeze?", [reference(GUIDE, "LoRA freezes the weights.")], "guide"),
    ("What are\ncafés?", [reference(NOTES, "Cafe\u0301s are small."), reference(NOTES, "are\u200b loud")], "notes"),
    ("How many matrices?", [reference(GUIDE, "It trains two matrices.")], "guide"),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora/guide.md").write_bytes(GUIDE.encode())
    (tmp_path / "corpora/notes.md").write_bytes(NOTES.encode())
    return tmp_path


def write(folder, rows, header=("question", "references", "corpus_id")):
    with (folder / "questions_df.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for question, references, corpus in rows:
            said = references if isinstance(references, str) else json.dumps(references)
            writer.writerow([question, said, corpus])


def read(folder):
    texts = {"guide": GUIDE, "notes": canonical_text(NOTES)}
    return read_references(folder, texts, {"guide": "guide.md", "notes": "notes.md"})


def test_questions_with_spans_of_the_canonical_text(folder):
    write(folder, ROWS)
    assert list(corpus_files(folder)) == ["guide", "notes"]
    first, second, third = read(folder)
    assert (first.id, first.text, first.category) == ("guide-001", "What does LoRA freeze?", "guide")
    assert first.gold == (Span("guide.md", 0, 25),)
    assert (second.id, third.id) == ("notes-001", "guide-002")
    text = canonical_text(NOTES)
    # The second of two equal beginnings, and one with an invisible character in the file.
    assert [text[span.start : span.end] for span in second.gold] == ["Cafés are small.", "are loud"]
    assert second.gold[0].start == text.rindex("Cafés")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            ("q", [reference(GUIDE, "two", start=3)], "guide"),
            r"csv:3: at 3 to 6 stands 'A f', and not the content 'two'",
        ),
        (("q", [reference(GUIDE, "two", start=999)], "guide"), r"csv:3: .*indices 999 to 1002, .* no span of 49"),
        (("q", [{"content": "two", "start_index": True, "end_index": 3}], "guide"), r"csv:3: .*indices True to 3"),
        (
            ("q", [{"content": " ", "start_index": 4, "end_index": 5}], "guide"),
            r"csv:3: a reference has the content ' '",
        ),
        (("q", [], "guide"), r"csv:3: references '\[\]' must be a list"),
        (("q", "[{]", "guide"), r"csv:3: references are not JSON"),
        (("q", [reference(GUIDE, "two")], "other"), r"csv:3: corpus 'other' is unknown; known are guide, notes"),
        ((" ", [reference(GUIDE, "two")], "guide"), r"csv:3: the question is empty"),
        ((ROWS[0][0], [reference(GUIDE, "two")], "guide"), r"csv:3: the question .* already asked at .*csv:2"),
    ],
)
def test_a_broken_row_is_named(folder, row, said):
    write(folder, [ROWS[0], row])
    with pytest.raises(EvaluationError, match=said):
        read(folder)


def test_a_row_after_one_of_two_lines_is_named_by_the_line_it_begins_at(folder):
    write(folder, [*ROWS, ("q", "x", "guide")])
    with pytest.raises(EvaluationError, match=r"questions_df\.csv:6: references are not JSON"):
        read(folder)


def test_broken_files_are_named(folder, tmp_path):
    with pytest.raises(EvaluationError, match=r"cannot read .*questions_df\.csv.* has questions_df\.csv and corpora"):
        read(folder)
    write(folder, ROWS, header=("question", "refs", "corpus_id"))
    with pytest.raises(EvaluationError, match=r"csv:1: column 'references' is missing; found question, refs"):
        read(folder)
    write(folder, [])
    with pytest.raises(EvaluationError, match="holds no questions"):
        read(folder)
    (folder / "questions_df.csv").write_text("question,references,corpus_id\na,b\n")
    with pytest.raises(EvaluationError, match="csv:2: has 2 fields, and the header 3"):
        read(folder)
    (folder / "questions_df.csv").write_text('question,references,corpus_id\n"a"b,c,d\n')
    with pytest.raises(EvaluationError, match="csv:2: not CSV"):
        read(folder)
    (folder / "corpora/guide.md").write_bytes(b"\xff")
    with pytest.raises(EvaluationError, match=r"guide\.md: not UTF-8"):
        read(folder)
    with pytest.raises(EvaluationError, match="no corpora below"):
        corpus_files(tmp_path / "nothing")


def test_quotes_of_topics_become_spans():
    documents = {"guide.md": Document(DocumentInfo("guide.md", "guide.md", "Guide"), GUIDE)}
    gold = (Gold("guide.md", "weights. It"), Gold("guide.md", "two matrices"))
    topics = [JudgedTopic("t1", "What?", "direct", True, gold), JudgedTopic("t2", "Else?", answerable=False)]
    (question,) = questions_of_topics(topics, documents)
    assert (question.id, question.category) == ("t1", "direct")
    assert [GUIDE[span.start : span.end] for span in question.gold] == ["weights.\nIt", "two matrices"]
    with pytest.raises(EvaluationError, match="none of the topics is answerable"):
        questions_of_topics(topics[1:], documents)
    stray = JudgedTopic("t3", "Where?", gold=(Gold("other.md", "x"),), where="topics.jsonl:3")
    with pytest.raises(EvaluationError, match=r"topics\.jsonl:3: document 'other\.md' is not among those"):
        questions_of_topics([stray], documents)


def test_the_halves_share_no_question_and_depend_on_its_words_alone(folder):
    write(folder, ROWS)
    questions = read(folder)
    halves = {
        part: [question.text for question in questions if part_of(question.text) == part] for part in ("dev", "test")
    }
    assert sorted(halves["dev"] + halves["test"]) == sorted(question.text for question in questions)
    assert select_part(questions, "all") == questions
    assert [part_of(f"question {number}") for number in range(8)].count("dev") in range(1, 8)
    for part, texts in halves.items():
        if texts:
            assert [question.text for question in select_part(questions, part)] == texts
        else:
            with pytest.raises(EvaluationError, match=f"falls into the half '{part}'"):
                select_part(questions, part)
