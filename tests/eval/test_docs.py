"""The code in docs/evaluating.md runs as it stands."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")

from sota_rag import index as rooms
from sota_rag.eval.topics import read_topics

PAGE = (Path(__file__).parents[2] / "docs" / "evaluating.md").read_text(encoding="utf-8")
CORPUS = {
    "d1": "LoRA freezes the weights and trains two thin matrices.",
    "d2": "Quantization stores weights with fewer bits.",
    "d3": "BM25 ranks passages by shared words.",
}
QUERIES = {"q1": ("What does LoRA freeze?", "d1"), "q2": ("weights in fewer bits", "d2"), "q3": ("BM25 words", "d3")}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_three_systems_are_measured_side_by_side(tmp_path, monkeypatch, minilm, capsys):
    folder = tmp_path / "my-collection"
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": key, "title": "", "text": text} for key, text in CORPUS.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    topics = [{"_id": key, "text": text} for key, (text, _) in QUERIES.items()]
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in topics))
    (folder / "qrels/test.tsv").write_text("".join(f"{key}\t{gold}\t1\n" for key, (_, gold) in QUERIES.items()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rooms, "SentenceTransformerEncoder", lambda: minilm)
    (code,) = blocks("python")
    exec(compile(code, "docs/evaluating.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["rank-bm25", "faiss", "sota-rag", "sota-rag"]
    assert lines[1].split()[1] == lines[2].split()[1] == "1.000"


def test_the_topic_is_one_that_can_be_read(tmp_path):
    (example,) = blocks("json")
    path = tmp_path / "topics.jsonl"
    path.write_text(json.dumps(json.loads(example)) + "\n")
    assert read_topics(path)[0].gold[0].document_id == "notes/lora.md"
