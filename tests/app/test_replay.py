"""A receipt kept, read, and asked again: what is promised holds, what changed is shown, what is broken is explained."""

import json
import time

import numpy as np
import pytest
from sota_rag.app import compose
from sota_rag.app.answering import Answerer, AnswerSettings, Mode
from sota_rag.app.cli import main
from sota_rag.app.forms import answer_form
from sota_rag.app.receipt_file import SavedAnswer, read_receipt, write_receipt
from sota_rag.app.replay import replay
from sota_rag.app.settings import Settings
from sota_rag.index import Filters, Kind, Retriever, SearchSettings
from sota_rag.index.errors import UsageError

GUIDE = """---
title: Low-rank adapters
date: 2024-05-01
status: current
kind: guide
---
# Low-rank adapters

LoRA typically trains 0.1% to 1% of the parameters of a language model. The frozen weights stay in place.
"""
QUESTION = "What fraction of the parameters does LoRA train?"
TRUE = "LoRA typically trains 0.1% to 1% of the parameters of a language model."


@pytest.fixture
def corpus(tmp_path, minilm):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "lora.md").write_text(GUIDE, encoding="utf-8")
    compose.run_ingestion(Settings(index=tmp_path / "index"), [notes], encoder=minilm)
    return tmp_path


def saved(answer):
    return SavedAnswer.model_validate_json(json.dumps(answer_form(answer)))


def test_the_same_question_gives_the_same_hits_prompt_and_text(corpus, minilm, scripted):
    settings = AnswerSettings(mode=Mode.AUTO, threshold=0.0)
    with Retriever.open(corpus / "index", encoder=minilm) as retriever:
        answerer = Answerer(retriever, minilm, settings, model=scripted(f"{TRUE} [1]"))
        first = answerer.ask(QUESTION, filters=Filters(kinds=(Kind.GUIDE,), years=(2020, None)))
        compared, again = replay(saved(first), answerer)
    assert compared.promised and compared.kept and compared.same_prompt and compared.same_text
    assert compared.differences == () and compared.diff == () and not compared.hits_moved
    assert again.receipt == first.receipt


def test_another_text_is_shown_as_a_difference(corpus, minilm, scripted):
    settings = AnswerSettings(mode=Mode.GENERATE, threshold=0.0)
    with Retriever.open(corpus / "index", encoder=minilm) as retriever:
        first = Answerer(retriever, minilm, settings, model=scripted(f"{TRUE} [1]")).ask(QUESTION)
        shorter = scripted("LoRA typically trains 0.1% to 1% of the parameters. [1]")
        other = Answerer(retriever, minilm, settings, model=shorter)
        compared, _ = replay(saved(first), other)
    assert compared.kept and compared.same_prompt and not compared.same_text
    assert "+LoRA typically trains 0.1% to 1% of the parameters." in compared.diff


def test_a_new_generation_is_named_and_its_hits_are_compared(corpus, minilm):
    with Retriever.open(corpus / "index", encoder=minilm) as retriever:
        first = Answerer(retriever, minilm, AnswerSettings(threshold=0.0)).ask(QUESTION)
    (corpus / "notes" / "more.md").write_text(
        "# More\n\nLoRA trains few parameters, says this note.\n", encoding="utf-8"
    )
    compose.run_ingestion(Settings(index=corpus / "index"), [corpus / "notes"], encoder=minilm)
    with Retriever.open(corpus / "index", encoder=minilm) as retriever:
        compared, _ = replay(saved(first), Answerer(retriever, minilm, AnswerSettings(threshold=0.0)))
    assert not compared.promised
    assert any("generation: 000001 then, 000002 now" in difference for difference in compared.differences)
    assert compared.hits_new == ("notes/more.md#00000",)
    assert compared.same_prompt is None


def test_nothing_is_promised_where_text_of_a_model_decides_the_search(corpus, minilm, scripted):
    settings = AnswerSettings(mode=Mode.AUTO, threshold=0.0, strategies=("hyde",))
    with Retriever.open(corpus / "index", encoder=minilm) as retriever:
        first = Answerer(retriever, minilm, settings, model=scripted(f"{TRUE} [1]")).ask(QUESTION)
        again = Answerer(retriever, minilm, settings, model=scripted("LoRA keeps the frozen weights in place."))
        compared, _ = replay(saved(first), again)
    assert not compared.promised and first.receipt.llm is not None


def test_broken_promises_are_noticed(corpus, minilm):
    with Retriever.open(corpus / "index", encoder=minilm) as retriever:
        answerer = Answerer(retriever, minilm, AnswerSettings(threshold=0.0))
        first = saved(answerer.ask(QUESTION))
        compared, _ = replay(first.model_copy(update={"hits": ()}), answerer)
    assert compared.promised and not compared.kept


