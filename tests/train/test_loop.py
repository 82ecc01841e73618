"""A tiny model through the whole recipe: it learns, a stopped run goes on, and what is saved loads anywhere."""

import numpy as np
import pytest
import torch
from sota_rag.index import CrossEncoderReranker

from train import loop
from train.loop import Plan, batches, score, train
from train.reranker import losses
from train.reranker.mine import Group
from train.verifier import losses as verifier_losses
from train.verifier.examples import CONTRADICTED, NEUTRAL, SUPPORTED, UNSUPPORTED, Example

WORDS = "lora dropout warmup adam sgd bert moe rope".split()
GROUPS = [
    Group("small", f"what is {word}", (f"{other} is so", f"{other} is never that"), answered=True)
    for word in WORDS
    for other in WORDS
]
UNITS = [[(group.question, text) for text in group.texts] for group in GROUPS]


def run(tiny, work, *, plan=Plan(epochs=8, rate=3e-3, head_rate=3e-3, batch=8), about="both", said=None):
    loss = losses.make("both", GROUPS)
    return train(
        UNITS, loss, base=tiny, outputs=1, plan=plan, about=about, work=work, say=([] if said is None else said).append
    )


def test_it_learns_and_what_it_saves_is_a_reranker(tiny, tmp_path):
    said = []
    model, tokenizer, hours = run(tiny, tmp_path / "work", said=said)
    right = score(model, tokenizer, [unit[0] for unit in UNITS], 64)[:, 0]
    wrong = score(model, tokenizer, [unit[1] for unit in UNITS], 64)[:, 0]
    assert (right > wrong).float().mean() > 0.9
    assert 0 < hours < 0.2
    assert "left" in said[-1]
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    scores = CrossEncoderReranker(str(tmp_path / "model")).score("what is moe", ["moe is so", "adam is never that"])
    assert scores[0] > scores[1]


def test_a_stopped_run_goes_on_to_the_same_end(tiny, tmp_path, monkeypatch):
    plan = Plan(epochs=2, batch=8, rate=1e-3, checkpoint_s=0)
    whole, _, _ = run(tiny, tmp_path / "whole", plan=plan)
    forward, left = loop._forward, [9]

    def failing(*given, **more):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return forward(*given, **more)

    monkeypatch.setattr(loop, "_forward", failing)
    with pytest.raises(KeyboardInterrupt):
        run(tiny, tmp_path / "work", plan=plan)
    monkeypatch.setattr(loop, "_forward", forward)
    said = []
    resumed, _, _ = run(tiny, tmp_path / "work", plan=plan, said=said)
    assert said[0].startswith("going on after batch 9 of")
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, resumed.state_dict()[name]), name


def test_the_average_of_two_runs_lies_between_them(tiny, tmp_path):
    short = Plan(epochs=0.2, batch=8)
    one, _, _ = run(tiny, tmp_path / "one", plan=short)
    other, _, _ = run(tiny, tmp_path / "other", plan=Plan(epochs=0.5, batch=8))
    before = [parameter.detach().clone() for parameter in one.parameters()]
    loop.average(one, other)
    for was, its, now in zip(before, other.parameters(), one.parameters(), strict=True):
        assert torch.allclose(now, (was + its) / 2, atol=1e-6)
    assert any(not torch.equal(was, now) for was, now in zip(before, one.parameters(), strict=True))


def test_a_checkpoint_of_another_run_is_refused(tiny, tmp_path):
    run(tiny, tmp_path, plan=Plan(epochs=0.2))
    with pytest.raises(SystemExit, match="is of another run"):
        run(tiny, tmp_path, plan=Plan(epochs=0.2, rate=1e-5))
    with pytest.raises(SystemExit, match="is of another run"):
        run(tiny, tmp_path, plan=Plan(epochs=0.2), about="margin")


def test_a_long_first_text_leaves_room_for_the_second(tiny):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny, local_files_only=True)
    ((long,), (short,)) = loop._encode([[("lora " * 400, "moe is so")], [("lora", "moe " * 400)]], tokenizer, 64)
    assert len(short[0]) == 64
    assert tokenizer.decode(long[0]).endswith("moe is so [SEP]")
    assert len(long[0]) <= 64


