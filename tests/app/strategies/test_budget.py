"""The plan keeps its budget, gives more for more, and says what it cut."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.app.llm.types import Sampling
from sota_rag.app.strategies import decompose, hyde, multi_query
from sota_rag.app.strategies.budget import (
    _CALLS,
    FEWEST_EVIDENCE_TOKENS,
    FEWEST_TOKENS,
    Wanted,
    estimate,
    plan,
    strategy_s,
)
from sota_rag.app.strategies.speeds import Speeds

SPEEDS = Speeds()
WANTED = Wanted(mode="auto", evidence_tokens=1000, max_tokens=160, prompt_overhead_tokens=200, cached_tokens=150)
ALL = ("hyde", "multi-query", "decompose", "self-critique")

budgets = st.floats(0.01, 60)
speeds = st.builds(
    Speeds,
    prompt_tokens_s=st.floats(5, 20_000),
    tokens_s=st.floats(1, 500),
    load_s=st.floats(0, 20),
    search_s=st.floats(0.001, 2),
    check_s=st.floats(0.001, 2),
)
wants = st.builds(
    Wanted,
    mode=st.sampled_from(["auto", "generate", "extract"]),
    evidence_tokens=st.integers(100, 8000),
    max_tokens=st.integers(16, 1000),
    strategies=st.lists(st.sampled_from(ALL), unique=True).map(tuple),
    rerank_s=st.sampled_from([0.0, 0.5, 1.0]),
    prompt_overhead_tokens=st.integers(0, 500),
    cached_tokens=st.integers(0, 600),
    model_ready=st.booleans(),
)


@given(wants, speeds)
def test_without_a_budget_nothing_changes(wanted, speeds):
    made = plan(None, wanted, speeds)
    assert (made.mode, made.evidence_tokens, made.max_tokens) == (
        wanted.mode,
        wanted.evidence_tokens,
        wanted.max_tokens,
    )
    assert (made.strategies, made.rerank_s, made.generation_s, made.cut) == (
        wanted.strategies,
        wanted.rerank_s,
        None,
        (),
    )


@given(budgets, wants, speeds)
def test_the_estimate_keeps_the_budget_or_the_plan_says_not(budget, wanted, speeds):
    made = plan(budget, wanted, speeds)
    warned = any("will not be kept" in said for said in made.cut)
    assert warned == (estimate(made, wanted, speeds) > budget + 1e-6)
    if warned:
        assert made.strategies == () or wanted.mode == "extract"
        assert made.rerank_s == 0
        assert wanted.mode != "auto" or made.mode == "extract"


@given(budgets, budgets, wants, speeds)
def test_a_larger_budget_never_gives_less(one, other, wanted, speeds):
    less, more = plan(min(one, other), wanted, speeds), plan(max(one, other), wanted, speeds)
    assert more.mode == less.mode or less.mode == "extract"
    assert set(less.strategies) <= set(more.strategies)
    for name in ("evidence_tokens", "max_tokens", "rerank_s", "generation_s"):
        assert getattr(less, name) <= getattr(more, name) + 1e-6


@given(budgets, wants, speeds)
def test_what_is_smaller_was_cut_and_said(budget, wanted, speeds):
    made = plan(budget, wanted, speeds)
    untouched = (made.mode, made.evidence_tokens, made.max_tokens, made.strategies, made.rerank_s) == (
        wanted.mode, wanted.evidence_tokens, wanted.max_tokens, wanted.strategies, wanted.rerank_s,
    )  # fmt: skip
    assert untouched == (not [said for said in made.cut if "will not be kept" not in said])
    for name in set(wanted.strategies) - set(made.strategies):
        assert any(said.startswith(f"{name} left out: ") for said in made.cut)
    if wanted.mode == "generate":
        assert made.mode == "generate"
        assert made.evidence_tokens >= min(wanted.evidence_tokens, FEWEST_EVIDENCE_TOKENS)
        assert made.max_tokens >= min(wanted.max_tokens, FEWEST_TOKENS)


def test_enough_is_enough():
    made = plan(60, replace(WANTED, strategies=ALL), SPEEDS)
    assert made.cut == ()
    assert made.strategies == ALL
    assert made.generation_s == pytest.approx(160 / 70)


def test_the_dearest_strategy_goes_first():
    wanted = replace(WANTED, strategies=ALL)
    whole = estimate(plan(None, wanted, SPEEDS), wanted, SPEEDS)
    made = plan(whole - 0.1, wanted, SPEEDS)
    assert made.strategies == ("hyde", "multi-query", "decompose")
    assert made.cut == (f"self-critique left out: it takes about 7.1 s of a budget of {whole - 0.1:.0f} s",)


def test_then_evidence_then_the_answer_then_writing():
    full = estimate(plan(None, WANTED, SPEEDS), WANTED, SPEEDS)
    assert plan(full - 2, WANTED, SPEEDS).cut == ("evidence cut from 1,000 to 560 tokens",)
    made = plan(full - 4, WANTED, SPEEDS)
    assert (made.evidence_tokens, made.max_tokens) == (300, 100)
    assert made.cut == ("evidence cut from 1,000 to 300 tokens", "the answer cut from 160 to 100 tokens")
    made = plan(1, WANTED, SPEEDS)
    assert (made.mode, made.evidence_tokens, made.max_tokens, made.generation_s) == ("extract", 0, 0, 0.0)
    assert made.cut == ("answers are quoted, not written: the budget of 1 s has no room for the language model",)


def test_the_reranker_goes_last():
    made = plan(0.8, replace(WANTED, rerank_s=1.0), SPEEDS)
    assert made.rerank_s == pytest.approx(0.45)
    assert made.cut[-1] == "reranking cut from 1 s to 0.45 s"


def test_rewordings_are_searched_without_the_reranker():
    plain, slow = WANTED, replace(WANTED, rerank_s=1.0)
    cost = {
        (name, wanted.rerank_s): strategy_s(name, plan(None, wanted, SPEEDS), wanted, SPEEDS)
        for name in ("multi-query", "decompose")
        for wanted in (plain, slow)
    }
    assert cost["multi-query", 1.0] == cost["multi-query", 0.0]
    assert cost["decompose", 1.0] == pytest.approx(cost["decompose", 0.0] + decompose.MOST)


def test_generation_is_not_given_up_when_it_is_asked_for():
    made = plan(1, replace(WANTED, mode="generate", strategies=("hyde",)), SPEEDS)
    assert (made.mode, made.evidence_tokens, made.max_tokens, made.strategies) == ("generate", 300, 60, ())
    assert made.cut[-1] == "the budget of 1 s will not be kept: the least that can be done takes about 2.8 s"


def test_a_model_that_must_be_loaded_counts():
    budget = estimate(plan(None, WANTED, SPEEDS), WANTED, SPEEDS)
    assert plan(budget, WANTED, SPEEDS).cut == ()
    assert plan(budget, replace(WANTED, model_ready=False), SPEEDS).cut == ("evidence cut from 1,000 to 780 tokens",)


def test_in_extract_only_strategies_that_ask_the_model_cost():
    wanted = replace(WANTED, mode="extract", strategies=("self-critique", "hyde"), model_ready=False)
    made = plan(0.5, wanted, SPEEDS)
    assert made.strategies == ("self-critique",)
    assert (made.mode, made.evidence_tokens, made.cut[1:]) == ("extract", 1000, ())


def test_the_costs_stand_for_what_the_strategies_ask(scripted):
    asked = {"hyde": hyde.make_up, "multi-query": multi_query.reword, "decompose": decompose.split}
    for name, ask in asked.items():
        model = scripted("")
        ask("What is the difference between GPTQ and AWQ?", model)
        (request,) = model.requests
        assert isinstance(request.sampling, Sampling)
        assert request.sampling.max_tokens == _CALLS[name].max_tokens
        # Words are some 0.75 of the tokens, and each message has a frame of its own.
        assert model.count_prompt(request.messages) < _CALLS[name].prompt_tokens
