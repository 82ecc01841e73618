"""PDFs that are on disk already."""

import os

import pytest
from sota_rag.index.errors import UsageError
from sota_rag.index.types import Kind
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.papers import add as add_module
from sota_rag.ingest.papers.add import add_papers, list_pdfs
from sota_rag.ingest.papers.arxiv_id import ArxivId
from sota_rag.ingest.papers.errors import UnreachableError
from sota_rag.ingest.papers.fetch import Catalogue, Endpoints
from sota_rag.ingest.papers.folder import State
from sota_rag.ingest.papers.outcome import Done


@pytest.fixture
def downloads(tmp_path, make_pdf):
    folder = tmp_path / "downloads"
    (folder / "more").mkdir(parents=True)
    (folder / "2106.09685v2 (1).pdf").write_bytes(make_pdf(1, 5000))
    (folder / "more/thesis.PDF").write_bytes(make_pdf(2, 5000))
    (folder / "notes.md").write_text("# Notes")
    (folder / ".hidden.pdf").write_bytes(make_pdf(3, 5000))
    return folder


def test_a_folder_gives_its_pdfs_and_a_file_itself(downloads):
    names = [file.name for file in list_pdfs([downloads, downloads / "notes.md", downloads / "more/thesis.PDF"])]
    assert names == ["2106.09685v2 (1).pdf", "thesis.PDF", "notes.md"]


def test_a_path_that_gives_nothing_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no PDF"):
        list_pdfs([tmp_path])
    with pytest.raises(UsageError, match="does not exist"):
        list_pdfs([tmp_path / "x.pdf"])


def test_files_are_named_after_identifier_or_contents(downloads, library, sha256):
    first, second = add_papers(list_pdfs([downloads]), library)
    digest = sha256((downloads / "more/thesis.PDF").read_bytes())
    assert (first.done, first.file, first.detail) == (Done.ADDED, "2106.09685v2.pdf", "taken for arXiv 2106.09685v2")
    assert (second.done, second.file) == (Done.ADDED, f"sha256-{digest[:16]}.pdf")
    assert library.meta(first.file) == DocumentMeta(kind=Kind.PAPER, arxiv_id="2106.09685")
    assert library.meta(second.file) == DocumentMeta(kind=Kind.PAPER)
    record = library.records[second.file]
    assert (record.sha256, record.origin, record.source) == (digest, "added", "thesis.PDF")
    assert library.records[first.file].version == 2
    assert library.state(first.file, verify=True) is State.VERIFIED
    assert not (library.folder / ".arriving").exists()


def test_what_is_given_goes_into_the_sidecar(downloads, library):
    given = DocumentMeta(title="On Retrieval", authors=("A. Author",), published="2024")
    add_papers([downloads / "more/thesis.PDF"], library, paper=ArxivId("1706.03762", 7), given=given)
    assert library.meta("1706.03762v7.pdf") == given.model_copy(update={"kind": Kind.PAPER, "arxiv_id": "1706.03762"})


def test_the_same_file_again_is_a_duplicate(downloads, library, make_pdf):
    add_papers(list_pdfs([downloads]), library)
    (downloads / "copy.pdf").write_bytes(make_pdf(1, 5000))
    (outcome,) = add_papers([downloads / "copy.pdf"], library)
    assert (outcome.done, outcome.file) == (Done.DUPLICATE, "2106.09685v2.pdf")
    (outcome,) = add_papers([downloads / "2106.09685v2 (1).pdf"], library)
    assert outcome.done is Done.UNCHANGED
    assert len(library.names()) == 2


def test_another_file_of_that_name_is_not_overwritten(downloads, library, make_pdf):
    add_papers([downloads / "2106.09685v2 (1).pdf"], library)
    before = library.path("2106.09685v2.pdf").read_bytes()
    (downloads / "2106.09685v2.pdf").write_bytes(make_pdf(9, 5000))
    (outcome,) = add_papers([downloads / "2106.09685v2.pdf"], library)
    assert outcome.done is Done.FAILED
    assert "is there already with other contents and was not overwritten" in outcome.detail
    assert library.path("2106.09685v2.pdf").read_bytes() == before
    assert not (library.folder / ".arriving").exists()


