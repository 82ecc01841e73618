"""Strategies over a real index: what they add, what they say, and that the plain search stands when they fail."""

import time

import numpy as np
import pytest
from sota_rag.app.llm.types import Cancellation
from sota_rag.app.strategies.hyde import hyde_vector
from sota_rag.app.strategies.reports import StrategyReport, no_room
from sota_rag.app.strategies.retrieve import retrieve
from sota_rag.app.strategies.second_query import MOST_WORDS, second_query
from sota_rag.index import Filters, Retriever, SearchSettings
from sota_rag.index.errors import LanguageModelCrashError, ModelError, QueryError

QUESTION = "Does LoRA make a model answer more slowly?"
ALL = ("hyde", "multi-query", "decompose")


def sources(result):
    return [hit.passage.id.split("/")[-1] for hit in result.hits]


def bare(result):
    """A result without its timings, which no two searches share."""
    return result.query, result.generation, result.hits, result.stages, result.notes


def test_without_strategies_it_is_one_plain_search(view, minilm, scripted):
    model = scripted("x")
    for strategies in ((), ("self-critique",)):
        found = retrieve(view, QUESTION, 4, strategies=strategies, model=model, encoder=minilm)
        assert bare(found.result) == bare(view.search(QUESTION, 4))
        assert found.reports == ()
    assert model.requests == []


def test_hyde_searches_with_the_mean_vector_and_the_words_of_the_question(view, minilm, scripted):
    passage = "LoRA merges the update into the frozen weights, so inference costs nothing more."
    found = retrieve(view, QUESTION, 3, strategies=["hyde"], model=scripted(passage), encoder=minilm)
    (report,) = found.reports
    assert (report.name, report.ran, report.queries) == ("hyde", True, (passage,))
    assert report.detail.startswith("a made-up passage of 13 words; ")
    assert report.ms > 0
    vector = hyde_vector(minilm, QUESTION, (passage,))
    assert found.result.hits == view.search(QUESTION, 3, vector=vector).hits
    assert found.result.query == QUESTION


def test_the_vector_is_the_unit_mean(minilm):
    question, passage = minilm.encode(["one", "two"])
    mean = (question + passage) / 2
    made = hyde_vector(minilm, "one", ("two",))
    assert made.dtype == np.float32
    assert np.linalg.norm(made) == pytest.approx(1)
    assert float(made @ (mean / np.linalg.norm(mean))) == pytest.approx(1, abs=1e-3)


def test_hyde_has_nothing_to_do_without_the_dense_leg(view, minilm, scripted):
    model = scripted("LoRA answers.")
    settings = SearchSettings(legs="bm25")
    found = retrieve(view, QUESTION, 3, strategies=["hyde"], model=model, encoder=minilm, settings=settings)
    assert found.reports[0].detail == "not run: only BM25 is searched, which needs no vector"
    assert model.requests == []


def test_rewordings_bring_in_what_two_of_them_agree_on(view, minilm, scripted):
    model = scripted("Does LoRA rye bread toast evenly?\nHow does LoRA bread toast?\nHow long does LoRA toast keep?")
    found = retrieve(view, QUESTION, 4, strategies=["multi-query"], model=model, encoder=minilm)
    plain = view.search(QUESTION, 4)
    new = len(set(sources(found.result)) - set(sources(plain)))
    (report,) = found.reports
    assert report.detail == f"3 rewordings; {new} of 4 hits came only from them"
    assert len(report.queries) == 3
    assert set(sources(plain)[:3]) <= set(sources(found.result))
    assert [stage.name for stage in found.result.stages][-5:] == ["query"] * 4 + ["merge"]


def test_each_part_of_a_compound_question_keeps_its_best_hits(view, minilm, scripted):
    question = "How do GPTQ and rye bread differ?"
    parts = ("Which channels does GPTQ scale?", "How does rye bread toast?")
    model = scripted("\n".join(f"{n}. {part}" for n, part in enumerate(parts, start=1)))
    found = retrieve(view, question, 4, strategies=["decompose"], model=model, encoder=minilm)
    assert found.reports[0].ran
    assert found.reports[0].detail.startswith("a comparison: ")
    assert found.reports[0].queries == ("Which channels does GPTQ scale?",)  # the other lacks the name
    for query in found.reports[0].queries:
        assert sources(view.search(query, 1))[0] in sources(found.result)


def test_two_questions_need_no_model(view, minilm):
    question = "How do loaves keep? How does GPTQ round?"
    found = retrieve(view, question, 4, strategies=["decompose"], model=None, encoder=minilm)
    assert found.reports[0].detail.startswith("several questions: 2 parts; ")
    for part in ("How do loaves keep?", "How does GPTQ round?"):
        assert sources(view.search(part, 1))[0] in sources(found.result)


