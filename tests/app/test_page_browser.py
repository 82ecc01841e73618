"""The page in a real browser: what is marked, what is requested, what the console says."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
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


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page's address, over a small index; the server ends with the module."""
    folder = tmp_path_factory.mktemp("browser")
    guides = folder / "guides"
    guides.mkdir()
    (guides / "lora.md").write_text(GUIDE, encoding="utf-8")
    (guides / "zorblax.md").write_text(HOSTILE, encoding="utf-8")
    # Small passages, so that there is something to grow into.
    compose.run_ingestion(Settings.load(index=folder / "index", chunking={"target_tokens": 32}), [guides])
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sota_rag.app.cli", "app", "--no-browser", "--port", str(port)]
    environment = os.environ | {"SOTA_RAG_INDEX": str(folder / "index"), "SOTA_RAG_ANSWER__THRESHOLD": "0"}
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
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
def tab(browser, address):
    """A tab; after the test, nothing may have gone wrong in it and nothing may have left the machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints, strangers = [], []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: strangers.append(request.url) if is_elsewhere(request.url, address) else None)
    yield page
    context.close()
    assert complaints == []
    assert strangers == []


def is_elsewhere(url: str, address: str) -> bool:
    return urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).netloc != urlsplit(address).netloc


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
    tab.goto(f"{address}/?q={quote('What fraction of the parameters does LoRA train?')}")
    tab.wait_for_selector(".rag-passage mark", timeout=60_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
