"""What a language model writes, on the page: a scripted model, Streamlit's own test driver, a small corpus."""

import json
from html import unescape
from importlib.resources import files
from re import DOTALL, findall, sub

import pytest

pytest.importorskip("streamlit", reason="the page needs the extra `app`")

import streamlit as st
from sota_rag.app import compose
from sota_rag.app.llm import Finished, LanguageModelInfo, Prompted, Queued, Text
from sota_rag.app.settings import Settings
from sota_rag.index.errors import LanguageModelServerError, ModelError
from streamlit.testing.v1 import AppTest

ENTRY = str(files("sota_rag.app.page") / "entry.py")
DOCUMENTS = {
    "lora.md": """---
title: Low-rank adapters
date: 2024-05-01
---
# Low-rank adapters

LoRA typically trains between 0.1% and 1% of the parameters of a language model.

## Merging

A LoRA adapter can be merged into the frozen weights before serving, which removes its latency.

## Ranks

A rank of 16 suits most fine-tuning jobs of a LoRA adapter, and a rank of 64 suits long instruction data.
""",
    "gpt3.md": """---
title: Large models
date: 2021-02-01
---
# Large models

The language model GPT-3 has 175 billion parameters and 96 layers in its largest version.
""",
    "survey.md": """---
title: "A survey <img src=x> [of](javascript:alert(1)) models"
date: 2023-06-01
---
# A survey of models

The language model GPT-3 has 170 billion parameters and 96 layers in its largest version.
""",
    "practices.yaml": """
2017:
  - title: Warm Restarts
    arxiv_id: 1701.00010
    year: 2017
    topics: [learning rate, schedules]
    sota:
      - restart the learning rate every ten epochs
    attic:
      reason: One cosine decay reaches the same loss with fewer steps
      superseded_by: "2004.00020"
2020:
  - title: One Cosine Decay
    arxiv_id: "2004.00020"
    year: 2020
    topics: [learning rate, schedules]
    key_takeaways:
      - The learning rate decays once along a cosine and reaches the same loss with fewer steps
    sota:
      - decay the learning rate once along a cosine
""",
}
LORA = "What does LoRA train, and how is a LoRA adapter merged?"
TRAINS = "LoRA typically trains between 0.1% and 1% of the parameters of a language model."
MERGES = "A LoRA adapter can be merged into the frozen weights before serving."
INVENTED = "A rank of 128 suits most fine-tuning jobs of a LoRA adapter."


class Scripted:
    """Writes `text`; `stop_after` turns the switch once so many characters are written, as a visitor would."""

    info = LanguageModelInfo("scripted", "0" * 64, 4096, False, True, "script", "nowhere")

    def __init__(self, text):
        self.text, self.stop_after, self.failure, self.requests, self.closed = text, None, None, [], False

    def start(self):
        pass

    def close(self):
        self.closed = True

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]

    def count_prompt(self, messages):
        return sum(self.count_tokens([message.content for message in messages]))

    def generate(self, request, cancel=None):
        self.requests.append(request)
        if self.failure:
            raise self.failure
        yield Queued(1)
        yield Prompted(self.count_prompt(request.messages), 40, 0.0, 1.0)
        for place in range(0, len(self.text), 7):
            if self.stop_after is not None and place > self.stop_after:
                cancel.cancel()
                yield Finished("cancelled", place, 1.0)
                return
            yield Text(self.text[place : place + 7])
        yield Finished("stop", len(self.text.split()), 1.0)


@pytest.fixture(scope="module")
def written_index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    docs = folder / "docs"
    docs.mkdir()
    for name, text in DOCUMENTS.items():
        (docs / name).write_text(text, encoding="utf-8")
    compose.run_ingestion(Settings.load(index=folder / "index", chunking={"target_tokens": 32}), [docs])
    return folder / "index"


@pytest.fixture
def model(monkeypatch):
    model = Scripted(f"{TRAINS[:-1]} [1]. {MERGES[:-1]} [1].")
    monkeypatch.setattr(compose, "make_language_model", lambda settings: model)
    return model


