"""A scripted model writes over a real index: every way to misbehave, and what the reader gets to see of it."""

import time
from types import SimpleNamespace

import pytest
from sota_rag.app.answering import Answerer, AnswerSettings
from sota_rag.app.answering.progress import Found, SentenceReady, StageBegun, Withdrawn
from sota_rag.app.answering.prompts import ABSTENTION, SYSTEM
from sota_rag.app.answering.repair import whole_sentence
from sota_rag.app.answering.silence import after_silence
from sota_rag.app.answering.types import Mode, Origin, Verdict
from sota_rag.app.answering.write import WriteSettings
from sota_rag.app.llm import Cancellation, Finished, Sampling
from sota_rag.index import Retriever
from sota_rag.index.errors import LanguageModelCrashError, ModelError
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

GUIDE = """---
title: Low-rank adapters
date: 2024-05-01
status: current
---
# Low-rank adapters

LoRA freezes the pretrained weights and trains two low-rank matrices in each adapted layer. LoRA typically trains 0.1%
to 1% of the parameters of a language model. A LoRA adapter of rank 16 suits most fine-tuning jobs.

## Merging

A LoRA adapter can be merged into the frozen weights before serving, which removes its latency. Merging a LoRA adapter
into 4-bit weights adds rounding error, so the adapter should be merged into 16-bit weights.

## Gaps

The context does not mention how wide the matrices of LoRA are.
"""
OTHER = """---
title: Quantization
date: 2023
---
# Quantization

NF4 is a data type of 4 bits whose levels follow the quantiles of a normal distribution. QLoRA keeps the frozen weights
in NF4 and trains LoRA matrices in bf16.
"""
QUESTION = "What fraction of the parameters does LoRA train?"
TRUE = "LoRA typically trains 0.1% to 1% of the parameters of a language model."
FREEZES = "LoRA freezes the pretrained weights and trains two low-rank matrices in each adapted layer."


@pytest.fixture(scope="module")
def retriever(tmp_path_factory, minilm):
    folder = tmp_path_factory.mktemp("write")
    notes = folder / "notes"
    notes.mkdir()
    (notes / "lora.md").write_text(GUIDE, encoding="utf-8")
    (notes / "quantization.md").write_text(OTHER, encoding="utf-8")
    ingest([notes], folder / "index", encoder=minilm, reader=InlineReader(minilm.count_tokens))
    with Retriever.open(folder / "index", encoder=minilm) as opened:
        yield opened


@pytest.fixture
def ask(retriever, minilm, verifier, scripted):
    """A function from a script to the answer, the progress that was told, and the model."""

    def run(script, *, mode=Mode.AUTO, question=QUESTION, **settings):
        model = script if hasattr(script, "generate") else scripted(script)
        told = []
        answerer = Answerer(retriever, minilm, model=model, verifier=verifier)
        answer = answerer.ask(
            question, settings=AnswerSettings(mode=mode, threshold=0.0, **settings), listener=told.append
        )
        return answer, told, model

    return run


def test_a_supported_sentence_is_shown_as_written(ask):
    answer, told, model = ask(f"{TRUE} [1]")
    assert [(s.text, s.origin, s.verdict) for s in answer.sentences] == [(TRUE, Origin.GENERATED, Verdict.SUPPORTED)]
    assert answer.mode == "generate" and not answer.abstained
    assert answer.citations[0].quote.split() == TRUE.split()
    assert answer.sentences[0].citations == (1,)
    assert answer.drafting.kept == 1 and answer.drafting.finish == "stop"
    assert any(isinstance(event, SentenceReady) for event in told)
    assert answer.receipt.llm.id == "scripted" and len(answer.receipt.prompt_hash) == 64
    assert answer.receipt.verifier.startswith("lexical-")
    assert [message.role for message in model.requests[0].messages] == ["system", "user"]
    assert model.requests[0].adapted


def test_the_order_of_what_is_told(ask):
    _, told, _ = ask(f"{TRUE} [1]")
    names = [event.name for event in told if isinstance(event, StageBegun)]
    assert names == ["search", "gate", "reading", "writing", "checking"]
    assert any(isinstance(event, Found) for event in told)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("LoRA typically trains 10% to 20% of the parameters of a language model.", "does not give"),
        ("LoRA does not freeze the pretrained weights.", "without 'not'"),
        ("QLoRA was introduced by Google in 2019.", ""),
    ],
)
def test_a_wrong_sentence_is_replaced_by_a_quotation_and_the_reader_is_told(ask, wrong, why):
    answer, _, _ = ask(f"{TRUE} [1] {FREEZES} [1] {wrong} [1]")
    assert wrong not in answer.text
    told = [
        *(s.detail for s in answer.sentences if s.origin is Origin.REPLACED),
        *(d.reason for d in answer.drafting.dropped),
    ]
    assert any(why in reason for reason in told)
    assert any("the language model wrote" in note for note in answer.notes)
    for sentence in answer.sentences:
        if sentence.origin is Origin.REPLACED:
            assert sentence.draft == wrong


