"""Which questions are compound, and into what they are taken apart."""

import pytest
from sota_rag.app.strategies.decompose import compound, split
from sota_rag.index.errors import LanguageModelTimeoutError


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("What is the difference between GPTQ and AWQ?", "a comparison"),
        ("Is LoRA slower than full fine-tuning?", "a comparison"),
        ("shared expert vs routed expert", "a comparison"),
        ("What is LoRA and how is it merged?", "two questions in one"),
        ("Which is better for a laptop, GGUF or MLX?", "a choice"),
        ("What does QLoRA add to LoRA?", "two names"),
        ("How do warmup and weight decay interact?", "two things joined"),
        ("What is LoRA? What is quantization?", "several questions"),
        ("What is expert collapse?", ""),
        ("How much memory does a 7B model need in 4-bit?", ""),
        ("What is a mixture of experts?", ""),
        ("Really? Why?", ""),
        ("And what is expert collapse?", ""),
    ],
)
def test_compound(question, why):
    assert compound(question) == why


def test_a_simple_question_is_left_alone_and_the_model_is_not_asked(scripted):
    model = scripted("What is expert?\nWhat is collapse?")
    assert split("What is expert collapse?", model) == ((), "the question asks for one thing")
    assert model.requests == []


def test_questions_with_a_mark_each_need_no_model_and_stand_alone():
    queries, why = split("What does LoRA freeze? How much memory does it need? Really?", None)
    assert queries == ("What does LoRA freeze?", "LoRA: how much memory does it need?")
    assert why == ""


def test_the_model_takes_a_comparison_apart(scripted):
    model = scripted("1. How does GPTQ round?\n2. How does AWQ round?")
    assert split("What is the difference between GPTQ and AWQ?", model)[0] == (
        "How does GPTQ round?",
        "How does AWQ round?",
    )


def test_a_part_that_points_back_gets_the_topic(scripted):
    model = scripted("What is contextual retrieval?\nHow much does it help?")
    queries, _ = split("What is contextual retrieval and how much does it help?", model)
    assert queries == ("What is contextual retrieval?", "contextual retrieval: how much does it help?")


def test_nothing_usable_is_said(scripted):
    question = "What is the difference between GPTQ and AWQ?"
    assert split(question, scripted(question))[1].startswith("the model gave nothing usable: ")
    assert split(question, None) == ((), "no language model is set up")
    late = scripted(LanguageModelTimeoutError("too long"))
    assert split(question, late) == ((), "the language model failed: too long")