def test_what_is_no_pdf_is_refused_and_the_others_are_added(downloads, library):
    failed, added = add_papers([downloads / "notes.md", downloads / "more/thesis.PDF"], library)
    assert (failed.done, added.done) == (Done.FAILED, Done.ADDED)
    assert failed.detail.startswith("it is no PDF")


def test_a_file_that_vanished_is_reported(downloads, library):
    (outcome,) = add_papers([downloads / "gone.pdf"], library)
    assert outcome.detail == "cannot be read or copied (No such file or directory)"


def test_a_copy_that_fails_leaves_nothing(downloads, library, monkeypatch):
    def fail(source, target):
        target.write_bytes(b"%PDF-half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(add_module.shutil, "copyfile", fail)
    (outcome,) = add_papers([downloads / "more/thesis.PDF"], library)
    assert outcome.detail == "cannot be read or copied (No space left on device)"
    assert [path.name for path in library.folder.iterdir()] == [".lock"]


def test_a_link_takes_no_space(downloads, library):
    (outcome,) = add_papers([downloads / "more/thesis.PDF"], library, link=True)
    assert library.path(outcome.file).samefile(downloads / "more/thesis.PDF")
    assert not library.path(outcome.file).is_symlink()


def test_a_link_that_cannot_be_is_not_silently_a_copy(downloads, library, monkeypatch):
    def fail(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", fail)
    (outcome,) = add_papers([downloads / "more/thesis.PDF"], library, link=True)
    assert outcome.detail == "it cannot be linked from there (Invalid cross-device link); leave out --link to copy it"


def test_a_file_that_lies_in_the_folder_is_registered_where_it_is(library, make_pdf):
    path = library.path("2106.09685.pdf")
    path.write_bytes(make_pdf(1, 5000))
    (outcome,) = add_papers([path], library)
    assert (outcome.done, outcome.file) == (Done.ADDED, "2106.09685.pdf")
    assert library.state("2106.09685.pdf", verify=True) is State.VERIFIED


def test_a_file_of_another_name_in_the_folder_is_not_doubled(library, make_pdf):
    path = library.path("2106.09685-lora.pdf")
    path.write_bytes(make_pdf(1, 5000))
    (outcome,) = add_papers([path], library)
    assert "rename it to '2106.09685.pdf' there and add it again" in outcome.detail
    assert path.exists()


def test_a_sidecar_of_the_users_own_is_not_contradicted(downloads, library):
    library.sidecar("2106.09685v2.pdf").write_text("title: Mine\n")
    (outcome,) = add_papers([downloads / "2106.09685v2 (1).pdf"], library, given=DocumentMeta(title="Other"))
    assert "edit that file instead" in outcome.detail
    (outcome,) = add_papers([downloads / "2106.09685v2 (1).pdf"], library)
    assert outcome.done is Done.ADDED
    assert library.meta("2106.09685v2.pdf").title == "Mine"


def test_metadata_are_looked_up_only_when_asked_for(downloads, library, arxiv, client, endpoints):
    add_papers([downloads / "more/thesis.PDF"], library)
    assert arxiv.seen == []
    catalogue = Catalogue(client, endpoints)
    (outcome,) = add_papers([downloads / "2106.09685v2 (1).pdf"], library, catalogue=catalogue)
    assert outcome.title == "LoRA: Low-Rank Adaptation"
    assert outcome.record.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert [path.split("?")[0] for path in arxiv.paths()] == ["/api/query", "/oai"]


def test_a_look_up_without_a_network_changes_nothing(downloads, library, arxiv, client):
    arxiv.server_close()
    catalogue = Catalogue(client, Endpoints.below(arxiv.url))
    with pytest.raises(UnreachableError, match="nothing was changed: leave out --lookup"):
        add_papers(list_pdfs([downloads]), library, catalogue=catalogue)
    assert library.names() == []
