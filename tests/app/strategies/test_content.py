"""Content terms, numbers, names and phrases of questions."""

import pytest
from sota_rag.app.strategies.content import content_terms, names, numbers, phrases


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What fraction of the parameters does LoRA train?", ["LoRA"]),
        ("Is GPTQ better than AWQ?", ["GPTQ", "AWQ"]),
        ("How fast is Llama 2 7B on BM25?", ["Llama 2 7B", "BM25"]),
        ("How much GPU memory do I need to fine-tune a 65B model?", []),
        ("LoRA or lora, LoRA?", ["LoRA"]),
        ("What did Mistral publish?", ["Mistral"]),
        ("What's LoRA's rank?", ["LoRA"]),
        ("WHAT IS LORA?", []),
        ("what is lora?", []),
        ("", []),
    ],
)
def test_names(question, found):
    assert names(question) == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What is a mixture of experts?", ["mixture of experts"]),
        ("What fraction of the parameters does LoRA train?", ["fraction of the parameters", "LoRA"]),
        ("How much memory does QLoRA need for a 65B model?", ["memory", "QLoRA", "65B model"]),
        ("Why?", []),
    ],
)
def test_phrases(question, found):
    assert phrases(question) == found


def test_numbers_also_inside_words():
    assert numbers("1,000 steps of a 7B model at 1e-4 and 0.1") == {"1000", "7", "1", "4", "0.1"}


def test_content_leaves_out_what_only_asks_or_points():
    assert content_terms("What about its memory use, and why isn't that so?") == {"memori"}