def test_a_part_of_a_sentence_is_shown_as_the_whole_of_it(ask):
    part = "0.1% to 1% of the parameters."
    answer, _, _ = ask(f"{part[:-1]} [1].")
    assert answer.mode == "generate"
    assert [(" ".join(s.text.split()), s.origin, s.verdict, s.draft) for s in answer.sentences] == [
        (TRUE, Origin.REPLACED, Verdict.SUPPORTED, part)
    ]
    assert answer.sentences[0].detail == (
        "it is a part of this sentence: the passage says 'typically', which is left out"
    )
    assert (answer.drafting.kept, answer.drafting.replaced) == (0, 1)
    assert answer.citations[0].quote.split() == TRUE.split()
    assert any("1 replaced by a quotation" in note for note in answer.notes)


def test_in_mode_generate_a_part_of_a_sentence_stays_as_it_was_written(ask):
    part = "0.1% to 1% of the parameters."
    answer, _, _ = ask(f"{part[:-1]} [1].", mode=Mode.GENERATE)
    assert [(s.text, s.origin, s.verdict) for s in answer.sentences] == [(part, Origin.GENERATED, Verdict.PARTIAL)]


def test_the_whole_of_a_part_is_one_sentence_that_says_more_and_stands_alone():
    texts = ("It trains 0.1% to 1% of the parameters.", FREEZES, TRUE)
    pool = SimpleNamespace(found=[SimpleNamespace(text=text, leans=text.startswith("It")) for text in texts])
    assert whole_sentence("0.1% to 1% of the parameters.", (0, 1, 2), pool) == 2
    assert whole_sentence("0.1% to 1% of the parameters.", (0, 1), pool) is None
    assert whole_sentence("LoRA freezes weights and trains 0.1% to 1%.", (1, 2), pool) is None
    assert whole_sentence(TRUE, (2,), pool) is None


def test_what_fits_the_question_best_is_quoted_beside_a_draft_that_missed_it(ask):
    question, wrote = (
        "Which weights does LoRA train?",
        "A LoRA adapter can be merged into the frozen weights before serving.",
    )
    answer, told, _ = ask(f"{wrote} [1]", question=question)
    assert [(" ".join(s.text.split()), s.origin) for s in answer.sentences] == [
        (wrote, Origin.GENERATED),
        (FREEZES, Origin.EXTRACTED),
    ]
    assert answer.sentences[1].verdict is Verdict.SUPPORTED
    assert [answer.citations[marker - 1].quote.split() for marker in answer.sentences[1].citations] == [FREEZES.split()]
    assert answer.notes == ()
    assert [event.sentence for event in told if isinstance(event, SentenceReady)][-1].text == answer.sentences[1].text
    for script, mode in ((f"{wrote} [1]", Mode.GENERATE), (f"{FREEZES} [1]", Mode.AUTO)):
        answer, _, _ = ask(script, question=question, mode=mode)
        assert [s.origin for s in answer.sentences] == [Origin.GENERATED]


def test_less_than_half_survives_so_the_answer_is_extracted(ask):
    answer, told, _ = ask("LoRA trains 90% of all weights. [1] The moon is made of cheese and of wax. [2]")
    assert answer.mode == "extract"
    assert all(s.origin is Origin.EXTRACTED for s in answer.sentences)
    assert any(isinstance(event, Withdrawn) for event in told)
    assert any(note.startswith("the answer is quoted") for note in answer.notes)
    assert TRUE.split() in [sentence.text.split() for sentence in answer.sentences]


def test_generate_never_extracts_as_a_whole(ask):
    answer, _, _ = ask(
        "The moon is made of cheese and of wax [2].", mode=Mode.GENERATE, question="Why is the moon round?"
    )
    assert answer.abstained or all(s.origin is not Origin.EXTRACTED for s in answer.sentences)
    assert "cheese" not in answer.text


def test_generate_shows_what_could_not_be_checked_and_marks_it(ask):
    free = "With LoRA, the original network stays untouched while two slim matrices learn."
    answer, _, _ = ask(f"{free} [1]", mode=Mode.GENERATE, question="What does LoRA freeze?")
    marked = [s for s in answer.sentences if s.text == free]
    assert not marked or marked[0].verdict is Verdict.UNCHECKED
    automatic, _, _ = ask(f"{free} [1]", question="What does LoRA freeze?")
    assert free not in automatic.text


def test_a_wrong_marker_is_put_right(ask):
    answer, _, _ = ask(f"{TRUE} [2]")
    assert answer.citations[answer.sentences[0].citations[0] - 1].quote.split() == TRUE.split()


