import math
from collections import Counter, deque

import numpy as np
from sota_rag.app.llm import Sampling
from sota_rag.app.llm.sampling import Sampler, draw, penalised

LOGITS = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))


def test_temperature_zero_takes_the_likeliest():
    sampler = Sampler(Sampling(temperature=0, repeat_penalty=1))
    assert [sampler.choose(LOGITS) for _ in range(3)] == [0, 0, 0]


def test_the_penalty_of_repetition_by_hand():
    logits = np.array([2.0, -1.0, 3.0], dtype=np.float32)
    assert penalised(logits, deque([0, 1, 0]), 2.0).tolist() == [1.0, -2.0, 3.0]
    assert logits.tolist() == [2.0, -1.0, 3.0], "left as they are"
    sampler = Sampler(Sampling(temperature=0, repeat_penalty=4))
    assert [sampler.choose(np.array([4, 3, 2], dtype=np.float32)) for _ in range(4)] == [0, 1, 2, 0]


def test_the_nucleus_holds_the_least_tokens_that_are_likely_enough():
    drawn = {draw(LOGITS, 1.0, 0.75, dice) for dice in np.linspace(0, 0.9999, 500)}
    assert drawn == {0, 1}
    assert {draw(LOGITS, 1.0, 1.0, dice) for dice in np.linspace(0, 0.9999, 500)} == {0, 1, 2, 3}
    assert draw(LOGITS, 1.0, 1e-9, 0.99) == 0


def test_shares_are_those_of_the_distribution():
    counts = Counter(draw(LOGITS, 1.0, 1.0, dice) for dice in np.linspace(0, 1, 10_001)[:-1])
    assert all(math.isclose(counts[token] / 10_000, np.exp(LOGITS[token]), abs_tol=0.001) for token in range(4))
    cold = Counter(draw(LOGITS, 0.5, 1.0, dice) for dice in np.linspace(0, 1, 10_001)[:-1])
    assert math.isclose(cold[0] / 10_000, 0.25 / (0.25 + 0.09 + 0.0225 + 0.0025), abs_tol=0.001)


def test_a_large_vocabulary_is_drawn_from_alike():
    dice = np.random.default_rng(0)
    flat, peaked = dice.normal(size=20_000).astype(np.float32), dice.normal(size=20_000).astype(np.float32) * 9
    for scores in (flat, peaked):
        order = np.argsort(-scores, kind="stable")
        odds = np.exp(scores[order].astype(np.float64) - scores.max())
        size = int((odds.cumsum() - odds < 0.9 * odds.sum()).sum())
        expected = [int(order[np.searchsorted(odds[:size].cumsum() / odds[:size].sum(), at)]) for at in (0.1, 0.5, 0.9)]
        assert [draw(scores, 1.0, 0.9, at) for at in (0.1, 0.5, 0.9)] == expected


def test_the_same_seed_gives_the_same_tokens():
    def run(seed):
        sampler = Sampler(Sampling(temperature=1.0, top_p=1.0, seed=seed))
        return [sampler.choose(LOGITS) for _ in range(40)]

    assert run(3) == run(3)
    assert run(3) != run(4)


def test_a_grammar_is_asked_about_few_tokens():
    asked = []

    def allowed(tokens):
        asked.append(len(tokens))
        return tokens == 17

    logits = np.arange(5000, 0, -1).astype(np.float32)
    assert Sampler(Sampling(temperature=0), allowed).choose(logits) == 17
    assert asked == [1, 256]
    assert Sampler(Sampling(temperature=0), lambda tokens: tokens == 4999).choose(logits) == 4999
    assert Sampler(Sampling(temperature=0), lambda tokens: tokens < 0).choose(logits) is None