@pytest.fixture
def page(written_index, monkeypatch, tmp_path, minilm):
    st.cache_resource.clear()
    monkeypatch.setattr(compose, "make_encoder", lambda settings: minilm)
    monkeypatch.setenv("SOTA_RAG_INDEX", str(written_index))
    monkeypatch.setenv("SOTA_RAG_ANSWER__THRESHOLD", "0")
    monkeypatch.chdir(tmp_path)
    yield AppTest.from_file(ENTRY, default_timeout=120)
    st.cache_resource.clear()


def ask(page, question):
    page.query_params["q"] = question
    return checked(page.run())


def press(page, label):
    next(found for found in page.button if found.label == label).click()
    return checked(page.run())


def follow_up(page, question):
    page.text_input(key="follow-up").input(question)
    return press(page, "Follow up")


def checked(page):
    assert not page.exception, page.exception
    return page


def bodies(page):
    return [html.body for html in page.get("html") if not html.body.startswith("<style>")]


def plain(html):
    return unescape(sub(r"<[^>]*>", "", html))


def text(page):
    return "\n".join(map(plain, bodies(page)))


def sentences(page):
    return [plain(body) for body in bodies(page) if 'class="rag-sentence"' in body]


def badges(page):
    """Labels of the badges of each sentence."""
    found = [findall(r'class="rag-badge rag-[^>]*>([^<]*)<', body) for body in bodies(page)]
    return [said for said in found if said and said[0][0] in "✓◐✗?"]


def labels(page):
    return [found.label for found in page.expander]


def receipt(page):
    return json.loads(page.code[1].value)


def test_a_written_answer_tells_who_wrote_it(page, model):
    ask(page, LORA)
    ready = "The language model scripted writes (script; nowhere)"
    for _ in range(50):  # it is loaded beside the page, which a fast answer does not wait for
        if ready in text(page):
            break
        checked(page.run())
    assert sentences(page) == [TRAINS, MERGES]
    assert "2 of 2 sentences as written; scripted" in text(page)
    assert "written, and checked sentence by sentence" in text(page)
    assert all(found[:2] == ["✓ supported", "written by the language model"] for found in badges(page))
    marked = [plain(part) for body in bodies(page) for part in findall(r"<mark>(.*?)</mark>", body, DOTALL)]
    assert "".join(marked) == TRAINS
    assert receipt(page)["llm"]["id"] == "scripted"
    assert ready in text(page)
    assert not [body for body in bodies(page) if "rag-live" in body]


def test_what_is_read_and_written_is_reported(page, model):
    ask(page, LORA)
    assert "What was read and written" in labels(page)
    table = next(plain(body) for body in bodies(page) if "First sentence" in body)
    assert "40 of them known from an earlier prompt" in table
    assert "the draft was" not in table and "the model was done" in table


def test_a_replaced_sentence_keeps_what_was_written(page, model):
    model.text = f"{TRAINS[:-1]} [1]. {MERGES[:-1]} [1]. {INVENTED[:-1]} [1]."
    ask(page, LORA)
    assert "2 of 3 sentences as written, 1 replaced by a quotation; scripted" in text(page)
    assert badges(page)[2][1] == "quoted in place of what it wrote"
    draft = next(body for body in bodies(page) if "rag-draft" in body)
    assert INVENTED in plain(draft) and "<details" in draft
    assert INVENTED not in sentences(page)


def test_what_is_not_shown_is_told_with_the_reason(page, model):
    model.text = f"{TRAINS[:-1]} [1]. {MERGES[:-1]} [1]. {TRAINS[:-1]} [1]."
    ask(page, LORA)
    assert "Not shown: 1 sentence" in labels(page)
    assert "it repeats an earlier sentence" in text(page)


def test_a_draft_that_does_not_hold_is_withdrawn_and_remembered(page, model):
    model.text = f"{INVENTED[:-1]} [1]. LoRA needs 500 hours of cooking [1]."
    ask(page, LORA)
    assert INVENTED not in sentences(page) and sentences(page)
    assert "quoted word for word" in text(page)
    assert "quoted in place of a draft of 2 sentences, too little of which held; scripted" in text(page)
    withdrawn = next(body for body in bodies(page) if "withdrawn" in body)
    assert INVENTED in plain(withdrawn)
    assert text(page).count("could be shown") == 1  # why it was withdrawn; the note would say it again


