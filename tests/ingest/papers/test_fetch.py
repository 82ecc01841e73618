"""Papers from arXiv into the folder."""

import json
import logging
import socket

import pytest
from sota_rag.index.types import Kind
from sota_rag.ingest.metadata import DocumentMeta, read_sidecar
from sota_rag.ingest.papers.arxiv_id import ArxivId
from sota_rag.ingest.papers.atom import PaperMetadata
from sota_rag.ingest.papers.errors import PaperError, UnreachableError
from sota_rag.ingest.papers.fetch import Endpoints, document_meta, fetch_papers
from sota_rag.ingest.papers.folder import Library
from sota_rag.ingest.papers.outcome import Done


@pytest.fixture
def fetch(library, client, endpoints):
    def run(*names, **options):
        ids = [ArxivId.parse(name) for name in names]
        return fetch_papers(ids, library, client, options.pop("endpoints", endpoints), **options)

    return run


def files(library):
    return sorted(path.name for path in library.folder.iterdir() if path.name != ".lock")


def test_a_paper_comes_with_sidecar_and_provenance(arxiv, fetch, library, sha256):
    (outcome,) = fetch("2106.09685")
    body = arxiv.body("2106.09685v2")
    assert (outcome.done, outcome.file, outcome.title) == (Done.FETCHED, "2106.09685.pdf", "LoRA: Low-Rank Adaptation")
    assert (library.folder / "2106.09685.pdf").read_bytes() == body
    assert read_sidecar(library.folder / "2106.09685.pdf.meta.yaml") == DocumentMeta(
        title="LoRA: Low-Rank Adaptation",
        kind=Kind.PAPER,
        published="2021-06-17",
        authors=("Ada Lovelace", "Émilie du Châtelet"),
        arxiv_id="2106.09685",
    )
    record = json.loads((library.folder / "provenance.json").read_text())["papers"]["2106.09685.pdf"]
    assert record.pop("recorded").endswith("Z")
    assert record == {
        "sha256": sha256(body),
        "bytes": 200_000,
        "origin": "fetched",
        "source": f"{arxiv.url}/pdf/2106.09685v2",
        "arxiv_id": "2106.09685",
        "version": 2,
        "licence": "http://creativecommons.org/licenses/by/4.0/",
    }
    assert files(library) == ["2106.09685.pdf", "2106.09685.pdf.meta.yaml", "provenance.json"]


def test_a_second_run_asks_for_nothing(arxiv, fetch, library):
    fetch("2106.09685", "hep-th/9901001")
    arxiv.seen.clear()
    again = fetch("2106.09685", "hep-th/9901001")
    assert [outcome.done for outcome in again] == [Done.UNCHANGED, Done.UNCHANGED]
    assert again[0].title == "LoRA: Low-Rank Adaptation"
    assert arxiv.seen == []


def test_metadata_of_all_papers_are_one_request(arxiv, fetch):
    outcomes = fetch("2106.09685", "1706.03762v7", "hep-th/9901001", "2106.09685")
    assert [outcome.file for outcome in outcomes] == ["2106.09685.pdf", "1706.03762v7.pdf", "hep-th_9901001.pdf"]
    assert arxiv.paths("api") == ["/api/query?id_list=2106.09685,1706.03762v7,hep-th/9901001&max_results=3"]
    assert arxiv.paths("pdf") == ["/pdf/2106.09685v2", "/pdf/1706.03762v7", "/pdf/hep-th/9901001v2"]
    assert outcomes[1].record.version == 7


def test_every_request_keeps_its_distance(arxiv, fetch):
    fetch("2106.09685", "1706.03762")
    assert len(arxiv.times) == 5
    assert all(later - earlier >= 3.0 for earlier, later in zip(arxiv.times, arxiv.times[1:], strict=False))