class Slow:
    """A reranker that likes long passages and takes as long as it is told to."""

    id, calibrated = "slow@0", False

    def __init__(self, seconds):
        self.seconds = seconds

    def cut(self, query, texts):
        return 0

    def score(self, query, texts):
        time.sleep(self.seconds)
        return np.array([len(text) for text in texts], dtype=np.float32)


def test_what_a_reranker_had_no_time_for_is_not_promised_and_what_it_had_time_for_is_read_again(corpus, minilm):
    sections = "\n\n".join(f"## Part {n}\n\nLoRA trains {n} % of the parameters. {'Word ' * 150}" for n in range(24))
    (corpus / "notes" / "long.md").write_text(f"# LoRA\n\n{sections}\n", encoding="utf-8")
    compose.run_ingestion(Settings(index=corpus / "index"), [corpus / "notes"], encoder=minilm)

    def ask(seconds, budget):
        settings = SearchSettings(rerank_budget_s=budget)
        with Retriever.open(corpus / "index", encoder=minilm, reranker=Slow(seconds), settings=settings) as retriever:
            answerer = Answerer(retriever, minilm, AnswerSettings(threshold=0.0))
            return saved(answerer.ask(QUESTION)), answerer

    with Retriever.open(corpus / "index", encoder=minilm, reranker=Slow(0.05)) as retriever:
        slow = Answerer(retriever, minilm, AnswerSettings(threshold=0.0))
        in_time, _ = ask(0.0, 3600.0)
        in_time = in_time.model_copy(
            update={"receipt": in_time.receipt.model_copy(update={"search": {"rerank_budget_s": 0.01}})}
        )
        compared, again = replay(in_time, slow)
        assert in_time.receipt.reranker_note == "" == again.receipt.reranker_note
        assert compared.promised and compared.kept
        hurried, _ = ask(0.05, 0.01)
        assert "16 in time" in hurried.receipt.reranker_note
        compared, again = replay(hurried, slow)
        assert not compared.promised and "16 in time" in again.receipt.reranker_note


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "is no receipt"), ("{}", "question"), ("[1]", "is no receipt"), ('{"question": 1}', "is no receipt")],
)
def test_what_is_no_receipt_is_explained(tmp_path, text, why):
    path = tmp_path / "receipt.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=why):
        read_receipt(path)


def test_a_receipt_that_is_not_there_is_explained(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_receipt(tmp_path / "none.json")


def test_a_receipt_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "receipt.json").mkdir()
    with pytest.raises(OSError, match=r"receipt\.json"):
        write_receipt(tmp_path / "receipt.json", {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["receipt.json"]


def test_writing_replaces_whole_files(tmp_path):
    path = tmp_path / "receipt.json"
    path.write_text("old", encoding="utf-8")
    write_receipt(path, {"question": "What?"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"question": "What?"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["receipt.json"]


@pytest.mark.usefixtures("surroundings")
def test_the_command_line_keeps_and_replays(corpus, capsys):
    index, kept = str(corpus / "index"), corpus / "kept.json"
    assert main(["ask", "--index", index, QUESTION, "--receipt", str(kept)]) == 0
    capsys.readouterr()
    assert main(["replay", "--index", index, str(kept)]) == 0
    shown = capsys.readouterr().out
    assert "hits: the same, in the same order" in shown and "text: the same" in shown
    assert main(["replay", "--index", index, str(kept), "--json"]) == 0
    form = json.loads(capsys.readouterr().out)
    assert form["promised"] and form["kept"] and form["answer"]["question"] == QUESTION
    form = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps({**form, "hits": form["hits"][1:]}), encoding="utf-8")
    assert main(["replay", "--index", index, str(kept)]) == 1
    assert main(["replay", "--index", index, str(corpus / "none.json")]) == 2
    assert main(["ask", "--index", index, QUESTION, "--receipt", str(corpus / "none" / "kept.json")]) == 2


@pytest.mark.usefixtures("surroundings")
def test_a_follow_up_takes_its_conversation_from_receipts(corpus, capsys):
    index, kept = str(corpus / "index"), corpus / "kept.json"
    main(["ask", "--index", index, QUESTION, "--receipt", str(kept)])
    capsys.readouterr()
    assert main(["ask", "--index", index, "And which weights stay in place?", "--after", str(kept), "--json"]) == 0
    form = json.loads(capsys.readouterr().out)
    assert "LoRA" in form["standalone"]
    assert any(form["standalone"] in note for note in form["notes"])
    assert form["receipt"]["turns"][0]["question"] == QUESTION
