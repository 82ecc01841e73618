"""Collections in BEIR layout: what is read, and what stops the reading."""

from pathlib import Path

import pytest
from sota_rag.eval import BeirDocument, Topic, load_beir
from sota_rag.index.errors import EvaluationError

CORPUS = [
    '{"_id": "d2", "title": "Two", "text": "second\u2028line"}',
    '{"_id": "d1", "title": "", "text": "first"}',
    '{"_id": "d3", "text": "third"}',
]
QUERIES = ['{"_id": "q2", "text": "two?"}', '{"_id": "q9", "text": "nine?"}', '{"_id": "q1", "text": "one?"}']
HEADER = "query-id\tcorpus-id\tscore"
QRELS = ["q1\td1\t1", "q2\td2\t2", "q1\td3\t0"]


def write(folder: Path, corpus=CORPUS, queries=QUERIES, qrels=(HEADER, *QRELS), end="\n") -> Path:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    for name, lines in (("corpus.jsonl", corpus), ("queries.jsonl", queries), ("qrels/test.tsv", qrels)):
        (folder / name).write_bytes("".join(f"{line}{end}" for line in lines).encode())
    return folder


def changed(lines: list[str], number: int, line: str) -> list[str]:
    """The lines with the one of that 1-based number replaced."""
    return [*lines[: number - 1], line, *lines[number:]]


def test_reads_in_file_order_and_keeps_only_judged_topics(tmp_path):
    collection = load_beir(write(tmp_path / "tiny"), "test")
    assert (collection.name, collection.split) == ("tiny", "test")
    assert collection.documents == [
        BeirDocument("d2", "Two", "second\u2028line"),
        BeirDocument("d1", "", "first"),
        BeirDocument("d3", "", "third"),
    ]
    assert collection.topics == [Topic("q2", "two?"), Topic("q1", "one?")]
    assert collection.qrels == {"q1": {"d1": 1, "d3": 0}, "q2": {"d2": 2}}
    assert list(collection.qrels) == ["q1", "q2"]


@pytest.mark.parametrize("qrels", [QRELS, [HEADER, *QRELS], [HEADER, "", *QRELS, ""]])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_header_blank_lines_and_line_ends_do_not_matter(tmp_path, qrels, end):
    expected = load_beir(write(tmp_path / "a"), "test").qrels
    assert load_beir(write(tmp_path / "b", qrels=qrels, end=end), "test").qrels == expected


def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path):
    folder = write(tmp_path, qrels=["\ufeff" + QRELS[0]], queries=["\ufeff" + QUERIES[0], *QUERIES[1:]])
    assert load_beir(folder, "test").qrels == {"q1": {"d1": 1}}


@pytest.mark.parametrize(
    ("part", "number", "line", "says"),
    [
        ("corpus", 2, '{"_id": "d1", ', "not JSON"),
        ("corpus", 2, '["d1", "first"]', "not a JSON object"),
        ("corpus", 2, '{"title": "", "text": "first"}', "'_id' is missing"),
        ("corpus", 2, '{"_id": "d1", "title": ""}', "'text' is missing"),
        ("corpus", 2, '{"_id": 1, "text": "first"}', "'_id' is 1"),
        ("corpus", 2, '{"_id": "", "text": "first"}', "'_id' is empty"),
        ("corpus", 3, '{"_id": "d2", "text": "again"}', "'d2' was already used at .*corpus.jsonl:1"),
        ("corpus", 2, "[" * 100_000, "not JSON"),
        ("queries", 3, '{"_id": "q2", "text": "again"}', "'q2' was already used at .*queries.jsonl:1"),
        ("queries", 2, '{"_id": "q9", "text": null}', "'text' is None"),
        ("qrels", 3, "q2\td2\t1.0", "'1.0' is not an integer"),
        ("qrels", 3, "q2\td2\tyes", "'yes' is not an integer"),
        ("qrels", 1, "q1\td1\thigh", "'high' is not an integer"),
        ("qrels", 3, "q2 d2 1", "1 tab-separated columns"),
        ("qrels", 3, "q2\t0\td2\t1", "4 tab-separated columns"),
        ("qrels", 3, "q7\td2\t1", "query 'q7' is not in queries.jsonl"),
        ("qrels", 3, "q2\td7\t1", "document 'd7' is not in corpus.jsonl"),
        ("qrels", 4, "q1\td1\t1", "'d1' is judged twice for query 'q1'"),
    ],
)
def test_a_broken_line_is_named(tmp_path, part, number, line, says):
    lines = {"corpus": CORPUS, "queries": QUERIES, "qrels": [HEADER, *QRELS]}
    write(tmp_path, **{**lines, part: changed(lines[part], number, line)})
    name = {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "test.tsv"}[part]
    with pytest.raises(EvaluationError, match=rf"{name}:{number}: .*{says}"):
        load_beir(tmp_path, "test")


def test_bytes_that_are_not_utf8_are_named(tmp_path):
    write(tmp_path)
    with (tmp_path / "corpus.jsonl").open("ab") as file:
        file.write(b'{"_id": "d4", "text": "\xff"}\n')
    with pytest.raises(EvaluationError, match=r"corpus.jsonl:4: not UTF-8"):
        load_beir(tmp_path, "test")


def test_a_missing_split_names_those_that_exist(tmp_path):
    write(tmp_path)
    (tmp_path / "qrels" / "dev.tsv").write_text("")
    with pytest.raises(EvaluationError, match=r"no split 'train' .* splits there: dev, test"):
        load_beir(tmp_path, "train")


def test_a_split_without_judgements_is_an_error(tmp_path):
    with pytest.raises(EvaluationError, match=r"test.tsv: holds no judgements"):
        load_beir(write(tmp_path, qrels=[HEADER]), "test")


def test_a_folder_that_is_no_collection_says_what_one_holds(tmp_path):
    with pytest.raises(EvaluationError, match=r"corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv"):
        load_beir(tmp_path / "nowhere", "test")
