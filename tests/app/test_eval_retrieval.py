"""`sota-rag eval retrieval` on a collection in BEIR layout: what it prints, where its index lies, what it refuses."""

import json

import pytest
from sota_rag.app.cli import main
from sota_rag.index.generations import read_current
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

pytestmark = pytest.mark.usefixtures("surroundings")


@pytest.fixture
def beir(tmp_path):
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    corpus = {
        "d1": ("Adapters", "LoRA freezes the weights and trains two thin matrices."),
        "d2": ("", "Quantization stores weights with fewer bits."),
        "d/3": ("Fusion", "BM25 ranks passages by shared words."),
    }
    queries = {"q1": "What does LoRA freeze?", "q2": "weights in fewer bits", "q3": "BM25 shared words"}
    qrels = [("q1", "d1", 1), ("q2", "d2", 1), ("q3", "d/3", 1)]
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": key, "title": title, "text": text}) + "\n" for key, (title, text) in corpus.items())
    )
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in queries.items())
    )
    (folder / "qrels/test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "".join(f"{q}\t{d}\t{score}\n" for q, d, score in qrels)
    )
    return folder


def test_eval_json_has_measures_with_intervals_for_every_system(run_json, beir, tmp_path):
    pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")
    form = run_json(
        "eval", "retrieval", "--beir", beir, "--index", tmp_path / "own", "--output", tmp_path / "report.json"
    )
    assert (form["kind"], form["name"], form["default"]) == ("retrieval", "tiny test", "default")
    assert form["details"].items() >= {"judgements": 3, "documents": 3, "passages": 3}.items()
    made_by = {"corpus", "index", "models", "settings", "code", "machine", "packages", "seed"}
    assert form["fingerprints"].keys() == made_by
    assert set(form["systems"]) == {"default", "bm25", "dense", "rrf", "convex", "learned"}
    for report in form["systems"].values():
        assert report["measures"]["nDCG@10"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
        assert report["failures"] == {}
        assert report["latency_ms"]["total"].keys() == {"p50", "p95", "p99"}
    assert form["systems"]["default"]["latency_ms"].keys() >= {"encode", "dense", "bm25", "fuse"}
    assert form["measures"] == form["systems"]["convex"]["measures"]
    assert json.loads((tmp_path / "report.json").read_text()) == form
    assert (tmp_path / "own/CURRENT").is_file()


def test_eval_keeps_the_collection_beside_the_main_index_and_prints_a_table(run, beir, tmp_path, monkeypatch):
    pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")
    monkeypatch.setenv("SOTA_RAG_INDEX", str(tmp_path / "data/index"))
    printed = run("eval", "retrieval", "--beir", beir, "--system", "bm25", "--system", "rrf", "--limit", "2")
    lines = printed.out.splitlines()
    assert lines[0] == "retrieval: tiny test, 2 topics; 95 % bootstrap intervals"
    assert [word for line in lines if line.startswith(" ") for word in line.split()] == ["default", "bm25", "rrf"]
    assert next(line.split()[1:4] for line in lines if line.startswith("nDCG@10")) == ["1.000", "[1.000,", "1.000]"]
    assert (tmp_path / "data/eval/tiny/CURRENT").is_file()
    assert not (tmp_path / "data/index").exists()


def test_the_common_flags_may_stand_before_the_subject(run, beir, tmp_path):
    pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")
    index = tmp_path / "own"
    printed = run("eval", "--json", "--index", index, "retrieval", "--beir", beir, "--system", "bm25")
    assert len(json.loads(printed.out)["topics"]) == 3
    assert (index / "CURRENT").is_file()


@pytest.fixture
def lone(tmp_path):
    """A collection of one document, to break."""
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text('{"_id": "d1", "title": "Adapters", "text": "LoRA freezes the weights."}\n')
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "What does LoRA freeze?"}\n')
    (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    return folder


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("corpus.jsonl", '{"_id": "d1", \n', "corpus.jsonl:1: not JSON ("),
        ("corpus.jsonl", '{"_id": "d1", "title": "", "text": ""}\n', "has no text to index; look into its corpus"),
        ("queries.jsonl", '{"_id": "q1"}\n', "queries.jsonl:1: key 'text' is missing"),
        ("qrels/test.tsv", "q1\td1\n", "test.tsv:1: 'q1\\td1' has 2 tab-separated columns, not query-id, "),
        ("qrels/test.tsv", "q1\td9\t1\n", "test.tsv:1: document 'd9' is not in corpus.jsonl"),
        ("qrels/test.tsv", "", "test.tsv: holds no judgements"),
    ],
)  # fmt: skip
def test_a_broken_collection(fail, lone, name, text, says, tmp_path):
    (lone / name).write_text(text)
    assert says in fail("eval", "retrieval", "--beir", lone, "--index", tmp_path / "own")


def test_a_collection_that_is_not_there(fail, lone, tmp_path):
    own = ["--index", tmp_path / "own"]
    said = fail("eval", "retrieval", "--beir", tmp_path / "none", *own)
    assert said.endswith("a collection in BEIR layout has corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv")
    said = fail("eval", "retrieval", "--beir", lone, "--split", "dev", *own)
    assert said == f"no split 'dev' in {str(lone / 'qrels')!r}; splits there: test"


def test_wrong_numbers_and_places_for_an_evaluation(fail, lone, tmp_path):
    command = ["eval", "retrieval", "--beir", lone, "--index", tmp_path / "own"]
    assert fail(*command, "--limit", "0", status=2) == "the limit is 0; evaluate 1 topic or more"
    assert fail(*command, "--limit", "-1", status=2) == "the limit is -1; evaluate 1 topic or more"
    for alpha in ("2", "-0.1", "nan"):
        assert "it weighs the dense leg from 0 to 1" in fail(*command, f"--alpha={alpha}", status=2)
    said = fail(*command, "--output", tmp_path / "none/report.json", status=2)
    assert said.endswith("there is no such folder; create it or name another file")
    assert not (tmp_path / "own").exists()


def test_an_evaluation_does_not_take_the_place_of_the_documents(fail, lone, tmp_path, minilm):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.md").write_text("# Adapters\n\nLoRA freezes the weights.\n")
    index = tmp_path / "index"
    ingest([tmp_path / "notes"], index, encoder=minilm, reader=InlineReader(minilm.count_tokens))
    said = fail("eval", "retrieval", "--beir", lone, "--index", index)
    assert said == (
        f"{str(index)!r} is an index of documents, and the collection would take their place; "
        "name another folder with --index"
    )
    assert read_current(index).generation == "000001"
    assert main(["search", "LoRA", "--index", str(index)]) == 0


def test_whole_documents_and_parts_that_do_not_go_with_what_is_asked(fail, tmp_path):
    said = fail("eval", "retrieval", "--beir", tmp_path, "--whole-documents", status=2)
    assert "--whole-documents goes with topics" in said
    said = fail("eval", "retrieval", "--topics", tmp_path / "mine.jsonl", "--split", "train", status=2)
    assert "--split 'train': judged questions come as dev and test" in said
