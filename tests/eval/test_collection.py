"""A judged collection on its way into an index of its own, and through every system."""

import dataclasses
import json

import pytest

pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")

from sota_rag.app import evaluation
from sota_rag.app.evaluation import Plan, evaluate_collection
from sota_rag.app.retrieval_systems import by_document
from sota_rag.app.settings import Settings
from sota_rag.index.errors import EvaluationError, UsageError
from sota_rag.index.generations import published, read_current, read_current_manifest
from sota_rag.index.retriever import Retriever
from sota_rag.index.snapshot import open_current
from sota_rag.ingest.chunk import ChunkSettings
from sota_rag.ingest.collection import CollectionDocument, ingest_collection
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

SYSTEMS = ("bm25", "dense", "rrf", "convex")
CORPUS = {
    "d1": ("Adapters", "LoRA freezes the weights and trains two thin matrices."),
    # A slash, a space and a letter beyond ASCII; an empty title; a document that is all title.
    "2023/é 1": ("", "Quantization stores weights with fewer bits."),
    "d3": ("Reciprocal rank fusion", ""),
    "long": ("Guide", " ".join(f"Sentence {n} of the guide speaks of topic {n}." for n in range(120))),
}
QUERIES = {"q1": "What does LoRA freeze?", "q2": "weights in fewer bits", "q3": "rank fusion", "q4": "not judged"}
QRELS = [("q1", "d1", 1), ("q1", "long", 0), ("q2", "2023/é 1", 2), ("q3", "d3", 1)]


class CountingEncoder:
    """The encoder it wraps, with a list of what was encoded."""

    def __init__(self, inner, count_tokens):
        self.inner, self.info, self.count_tokens, self.encoded = inner, inner.info, count_tokens, []

    def encode(self, texts):
        self.encoded += texts
        return self.inner.encode(texts)


@pytest.fixture
def encoder(minilm, hash_encoder):
    return CountingEncoder(hash_encoder, minilm.count_tokens)


