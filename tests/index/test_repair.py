"""Every kind of file damaged in every way: what opening says, and what repair does about it."""

import json
import re
import shutil

import numpy as np
import pytest
from sota_rag.index import Retriever
from sota_rag.index.errors import (
    DamagedIndexError,
    FormatVersionError,
    IndexBusyError,
    MissingIndexError,
)
from sota_rag.index.generations import (
    current_file,
    generation_folder,
    point_current_at,
    published,
    read_current,
    vector_cache_file,
    writer_lock,
)
from sota_rag.index.repair import repair, verify

BM25 = [
    f"bm25/{name}"
    for name in (
        "data.csc.index.npy", "indices.csc.index.npy", "indptr.csc.index.npy", "params.index.json", "vocab.index.json",
    )
]  # fmt: skip
SERIOUS = ["passages.sqlite", "vectors.npy"]


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0x41
    path.write_bytes(data)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-7])


def empty(path):
    path.write_bytes(b"")


def delete(path):
    path.unlink()


DAMAGES = [flip, truncate, empty, delete]


def hits(index, encoder, query="frozen weights of the update"):
    with Retriever.open(index, encoder=encoder) as retriever:
        result = retriever.search(query, k=9)
    return result.notes, [(hit.passage.text, hit.score) for hit in result.hits]


@pytest.fixture
def two(index, small, hash_encoder):
    """An index of two generations with the same documents."""
    current = Retriever.open(index, encoder=hash_encoder)
    made = [
        (current.document(info.id), current._snapshot.store.document_passages(info.id)) for info in current.documents()
    ]
    current.close()
    small.publish(index, made, hash_encoder)
    return index


def test_every_file_is_covered(index):
    folder = generation_folder(index, "000001")
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == sorted(
        [*BM25, *SERIOUS, "manifest.json"]
    )


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", SERIOUS)
def test_serious_damage_is_refused(index, hash_encoder, name, damage):
    damage(generation_folder(index, "000001") / name)
    with pytest.raises(DamagedIndexError, match=f"{re.escape(name)}.*sota-rag index repair --index {index}"):
        Retriever.open(index, encoder=hash_encoder)
    assert list(verify(index)) == [name]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", BM25)
def test_bm25_is_rebuilt(index, hash_encoder, name, damage):
    _, before = hits(index, hash_encoder)
    damage(generation_folder(index, "000001") / name)
    notes, after = hits(index, hash_encoder)
    assert after == before
    assert len(notes) == 1
    assert name in notes[0]
    assert f"sota-rag index repair --index {index}" in notes[0]
    assert name in repair(index)
    assert verify(index) == {}
    assert hits(index, hash_encoder) == ((), before)
    assert read_current(index).generation == "000002"


def test_the_whole_bm25_folder_is_rebuilt(index, hash_encoder):
    _, before = hits(index, hash_encoder)
    shutil.rmtree(generation_folder(index, "000001") / "bm25")
    assert hits(index, hash_encoder)[1] == before
    repair(index)
    assert hits(index, hash_encoder) == ((), before)


def test_bm25_of_another_analyzer_is_rebuilt(index, hash_encoder, monkeypatch):
    monkeypatch.setattr("sota_rag.index.analysis.ANALYZER_VERSION", "next")
    notes, _ = hits(index, hash_encoder)
    assert "analyzer" in notes[0]
    assert "analyzer" in repair(index)
    assert hits(index, hash_encoder)[0] == ()
    assert "nothing to mend" in repair(index)


@pytest.mark.parametrize("damage", DAMAGES)
def test_vectors_come_back_from_the_cache(index, hash_encoder, damage):
    _, before = hits(index, hash_encoder)
    file = generation_folder(index, "000001") / "vectors.npy"
    original = np.load(file)
    damage(file)
    assert "vectors.npy" in repair(index)
    assert read_current(index).generation == "000002"
    assert np.array_equal(np.load(generation_folder(index, "000002") / "vectors.npy"), original)
    assert verify(index) == {}
    assert hits(index, hash_encoder) == ((), before)


