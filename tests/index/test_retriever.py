from dataclasses import replace

import numpy as np
import pytest
from sota_rag.index import Filters, Kind, Retriever, SearchSettings
from sota_rag.index.errors import EncoderMismatchError, MissingIndexError, ModelError, QueryError
from sota_rag.index.snapshot import open_current


@pytest.fixture
def retriever(index, hash_encoder):
    with Retriever.open(index, encoder=hash_encoder) as opened:
        yield opened


@pytest.fixture(scope="module")
def real(real_index, minilm):
    with Retriever.open(real_index, encoder=minilm) as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("What does LoRA freeze?", "docs/lora.md"),
        ("How are models made smaller by storing fewer bits?", "papers/quantization.pdf"),
        ("Which method joins two rankings?", "docs/retrieval.md"),
        ("networks before the transformer", "papers/history.pdf"),
    ],
)
@pytest.mark.parametrize("settings", [SearchSettings(), SearchSettings(fusion="rrf"), SearchSettings(legs="dense")])
def test_finds_the_passage(real, query, document, settings):
    assert real.search(query, k=3, settings=settings).hits[0].document.id == document


def test_paraphrase_is_found_by_dense_and_rare_word_by_bm25(real):
    assert real.search("shrinking numbers", settings=SearchSettings(legs="dense")).hits[0].document.id == (
        "papers/quantization.pdf"
    )
    assert real.search("AWQ", settings=SearchSettings(legs="bm25")).hits[0].passage.text.startswith("GPTQ")


def test_the_encoder_is_found_by_the_manifest(real_index, real):
    with Retriever.open(str(real_index)) as opened:
        assert opened.encoder.info == real.encoder.info
        assert opened.manifest == real.manifest


def test_order_ranks_and_signals(retriever):
    result = retriever.search("weights of the update", k=9)
    hits = result.hits
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [(-hit.score, hit.passage.id) for hit in hits] == sorted((-hit.score, hit.passage.id) for hit in hits)
    snapshot = open_current(retriever.index)
    ids = [passage.id for passage in snapshot.store.all_passages()]
    vector = retriever.encoder.encode(["weights of the update"])[0]
    dense, bm25 = snapshot.dense.scores(vector, np.arange(9)), snapshot.sparse.scores("weights of the update")
    for hit in hits:
        row = ids.index(hit.passage.id)
        assert hit.document.id == hit.passage.document_id
        assert hit.signals.dense_score == pytest.approx(float(dense[row]))
        assert hit.signals.dense_rank == 1 + sum(dense > dense[row])
        assert hit.signals.bm25_score == (pytest.approx(float(bm25[row])) if bm25[row] else None)
        assert hit.signals.bm25_rank == (1 + sum(bm25 > bm25[row]) if bm25[row] else None)
        assert hit.signals.fused_score == hit.score
        assert hit.signals.rerank_score is None
    snapshot.store.close()


def test_equal_passages_come_in_id_order(tmp_path, small, hash_encoder):
    made = [small.make_document(f"d{n:02}.md", ("the very same words",)) for n in range(20)]
    made = [(document, [replace(passage, heading_path=()) for passage in passages]) for document, passages in made]
    small.publish(tmp_path, made, hash_encoder)
    with Retriever.open(tmp_path, encoder=hash_encoder) as retriever:
        for settings in (SearchSettings(), SearchSettings(fusion="rrf"), SearchSettings(depth=1)):
            found = retriever.search("same words", k=4, settings=settings).hits
            assert [hit.document.id for hit in found] == ["d00.md", "d01.md", "d02.md", "d03.md"]


@pytest.mark.parametrize("k", [1, 2, 8])
def test_k_hits_that_are_a_prefix_of_more(retriever, k):
    every = retriever.search("weights", k=9).hits
    found = retriever.search("weights", k=k).hits
    assert len(found) == k
    assert [hit.passage.id for hit in found] == [hit.passage.id for hit in every[:k]]


@pytest.mark.parametrize("k", [9, 10, 1000, 10**9])
def test_more_than_there_is(retriever, k):
    assert len(retriever.search("weights", k=k).hits) == 9


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one(retriever, k):
    with pytest.raises(QueryError, match=str(k)):
        retriever.search("weights", k=k)


@pytest.mark.parametrize("query", ["", " ", "\n\t", "\u3000"])
def test_empty_question(retriever, query):
    with pytest.raises(QueryError, match="empty"):
        retriever.search(query)


@pytest.mark.parametrize("length", [4_001, 100_000])
def test_long_question(retriever, length):
    with pytest.raises(QueryError, match=f"{length:,}.*4,000"):
        retriever.search("x" * length)


def test_longest_question(real):
    assert real.search("weights " * 500, k=1).hits


def test_unknown_words(retriever):
    result = retriever.search("zebra unicorn", k=4)
    assert len(result.hits) == 4
    assert any("no word of the question" in note for note in result.notes)
    assert all(hit.signals.bm25_score is None for hit in result.hits)


@pytest.mark.parametrize(
    "query", ["weights \udcff", "\ud800", "a\x00b", "?!", "🦙", "%s %d {}", "'; DROP TABLE passages;--"]
)
def test_odd_characters(real, query):
    result = real.search(query, k=3)
    assert len(result.hits) == 3
    result.query.encode("utf-8")


def test_legs_alone_give_their_own_scores(retriever):
    for hit in retriever.search("weights", settings=SearchSettings(legs="dense")).hits:
        assert hit.score == hit.signals.dense_score
        assert hit.signals.bm25_score is None
    hits = retriever.search("weights", settings=SearchSettings(legs="bm25")).hits
    assert hits
    for hit in hits:
        assert hit.score == hit.signals.bm25_score
        assert hit.signals.dense_score is None