def test_doubts_about_a_sentence_are_in_sight(page, model, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_ANSWER__MODE", "generate")
    model.text = "It is nice to use LoRA adapters with a language model in many kitchens [1]."
    ask(page, LORA)
    [found] = [found for found in badges(page) if "written by the language model" in found]
    assert found[0] in {"? unchecked", "◐ partly supported"}
    body = next(body for body in bodies(page) if "written by the language model" in body)
    hint = unescape(findall(r'title="([^"]*)"', body)[0])
    detail = hint.split(": ", 1)[1].rsplit("; support", 1)[0]
    assert detail and any(plain(body) == detail for body in bodies(page))


def test_what_a_model_writes_stays_inert(page, model):
    bad = '<img src="https://evil.example/b.png"> ![x](https://evil.example/c.png) [y](javascript:alert(1))'
    model.text = (
        f"{TRAINS[:-1]} {bad} [1]. {bad} {INVENTED[:-1]} [1]. **{MERGES[:-1]}** [1]. [z](https://evil.example) [9]."
    )
    for mode in ("auto", "generate"):
        page.run()
        page.radio(key="mode").set_value(mode)
        ask(page, LORA)
        html = "\n".join(bodies(page)).lower()
        for tag in ("<img", "<a ", "href=", "<iframe", "<svg", "<script"):
            assert tag not in html
        assert not page.markdown and not page.caption
        assert not any("evil" in said for said in [found.label for found in (*page.button, *page.expander)])


def test_a_rerun_does_not_ask_again_and_another_filter_does(page, model):
    ask(page, LORA)
    assert len(model.requests) == 1
    press(page, "[2]")
    checked(page.run())
    assert len(model.requests) == 1
    page.text_input(key="filter-source").input("*lora*")
    checked(page.run())
    assert len(model.requests) == 2


def test_what_is_quoted_beside_a_draft_is_told(page, model):
    model.text = f"{TRAINS[:-1]} [1]."
    ask(page, LORA)
    assert sentences(page) == [TRAINS, f"{MERGES[:-1]}, which removes its latency."]
    assert "1 of 2 sentences as written, 1 quoted beside; scripted" in text(page)


def test_a_stopped_answer_is_kept_until_it_is_asked_for_in_full(page, model):
    model.stop_after = len(TRAINS) + 20
    ask(page, LORA)
    assert sentences(page) == [TRAINS]
    assert "Stopped: this is what could be said until then." in text(page)
    checked(page.run())
    assert len(model.requests) == 1
    model.stop_after = None
    press(page, "Answer in full")
    assert sentences(page) == [TRAINS, MERGES]
    assert "Stopped" not in text(page)
    assert len(model.requests) == 2


def test_a_follow_up_is_rewritten_and_the_conversation_can_end(page, model):
    ask(page, LORA)
    model.text = "A rank of 16 suits most fine-tuning jobs of a LoRA adapter [1]."
    follow_up(page, "What rank does it need?")
    assert "Conversation, question 2" in text(page)
    searched = next(body for body in bodies(page) if "searched for:" in body)
    assert "LoRA" in plain(searched).split("searched for:")[1]
    assert receipt(page)["turns"][0]["question"] == LORA
    assert "q" not in page.query_params
    assert "the follow-up was searched for" not in text(page)
    assert "searched for" not in page.code[0].value and "LoRA" in page.code[0].value
    follow_up(page, "And why?")
    assert [turn["question"] for turn in receipt(page)["turns"]] == [LORA, "What rank does it need?"]
    press(page, "New conversation")
    assert not sentences(page)
    ask(page, LORA)
    assert receipt(page)["turns"] == []
    assert "Conversation" not in text(page)


def test_the_choices_are_in_the_receipt_and_in_the_line_for_the_shell(page, model):
    page.run()
    page.radio(key="mode").set_value("generate")
    page.selectbox(key="budget").set_value(20.0)
    page.multiselect(key="strategies").set_value(["hyde", "self-critique"])
    ask(page, LORA)
    said = receipt(page)
    assert (said["asked_mode"], said["budget_s"]) == ("generate", 20.0)
    assert said["strategies"] == ["hyde", "self-critique"]
    line = page.code[0].value
    assert line.endswith(" --mode generate --budget 20s --strategy hyde --strategy self-critique")
    assert "hyde" in next(plain(body) for body in bodies(page) if "First sentence" in body)


def test_extract_asks_no_model(page, model):
    page.run()
    page.radio(key="mode").set_value("extract")
    ask(page, LORA)
    assert not model.requests
    assert page.code[0].value.endswith(" --mode extract")
    assert "What was read and written" not in labels(page)


def test_without_a_model_answers_are_quoted_and_it_says_why_in_one_line(page, monkeypatch):
    def missing(settings):
        raise ModelError("llama-cpp-python is not installed; install it with: pip install 'sota-rag[llm]'")

    monkeypatch.setattr(compose, "make_language_model", missing)
    ask(page, LORA)
    assert sentences(page)
    assert "quoted, not written: llama-cpp-python is not installed; install it with" in text(page)
    assert "There is no language model, so answers are quoted (llama-cpp-python is not installed" in text(page)
    assert not page.radio and not page.multiselect
    assert "Please note" not in text(page)


def test_a_failing_model_is_a_sentence_and_can_be_tried_again(page, model, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_ANSWER__MODE", "generate")
    model.failure = LanguageModelServerError("the server at 'http://127.0.0.1:1' cannot be reached; start it")
    ask(page, LORA)
    assert "The language model gives no answer" in text(page)
    assert "The server at 'http://127.0.0.1:1' cannot be reached; start it." in text(page)
    checked(page.run())
    assert len(model.requests) == 1
    model.failure = None
    press(page, "Try again")
    assert sentences(page) == [TRAINS, MERGES]


def test_where_the_gate_is_sure_an_abstention_is_no_silence(page, model, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_LLM__LORA", "auto")
    monkeypatch.setenv("SOTA_RAG_ANSWER__THRESHOLD", "0.1")
    model.text = "The passages do not say."
    ask(page, LORA)
    assert sentences(page)
    assert "quoted word for word" in text(page)


def test_an_abstention_of_the_model_is_silence(page, model, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_LLM__LORA", "none")
    model.text = "The passages do not say."
    ask(page, LORA)
    assert "No answer in this corpus" in text(page)
    assert "The language model read the nearest passages and found no answer in them." in text(page)
    assert not sentences(page)


def test_a_contradiction_is_shown_side_by_side(page, model):
    model.text = "The language model GPT-3 has 175 billion parameters and 96 layers in its largest version [1]."
    ask(page, "How many parameters does the language model GPT-3 have?")
    box = next(body for body in bodies(page) if "rag-sides" in body)
    assert "Two passages contradict each other: 175 billion against 170 billion" in plain(box)
    assert box.count('class="rag-side"') == 2
    assert box.index("2021-02-01") < box.index("2023-06-01")
    assert "<img" not in box and "<a " not in box


def test_current_practice_has_a_box_of_its_own(page, model):
    model.text = "The learning rate decays once along a cosine and reaches the same loss with fewer steps [1]."
    ask(page, "How should the learning rate decay?")
    box = next(plain(body) for body in bodies(page) if "rag-box-title" in body)
    assert "Current practiceStandard since 2020: decay the learning rate once along a cosine" in box
    assert "because one cosine decay reaches the same loss" in box


def test_another_model_in_the_settings_ends_the_one_before(page, model, monkeypatch):
    ask(page, LORA)
    other = Scripted(model.text)
    monkeypatch.setattr(compose, "make_language_model", lambda settings: other)
    monkeypatch.setenv("SOTA_RAG_LLM__SEED", "7")
    ask(page, LORA)
    assert model.closed and not other.closed
    assert len(other.requests) == 1
