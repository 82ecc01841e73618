"""Passages followed through a search: exact ranks, and the stage that lost them."""

import dataclasses

import numpy as np
import pytest
from sota_rag.index import Retriever, SearchSettings
from sota_rag.index.errors import UsageError
from sota_rag.index.expected import expected_document, expected_name, expected_passage
from sota_rag.index.store import FileRecord, FileState
from sota_rag.index.successors import Placement
from sota_rag.index.trace import Lost, PassageTrace, Trace, Tracer
from sota_rag.index.types import Filters, Kind, Role, Stage

QUERY = "Which weights does LoRA freeze?"


@pytest.fixture
def opened(index, hash_encoder):
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        yield retriever


def ids_of(retriever):
    view = retriever.view()
    return [passage.id for document in view.documents() for passage in view.passages(document.id)]


def test_ranks_and_scores_are_those_of_the_search(opened):
    ids = ids_of(opened)
    hits = opened.search(QUERY, len(ids)).hits
    traced = {one.passage_id: one for one in opened.view().trace(QUERY, ids, len(ids)).passages}
    assert len(hits) == len(ids)
    for hit in hits:
        one, signals = traced[hit.passage.id], hit.signals
        assert (one.final_rank, one.lost, one.detail) == (hit.rank, None, "")
        assert (one.dense_rank, one.bm25_rank) == (signals.dense_rank, signals.bm25_rank)
        assert one.dense_score == pytest.approx(signals.dense_score, abs=1e-6)
        assert one.bm25_score == pytest.approx(signals.bm25_score or 0.0, abs=1e-6)
        assert one.fused_score == signals.fused_score
        assert one.fused_rank == one.rerank_rank == hit.rank
        assert one.rerank_score is None


def test_ranks_are_exact_beyond_the_depth_of_the_legs(opened, hash_encoder):
    ids = ids_of(opened)
    settings = SearchSettings(legs="dense", depth=1)
    traced = opened.view().trace(QUERY, ids, 1, settings=settings)
    assert (traced.k, traced.depth, traced.searched) == (1, 3, len(ids))
    found = {one.passage_id: one for one in traced.passages}
    assert sorted(one.dense_rank for one in found.values()) == list(range(1, len(ids) + 1))
    deep = [one for one in found.values() if one.dense_rank > 3]
    assert {one.lost for one in deep} == {Lost.BEYOND_DENSE}
    assert all(one.fused_rank is None and one.bm25_rank is None for one in deep)
    assert f"dense rank {deep[0].dense_rank}, depth 3" in deep[0].detail
    near = [one for one in found.values() if one.dense_rank in (2, 3)]
    assert {one.lost for one in near} == {Lost.FUSION}
    first = traced.furthest_first()[0]
    assert (first.dense_rank, first.final_rank, first.lost) == (1, 1, None)


def test_a_passage_that_neither_leg_brings(opened):
    """Of the legs' first three each, something is in neither."""
    traced = opened.view().trace("recurrent", ids_of(opened), 1, settings=SearchSettings(depth=1))
    beyond = [one for one in traced.passages if one.lost is Lost.BEYOND_BOTH]
    assert beyond
    assert all(one.dense_rank > 3 and one.bm25_rank is None for one in beyond)
    assert "no word of the question for BM25" in beyond[0].detail
    alone = opened.view().trace("recurrent", ids_of(opened), 1, settings=SearchSettings(legs="bm25", depth=1))
    assert sum(one.lost is Lost.BEYOND_BM25 for one in alone.passages) == len(alone.passages) - 1
    assert all(one.dense_rank is None and one.dense_score is None for one in alone.passages)


def test_filters_keep_a_passage_out(opened):
    trace = opened.view().trace(QUERY, ["docs/lora.md#00000"], filters=Filters(kinds=(Kind.PAPER,)))
    (one,) = trace.passages
    assert (one.lost, one.dense_rank, one.final_rank) == (Lost.NOT_SEARCHED, None, None)
    assert "the filters leave it out" in one.detail
    assert trace.searched < len(ids_of(opened))


def test_a_passage_of_references_is_not_searched(small, tmp_path, hash_encoder):
    made = small.documents_of(small.guides)
    document, passages = made[0]
    made[0] = document, [*passages[:-1], dataclasses.replace(passages[-1], role=Role.REFERENCES)]
    small.publish(tmp_path / "index", made, hash_encoder)
    with Retriever.open(tmp_path / "index", encoder=hash_encoder) as retriever:
        (one,) = retriever.view().trace(QUERY, [passages[-1].id]).passages
    assert (one.lost, one.role) == (Lost.NOT_SEARCHED, Role.REFERENCES)
    assert "its role is references" in one.detail


class Against:
    """Puts passages with a word last."""

    id = "against@1"

    def __init__(self, word):
        self.word = word

    calibrated = False

    def cut(self, query, texts):
        return 0

    def score(self, query, texts):
        return np.array([-text.lower().count(self.word) for text in texts], dtype=np.float32)


def test_the_reranker_pushes_a_passage_out(index, hash_encoder):
    settings = SearchSettings(legs="bm25", rerank_weight=1.0)
    with Retriever.open(index, encoder=hash_encoder, reranker=Against("freezes"), settings=settings) as retriever:
        view = retriever.view()
        (one,) = view.trace(QUERY, ["docs/lora.md#00000"], 1).passages
        hit = view.search(QUERY, 1).hits[0]
    assert hit.passage.id != "docs/lora.md#00000"
    assert (one.lost, one.fused_rank, one.final_rank) == (Lost.RERANK, 1, None)
    assert one.rerank_rank > 1
    assert one.rerank_score == -1.0
    assert "fused rank 1, rank " in one.detail