def test_rrf_scores(retriever):
    for hit in retriever.search("weights", k=9, settings=SearchSettings(fusion="rrf", rrf_k=5)).hits:
        ranks = [rank for rank in (hit.signals.dense_rank, hit.signals.bm25_rank) if rank]
        assert hit.score == pytest.approx(sum(1 / (5 + rank) for rank in ranks))


def test_vector(retriever):
    target = retriever.documents()[0].id
    text = next(hit for hit in retriever.search("x", k=9).hits if hit.document.id == target).passage.contextual_text
    vector = retriever.encoder.encode([text])[0]
    hit = retriever.search("zebra", k=1, vector=vector).hits[0]
    assert hit.passage.contextual_text == text
    assert hit.signals.dense_score == pytest.approx(1, abs=1e-5)
    assert retriever.search("zebra", k=1, vector=vector.astype(np.float64)).hits[0].passage == hit.passage


@pytest.mark.parametrize("shape", [(31,), (1, 32), (2, 32), ()])
def test_vector_of_another_shape(retriever, shape):
    with pytest.raises(QueryError, match="32"):
        retriever.search("weights", vector=np.zeros(shape, dtype=np.float32))


def test_stages_explain(retriever):
    result = retriever.search("weights", filters=Filters(kinds=(Kind.GUIDE,)))
    assert [stage.name for stage in result.stages] == ["filter", "dense", "bm25", "fuse", "rerank", "successors"]
    assert [stage.count for stage in result.stages][:2] == [6, 6]
    assert "not run" in result.stages[-2].detail
    assert "no reranker" in result.stages[-2].detail
    assert [s.name for s in retriever.search("weights").stages] == ["dense", "bm25", "fuse", "rerank", "successors"]


def test_timings(retriever):
    timings = retriever.search("weights").timings_ms
    assert list(timings) == ["encode", "dense", "bm25", "fuse", "rerank", "successors", "fetch", "total"]
    assert all(value >= 0 for value in timings.values())
    assert sum(value for name, value in timings.items() if name != "total") <= timings["total"] + 0.01
    assert next(iter(retriever.search("w", settings=SearchSettings(legs="bm25")).timings_ms)) == "bm25"


def test_result_names_query_and_generation(retriever):
    result = retriever.search("  weights ")
    assert (result.query, result.generation, result.notes) == ("weights", "000001", ())


def test_equal_searches_are_equal(retriever):
    assert retriever.search("weights update").hits == retriever.search("weights update").hits


def test_documents(retriever):
    ids = [info.id for info in retriever.documents()]
    assert ids == sorted(ids)
    assert len(ids) == 4
    assert retriever.document(ids[0]).info == retriever.documents()[0]
    with pytest.raises(KeyError):
        retriever.document("nowhere")


def test_expand(retriever):
    hit = next(h for h in retriever.search("low-rank matrices", k=9).hits if h.passage.id == "docs/lora.md#00000")
    grown = retriever.expand(hit.passage, 1_000)
    document = retriever.document("docs/lora.md")
    assert document.text[grown.start : grown.end] == grown.text
    assert grown.text.endswith("frozen weights.")


def test_term_weights(retriever):
    weights = retriever.view().term_weights("Which weights does the zebra store?")
    assert list(weights) == ["weight", "zebra", "store"]
    assert weights["zebra"] == 1
    assert 0 < weights["weight"] < weights["store"] < 1


def test_no_index(tmp_path, hash_encoder):
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "file" / "below"):
        (tmp_path / "file").touch()
        with pytest.raises(MissingIndexError, match="sota-rag ingest"):
            Retriever.open(path, encoder=hash_encoder)


def test_another_encoder(index, make_hash_encoder):
    with pytest.raises(EncoderMismatchError, match=r"'hash'.*'other'.*sota-rag ingest /docs --index .* --rebuild"):
        Retriever.open(index, encoder=make_hash_encoder(name="other"))


def test_the_encoder_of_the_manifest_is_not_installed(index):
    with pytest.raises(ModelError, match="'hash'"):
        Retriever.open(index)


def test_closed(index, hash_encoder):
    retriever = Retriever.open(index, encoder=hash_encoder)
    retriever.close()
    retriever.close()


@pytest.mark.parametrize("name", ["with space", "a#b", "a?b=c", "50%25", "Zürich 东京", "it's"])
def test_any_folder_name(tmp_path, small, hash_encoder, name):
    small.publish(tmp_path / name, small.documents_of(small.guides), hash_encoder)
    with Retriever.open(tmp_path / name, encoder=hash_encoder) as retriever:
        assert retriever.search("weights").hits


def test_relative_path(tmp_path, small, hash_encoder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small.publish(tmp_path / "index", small.documents_of(small.guides), hash_encoder)
    with Retriever.open("index", encoder=hash_encoder) as retriever:
        assert retriever.search("weights").hits


def test_an_index_without_passages(tmp_path, small, hash_encoder):
    small.publish(tmp_path, [], hash_encoder)
    with Retriever.open(tmp_path, encoder=hash_encoder) as retriever:
        result = retriever.search("weights")
        assert result.hits == ()
        assert retriever.view().term_weights("weights") == {"weight": 1}


def test_an_index_without_terms(tmp_path, small, hash_encoder):
    document, passages = small.make_document("x.md", ("the of and",))
    small.publish(tmp_path, [(document, [replace(passages[0], heading_path=())])], hash_encoder)
    with Retriever.open(tmp_path, encoder=hash_encoder) as retriever:
        assert len(retriever.search("weights").hits) == 1
