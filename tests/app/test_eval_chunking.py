"""`sota-rag eval chunking` from end to end, with the embedded encoder on two tiny corpora."""

import csv
import json

import pytest
from sota_rag.app import chunking_documents
from sota_rag.app.cli import main
from sota_rag.eval.run_file import RunFile
from sota_rag.ingest.reading import InlineReader

ADAPTERS = """\
# Adapters

LoRA freezes the pretrained weights of a model. It trains two thin matrices beside each frozen one, so that a task
adds only a small file to what is stored already.

Quantization stores weights with fewer bits. Four bits are enough for most models. The rounding error is spread by
scales that are kept for small blocks of weights.
"""
SEARCH = """\
# Search

BM25 ranks passages by the words that they share with a question. A rare word counts more than a common one. Long
passages are held back, for they repeat words without saying more.

A dense encoder compares meanings. It finds a passage that shares no word with the question. Both are brought to one
space of vectors, where those of like meaning lie close together.
"""
QUESTIONS = [
    ("What does LoRA freeze?", "LoRA freezes the pretrained weights of a model.", "adapters"),
    ("How many bits are enough for quantization?", "Four bits are enough for most models.", "adapters"),
    ("Which words count more in BM25?", "A rare word counts more than a common one.", "search"),
    ("What does a dense encoder compare?", "A dense encoder compares meanings.", "search"),
]
FLAGS = ["--chunker", "ours:50", "--chunker", "fixed:24/8", "--chunker", "recursive:100", "-k", "1", "--tokens", "30"]

pytestmark = pytest.mark.usefixtures("surroundings")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tiny/corpora").mkdir(parents=True)
    texts = {"adapters": ADAPTERS, "search": SEARCH}
    for name, text in texts.items():
        (tmp_path / f"tiny/corpora/{name}.md").write_text(text)
    with (tmp_path / "tiny/questions_df.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "references", "corpus_id"])
        for question, content, corpus in QUESTIONS:
            start = texts[corpus].index(content)
            reference = {"content": content, "start_index": start, "end_index": start + len(content)}
            writer.writerow([question, json.dumps([reference]), corpus])
    return tmp_path / "tiny"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_INDEX", str(tmp_path / "data/index"))

    def run_command(*arguments, status=0):
        capsys.readouterr()
        assert main(["eval", "chunking", *map(str, arguments)]) == status
        return capsys.readouterr()

    return run_command


@pytest.fixture
def inline(monkeypatch, minilm):
    """Corpora are parsed in this process; workers are started where a test is about folders."""
    monkeypatch.setattr(chunking_documents, "make_reader", lambda settings, encoder: InlineReader(minilm.count_tokens))


@pytest.mark.usefixtures("inline")
def test_chunkers_side_by_side_on_reference_spans(run, folder, tmp_path):
    printed = run("--data", folder, *FLAGS, "--output", tmp_path / "run.json").out
    found = RunFile.read(tmp_path / "run.json")
    assert (found.kind, found.name, found.default) == ("chunking", "tiny", "ours:50")
    assert list(found.systems) == ["ours:50", "fixed:24/8", "recursive:100"]
    assert found.topics["adapters-001"].text == "What does LoRA freeze?"
    ours = found.systems["ours:50"]
    assert set(ours.measures) == {
        f"token {measure}@{amount}" for measure in ("recall", "precision", "IoU") for amount in ("1", "30t")
    } | {"token precision Ω"}
    # Each question finds the paragraph with its answer, and no more.
    assert ours.measures["token recall@1"].mean == 1.0
    assert 0.2 < ours.measures["token precision@1"].mean < 0.4
    assert ours.facts["passages"] == 4
    assert set(ours.by_category) == {"adapters", "search"}
    whole = found.systems["recursive:100"]
    assert whole.measures["token precision@1"].mean < ours.measures["token precision@1"].mean
    difference = found.details["differences"]["recursive:100"]["token precision@1"]
    assert difference["low"] > 0
    assert f"ours:50 less recursive:100\n  token recall@1           {0:+.3f}" in printed
    assert "*" in next(line for line in printed.split("less recursive:100")[1].splitlines() if "precision@1 " in line)
    assert "fixed:24/8" in printed
    assert (tmp_path / "data/eval/chunking/cache/vectors.sqlite").is_file()


@pytest.mark.usefixtures("inline")
def test_a_second_run_encodes_no_passage_again(run, folder, minilm, monkeypatch):
    run("--data", folder, *FLAGS)
    texts = []
    encode = minilm.encode
    monkeypatch.setattr(minilm, "encode", lambda strings: texts.extend(strings) or encode(strings))
    form = json.loads(run("--data", folder, *FLAGS, "--json", "--legs", "hybrid").out)
    assert texts == [question for question, _, _ in QUESTIONS]
    assert form["details"]["alpha"] == 0.5
    assert "convex fusion with BM25" in form["notes"][0]


def test_topics_over_folders_and_over_the_index(run, folder, tmp_path):
    def topics(prefix):
        path = tmp_path / f"topics-{len(prefix)}.jsonl"
        rows = [
            {"id": f"t{n}", "question": question, "gold": [{"document": f"{prefix}{corpus}.md", "quote": content}]}
            for n, (question, content, corpus) in enumerate(QUESTIONS)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    quoted = topics("corpora/")
    flags = ["--chunker", "ours:50", "-k", "1", "--json"]
    files = json.loads(run("--topics", quoted, "--documents", folder / "corpora", *flags).out)
    assert "no index" in run("--topics", quoted, *flags, status=1).err
    assert main(["ingest", str(folder / "corpora")]) == 0
    index = json.loads(run("--topics", quoted, *flags).out)
    assert index["systems"] == files["systems"]
    assert index["measures"]["token recall@1"]["mean"] == 1.0
    assert (index["fingerprints"]["corpus"], files["fingerprints"]["index"]) == (files["fingerprints"]["corpus"], "")
    assert index["fingerprints"]["index"] == "000001"
    assert "document 'adapters.md' is not among those" in run("--topics", topics(""), *flags, status=1).err


@pytest.mark.usefixtures("inline")
def test_wrong_usage_is_told_before_anything_is_read(run, folder, tmp_path):
    assert "'bogus' names no chunker; name one such as ours" in run("--data", "x", "--chunker", "bogus", status=2).err
    assert "named twice" in run("--data", "x", "--chunker", "ours", "--chunker", "ours", status=2).err
    assert "must be 1 or more" in run("--data", "x", "-k", "0", status=2).err
    assert "--documents goes with --topics" in run("--data", "x", "--documents", "y", status=2).err
    assert "no corpora below" in run("--data", tmp_path, status=1).err
    (folder / "corpora/search.md").write_bytes(b"\xff\xfe\xff")
    assert "search.md" in run("--data", folder, status=1).err
    folder.joinpath("corpora/search.md").write_text(SEARCH[1:])
    assert "questions_df.csv:4: at" in run("--data", folder, status=1).err
