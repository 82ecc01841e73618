"""k1 and b are part of what an index is made of: a change is noticed, and only BM25 is made anew."""

import pytest
from sota_rag.index import Retriever, SearchSettings
from sota_rag.index.generations import read_current_manifest
from sota_rag.index.sparse import Bm25Settings
from sota_rag.ingest.collection import CollectionDocument, ingest_collection
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

OTHER = Bm25Settings(k1=0.5, b=0.2)


def count(texts):
    return [len(text.split()) for text in texts]


def bm25_score(index, encoder):
    with Retriever.open(index, encoder=encoder, settings=SearchSettings(legs="bm25")) as retriever:
        return retriever.search("weights").hits[0].signals.bm25_score


@pytest.fixture
def bring(tmp_path, hash_encoder):
    """Ingest files or a collection with given k1 and b: the report."""
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.md").write_text("# A\n\nweights of weights and more weights\n", encoding="utf-8")
    (notes / "b.md").write_text("# B\n\nquantization keeps few bits\n", encoding="utf-8")
    documents = [CollectionDocument("1", "A", "weights of weights"), CollectionDocument("2", "B", "few bits")]

    def files(**options):
        return ingest([notes], tmp_path / "files", encoder=hash_encoder, reader=InlineReader(count), **options)

    def collection(**options):
        place = tmp_path / "collection"
        return ingest_collection(documents, "tiny", place, encoder=hash_encoder, count_tokens=count, **options)

    return {"files": files, "collection": collection}


@pytest.mark.parametrize("kind", ["files", "collection"])
def test_other_k1_and_b_make_a_new_generation_without_encoding(bring, kind, tmp_path, hash_encoder):
    first = bring[kind]()
    before = bm25_score(tmp_path / kind, hash_encoder)
    assert read_current_manifest(tmp_path / kind).bm25 == {"k1": 1.2, "b": 0.75}
    assert bring[kind]().generation == first.generation
    second = bring[kind](bm25=OTHER)
    assert second.generation != first.generation
    assert second.encoded == 0
    assert read_current_manifest(tmp_path / kind).bm25 == {"k1": 0.5, "b": 0.2}
    assert bm25_score(tmp_path / kind, hash_encoder) != pytest.approx(before)
    assert bring[kind](bm25=OTHER).generation == second.generation