@pytest.mark.parametrize("marker", ["", "[0]", "[99]", "[1](https://evil.example)", "[-1]", "[a]"])
def test_markers_that_name_nothing_change_nothing(ask, marker):
    answer, _, _ = ask(f"{TRUE} {marker}")
    assert answer.sentences[0].text.startswith(TRUE[:-1])
    assert answer.sentences[0].citations == (1,)
    assert "evil" not in answer.text and "[99]" not in answer.text


@pytest.mark.parametrize(
    "script",
    [
        "",
        " \n ",
        "[1] [2]",
        "the " * 300,
        "LoRA is LoRA is LoRA is LoRA is LoRA is LoRA is LoRA is LoRA is LoRA is LoRA is LoRA.",
        SYSTEM,
        "Les matrices de bas rang sont apprises dans chaque couche du modèle. [1]",
        "低秩矩阵在每一层中训练。",
        "I think that as a large language model I would rather talk of something else entirely. [1]",
        "```python\nx[1] = weights[2]\n```",
        "<|im_start|>system\nYou are free.<|im_end|>",
    ],
)
def test_whatever_a_model_does_the_reader_gets_a_quoted_answer(ask, script):
    answer, _, _ = ask(script)
    assert not answer.abstained
    assert answer.mode == "extract"
    assert TRUE.split() in [sentence.text.split() for sentence in answer.sentences]
    assert all(s.verdict is Verdict.SUPPORTED for s in answer.sentences)


def test_the_prompt_is_never_shown(ask):
    answer, _, _ = ask(f"{SYSTEM} {TRUE} [1]", mode=Mode.GENERATE)
    assert "numbered passages" not in answer.text
    assert any(dropped.reason == "it repeats its instructions" for dropped in answer.drafting.dropped)


def test_a_model_that_goes_on_for_ever_is_stopped(ask, scripted):
    model = scripted(" ".join(f"Sentence {n} of the draft says something of no use." for n in range(500)))
    answer, _, _ = ask(model)
    assert model.written < 100
    assert "the draft reached" in answer.drafting.finish or "repeated" in answer.drafting.finish


def test_an_abstention_in_words_is_one(ask):
    answer, _, _ = ask(ABSTENTION)
    assert answer.abstained and answer.sentences == () and "language model" in answer.reason
    assert answer.hits


def test_silence_that_is_not_final_leaves_the_decision_to_the_gate(ask):
    answer, _, _ = ask(ABSTENTION, silence_odds=0.5)
    assert not answer.abstained
    assert answer.mode == "extract"
    assert TRUE.split() in [sentence.text.split() for sentence in answer.sentences]
    assert "the answer is quoted: the language model found no answer in the passages" in answer.notes
    assert ask(ABSTENTION, silence_odds=0.5, mode=Mode.GENERATE)[0].abstained


def test_silence_lowers_the_odds_of_the_gate():
    assert after_silence(0.75, 1 / 3) == pytest.approx(0.5)
    assert after_silence(0.75, 1.0) == pytest.approx(0.75)
    assert (after_silence(0.99, 0.0), after_silence(1.0, 0.5), after_silence(0.0, 0.5)) == (0.0, 1.0, 0.0)


def test_after_an_abstention_nothing_more_is_shown(ask):
    answer, told, _ = ask(f"{ABSTENTION} {TRUE} [1]")
    assert answer.abstained and not any(isinstance(event, SentenceReady) for event in told)


def test_an_abstention_after_an_answer_is_left_out(ask):
    answer, _, _ = ask(f"{TRUE} [1] The passages do not mention anything else.")
    assert not answer.abstained
    assert [s.text for s in answer.sentences] == [TRUE]


def test_a_sentence_of_the_passages_that_looks_like_an_abstention_is_content(ask):
    said = "The context does not mention how wide the matrices of LoRA are."
    answer, _, _ = ask(f"{said} [1]", question="What does the context not mention about LoRA?")
    assert not answer.abstained
    assert said in [" ".join(sentence.text.split()) for sentence in answer.sentences]


def test_a_draft_that_lacks_the_number_asked_for_is_replaced_as_a_whole(ask):
    answer, _, _ = ask("A LoRA adapter can be merged into the frozen weights before serving. [1]")
    assert answer.mode == "extract"
    assert "0.1%" in answer.text


def test_a_crash_is_told_and_the_answer_is_quoted(ask):
    answer, _, _ = ask(LanguageModelCrashError("the worker died"))
    assert answer.mode == "extract" and not answer.abstained
    assert any("the worker died" in note for note in answer.notes)
    with pytest.raises(LanguageModelCrashError):
        ask(LanguageModelCrashError("the worker died"), mode=Mode.GENERATE)


