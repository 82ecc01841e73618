"""The folder of papers and its provenance."""

import json
import os

import pytest
from sota_rag.ingest.metadata import DocumentMeta, read_sidecar
from sota_rag.ingest.papers.errors import LibraryError, PaperError
from sota_rag.ingest.papers.folder import Library, State, new_record, open_library, sidecar_text


@pytest.fixture
def put(library, make_pdf):
    def put_paper(name, seed=1):
        arrived = library.folder / ".arriving"
        arrived.write_bytes(make_pdf(seed, 5000))
        library.put(arrived, name, new_record(arrived, origin="added", source="x"), DocumentMeta(title="T"))
        return library.path(name)

    return put_paper


def test_states_are_told_apart(library, put):
    path = put("2106.09685.pdf")
    assert library.state("2106.09685.pdf", verify=True) is State.VERIFIED
    assert library.state("2106.09685.pdf", verify=False) is State.RECORDED
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"!")
    assert library.state("2106.09685.pdf", verify=False) is State.RECORDED
    assert library.state("2106.09685.pdf", verify=True) is State.CHANGED
    path.write_bytes(data + b"!")
    assert library.state("2106.09685.pdf", verify=False) is State.CHANGED
    path.unlink()
    assert library.state("2106.09685.pdf", verify=False) is State.MISSING
    path.mkdir()
    assert library.state("2106.09685.pdf", verify=False) is State.CHANGED
    library.path("other.pdf").write_bytes(b"x")
    assert library.state("other.pdf", verify=True) is State.UNRECORDED
    assert library.state("third.pdf", verify=True) is State.ABSENT
    assert library.names() == ["2106.09685.pdf", "other.pdf"]


def test_a_file_in_the_way_is_not_overwritten(library, put):
    library.path("2106.09685.pdf").write_bytes(b"mine")
    with pytest.raises(PaperError, match="is there already and was not overwritten"):
        put("2106.09685.pdf")
    assert library.path("2106.09685.pdf").read_bytes() == b"mine"
    assert not library.sidecar("2106.09685.pdf").exists()


@pytest.mark.parametrize(
    "name", ["../x.pdf", "a/b.pdf", ".x.pdf", "x", "X.pdf", "a b.pdf", "x.pdf\n", "a" * 101 + ".pdf"]
)
def test_a_name_that_is_no_papers_is_our_own_mistake(library, put, name):
    with pytest.raises(ValueError, match="is no file name for a paper"):
        put(name)


def test_a_killed_run_leaves_every_paper_known(library, put, monkeypatch):
    """The last step, the rename, is the one that makes the paper appear."""
    replaced = []

    def watch(source, target, replace=os.replace):
        replaced.append(os.path.basename(target))  # noqa: PTH119
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    put("2106.09685.pdf")
    assert replaced == ["2106.09685.pdf.meta.yaml", "provenance.json", "2106.09685.pdf"]


def test_provenance_is_read_back_and_in_order(library, put):
    put("b.pdf", 1)
    put("a.pdf", 2)
    again = Library(library.folder)
    assert again.records == library.records
    assert list(json.loads((library.folder / "provenance.json").read_text())["papers"]) == ["a.pdf", "b.pdf"]
    assert again.same_contents(library.records["a.pdf"].sha256) == "a.pdf"
    assert again.same_contents("0" * 64) is None


RECORD = {"sha256": "0" * 64, "bytes": 1, "origin": "added", "source": "x", "recorded": "2025-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "damaged",
    [
        "", "{", "[]", "{}", '{"format": 2, "papers": {}}', '{"format": 1, "papers": {"a.pdf": {}}}',
        json.dumps({"format": 1, "papers": {"../../etc/passwd.pdf": RECORD}}),
        json.dumps({"format": 1, "papers": {"a.pdf": RECORD | {"sha256": "x"}}}),
        json.dumps({"format": 1, "papers": {"a.pdf": RECORD | {"more": 1}}}),
    ],
)  # fmt: skip
def test_damaged_provenance_stops_with_the_command_that_mends_it(tmp_path, damaged):
    (tmp_path / "provenance.json").write_text(damaged)
    with pytest.raises(LibraryError, match=f"is damaged; move it away.*sota-rag papers add {tmp_path} --to {tmp_path}"):
        Library(tmp_path)


def test_a_second_writer_waits_outside(library):
    with pytest.raises(LibraryError, match="another process is adding papers"), open_library(library.folder):
        pass


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match=r"cannot write to .*--to"), open_library(tmp_path / "file" / "papers"):
        pass


@pytest.mark.parametrize(
    "title", ["yes", "2106.09680", "a: b # c", "- x", "'\"", "null", "Ω 🙂", "&a *a", "line\nbreak"]
)
def test_a_sidecar_says_what_it_was_given(tmp_path, title):
    meta = DocumentMeta(title=title, arxiv_id="2106.09680", authors=("A: B", "no"), published="2021")
    (tmp_path / "x.pdf.meta.yaml").write_text(sidecar_text(meta), encoding="utf-8")
    assert read_sidecar(tmp_path / "x.pdf.meta.yaml") == meta


def test_a_sidecar_that_cannot_be_read_is_none_here(library):
    library.sidecar("a.pdf").write_text("nonsense: 1")
    assert library.meta("a.pdf") is None