@pytest.mark.parametrize(
    ("say", "why"),
    [
        ("", "the model gave nothing usable"),
        (QUESTION, "the model gave nothing usable"),
        ("Bread.\nMore bread.", "the model gave nothing usable"),
        (LanguageModelCrashError("the worker died"), "the language model failed: the worker died"),
        (ModelError("no such model"), "the language model failed: no such model"),
    ],
)
def test_the_plain_search_stands_when_the_model_fails(view, minilm, scripted, say, why):
    found = retrieve(view, QUESTION, 4, strategies=ALL, model=scripted(say), encoder=minilm)
    assert bare(found.result) == bare(view.search(QUESTION, 4))
    assert [report.name for report in found.reports] == list(ALL)
    assert not any(report.ran for report in found.reports)
    assert all(report.detail.startswith(f"not run: {why}") for report in found.reports[:2])
    assert found.reports[2].detail == "not run: the question asks for one thing"


def test_no_model_no_time_and_a_stop_leave_the_plain_search(view, minilm, scripted):
    stopped = Cancellation()
    stopped.cancel()
    model = scripted("LoRA answers at full speed.")
    for options, why in (
        ({"model": None}, "no language model is set up"),
        ({"model": model, "deadline": time.monotonic()}, "the time is up"),
        ({"model": model, "cancel": stopped}, "it was stopped"),
    ):
        found = retrieve(view, QUESTION, 4, strategies=["hyde"], encoder=minilm, **options)
        assert bare(found.result) == bare(view.search(QUESTION, 4))
        assert found.reports[0].detail == f"not run: {why}"


PARTS = ("What does GPTQ round?", "What does AWQ scale?")


class Counting:
    """A reranker that keeps the queries."""

    id, calibrated = "counting@0", False

    def __init__(self):
        self.queries = []

    def cut(self, query, texts):
        return 0

    def score(self, query, texts):
        self.queries.append(query)
        return np.arange(len(texts), dtype=np.float32)


def test_a_reranker_reads_the_question_and_its_parts_and_no_rewording(retriever, minilm, scripted):
    reranker = Counting()
    model = scripted("\n".join(PARTS))
    question = "What is the difference between GPTQ and AWQ?"
    with Retriever.open(retriever.index, encoder=minilm, reranker=reranker) as opened:
        for strategy, read in (("multi-query", {question}), ("decompose", {question, *PARTS})):
            reranker.queries.clear()
            found = retrieve(opened.view(), question, 4, strategies=[strategy], model=model, encoder=minilm)
            assert found.reports[0].ran, found.reports
            assert set(reranker.queries) == read


def test_all_together_in_the_order_asked_for_with_the_same_filters(view, minilm, scripted):
    def say(request):
        if request.messages[-1].content.startswith("Write a passage"):
            return "GPTQ and AWQ round weights."
        return "How does GPTQ round weights?\nWhat channels does AWQ scale?"

    filters = Filters(sources=("*quantization*",))
    question = "What is the difference between GPTQ and AWQ?"
    strategies = ["decompose", "hyde", "multi-query", "hyde"]
    options = {"strategies": strategies, "model": scripted(say), "encoder": minilm, "filters": filters, "seed": 7}
    found = retrieve(view, question, 9, **options)
    assert [report.name for report in found.reports] == ["decompose", "hyde", "multi-query"]
    assert all(report.ran for report in found.reports)
    assert len(found.result.hits) == 3
    assert all("quantization" in source for source in sources(found.result))
    assert {request.sampling.seed for request in options["model"].requests} == {7}
    assert not any(request.adapted for request in options["model"].requests)  # an adapter was taught to answer only
    again = retrieve(view, question, 9, **options)
    assert again.result.hits == found.result.hits


def test_a_question_that_cannot_be_searched_is_an_error(view, minilm):
    with pytest.raises(QueryError):
        retrieve(view, " ", 4, strategies=ALL, model=None, encoder=minilm)


def test_a_strategy_without_room_says_so():
    assert no_room("hyde", 2) == StrategyReport("hyde", False, "not run: the budget of 2 s has no room for it")


def test_the_second_query_adds_what_was_missing_then_names_then_words():
    query = second_query(
        "How does LoRA train?", ["QLoRA uses NF4 with paged optimizers.", "LoRA trains."], ["A100", "LoRA"]
    )
    assert query == "How does LoRA train? A100 QLoRA NF4 uses paged optimizers"
    assert second_query("How does LoRA train?", [], ["LoRA"]) == "How does LoRA train?"
    many = second_query("Why?", [" ".join(f"word{n}" for n in range(99))], [])
    assert len(many.split()) == 1 + MOST_WORDS
