"""The page, run by Streamlit's own test driver on the embedded models and a small corpus."""

import errno
import json
import sqlite3
import time
from html import unescape
from importlib.resources import files
from pathlib import Path
from re import DOTALL, findall, sub

import pytest

pytest.importorskip("streamlit", reason="the page needs the extra `app`")

from sota_rag.app import compose
from sota_rag.app.page.details import shell_line
from sota_rag.app.page.first_run import BuildProgress
from sota_rag.app.settings import Settings
from sota_rag.index import Filters, Kind, Status
from sota_rag.index.generations import read_current_manifest
from streamlit.testing.v1 import AppTest

ENTRY = str(files("sota_rag.app.page") / "entry.py")
LORA = """---
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
QUANTIZATION = """---
title: Quantization
date: 2023-02-01
status: superseded
---
# Quantization

NF4 is a data type of 4 bits whose levels follow the quantiles of a normal distribution.
"""
HOSTILE = """---
title: "Zorblax <img src=x onerror=alert(1)> [click](javascript:alert(1))"
---
# Zorblax ![beacon](https://evil.example/heading.png)

The Zorblax protocol reaches 42 percent ![beacon](https://evil.example/b.png) <script>alert(1)</script> in every test.
See [the Zorblax page](javascript:alert(1)), https://evil.example/ and <img src="https://evil.example/c.png"> too.
"""
LORA_QUESTION = "What fraction of the parameters does LoRA train?"
LORA_ANSWER = "LoRA typically trains between 0.1% and 1% of the parameters of a language model."


def write_corpus(folder: Path) -> Path:
    guides = folder / "guides"
    guides.mkdir(parents=True)
    (guides / "parameter-efficient-fine-tuning.md").write_text(LORA, encoding="utf-8")
    (guides / "quantization.md").write_text(QUANTIZATION, encoding="utf-8")
    (guides / "zorblax.md").write_text(HOSTILE, encoding="utf-8")
    return guides


@pytest.fixture(scope="session")
def page_index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    index = folder / "index"
    # Small passages, so that there is something to grow into.
    compose.run_ingestion(Settings.load(index=index, chunking={"target_tokens": 32}), [write_corpus(folder)])
    return index


@pytest.fixture
def page(page_index, monkeypatch, tmp_path):
    return open_page(page_index, monkeypatch, tmp_path)


def open_page(index: Path, monkeypatch, folder: Path) -> AppTest:
    monkeypatch.setenv("SOTA_RAG_INDEX", str(index))
    # Whether the gate is right is tested elsewhere; here it is open.
    monkeypatch.setenv("SOTA_RAG_ANSWER__THRESHOLD", "0")
    # What a language model writes is looked at in `test_page_written.py`.
    monkeypatch.setenv("SOTA_RAG_ANSWER__MODE", "extract")
    monkeypatch.chdir(folder)
    return AppTest.from_file(ENTRY, default_timeout=120)


def ask(page: AppTest, question: str) -> AppTest:
    page.text_input(key="typed").input(question)
    button(page, "Ask").click()
    return checked(page.run())


def button(page: AppTest, label: str):
    return next(found for found in page.button if found.label == label)


def checked(page: AppTest) -> AppTest:
    assert not page.exception, page.exception
    return page


def bodies(page: AppTest) -> list[str]:
    return [html.body for html in page.get("html")]


def plain(html: str) -> str:
    return unescape(sub(r"<[^>]*>", "", html))


def text(page: AppTest) -> str:
    return "\n".join(map(plain, bodies(page)))


def sentences(page: AppTest) -> list[str]:
    return [plain(body) for body in bodies(page) if 'class="rag-sentence"' in body]


def marked(page: AppTest) -> str:
    return "".join(plain(part) for body in bodies(page) for part in findall(r"<mark>(.*?)</mark>", body, DOTALL))


def test_a_question_is_answered_with_its_evidence(page):
    ask(checked(page.run()), LORA_QUESTION)
    assert sentences(page)[0] == LORA_ANSWER == marked(page)
    shown = text(page)
    assert "✓ supported" in shown
    assert "Low-rank adapters" in shown
    assert "guides/parameter-efficient-fine-tuning.md" in shown
    assert "2024-05-01" in shown and "current" in shown
    assert "Dense (cosine)" in shown and "BM25" in shown
    assert page.query_params["q"] == LORA_QUESTION


def test_a_citation_opens_its_own_evidence(page):
    ask(page.run(), "What does LoRA train, and how is a LoRA adapter merged?")
    told = sentences(page)
    assert len(told) > 1
    assert marked(page) == told[0]
    for place, sentence in reversed(list(enumerate(told, start=1))):
        button(page, f"[{place}]").click()
        checked(page.run())
        assert marked(page) == sentence
        assert sentences(page) == told


def test_more_context_keeps_the_mark(page):
    ask(page.run(), LORA_QUESTION)
    before = max(map(len, filter(lambda body: "<mark>" in body, bodies(page))))
    button(page, "Show more context").click()
    checked(page.run())
    assert max(map(len, filter(lambda body: "<mark>" in body, bodies(page)))) > before
    assert marked(page) == LORA_ANSWER
    assert "## Merging" in text(page)
    button(page, "Passage only").click()
    checked(page.run())
    assert marked(page) == LORA_ANSWER


def test_an_example_asks_at_once(page):
    page.run()
    button(page, LORA_QUESTION).click()
    checked(page.run())
    assert sentences(page)[0] == LORA_ANSWER
    assert page.text_input(key="typed").value == LORA_QUESTION


def test_a_linked_question_is_asked(page):
    page.query_params["q"] = LORA_QUESTION
    checked(page.run())
    assert sentences(page)[0] == LORA_ANSWER


def test_silence_is_explained(page, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_ANSWER__THRESHOLD", "1")
    ask(page.run(), "Who won the football World Cup in 2018?")
    assert "No answer in this corpus" in text(page)
    assert "Nearest passages" in text(page)
    assert not sentences(page)
    assert not page.error


def test_filters_narrow_what_may_answer(page):
    ask(page.run(), LORA_QUESTION)
    page.pills(key="filter-status").set_value([Status.SUPERSEDED])
    checked(page.run())
    assert LORA_ANSWER not in sentences(page)
    assert "--status superseded" in page.code[0].value
    page.pills(key="filter-status").set_value([])
    page.text_input(key="filter-source").input("nowhere/*")
    checked(page.run())
    assert "No passage qualifies" in text(page)


def test_an_over_long_question_is_a_sentence(page):
    ask(page.run(), "why " * 2000)
    assert "ask in at most 4,000." in text(page)
    assert "q" not in page.query_params


def test_a_hostile_document_stays_inert(page):
    ask(page.run(), "What percent does the Zorblax protocol reach in every test?")
    html = "\n".join(bodies(page))
    assert "evil.example" in plain(html)
    for tag in ("<script", "<img", "<a ", "href=", "<iframe", "<svg"):
        assert tag not in html.lower().replace("<style>", "")
    labels = [found.label for found in (*page.button, *page.expander)]
    markdown = [found.value for found in (*page.markdown, *page.caption)]
    assert not any("evil.example" in said or "Zorblax" in said for said in labels + markdown)


def test_a_hostile_question_stays_inert(page):
    page.query_params["q"] = "<img src=https://evil.example/x.png> ![x](https://evil.example/y.png) Zorblax?"
    checked(page.run())
    assert "<img" not in "\n".join(bodies(page))
    assert not page.markdown


def test_the_receipt_holds_the_filters_and_the_page_says_what_the_address_lacks(page):
    ask(page.run(), LORA_QUESTION)
    page.pills(key="filter-status").set_value([Status.CURRENT])
    checked(page.run())
    assert json.loads(page.code[1].value)["filters"]["statuses"] == ["current"]
    assert "The address of this page holds the question, but not the filters" in text(page)


def test_the_answer_survives_in_json_and_shell(page):
    ask(page.run(), LORA_QUESTION)
    assert page.code[0].value.startswith(f"sota-rag ask '{LORA_QUESTION}' --json --index ")
    assert '"generation": "000001"' in page.code[1].value
    assert [found.label for found in page.get("download_button")] == ["Download the answer as JSON"]


def test_a_missing_index_is_built_at_the_press_of_a_button(monkeypatch, tmp_path):
    guides = write_corpus(tmp_path)
    monkeypatch.setattr(compose, "starter_corpus", lambda: [guides])
    page = open_page(tmp_path / "index", monkeypatch, tmp_path)
    checked(page.run())
    assert "There is no index yet" in text(page)
    button(page, "Build the index from the documents that ship with sota-rag").click()
    checked(page.run())
    assert read_current_manifest(tmp_path / "index").counts.documents == 3
    assert sentences(ask(page, LORA_QUESTION))[0] == LORA_ANSWER


def test_a_build_that_fails_says_why(monkeypatch, tmp_path):
    (tmp_path / "index").write_text("a file stands in the way", encoding="utf-8")
    page = open_page(tmp_path / "index" / "inside", monkeypatch, tmp_path)
    checked(page.run())
    button(page, "Build the index from the documents that ship with sota-rag").click()
    checked(page.run())
    assert "The index could not be built" in text(page)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/i/CURRENT"),
            "refused '/i/CURRENT': No space left on device",
        ),
        (sqlite3.OperationalError("disk I/O error"), "A database of the index cannot be used (disk I/O error)"),
    ],
)
def test_a_build_that_the_system_stops_says_why(monkeypatch, tmp_path, failure, said):
    def fail(*arguments, **options):
        raise failure

    # Deep inside the build, so that the page's own call is the real one.
    monkeypatch.setattr(compose, "ingest", fail)
    page = checked(open_page(tmp_path / "index", monkeypatch, tmp_path).run())
    button(page, "Build the index from the documents that ship with sota-rag").click()
    checked(page.run())
    assert "The index could not be built" in text(page)
    assert said in text(page)
    assert button(page, "Try again")


def test_generations_without_a_current_one_are_not_built_anew(monkeypatch, tmp_path):
    index = tmp_path / "index"
    compose.run_ingestion(Settings.load(index=index), [write_corpus(tmp_path)])
    (index / "CURRENT").unlink()
    page = checked(open_page(index, monkeypatch, tmp_path).run())
    assert "is missing, though generations are there" in text(page)
    assert "sota-rag index repair" in text(page)
    assert "There is no index yet" not in text(page)
    assert not page.button


def test_a_damaged_index_is_a_sentence(monkeypatch, tmp_path):
    index = tmp_path / "index"
    compose.run_ingestion(Settings.load(index=index), [write_corpus(tmp_path)])
    manifest = next(index.rglob("manifest.json"))
    manifest.write_text("{}", encoding="utf-8")
    page = checked(open_page(index, monkeypatch, tmp_path).run())
    assert "sota-rag index repair" in text(page)


def test_an_unknown_setting_is_a_sentence(page, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_SERCH__ALPHA", "0.4")
    checked(page.run())
    assert "SOTA_RAG_SERCH__ALPHA" in text(page)


def test_a_new_generation_takes_over_while_the_page_runs(monkeypatch, tmp_path):
    index, guides = tmp_path / "index", write_corpus(tmp_path)
    compose.run_ingestion(Settings.load(index=index), [guides])
    page = ask(open_page(index, monkeypatch, tmp_path).run(), LORA_QUESTION)
    (guides / "parameter-efficient-fine-tuning.md").write_text(LORA.replace("0.1%", "0.2%"), encoding="utf-8")
    compose.run_ingestion(Settings.load(index=index), [guides])
    ask(page, "What is NF4?")  # this search notices the new generation
    for _ in range(100):
        ask(page, LORA_QUESTION)
        if "000002" in text(page):
            break
        time.sleep(0.1)
    ask(page, LORA_QUESTION)
    assert marked(page) == LORA_ANSWER.replace("0.1%", "0.2%") == sentences(page)[0]


def test_the_progress_tells_rate_and_time_left():
    now, drawn = [0.0], []
    progress = BuildProgress(lambda part, line: drawn.append((part, line)), now=lambda: now[0])
    progress.begin("encoding", 40, "passages")
    now[0] = 2.0
    progress.advance(10)
    progress.advance(1)  # too soon after the last drawing
    now[0] = 8.0
    progress.advance(29)
    assert drawn == [
        (0.0, "Encoding: 0 of 40 passages"),
        (0.25, "Encoding: 10 of 40 passages · 5.0 passages/s · 6 s left"),
        (1.0, "Encoding: 40 of 40 passages · 5.0 passages/s"),
    ]


@pytest.mark.parametrize(
    ("question", "filters", "line"),
    [
        ("What's $HOME?", Filters(), """sota-rag ask 'What'"'"'s $HOME?' --json --index /i"""),
        ("--help", Filters(), "sota-rag ask --json --index /i -- --help"),
        (
            "x",
            Filters(kinds=(Kind.GUIDE,), years=(2021, None), sources=("a b*",)),
            "sota-rag ask x --json --index /i --kind guide --source 'a b*' --years 2021-",
        ),
    ],
)
def test_the_shell_line_is_quoted(question, filters, line):
    assert shell_line(Settings.load(index=Path("/i")), question, filters) == line