def test_vectors_and_bm25_damaged_together(index, hash_encoder):
    _, before = hits(index, hash_encoder)
    for name in ("vectors.npy", *BM25):
        flip(generation_folder(index, "000001") / name)
    repair(index)
    assert hits(index, hash_encoder) == ((), before)


def test_repair_keeps_everything_else(index, hash_encoder):
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        before, files = retriever.manifest, retriever._snapshot.store.files()
    flip(generation_folder(index, "000001") / "vectors.npy")
    repair(index)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        after = retriever.manifest
        assert retriever._snapshot.store.files() == files
    for name in ("encoder", "chunker", "analyzer", "bm25", "roots", "counts"):
        assert getattr(after, name) == getattr(before, name)
    assert after.parent == before.generation


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("cache", ["removed", "damaged"])
def test_without_the_cache_an_older_generation_serves(two, hash_encoder, damage, cache):
    if cache == "removed":
        vector_cache_file(two).unlink()
    else:
        vector_cache_file(two).write_bytes(b"this is no database" * 500)
    damage(generation_folder(two, "000002") / "vectors.npy")
    assert "generation 000001 is current again" in repair(two)
    assert verify(two) == {}
    assert hits(two, hash_encoder)[0] == ()


@pytest.mark.parametrize("damage", DAMAGES)
def test_passages_damaged(two, hash_encoder, damage):
    damage(generation_folder(two, "000002") / "passages.sqlite")
    assert "generation 000001 is current again" in repair(two)
    assert verify(two) == {}
    assert hits(two, hash_encoder)[0] == ()


@pytest.mark.parametrize("damage", [flip, truncate, empty, delete])
def test_manifest_damaged(two, hash_encoder, damage):
    damage(generation_folder(two, "000002") / "manifest.json")
    with pytest.raises(DamagedIndexError, match=rf"000002/manifest\.json.*sota-rag index repair --index {two}"):
        Retriever.open(two, encoder=hash_encoder)
    assert "is current again" in repair(two)
    assert verify(two) == {}
    assert hits(two, hash_encoder)[0] == ()


@pytest.mark.parametrize("damage", DAMAGES)
def test_pointer_damaged(two, hash_encoder, damage):
    damage(current_file(two))
    # A flipped digit of the hash inside CURRENT may look like an altered manifest.
    named = r"(CURRENT|manifest\.json)" if damage is flip else "CURRENT"
    with pytest.raises((DamagedIndexError, MissingIndexError), match=f"{named}.*sota-rag index repair --index {two}"):
        Retriever.open(two, encoder=hash_encoder)
    assert "generation 000002 is current again" in repair(two)
    assert verify(two) == {}
    assert hits(two, hash_encoder)[0] == ()


def test_the_newest_sound_generation_is_chosen(two, hash_encoder):
    with writer_lock(two):
        shutil.copytree(generation_folder(two, "000002"), generation_folder(two, "000003"))
    flip(generation_folder(two, "000003") / "passages.sqlite")
    point_current_at(two, "000003")
    repair(two)
    assert read_current(two).generation == "000002"


def test_nothing_sound_left(index):
    flip(generation_folder(index, "000001") / "passages.sqlite")
    with pytest.raises(DamagedIndexError, match=f"no sound generation.*--index {index} --rebuild"):
        repair(index)


def test_a_sound_index_is_left_alone(index):
    assert "nothing to mend" in repair(index)
    assert published(index) == ["000001"]


def test_no_index(tmp_path):
    for call in (verify, repair):
        with pytest.raises(MissingIndexError):
            call(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_writer_at_work(index):
    with writer_lock(index), pytest.raises(IndexBusyError):
        repair(index)


def test_another_format_is_not_damage(index):
    path = generation_folder(index, "000001") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 7}))
    point_current_at(index, "000001")
    for call in (verify, repair):
        with pytest.raises(FormatVersionError, match="format 7"):
            call(index)
