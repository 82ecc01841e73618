import hashlib
import json

import pytest
from pydantic import ValidationError
from sota_rag.index.errors import DamagedIndexError, FormatVersionError
from sota_rag.index.generations import generation_folder, read_current_manifest
from sota_rag.index.manifest import FORMAT_VERSION, Manifest, damaged_files, inventory, read_manifest


@pytest.fixture
def folder(index):
    return generation_folder(index, "000001")


def rewrite(folder, **changes):
    path = folder / "manifest.json"
    data = json.loads(path.read_text())
    data.update(changes)
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not ...}))


def test_says_what_a_generation_holds(folder, index, hash_encoder):
    manifest = read_manifest(folder)
    assert manifest == read_current_manifest(index)
    assert (manifest.format, manifest.generation, manifest.parent) == (FORMAT_VERSION, "000001", None)
    assert manifest.encoder.model_dump() == {
        "id": "hash", "fingerprint": hash_encoder.info.fingerprint, "dimension": 32, "window": 256,
    }  # fmt: skip
    assert (manifest.counts.documents, manifest.counts.passages) == (4, 9)
    assert manifest.bm25 == {"k1": 1.2, "b": 0.75}
    assert manifest.software.startswith("sota-rag ")


def test_lists_every_file(folder):
    manifest = read_manifest(folder)
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(manifest.files) == present
    assert {"passages.sqlite", "vectors.npy", "bm25/vocab.index.json"} <= present
    for name, entry in manifest.files.items():
        data = (folder / name).read_bytes()
        assert (entry.size, entry.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert inventory(folder) == manifest.files


@pytest.mark.parametrize("changes", [{"colour": "blue"}, {"counts": {"documents": 1, "passages": 1, "pages": 2}}])
def test_unknown_keys(folder, changes):
    rewrite(folder, **changes)
    with pytest.raises(DamagedIndexError, match=r"manifest\.json.*is not a manifest.*sota-rag index repair"):
        read_manifest(folder)


@pytest.mark.parametrize("changes", [{"generation": "../../etc"}, {"files": 3}, {"encoder": ...}, {"format": "one"}])
def test_broken_values(folder, changes):
    rewrite(folder, **changes)
    with pytest.raises(DamagedIndexError, match="is not a manifest"):
        read_manifest(folder)


def test_another_format_version(folder, index):
    # A later version may hold anything else.
    rewrite(folder, format=3, counts=..., novelty=True)
    with pytest.raises(FormatVersionError, match=f"format 3, this software reads 2.*/docs --index {index} --rebuild"):
        read_manifest(folder)


def test_altered_after_publication(folder, index):
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert read_manifest(folder)
    with pytest.raises(DamagedIndexError, match=f"altered after it was published.*repair --index {index}"):
        read_current_manifest(index)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff\xfe", b"null"])
def test_no_manifest_at_all(folder, data):
    (folder / "manifest.json").write_bytes(data)
    with pytest.raises(DamagedIndexError, match="is not a manifest"):
        read_manifest(folder)


def test_missing(tmp_path):
    with pytest.raises(DamagedIndexError, match="cannot be read"):
        read_manifest(tmp_path / "generations" / "000001")


def test_damaged_files(folder):
    manifest = read_manifest(folder)
    assert damaged_files(folder, manifest) == {}
    vectors = folder / "vectors.npy"
    data = vectors.read_bytes()
    vectors.write_bytes(data[:-1])
    (folder / "passages.sqlite").unlink()
    vocabulary = folder / "bm25" / "vocab.index.json"
    vocabulary.write_bytes(vocabulary.read_bytes().replace(b"weight", b"height"))
    assert damaged_files(folder, manifest) == {
        "passages.sqlite": "is missing or cannot be read",
        "vectors.npy": f"has {len(data) - 1} bytes instead of {len(data)}",
        "bm25/vocab.index.json": "has other content than was published",
    }


def test_frozen(folder):
    manifest = read_manifest(folder)
    with pytest.raises(ValidationError):
        manifest.chunker = "other"
    assert Manifest.model_validate_json(manifest.model_dump_json()) == manifest