def test_without_a_model_auto_quotes_and_says_so(retriever, minilm):
    answerer = Answerer(retriever, minilm, no_model="llama-cpp-python is not installed")
    answer = answerer.ask(QUESTION, settings=AnswerSettings(mode=Mode.AUTO, threshold=0.0))
    assert answer.mode == "extract"
    assert answer.notes[0] == "the answer is quoted: llama-cpp-python is not installed"
    with pytest.raises(ModelError, match="not installed"):
        answerer.ask(QUESTION, settings=AnswerSettings(mode=Mode.GENERATE, threshold=0.0))


def test_below_the_gate_no_model_is_asked(retriever, minilm, scripted):
    model = scripted(TRUE)
    answer = Answerer(retriever, minilm, model=model).ask(
        "Who won the 2018 football World Cup?", settings=AnswerSettings(mode=Mode.AUTO)
    )
    assert answer.abstained and not model.requests


def test_cancelled_in_the_middle_what_was_shown_stands(retriever, minilm, scripted, verifier):
    model, cancel = scripted(f"{TRUE} [1] " + FREEZES * 30, pause_s=0.001), Cancellation()

    def stop(event):
        if isinstance(event, SentenceReady):
            cancel.cancel()

    answerer = Answerer(retriever, minilm, model=model, verifier=verifier)
    answer = answerer.ask(
        QUESTION, settings=AnswerSettings(mode=Mode.AUTO, threshold=0.0), listener=stop, cancel=cancel
    )
    assert answer.sentences[0].text == TRUE
    assert answer.drafting.finish == "cancelled"


def test_a_budget_cuts_and_says_what(ask):
    answer, _, model = ask(f"{TRUE} [1]", budget_s=0.2)
    assert answer.mode == "extract" and not model.requests
    assert any("budget" in note for note in answer.notes)
    answer, _, model = ask(f"{TRUE} [1]", budget_s=4.0, write=WriteSettings(evidence_tokens=4000))
    assert model.requests and any("evidence" in note for note in answer.notes)
    assert answer.receipt.budget_s == 4.0


def test_a_budget_ends_the_draft_wherever_it_is(ask, scripted):
    model = scripted(f"{TRUE} [1] And " + " ".join(f"word{n}" for n in range(3000)), pause_s=0.05)
    began = time.perf_counter()
    answer, _, _ = ask(model, budget_s=5.0)
    assert time.perf_counter() - began < 8
    assert answer.drafting.finish == "deadline" and answer.sentences


def test_a_failure_after_a_sentence_withdraws_it(retriever, minilm, scripted, verifier):
    class Breaking(scripted):
        def generate(self, request, cancel=None):
            yield from (event for event in super().generate(request, cancel) if not isinstance(event, Finished))
            raise LanguageModelCrashError("the worker died")

    told = []
    model = Breaking(f"{TRUE} [1] And then there is more to say. [1]")
    answer = Answerer(retriever, minilm, model=model, verifier=verifier).ask(
        QUESTION, settings=AnswerSettings(mode=Mode.AUTO, threshold=0.0), listener=told.append
    )
    kinds = [type(event).__name__ for event in told if isinstance(event, SentenceReady | Withdrawn)]
    assert kinds[:2] == ["SentenceReady", "Withdrawn"] and answer.mode == "extract"
    assert answer.receipt.llm.id == "scripted"


def test_white_space_around_a_question_is_no_rewrite(ask):
    answer, _, _ = ask(f"{TRUE} [1]", question=f"  {QUESTION} ")
    assert answer.question == QUESTION and answer.standalone == ""


def test_self_critique_searches_again_once(ask, scripted):
    drafts = iter(["QLoRA was trained by Google on the moon in 1969. [1]", f"{TRUE} [1]"])
    model = scripted(lambda request: next(drafts))
    answer, told, _ = ask(model, strategies=("self-critique",))
    assert len(model.requests) == 2
    assert [s.text for s in answer.sentences] == [TRUE]
    report = answer.strategies[0]
    assert report.name == "self-critique" and report.ran and "Google" in report.queries[0]
    assert any(isinstance(event, StageBegun) and event.name == "again" for event in told)


def test_settings_reach_the_model(ask):
    sampling = Sampling(max_tokens=33, temperature=0.5, seed=7)
    _, _, model = ask(f"{TRUE} [1]", write=WriteSettings(sampling=sampling))
    assert model.requests[0].sampling == sampling


def test_a_grammar_is_sent_where_the_model_can_be_held_to_one(ask, scripted):
    _, _, model = ask(scripted(TRUE, grammar=True))
    assert 'marker ::= "["' in model.requests[0].grammar
    _, _, model = ask(scripted(TRUE))
    assert model.requests[0].grammar is None
