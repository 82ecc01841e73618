"""`sota-rag papers`, against an arXiv on this machine."""

import argparse
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sota_rag.app import compose
from sota_rag.app.commands import papers_command
from sota_rag.app.settings import Settings
from sota_rag.index.errors import IngestError, SettingsError, UsageError
from sota_rag.ingest.papers.errors import UnreachableError
from sota_rag.ingest.report import IngestReport

PDF = b"%PDF-1.5\n" + bytes(range(256)) * 100 + b"%%EOF\n"
FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2106.09685v2</id>
<title>LoRA: Low-Rank Adaptation of Large Language Models</title><published>2021-06-17T17:37:18Z</published>
<author><name>Edward Hu</name></author></entry></feed>"""
LICENCE = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><metadata>
<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2106.09685</id>
<license>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</license></arXivRaw></metadata></record></GetRecord>
</OAI-PMH>"""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, self.headers["User-Agent"]))
        bodies = {"/api": FEED.encode(), "/oai": LICENCE.encode(), "/pdf": PDF}
        body = bodies[self.path[:4]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(monkeypatch):
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def papers(tmp_path, monkeypatch, forget_surroundings, capsys):
    """Run `sota-rag papers …`: its exit status and what it printed on standard output."""
    forget_surroundings(monkeypatch, tmp_path)
    (tmp_path / "sota-rag.toml").write_text(
        'index = "index"\n[papers]\nfolder = "papers"\ndelay_s = 0\ncontact = "mailto:me@example.org"\n'
        'api_url = "http://127.0.0.1:9/api/query"\npdf_url = "http://127.0.0.1:9/pdf"\noai_url = "http://127.0.0.1:9/oai"\n'
    )
    parser = argparse.ArgumentParser(prog="sota-rag papers")
    parser.add_argument("--index")
    parser.add_argument("--json", action="store_true")
    papers_command.configure(parser)

    def run(*words):
        capsys.readouterr()
        status = papers_command.run(parser.parse_args([str(word) for word in words]))
        return status, capsys.readouterr().out

    return run


@pytest.fixture
def url(mirror):
    return f"http://127.0.0.1:{mirror.server_port}"


def test_fetch_says_what_came_and_what_to_do_next(papers, url, mirror):
    status, out = papers("fetch", "2106.09685", "--base-url", url)
    assert status == 0
    assert out.splitlines() == [
        "fetched    2106.09685.pdf                  0.0 MB  LoRA: Low-Rank Adaptation of Large Language Models",
        "           licence: arXiv's own; you may read it but not redistribute it",
        "1 fetched, in papers",
        "next: sota-rag ingest papers --index index",
    ]
    assert all(agent.endswith("(mailto:me@example.org)") for _, agent in mirror.seen)
    assert papers("fetch", "2106.09685", "--base-url", url)[1].startswith("unchanged  2106.09685.pdf")
    assert len(mirror.seen) == 3


def test_fetch_as_json(papers, url):
    status, out = papers("fetch", "2106.09685", "1706.03762", "--base-url", url, "--json")
    form = json.loads(out)
    assert status == 1
    assert form.keys() == {"folder", "papers", "ingest", "next"}
    fetched, failed = form["papers"]
    assert fetched.keys() == {"asked", "done", "file", "title", "detail", "record", "licence_name"}
    assert (fetched["done"], fetched["record"]["version"], fetched["record"]["bytes"]) == ("fetched", 2, len(PDF))
    assert (failed["asked"], failed["done"], failed["record"]) == ("1706.03762", "failed", None)


def test_json_may_be_asked_for_before_the_action_too(papers):
    assert json.loads(papers("--json", "list")[1])["papers"] == []


def test_one_failure_is_listed_and_the_status_is_1(papers, url):
    status, out = papers("fetch", "1706.03762", "2106.09685", "--base-url", url, "--no-licence")
    assert status == 1
    assert "failed     1706.03762: arXiv has no such paper or version; check the identifier" in out
    assert "licence: unknown; assume that you may read it but not redistribute it" in out
    assert "1 failed, 1 fetched, in papers" in out


def test_fetch_and_ingest_in_one_go(papers, url, monkeypatch):
    asked = []

    def ingest(settings, paths, *, progress):
        asked.append((settings.index.name, [path.name for path in paths]))
        return IngestReport("000001", published=True, added=("papers/2106.09685.pdf",), documents=1, passages=7)

    monkeypatch.setattr(compose, "run_ingestion", ingest)
    status, out = papers("fetch", "2106.09685", "--base-url", url, "--ingest")
    assert status == 0
    assert asked == [("index", ["papers"])]
    assert out.endswith("generation 000001 published: 1 added, 0 changed, 0 quarantined; 1 documents, 7 passages\n")
    assert json.loads(papers("fetch", "2106.09685", "--ingest", "--json")[1])["ingest"]["passages"] == 7
    assert papers("fetch", "1706.03762", "--base-url", url, "--ingest")[0] == 1
    assert len(asked) == 2


def test_an_ingestion_that_fails_does_not_hide_what_was_fetched(papers, url, monkeypatch, capsys):
    def fail(*_, **__):
        raise IngestError("no")

    monkeypatch.setattr(compose, "run_ingestion", fail)
    with pytest.raises(IngestError):
        papers("fetch", "2106.09685", "--base-url", url, "--ingest")
    assert "1 fetched, in papers" in capsys.readouterr().out


def test_a_bad_identifier_is_refused_before_any_request(papers, url, mirror, tmp_path):
    with pytest.raises(UsageError, match=r"'lora' is no arXiv identifier; write it like 2106\.09685"):
        papers("fetch", "2106.09685", "lora", "--base-url", url)
    assert mirror.seen == []
    assert not (tmp_path / "papers").exists()


def test_without_a_network_there_is_one_error(papers):
    with pytest.raises(UnreachableError, match=r"cannot reach 127\.0\.0\.1:9 .* nothing was changed"):
        papers("fetch", "2106.09685")


@pytest.mark.parametrize("base", ["http://arxiv.example", "file:///tmp", "", "arxiv.org"])
def test_a_mirror_that_is_none_is_refused(papers, base):
    with pytest.raises(SettingsError, match="is no address to fetch from"):
        papers("fetch", "2106.09685", "--base-url", base)


def test_arxiv_itself_is_not_asked_without_a_pause(papers):
    with pytest.raises(SettingsError, match=r"papers\.delay_s 0 is too short"):
        papers("fetch", "2106.09685", "--base-url", "https://arxiv.org")


def test_add_and_list(papers, tmp_path):
    (tmp_path / "thesis.pdf").write_bytes(PDF)
    said = ["--title", "On Retrieval", "--authors", "A. B; C. D", "--year", "2024", "--id", "hep-th/9901001"]
    status, out = papers("add", "thesis.pdf", *said)
    assert status == 0
    assert "added      hep-th_9901001.pdf" in out
    sidecar = (tmp_path / "papers/hep-th_9901001.pdf.meta.yaml").read_text()
    assert sidecar == (
        "title: On Retrieval\nkind: paper\npublished: '2024'\nauthors:\n- A. B\n- C. D\narxiv_id: hep-th/9901001\n"
    )
    (tmp_path / "papers/1706.03762.pdf.part").write_bytes(b"%PDF-")
    status, out = papers("list", "--verify")
    assert status == 0
    assert out.splitlines() == [
        "verified   hep-th_9901001.pdf              0.0 MB  On Retrieval",
        "           licence: unknown; assume that you may read it but not redistribute it",
        "unfinished 1706.03762.pdf.part             0.0 MB",
        "1 paper, 0.0 MB, in papers",
    ]


def test_list_finds_what_changed(papers, tmp_path):
    (tmp_path / "2106.09685.pdf").write_bytes(PDF)
    papers("add", "2106.09685.pdf")
    (tmp_path / "papers/2106.09685.pdf").write_bytes(PDF[:-1] + b"!")
    assert papers("list")[0] == 0
    status, out = papers("list", "--verify", "--json")
    assert status == 1
    (form,) = json.loads(out)["papers"]
    assert (form["state"], form["arxiv_id"], form["origin"], form["source"]) == (
        "changed", "2106.09685", "added", "2106.09685.pdf",
    )  # fmt: skip


def test_another_folder_may_be_named(papers, tmp_path):
    (tmp_path / "2106.09685.pdf").write_bytes(PDF)
    assert papers("add", "2106.09685.pdf", "--to", tmp_path / "other")[0] == 0
    assert (tmp_path / "other/2106.09685.pdf").is_file()
    with pytest.raises(UsageError, match="--to is empty"):
        papers("list", "--to", "")


def test_metadata_of_one_file_are_not_given_to_several(papers, tmp_path):
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(PDF)
    with pytest.raises(UsageError, match="are for one FILE, but 2 were named"):
        papers("add", "a.pdf", "b.pdf", "--title", "T")
    with pytest.raises(UsageError, match=r"--year '20x'"):
        papers("add", "a.pdf", "--year", "20x")


def test_add_can_look_up(papers, url, tmp_path):
    (tmp_path / "2106.09685v2.pdf").write_bytes(PDF)
    status, out = papers("add", "2106.09685v2.pdf", "--lookup", "--base-url", url)
    assert status == 0
    assert "LoRA: Low-Rank Adaptation" in out


def test_help_of_each_action(papers, capsys):
    for words in (["--help"], ["fetch", "--help"], ["add", "--help"], ["list", "--help"]):
        with pytest.raises(SystemExit) as done:
            papers(*words)
        assert done.value.code == 0
    assert "sota-rag papers fetch 2106.09685" in papers_command._EPILOG


def test_where_papers_come_from_does_not_change_a_result(papers, monkeypatch):
    before = Settings.load().fingerprint
    monkeypatch.setenv("SOTA_RAG_PAPERS__DELAY_S", "5")
    monkeypatch.setenv("SOTA_RAG_PAPERS__FOLDER", "~/elsewhere")
    settings = Settings.load()
    assert settings.fingerprint == before
    assert (settings.papers.delay_s, settings.papers.folder.name) == (5.0, "elsewhere")
    assert settings.papers.folder.is_absolute()


def test_an_unknown_setting_of_papers_is_refused(papers, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_PAPERS__COLOUR", "red")
    with pytest.raises(SettingsError, match="SOTA_RAG_PAPERS__CONTACT"):
        Settings.load()