def test_an_unknown_paper_does_not_keep_the_others(arxiv, fetch, library):
    unknown, known = fetch("2106.99999", "1706.03762")
    assert (unknown.done, unknown.file) == (Done.FAILED, None)
    assert unknown.detail == "arXiv has no such paper or version; check the identifier"
    assert known.done is Done.FETCHED
    assert "/pdf/2106.99999" not in arxiv.paths()


def test_a_server_that_stays_busy_does_not_keep_the_others(arxiv, fetch):
    arxiv.scripts["pdf"] += [lambda handler: handler.answer(503)] * 3
    failed, fetched = fetch("2106.09685", "1706.03762")
    assert (failed.done, fetched.done) == (Done.FAILED, Done.FETCHED)
    assert "answered 503, 3 times in a row" in failed.detail


def test_an_interruption_is_resumed_by_the_next_run(arxiv, fetch, library):
    class Interrupting:
        done = 0

        def begin(self, stage, total, unit):
            assert (stage, total, unit) == ("1 of 1", 200, "kB")

        def advance(self, amount=1):
            self.done += amount
            if self.done > 100:
                raise KeyboardInterrupt

        def end(self):
            pass

    with pytest.raises(KeyboardInterrupt):
        fetch("2106.09685", progress=Interrupting())
    assert files(library) == ["2106.09685.pdf.part", "2106.09685.pdf.part.json"]
    kept = library.part("2106.09685.pdf").stat().st_size
    (outcome,) = fetch("2106.09685")
    assert outcome.done is Done.FETCHED
    assert arxiv.headers("pdf")[-1]["Range"] == f"bytes={kept}-"
    assert (library.folder / "2106.09685.pdf").read_bytes() == arxiv.body("2106.09685v2")
    assert library.parts() == []


def test_progress_ends_where_the_file_does(fetch):
    seen = []

    class Recording:
        def begin(self, stage, total, unit):
            seen.append((stage, total, unit))

        def advance(self, amount=1):
            seen.append(amount)

        def end(self):
            seen.append("end")

    fetch("2106.09685", "1706.03762", progress=Recording())
    starts = [entry for entry in seen if isinstance(entry, tuple)]
    assert starts == [("1 of 2", 200, "kB"), ("2 of 2", 200, "kB")]
    assert sum(entry for entry in seen if isinstance(entry, int)) == 400
    assert seen[-1] == "end"


def test_a_file_that_changed_since_is_neither_trusted_nor_overwritten(arxiv, fetch, library):
    fetch("2106.09685")
    path = library.folder / "2106.09685.pdf"
    changed = bytearray(path.read_bytes())
    changed[1000] ^= 1
    path.write_bytes(changed)
    arxiv.seen.clear()
    (outcome,) = fetch("2106.09685")
    assert outcome.done is Done.FAILED
    assert "no longer has the checksum that was recorded" in outcome.detail
    assert arxiv.seen == []
    assert path.read_bytes() == changed


@pytest.mark.parametrize("dangling", [False, True])
def test_a_file_of_the_users_own_is_not_overwritten(arxiv, fetch, library, dangling):
    path = library.folder / "2106.09685.pdf"
    path.symlink_to("nowhere") if dangling else path.write_bytes(b"mine")
    (outcome,) = fetch("2106.09685")
    assert "is there, but was not fetched; register it with sota-rag papers add" in outcome.detail
    assert arxiv.seen == []
    assert path.is_symlink() if dangling else path.read_bytes() == b"mine"


def test_a_sidecar_of_the_users_own_stays(fetch, library):
    sidecar = library.folder / "2106.09685.pdf.meta.yaml"
    sidecar.write_text("title: My name for it\n")
    fetch("2106.09685")
    assert sidecar.read_text() == "title: My name for it\n"


def test_a_paper_that_was_deleted_is_fetched_again(fetch, library):
    fetch("2106.09685")
    (library.folder / "2106.09685.pdf").unlink()
    (outcome,) = fetch("2106.09685")
    assert outcome.done is Done.FETCHED
    assert (library.folder / "2106.09685.pdf").is_file()