def test_what_a_successor_pushes_off_the_end(opened):
    view = opened.view()
    course = view._run(QUERY, 2, 2, None, None, SearchSettings(), _clock())
    first, second = course.placed.rows
    other = next(row for row in range(len(opened._snapshot)) if row not in (first, second))
    instead = dataclasses.replace(course, placed=Placement([second, other], [1.0, 1.0], {}, Stage("successors", 2, "")))
    snapshot = opened._snapshot
    name = snapshot.store.passages([first])[0].id
    (one,) = Tracer(snapshot, instead, QUERY, SearchSettings(), 2, 100, False).trace([name]).passages
    assert (one.lost, one.rerank_rank) == (Lost.SUCCESSORS, 1)


def _clock():
    from sota_rag.index.clock import Clock

    return Clock()


def test_ranks_by_document_count_documents(opened):
    ids = ids_of(opened)
    by_passage = {one.passage_id: one for one in opened.view().trace(QUERY, ids, 3).passages}
    order = sorted(by_passage.values(), key=lambda one: one.fused_rank)
    documents = list(dict.fromkeys(one.document_id for one in order))
    for one in opened.view().trace(QUERY, ids, 3, by_document=True).passages:
        if one.passage_id == min((o for o in order if o.document_id == one.document_id), key=order.index).passage_id:
            assert one.fused_rank == one.final_rank == documents.index(one.document_id) + 1
            assert (one.lost is None) == (one.final_rank <= 3)


def test_an_unknown_passage(opened):
    with pytest.raises(KeyError):
        opened.view().trace(QUERY, ["docs/lora.md#00099"])


def test_the_passage_that_got_furthest_comes_first():
    def trace(name, **ranks):
        return PassageTrace(name, "d", Role.BODY, **ranks)

    inside = trace("d#2", final_rank=9, rerank_rank=9, fused_rank=1)
    fused = trace("d#1", fused_rank=2, rerank_rank=20)
    near, far, nowhere = trace("d#5", dense_rank=300), trace("d#4", bm25_rank=700), trace("d#3")
    told = Trace("q", "1", 10, 100, 5, (nowhere, far, near, fused, inside))
    assert told.furthest_first() == [inside, fused, near, far, nowhere]


@pytest.fixture
def with_files(small, tmp_path, hash_encoder):
    """An index that also knows files which gave nothing."""
    made = small.documents_of(small.guides)
    empty, _ = small.make_document("docs/empty.md", ["nothing"])
    states = {
        "docs/broken.pdf": (FileState.QUARANTINED, "is no PDF"),
        "docs/copy.md": (FileState.DUPLICATE, "docs/lora.md"),
        "docs/part.tex": (FileState.IGNORED, "is part of main.tex"),
    }
    files = [FileRecord("/docs", name, name, "0" * 64, state, detail) for name, (state, detail) in states.items()]
    small.publish(tmp_path / "index", [*made, (empty, [])], hash_encoder, files=files)
    with Retriever.open(tmp_path / "index", encoder=hash_encoder) as retriever:
        yield retriever.view()


@pytest.mark.parametrize(
    ("name", "lost", "detail"),
    [
        ("docs/broken.pdf", Lost.NOT_PARSED, "its file was set aside: is no PDF"),
        ("docs/part.tex", Lost.NOT_PARSED, "its file was passed over: is part of main.tex"),
        ("docs/copy.md", Lost.NOT_INDEXED, "it has the text of docs/lora.md, which stands for it"),
        ("docs/empty.md", Lost.NOT_INDEXED, "the document gave no passage"),
        ("docs/gone.md", Lost.NOT_PARSED, "no such file is among those that were ingested"),
    ],
)
def test_what_became_of_a_document_without_passages(with_files, name, lost, detail):
    found = expected_document(with_files, name)
    assert (found.passages, found.lost, found.detail) == ((), lost, detail)


def test_a_document_and_a_passage(with_files):
    assert expected_document(with_files, "docs/lora.md").passages == tuple(f"docs/lora.md#{n:05d}" for n in range(3))
    assert expected_passage(with_files, "docs/lora.md#00001").passages == ("docs/lora.md#00001",)
    cut = expected_passage(with_files, "docs/lora.md#00007")
    assert (cut.lost, cut.detail) == (Lost.NOT_INDEXED, "its document is cut otherwise in this index")
    assert expected_passage(with_files, "docs/gone.md#00001").lost is Lost.NOT_PARSED


@pytest.mark.parametrize("name", ["docs/lora.md", "lora.md", "ora.md", "*lora*"])
def test_a_document_by_its_id_its_end_or_a_glob(with_files, name):
    assert expected_name(with_files, name).name == "docs/lora.md"


def test_names_that_do_not_tell(with_files):
    assert expected_name(with_files, "broken.pdf").lost is Lost.NOT_PARSED
    assert expected_name(with_files, "docs/lora.md#00002").passages == ("docs/lora.md#00002",)
    with pytest.raises(UsageError, match=r"no document is called 'zebra'"):
        expected_name(with_files, "zebra")
    with pytest.raises(UsageError, match=r"'\.md' could be 'docs/copy\.md', .* and 1 more; name one of them"):
        expected_name(with_files, ".md")
    with pytest.raises(UsageError, match=r"no passage 'docs/lora\.md#00009'"):
        expected_name(with_files, "docs/lora.md#00009")
