"""The page in a real browser: what is marked, what is requested, what the console says."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pytest
from sota_rag.app import compose
from sota_rag.app.settings import Settings

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
MISSING = [
    name
    for name, there in {
        "streamlit (pip install 'sota-rag[app]')": find_spec("streamlit"),
        "playwright (pip install 'sota-rag[dev]')": find_spec("playwright"),
        f"{CHROMIUM} (apt-get install chromium)": CHROMIUM.exists(),
    }.items()
    if not there
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]
GUIDE = """---
title: Low-rank adapters
date: 2024-05-01
status: current
---
# Low-rank adapters

LoRA typically trains between 0.1% and 1% of the parameters of a language model. The frozen weights stay in place.

## Merging

A LoRA adapter can be merged into the frozen weights before serving, which removes its latency.

## Ranks

A rank of 16 suits most fine-tuning jobs, and `rank=64` is common for long instruction data with $r > 32$.
"""
HOSTILE = """# Zorblax

The Zorblax protocol reaches 42 percent ![beacon](https://evil.example/b.png) <script>window.broken = 1</script>
<img src="https://evil.example/c.png" onerror="window.broken = 1"> in every test. See [it](javascript:alert(1)).
"""


TRAINS = "LoRA typically trains between 0.1% and 1% of the parameters of a language model."
MERGES = "A LoRA adapter can be merged into the frozen weights before serving."
BEACON = '<img src="https://evil.example/b.png" onerror="window.broken = 1">'
BOTH = "What does LoRA train, and how is a LoRA adapter merged?"
FRACTION = "What fraction of the parameters does LoRA train?"
WRONG = "How is a LoRA adapter merged, and how long does it take?"
# What the language model writes, by the end of the question; it halts at each `|` until it may go on. A
# sentence is over once three words of the next one are there.
SCRIPTS = {
    BOTH: f"{TRAINS[:-1]} [1]. A LoRA adapter | {MERGES[15:-1]} [1]. Then it ends | here.",
    FRACTION: f"{TRAINS[:-1]} [1].",
    WRONG: f"The merging of a LoRA adapter takes 500 hours [1]. And LoRA needs | {BEACON} 12 kitchens [1].",
}


class Writer(ThreadingHTTPServer):
    """A language model's server that writes as `SCRIPTS` says; `go` lets it go on, `gone` counts who hung up."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.go, self.asked, self.gone = threading.Semaphore(0), [], threading.Semaphore(0)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def let_go_on(self):
        self.go.release()

    def reset(self):
        self.go, self.gone = threading.Semaphore(0), threading.Semaphore(0)
        self.asked.clear()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Writer

    def log_message(self, *_):
        pass

    def reply(self, form, status=200):
        data = json.dumps(form).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        found = self.path == "/v1/models"
        self.reply({"data": [{"id": "scripted"}]} if found else {}, 200 if found else 404)

    def do_POST(self):
        form = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            self.reply({}, 404)
            return
        question = form["messages"][-1]["content"].rsplit("Question:", 1)[-1].strip()
        self.server.asked.append(question)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for word in SCRIPTS[question].split(" "):
                if word != "|":
                    self.chunk({"content": f"{word} "})
                    continue
                # Nothing, again and again, as long as it may not go on: whoever has hung up is noticed.
                while not self.server.go.acquire(timeout=0.1):
                    self.chunk({})
            self.chunk({}, "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.server.gone.release()

    def chunk(self, delta, reason=None):
        form = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        self.wfile.write(b"data: " + json.dumps(form).encode() + b"\n\n")
        self.wfile.flush()


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A small index."""
    folder = tmp_path_factory.mktemp("browser")
    guides = folder / "guides"
    guides.mkdir()
    (guides / "lora.md").write_text(GUIDE, encoding="utf-8")
    (guides / "zorblax.md").write_text(HOSTILE, encoding="utf-8")
    # Small passages, so that there is something to grow into.
    compose.run_ingestion(Settings.load(index=folder / "index", chunking={"target_tokens": 32}), [guides])
    return folder / "index"


@pytest.fixture(scope="module")
def address(index):
    """Address of a page that quotes; its server ends with the module."""
    with served(index, SOTA_RAG_ANSWER__MODE="extract") as url:
        yield url


@pytest.fixture(scope="module")
def writer():
    """The language model's server."""
    with Writer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def written(index, writer):
    """Address of a page whose answers the scripted language model writes."""
    with served(index, SOTA_RAG_LLM__URL=writer.url) as url:
        yield url


@contextmanager
def served(index, **variables):
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sota_rag.app.cli", "app", "--no-browser", "--port", str(port)]
    environment = os.environ | {"SOTA_RAG_INDEX": str(index), "SOTA_RAG_ANSWER__THRESHOLD": "0"} | variables
    log = index.parent / f"server-{port}.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=index.parent, env=environment, stdout=output, stderr=output)
        try:
            wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_until_up(health: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urlopen(health, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the server did not come up: {log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tab(browser):
    """A tab; after the test, nothing may have gone wrong in it and nothing may have left the machine."""
    with watched_tab(browser) as page:
        yield page


@contextmanager
def watched_tab(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints, strangers = [], []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: strangers.append(request.url) if is_elsewhere(request.url) else None)
    yield page
    context.close()
    assert complaints == []
    assert strangers == []


def is_elsewhere(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).hostname != "127.0.0.1"


def quotes_match(page, place: int) -> None:
    """The text marked in the evidence is the sentence at a place of the answer."""
    sentence = page.locator(".rag-sentence").nth(place - 1).text_content()
    assert sentence
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('mark')].map(mark => mark.textContent).join('') === wanted",
        arg=sentence,
        timeout=30_000,
    )


def test_a_click_on_a_citation_marks_its_sentence(tab, address):
    tab.goto(address)
    box = tab.get_by_placeholder("Ask the corpus")
    box.fill("What does LoRA train, and how is a LoRA adapter merged?")
    box.press("Enter")
    tab.wait_for_selector(".rag-passage mark", timeout=60_000)
    quotes_match(tab, 1)
    assert tab.locator(".rag-sentence").count() > 1
    tab.get_by_role("button", name="[2]").click()
    quotes_match(tab, 2)
    tab.get_by_role("button", name="Show more context").click()
    tab.get_by_role("button", name="Passage only").wait_for()
    quotes_match(tab, 2)
    assert "?q=" in tab.url


def test_a_hostile_document_does_nothing(tab, address):
    tab.goto(f"{address}/?q={quote('What percent does the Zorblax protocol reach in every test?')}")
    tab.wait_for_selector(".rag-passage", state="attached", timeout=60_000)
    tab.wait_for_timeout(500)
    assert "evil.example" in (tab.locator("body").text_content() or "")
    assert tab.locator("[src*='evil.example'], [href*='evil.example'], [href^='javascript']").count() == 0
    assert tab.evaluate("window.broken") is None


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(tab, address, width):
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(f"{address}/?q={quote(FRACTION)}")
    tab.wait_for_selector(".rag-passage mark", timeout=60_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


SENTENCE, LIVE, STOP = ".rag-sentence", ".rag-live", ".st-key-stop button"
GONE = "detached"


def begin(tab, written, writer, question, shown=1):
    """Ask in an open page or a fresh one, and wait for so many sentences."""
    if tab.url == "about:blank":
        writer.reset()
        tab.goto(written)
    box = tab.get_by_placeholder("Ask the corpus")
    box.fill(question)
    box.press("Enter")
    if shown:
        tab.wait_for_selector(SENTENCE, timeout=60_000)


def sentences(tab):
    return tab.locator(SENTENCE).all_text_contents()


def test_a_sentence_is_shown_while_the_next_is_being_written(tab, written, writer):
    begin(tab, written, writer, BOTH)
    assert sentences(tab) == [TRAINS]
    assert "writing" in (tab.locator(LIVE).text_content() or "")
    assert "written by the language model" in (tab.locator("body").text_content() or "")
    # Its evidence can be looked at already, and that changes nothing about the writing.
    tab.wait_for_selector("mark")
    quotes_match(tab, 1)
    tab.get_by_role("button", name="Show more context").click()
    tab.get_by_role("button", name="Passage only").wait_for()
    assert sentences(tab) == [TRAINS] and tab.locator(LIVE).count() == 1
    writer.let_go_on()
    tab.wait_for_function("document.querySelectorAll('.rag-sentence').length === 2", timeout=30_000)
    assert sentences(tab) == [TRAINS, MERGES]
    writer.let_go_on()
    tab.wait_for_selector(LIVE, state=GONE, timeout=30_000)
    tab.get_by_placeholder("Ask a follow-up").wait_for()
    assert sentences(tab) == [TRAINS, MERGES]
    assert "2 of 2 sentences as written; scripted" in (tab.locator("body").text_content() or "")
    assert writer.asked == [BOTH]


def test_stop_stops_the_model_and_keeps_what_was_said(tab, written, writer):
    begin(tab, written, writer, BOTH)
    started = time.monotonic()
    tab.click(STOP)
    assert writer.gone.acquire(timeout=30)
    stopped = time.monotonic() - started
    tab.get_by_role("button", name="Answer in full").wait_for(timeout=30_000)
    assert sentences(tab) == [TRAINS]
    assert stopped < 5  # within a second on a machine that has nothing else to do
    assert writer.asked == [BOTH]


def test_who_leaves_keeps_no_model_busy(browser, written, writer):
    with watched_tab(browser) as tab:
        begin(tab, written, writer, BOTH)
    assert writer.gone.acquire(timeout=30)


def test_another_question_stops_the_one_before_and_wipes_its_answer_off(tab, written, writer):
    begin(tab, written, writer, FRACTION)
    tab.get_by_placeholder("Ask a follow-up").wait_for(timeout=30_000)
    begin(tab, written, writer, WRONG, shown=0)
    tab.locator(LIVE, has_text="writing").wait_for(timeout=30_000)
    tab.wait_for_function(f"![...document.querySelectorAll('{SENTENCE}')].some(s => s.textContent === `{TRAINS}`)")
    assert tab.locator("[data-testid=stExpander]").count() == 0
    begin(tab, written, writer, FRACTION, shown=0)
    assert writer.gone.acquire(timeout=30)
    tab.get_by_placeholder("Ask a follow-up").wait_for(timeout=30_000)
    assert sentences(tab) == [TRAINS]


def test_a_withdrawn_draft_makes_room_and_what_was_written_stays_inert(tab, written, writer):
    begin(tab, written, writer, WRONG, shown=0)
    writer.let_go_on()
    tab.get_by_placeholder("Ask a follow-up").wait_for(timeout=60_000)
    assert not any("500 hours" in said or "kitchens" in said for said in sentences(tab))
    assert "quoted in place of a draft of 2 sentences" in (tab.locator("body").text_content() or "")
    tab.wait_for_timeout(300)
    assert tab.locator("[src*='evil.example'], [href*='evil.example']").count() == 0
    assert tab.evaluate("window.broken") is None


def test_two_visitors_are_served_at_once(browser, written, writer):
    with watched_tab(browser) as one, watched_tab(browser) as other:
        begin(one, written, writer, BOTH)
        begin(other, written, writer, FRACTION)
        other.get_by_placeholder("Ask a follow-up").wait_for(timeout=30_000)
        assert sentences(other) == [TRAINS]
        assert one.locator(LIVE).count() == 1
        one.click(STOP)
        one.get_by_role("button", name="Answer in full").wait_for(timeout=30_000)


@pytest.mark.parametrize("width", [390, 1280])
def test_an_answer_being_made_fits_its_window(tab, written, writer, width):
    tab.set_viewport_size({"width": width, "height": 800})
    begin(tab, written, writer, BOTH)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.click(STOP)
    tab.get_by_role("button", name="Answer in full").wait_for(timeout=30_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
