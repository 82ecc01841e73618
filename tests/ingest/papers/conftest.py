"""An arXiv on this machine: a real HTTP server that answers as it is told, and a clock that costs no time."""

import hashlib
import random
import re
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from sota_rag.ingest.papers.fetch import Endpoints
from sota_rag.ingest.papers.folder import open_library
from sota_rag.ingest.papers.polite import PoliteClient

ENTRY = """<entry><id>http://arxiv.org/abs/{id}v{version}</id><title>{title}</title>
<published>{published}T17:37:18Z</published><author><name>Ada Lovelace</name></author>
<author><name>Émilie du Châtelet</name></author></entry>"""
RECORD = """<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><metadata>
<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{id}</id><version version="v1"/><version version="v2"/>
<license>{licence}</license></arXivRaw></metadata></record></GetRecord></OAI-PMH>"""
CC_BY = "http://creativecommons.org/licenses/by/4.0/"


def pdf_bytes(seed, size):
    """Something that begins and ends like a PDF."""
    return b"%PDF-1.5\n" + random.Random(seed).randbytes(size - 15) + b"%%EOF\n"


class FakeClock:
    def __init__(self):
        self.now_s, self.slept = 1000.0, []

    def now(self):
        return self.now_s

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now_s += seconds


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.seen.append((self.path, dict(self.headers.items())))
        server.times.append(server.clock.now())
        kind = self.path.split("/")[1].split("?")[0]
        scripted = server.scripts[kind]
        (scripted.popleft() if scripted else getattr(Handler, kind))(self)

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def api(self):
        asked = parse_qs(urlsplit(self.path).query)["id_list"][0].split(",")
        entries = []
        for text in asked:
            paper, version = re.fullmatch(r"(.+?)(?:v(\d+))?", text).groups()
            known = self.server.papers.get(paper)
            if known is None:
                # What arXiv sends for an identifier that it does not have.
                entries.append("<entry><title/></entry>")
            else:
                entries.append(ENTRY.format(id=paper, version=version or 2, **known))
        feed = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'
        self.answer(200, feed.encode(), Content_Type="application/atom+xml")

    def oai(self):
        paper = parse_qs(urlsplit(self.path).query)["identifier"][0].removeprefix("oai:arXiv.org:")
        self.answer(200, RECORD.format(id=paper, licence=CC_BY).encode(), Content_Type="text/xml")

    def pdf(self):
        body = self.server.body(self.path.removeprefix("/pdf/"))
        headers = {"Content_Type": "application/pdf", "ETag": self.server.etag}
        wanted = self.headers.get("Range")
        if wanted and self.server.ranges and self.headers.get("If-Range") == self.server.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            headers["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self.answer(206, body[start:], **headers)
        else:
            self.answer(200, body, **headers)

    def log_message(self, *_):
        pass


class ArxivServer(ThreadingHTTPServer):
    """`scripts[kind]` holds functions of the handler that answer the next requests instead."""

    def __init__(self, clock):
        super().__init__(("127.0.0.1", 0), Handler)
        self.clock = clock
        self.papers = {
            "2106.09685": {"title": "LoRA:  Low-Rank\n Adaptation", "published": "2021-06-17"},
            "1706.03762": {"title": "Attention Is All You Need", "published": "2017-06-12"},
            "hep-th/9901001": {"title": "Strings &amp; things", "published": "1999-01-01"},
        }
        self.scripts = {"api": deque(), "pdf": deque(), "oai": deque()}
        self.seen, self.times = [], []
        self.etag, self.ranges, self.size = '"one"', True, 200_000

    def body(self, name):
        return pdf_bytes(f"{name}{self.etag}", self.size)

    def paths(self, kind=""):
        return [path for path, _ in self.seen if path.startswith(f"/{kind}")]

    def headers(self, kind):
        return [headers for path, headers in self.seen if path.startswith(f"/{kind}")]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """A client that goes away early is what some tests are about."""


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def arxiv(clock, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ArxivServer(clock) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def endpoints(arxiv):
    return Endpoints.below(arxiv.url).checked(3.0)


@pytest.fixture
def client(clock):
    with PoliteClient(contact="mailto:me@example.org", timeout_s=5, now=clock.now, sleep=clock.sleep) as client:
        yield client


@pytest.fixture
def library(tmp_path):
    with open_library(tmp_path / "papers") as library:
        yield library


@pytest.fixture
def sha256():
    return lambda data: hashlib.sha256(data).hexdigest()


@pytest.fixture
def make_pdf():
    return pdf_bytes


@pytest.fixture
def licence_record():
    return lambda paper, licence=CC_BY: RECORD.format(id=paper, licence=licence).encode()