def test_an_unknown_licence_is_no_reason_to_do_without_the_paper(arxiv, fetch, caplog):
    arxiv.scripts["oai"].append(lambda handler: handler.answer(404))
    with caplog.at_level(logging.WARNING):
        (outcome,) = fetch("2106.09685")
    assert (outcome.done, outcome.record.licence) == (Done.FETCHED, None)
    assert "the licence of 2106.09685v2 is not noted" in caplog.text


def test_the_licence_of_an_older_version_is_not_guessed(fetch):
    assert fetch("2106.09685v1")[0].record.licence is None


def test_licences_need_not_be_asked_for(arxiv, fetch):
    assert fetch("2106.09685", licences=False)[0].record.licence is None
    assert arxiv.paths("oai") == []


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return gone.getsockname()[1]


def test_without_a_network_one_error_says_what_to_do(arxiv, fetch, library):
    with pytest.raises(UnreachableError) as caught:
        fetch("2106.09685", "1706.03762", endpoints=Endpoints.below(f"http://127.0.0.1:{closed_port()}"))
    assert "nothing was changed" in str(caught.value)
    assert "sota-rag papers add FILE" in str(caught.value)
    assert files(library) == []


def test_a_host_that_went_away_is_not_waited_for_with_each_paper(arxiv, fetch, endpoints):
    away = Endpoints(endpoints.api_url, f"http://127.0.0.1:{closed_port()}/pdf", endpoints.oai_url)
    first, second = fetch("2106.09685", "1706.03762", endpoints=away)
    assert first.detail.startswith("cannot reach 127.0.0.1")
    assert second.detail == f"not tried: {first.detail}"
    assert len(arxiv.paths("oai")) == 1


def test_licences_are_not_waited_for_with_each_paper_either(arxiv, fetch, endpoints, caplog):
    away = Endpoints(endpoints.api_url, endpoints.pdf_url, f"http://127.0.0.1:{closed_port()}/oai")
    assert [outcome.done for outcome in fetch("2106.09685", "1706.03762", endpoints=away)] == [Done.FETCHED] * 2
    assert len(arxiv.seen) == 3
    assert caplog.text.count("cannot reach") == 1


def test_an_entity_bomb_fails_the_papers_that_were_asked_for(arxiv, fetch):
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>'
    arxiv.scripts["api"].append(lambda handler: handler.answer(200, bomb))
    (outcome,) = fetch("2106.09685")
    assert outcome.done is Done.FAILED
    assert "document type" in outcome.detail
    assert arxiv.paths("pdf") == []


def test_nothing_that_the_server_says_becomes_a_path(arxiv, fetch, library):
    def disposed(handler):
        handler.answer(200, arxiv.body("x"), Content_Disposition='attachment; filename="../../evil.pdf"')

    arxiv.papers["2106.09685"] = {"title": "../../evil", "published": "2021-06-17"}
    arxiv.scripts["pdf"].append(disposed)
    fetch("2106.09685")
    assert files(library) == ["2106.09685.pdf", "2106.09685.pdf.meta.yaml", "provenance.json"]
    assert list(library.folder.parent.iterdir()) == [library.folder]
    assert Library(library.folder).meta("2106.09685.pdf").title == "../../evil"


def test_three_thousand_authors_make_a_sidecar_that_can_be_read(tmp_path, fetch, library, arxiv):
    many = tuple(f"Author with quite a long name {number}" for number in range(3000))
    meta = document_meta(PaperMetadata(ArxivId("2106.09685", 1), "T" * 5000, many, None))
    library.write_sidecar("2106.09685.pdf", meta)
    assert read_sidecar(library.sidecar("2106.09685.pdf")) == meta
    assert len(meta.authors) == 100


def test_a_date_that_cannot_be_is_refused():
    with pytest.raises(PaperError, match="cannot be right"):
        document_meta(PaperMetadata(ArxivId("2106.09685", 1), "T", (), "9999-99-99"))
