"""`sota-rag ask` with a language model: flags, the forms on the terminal, and the real embedded model end to end."""

import io
import json

import pytest
from sota_rag.app import compose
from sota_rag.app.answering.progress import SentenceReady, StageBegun, Waiting, Withdrawn, Wrote
from sota_rag.app.answering.types import Origin, Sentence, Strength, Verdict
from sota_rag.app.cli import main
from sota_rag.app.settings import Settings
from sota_rag.app.terminal_answer import LiveAnswer, sentence_line

pytestmark = pytest.mark.usefixtures("surroundings")

GUIDE = """---
title: Low-rank adapters
date: 2024-05-01
status: current
---
# Low-rank adapters

LoRA typically trains 0.1% to 1% of the parameters of a language model. The frozen weights of LoRA stay in place.
"""
QUESTION = "What fraction of the parameters does LoRA train?"
TRUE = "LoRA typically trains 0.1% to 1% of the parameters of a language model."


@pytest.fixture(scope="module")
def index(tmp_path_factory, minilm):
    folder = tmp_path_factory.mktemp("written")
    (folder / "notes").mkdir()
    (folder / "notes" / "lora.md").write_text(GUIDE, encoding="utf-8")
    compose.run_ingestion(Settings(index=folder / "index"), [folder / "notes"], encoder=minilm)
    return str(folder / "index")


@pytest.fixture
def written(monkeypatch, scripted):
    """Sets what the language model writes; gives the model."""

    def write(script):
        model = scripted(script)
        model.start = lambda: None
        monkeypatch.setattr(compose, "make_language_model", lambda settings: model)
        return model

    return write


def test_a_written_answer_and_its_marks(written, index, capsys):
    model = written(f"{TRUE} [1]")
    assert main(["ask", "--index", index, QUESTION, "--mode", "auto"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"✓ {TRUE} [1]\n")
    assert "notes/lora.md" in out
    assert model.closed


def test_the_draft_is_explained(written, index, capsys):
    written(f"{TRUE} [1] LoRA trains 90% of the parameters. [1]")
    assert main(["ask", "--index", index, QUESTION, "--mode", "auto", "--explain"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "draft: 2 sentences, 1 shown as written" in out
    assert "LoRA trains 90% of the parameters. (the passage does not give '90%')" in out
    assert "note: of 2 sentences that the language model wrote, 1 left out" in out
    assert "evidence: 1 passages" in out and '"prompt_hash"' in out


def test_a_budget_and_strategies_are_reported(written, index, capsys):
    model = written(f"{TRUE} [1]")
    arguments = [
        "ask",
        "--index",
        index,
        QUESTION,
        "--mode",
        "auto",
        "--budget",
        "150ms",
        "--strategy",
        "hyde",
        "--json",
    ]
    assert main(arguments) == 0
    form = json.loads(capsys.readouterr().out)
    assert form["mode"] == "extract" and not model.requests
    assert [(report["name"], report["ran"]) for report in form["strategies"]] == [("hyde", False)]
    assert any("budget" in note for note in form["notes"])
    assert (form["receipt"]["budget_s"], form["receipt"]["strategies"]) == (0.15, ["hyde"])


@pytest.mark.parametrize("budget", ["0", "-1s", "soon", "8 hours", "", "1e3"])
def test_a_budget_that_is_no_time_is_wrong_usage(index, budget, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["ask", "--index", index, QUESTION, f"--budget={budget}"])
    assert ended.value.code == 2
    assert "write it like 8s" in capsys.readouterr().err


def test_generate_without_a_model_fails_with_the_remedy(monkeypatch, index, capsys):
    monkeypatch.setenv("SOTA_RAG_LLM__MODEL", "none.gguf")
    assert main(["ask", "--index", index, QUESTION, "--mode", "generate"]) == 1
    assert "none.gguf" in capsys.readouterr().err
    assert main(["ask", "--index", index, QUESTION, "--mode", "auto"]) == 0
    out = capsys.readouterr().out
    assert TRUE in " ".join(out.split()) and "note: the answer is quoted:" in out


def test_the_real_embedded_model_end_to_end(index, capsys):
    """Whatever it writes on this processor: what is shown is supported, or marked, and cited."""
    assert main(["ask", "--index", index, QUESTION, "--mode", "auto", "--json"]) == 0
    form = json.loads(capsys.readouterr().out)
    assert not form["abstained"] and form["sentences"]
    for sentence in form["sentences"]:
        assert sentence["verdict"] in ("supported", "partial")
        assert set(sentence["citations"]) <= {citation["marker"] for citation in form["citations"]}
    assert form["receipt"]["llm"]["id"] == "SmolLM2-135M-Instruct"
    assert form["drafting"]["evidence"]["exact"] and form["drafting"]["prompt_tokens"] > 100


def test_live_sentences_are_shown_once_and_withdrawn_visibly():
    status, output = io.StringIO(), io.StringIO()
    live = LiveAnswer(status, output)
    sentence = Sentence(TRUE, (1,), Verdict.SUPPORTED, 1.0, Origin.GENERATED)
    for event in (StageBegun("search"), Waiting(2), StageBegun("writing"), Wrote(5), SentenceReady(sentence, ())):
        live(event)
    assert live.shown == [sentence_line(sentence)]
    assert "waiting for 2 other questions" in status.getvalue()
    live(Withdrawn("less than half"))
    assert live.shown == [] and "withdrawn: less than half" in output.getvalue()


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        (Sentence("It holds.", (1,), Verdict.SUPPORTED, 1.0), "✓ It holds. [1]"),
        (
            Sentence("It holds.", (2,), Verdict.PARTIAL, 0.7, Origin.GENERATED, "the passage says 'may'"),
            "◐ It holds. [2]\n    (partial: the passage says 'may')",
        ),
        (
            Sentence("It holds.", (1,), Verdict.SUPPORTED, 1.0, Origin.REPLACED, "no such number", "It held."),
            "✓ It holds. [1]\n    (quoted in place of what was written: no such number)",
        ),
        (
            Sentence("It holds.", (1,), Verdict.SUPPORTED, 1.0, strength=Strength(2, ("a", "b"), (2020, 2024))),
            "✓ It holds. [1]\n    (2 independent documents say so, 2020–2024)",
        ),
    ],
)
def test_a_sentence_on_the_terminal(sentence, shown):
    assert sentence_line(sentence) == shown