def write(folder, corpus=CORPUS):
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    rows = [{"_id": key, "title": title, "text": text} for key, (title, text) in corpus.items()]
    topics = [{"_id": key, "text": text} for key, text in QUERIES.items()]
    for name, lines in (("corpus", rows), ("queries", topics)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    lines = ["query-id\tcorpus-id\tscore", *(f"{q}\t{d}\t{score}" for q, d, score in QRELS)]
    (folder / "qrels/test.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def evaluate(tmp_path, monkeypatch, encoder):
    """Evaluate a folder with the counting encoder; the main index would lie in tmp_path/data."""
    for name in ("SOTA_RAG_INDEX", "SOTA_RAG_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluation, "make_encoder", lambda settings: encoder)

    def run(folder, split="test", systems=SYSTEMS, limit=None, alpha=None, **options):
        settings = Settings.load(index=tmp_path / "data/index")
        encoder.encoded.clear()
        plan = Plan(systems=systems, limit=limit, alpha=alpha)
        return evaluate_collection(settings, folder, split, plan, **options).as_dict()

    return run


def passages_encoded(encoder):
    return [text for text in encoder.encoded if text not in QUERIES.values()]


def test_every_system_is_measured_and_ids_are_those_of_the_judgements(evaluate, tmp_path):
    form = evaluate(write(tmp_path / "tiny"))
    assert (len(form["topics"]), form["details"]["judgements"], form["details"]["documents"]) == (3, 4, 4)
    assert list(form["systems"]) == ["default", *SYSTEMS]
    # BM25 can only be right about all three when the ids were mapped back, slash and all.
    assert form["systems"]["bm25"]["measures"]["nDCG@10"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert all(report["failures"] == {} for report in form["systems"].values())
    assert set(form["systems"]["bm25"]["per_topic"]["nDCG@10"]) == {"q1", "q2", "q3"}
    documents = open_current(tmp_path / "data/eval/tiny").documents
    assert [document.id for document in documents] == sorted(f"tiny/{key}" for key in CORPUS)


def test_the_real_encoder_finds_the_documents_by_meaning(evaluate, tmp_path, monkeypatch, minilm):
    monkeypatch.setattr(evaluation, "make_encoder", lambda settings: minilm)
    form = evaluate(write(tmp_path / "tiny"), systems=("dense", "convex"))
    assert form["systems"]["dense"]["measures"]["nDCG@10"]["mean"] == 1.0
    assert form["measures"] == form["systems"]["convex"]["measures"]
    models = form["fingerprints"]["models"]
    assert models.keys() == {"encoder", "reranker"}
    assert models["encoder"] == f"{minilm.info.id}@{minilm.info.fingerprint}"


def test_the_second_call_uses_the_index_as_it_is(evaluate, encoder, tmp_path):
    folder, index = write(tmp_path / "tiny"), tmp_path / "data/eval/tiny"
    first = evaluate(folder)
    assert len(passages_encoded(encoder)) == first["details"]["passages"] > len(CORPUS)
    second = evaluate(folder)
    assert passages_encoded(encoder) == []
    assert published(index) == ["000001"]
    for system in SYSTEMS:
        assert first["systems"][system]["measures"] == second["systems"][system]["measures"]
    assert [first["details"][key] for key in ("passages", "documents")] == [
        second["details"][key] for key in ("passages", "documents")
    ]


@pytest.mark.parametrize(
    ("key", "document", "encoded"),
    [
        ("d1", ("Adapters", "LoRA trains something else now."), 1),
        ("d1", ("Adaptors", CORPUS["d1"][1]), 1),
        ("new", ("", "A new document."), 1),
    ],
)
def test_a_changed_corpus_makes_a_new_generation_and_encodes_the_change_alone(
    evaluate, encoder, tmp_path, key, document, encoded
):
    folder, index = write(tmp_path / "tiny"), tmp_path / "data/eval/tiny"
    evaluate(folder)
    write(folder, CORPUS | {key: document})
    form = evaluate(folder)
    assert len(passages_encoded(encoder)) == encoded
    assert read_current(index).generation == "000002"
    assert form["details"]["documents"] == len(CORPUS | {key: document})
    text = open_current(index).store.document(f"tiny/{key}").text
    assert text == document[1]


def test_another_chunker_or_encoder_makes_a_new_generation(tmp_path, encoder, minilm, make_hash_encoder):
    documents = [CollectionDocument(key, *document) for key, document in CORPUS.items()]
    options = {"encoder": encoder, "count_tokens": minilm.count_tokens}
    index = tmp_path / "index"
    assert ingest_collection(documents, "tiny", index, **options).published
    assert not ingest_collection(documents, "tiny", index, **options).published
    small = ChunkSettings(target_tokens=32)
    assert ingest_collection(documents, "tiny", index, chunking=small, **options).generation == "000002"
    options["encoder"] = make_hash_encoder(name="another")
    assert ingest_collection(documents, "tiny", index, chunking=small, **options).generation == "000003"
    assert read_current_manifest(index).encoder.id == "another"


def test_long_documents_are_cut_and_score_as_their_best_passage(tmp_path, encoder, minilm):
    documents = [CollectionDocument(key, *document) for key, document in CORPUS.items()]
    report = ingest_collection(documents, "tiny", tmp_path / "index", encoder=encoder, count_tokens=minilm.count_tokens)
    assert report.documents == 4
    snapshot = open_current(tmp_path / "index")
    passages = snapshot.store.document_passages("tiny/long")
    assert len(passages) > 1
    for document in snapshot.documents:
        text = snapshot.store.document(document.id).text
        for passage in snapshot.store.document_passages(document.id):
            assert text[passage.start : passage.end] == passage.text
    assert snapshot.store.document("tiny/d3").text == "Reciprocal rank fusion"
    with Retriever.open(tmp_path / "index", encoder=encoder) as retriever:
        settings = dataclasses.replace(retriever.settings, legs="bm25")
        hits = retriever.search("guide topic 7", settings=settings).hits
        found = by_document([(hit.passage, hit.score) for hit in hits])
    assert [document for document, _ in found].count("long") == 1
    assert found[0] == ("long", hits[0].score)


def test_limit_and_alpha(evaluate, tmp_path):
    folder = write(tmp_path / "tiny")
    form = evaluate(folder, systems=("convex",), limit=2, alpha=0.0)
    assert (len(form["topics"]), form["systems"]["convex"]["facts"]["search"]["alpha"]) == (2, 0.0)
    assert set(form["systems"]["convex"]["per_topic"]["RR@10"]) == {"q1", "q2"}
    # Without weight on the dense leg the fusion is BM25.
    bm25 = evaluate(folder, systems=("bm25",), limit=2)
    assert form["systems"]["convex"]["measures"]["nDCG@10"] == bm25["systems"]["bm25"]["measures"]["nDCG@10"]
    for wrong in ({"limit": 0}, {"limit": -1}, {"alpha": 1.5}, {"alpha": float("nan")}):
        with pytest.raises(UsageError):
            evaluate(folder, **wrong)


def test_progress_hears_of_every_stage(evaluate, tmp_path):
    class Recording:
        def __init__(self):
            self.stages, self.open = [], 0

        def begin(self, stage, total, unit):
            assert self.open == 0
            self.stages.append([stage, total, unit, 0])
            self.open += 1

        def advance(self, amount=1):
            self.stages[-1][3] += amount

        def end(self):
            self.open -= 1

    progress = Recording()
    form = evaluate(write(tmp_path / "tiny"), systems=("bm25", "rrf"), progress=progress)
    assert progress.open == 0
    assert progress.stages == [
        ["chunking", 4, "documents", 4],
        ["encoding", form["details"]["passages"], "passages", form["details"]["passages"]],
        ["default", 3, "topics", 3],
        ["bm25", 3, "topics", 3],
        ["rrf", 3, "topics", 3],
    ]


def test_an_index_of_documents_is_not_overwritten(evaluate, encoder, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.md").write_text("# Note\n\nSomething of the user's.\n")
    index = tmp_path / "data/index"
    ingest([tmp_path / "notes"], index, encoder=encoder, reader=InlineReader(encoder.count_tokens))
    with pytest.raises(EvaluationError, match="is an index of documents"):
        evaluate(write(tmp_path / "tiny"), index=index)
    assert read_current(index).generation == "000001"


def test_a_damaged_index_of_a_collection_names_the_remedy(evaluate, tmp_path):
    folder, index = write(tmp_path / "tiny"), tmp_path / "data/eval/tiny"
    evaluate(folder, systems=("bm25",))
    (index / "generations/000001/manifest.json").write_text("{}")
    with pytest.raises(EvaluationError, match=r"is not usable .*; delete '.*eval/tiny'"):
        evaluate(folder)


def test_a_collection_without_text(tmp_path, encoder, minilm):
    documents = [CollectionDocument("a", "", ""), CollectionDocument("b", " ", "\n")]
    with pytest.raises(EvaluationError, match=r"'void' has no text to index; look into its corpus\.jsonl"):
        ingest_collection(documents, "void", tmp_path / "index", encoder=encoder, count_tokens=minilm.count_tokens)
