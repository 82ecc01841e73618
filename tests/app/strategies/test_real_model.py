"""The embedded language model: whatever it writes, the question's first hits stay and every report can be read."""

from importlib.util import find_spec

import pytest
from sota_rag.app.llm.find import find_language_model
from sota_rag.app.llm.local import LocalModel
from sota_rag.app.strategies import Turn, retrieve, standalone
from sota_rag.app.strategies.budget import _CALLS
from sota_rag.app.strategies.content import content_terms
from sota_rag.app.strategies.prompts import decompose_messages, hyde_messages, multi_query_messages

QUESTION = "What is the difference between GPTQ and AWQ?"


@pytest.fixture(scope="module")
def smollm2():
    if find_spec("llama_cpp") is None:
        pytest.skip("llama-cpp-python is not installed")
    found = find_language_model("SmolLM2-135M-Instruct")
    model = LocalModel(found.path, model_id=found.id, window=1024)
    yield model
    model.close()


def test_all_strategies_with_the_embedded_model(view, minilm, smollm2):
    found = retrieve(
        view, QUESTION, 5, strategies=["hyde", "multi-query", "decompose"], model=smollm2, encoder=minilm, seed=1
    )
    plain = view.search(QUESTION, 5)
    assert plain.hits[0].passage.id in {hit.passage.id for hit in found.result.hits}
    for report in found.reports:
        assert report.ran == bool(report.queries)
        assert report.ran or report.detail.startswith("not run: the model gave nothing usable: ")
        assert all(content_terms(query) & content_terms(QUESTION) for query in report.queries)


def test_a_follow_up_keeps_its_words(smollm2):
    said = standalone("What about its memory use?", [Turn("What does AWQ scale?", "AWQ scales channels.")], smollm2)
    assert said.changed
    assert "AWQ" in said.question
    assert "memory use" in said.question


def test_the_prompts_are_as_long_as_the_plan_takes_them_for(smollm2):
    for name, messages in (
        ("hyde", hyde_messages(QUESTION)),
        ("multi-query", multi_query_messages(QUESTION)),
        ("decompose", decompose_messages(QUESTION)),
    ):
        assert 0.6 * _CALLS[name].prompt_tokens < smollm2.count_prompt(messages) <= _CALLS[name].prompt_tokens