def test_batches_hold_every_unit_once_per_epoch_and_much_the_same_length():
    rng = np.random.default_rng(0)
    lengths, sizes = rng.integers(10, 200, 500).tolist(), rng.integers(1, 5, 500).tolist()
    made = batches(lengths, sizes, Plan(epochs=2, batch=16))
    assert sorted(unit for batch in made for unit in batch) == sorted([*range(500), *range(500)])
    assert made == batches(lengths, sizes, Plan(epochs=2, batch=16))
    assert made != batches(lengths, sizes, Plan(epochs=2, batch=16, seed=1))
    spread = np.mean([np.ptp([lengths[unit] for unit in batch]) for batch in made])
    assert spread < 30
    assert len([unit for batch in batches(lengths, sizes, Plan(epochs=0.5)) for unit in batch]) == 250


def test_losses_worked_by_hand():
    groups = [
        Group("a", "q", ("r", "w"), answered=True),
        Group("a", "q", ("w", "w"), answered=False),
    ]
    outputs = torch.tensor([[2.0], [0.0], [1.0], [-1.0]], requires_grad=True)
    plus = lambda x: float(np.log1p(np.exp(x)))  # noqa: E731
    listwise = plus(-2.0)
    pointwise = plus(-2.0) / 2 + (plus(0.0) + (plus(1.0) + plus(-1.0)) / 2) / 2 / 2
    expected = {"listwise": listwise, "margin": 0.0, "pointwise": pointwise, "both": listwise + pointwise / 2}
    for name, value in expected.items():
        assert float(losses.make(name, groups)(outputs, [0, 1]).detach()) == pytest.approx(value, abs=1e-6)
    losses.make("listwise", groups)(outputs[2:], [1]).backward()  # of a batch in which nothing is answered


def test_verifier_loss_takes_the_best_window_and_knows_what_it_does_not_know():
    examples = [
        Example("a", "1", "c", ("w",), SUPPORTED),
        Example("a", "2", "c", ("w",), UNSUPPORTED),
        Example("b", "3", "c", ("w",), NEUTRAL),
        Example("b", "4", "c", ("w",), CONTRADICTED),
    ]
    outputs = torch.tensor([[0.0, 5, 0], [2, 0, 0], [0, 1, 1], [0, 3, 0], [0, 0, 3]])
    logs = torch.log_softmax(outputs, dim=1)
    weight = verifier_losses.weights(examples)
    values = [logs[1, 0], torch.logsumexp(logs[2, 1:], dim=0), logs[3, 1], logs[4, 2]]
    expected = sum(-one * float(value) for one, value in zip(weight, values, strict=True)) / 4
    assert float(verifier_losses.make(examples, [2, 1, 1, 1])(outputs, [0, 1, 2, 3])) == pytest.approx(
        expected, abs=1e-5
    )


def test_a_contradiction_is_asked_of_the_window_that_contradicts():
    example = [Example("b", "1", "c", ("w",), CONTRADICTED)]
    outputs = torch.tensor([[4.0, 0, 0], [0, 0, 3.0]])
    logs = torch.log_softmax(outputs, dim=1)
    expected = -float(logs[1, 2] + torch.logsumexp(logs[0, 1:], dim=0)) / 2
    assert float(verifier_losses.make(example, [2])(outputs, [0])) == pytest.approx(expected, abs=1e-5)


def test_a_label_and_an_origin_do_not_weigh_by_their_number():
    examples = [Example("a", "s", "c", ("w",), SUPPORTED)] * 4 + [Example("a", "s", "c", ("w",), NEUTRAL)] * 12
    examples += [Example("b-damaged", "s", "c", ("w",), CONTRADICTED)] + [Example("b", "s", "c", ("w",), SUPPORTED)] * 3
    weight = verifier_losses.weights(examples)
    assert np.mean(weight) == pytest.approx(1)
    assert sum(weight[:4]) == pytest.approx(sum(weight[4:16]))
    assert weight[16] == pytest.approx(sum(weight[17:]))
    assert sum(weight[:16]) == pytest.approx(2 * sum(weight[16:]))
