"""Each recipe from its command line to a model that the application takes, on a tiny model and a handful of texts."""

import json

import pytest
from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.learned import Combination, LearnedVerifier, make_reader
from sota_rag.index import CrossEncoderReranker

from train.reranker import __main__ as reranker
from train.reranker.collections import Asked, Collection
from train.split import kept_back
from train.verifier import __main__ as verifier
from train.verifier.examples import CONTRADICTED, SUPPORTED, UNSUPPORTED, Example

WORDS = "lora dropout warmup adam sgd bert moe rope relu gelu bpe glove elmo gpt vit clip".split()


@pytest.fixture
def command(monkeypatch, tmp_path, hash_encoder):
    """Run a recipe as from the command line."""

    def run(module, *arguments):
        monkeypatch.setattr(module, "make_encoder", lambda settings: hash_encoder)
        work = ["--data", str(tmp_path / "data"), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
        monkeypatch.setattr("sys.argv", [module.__name__, *work, *map(str, arguments)])
        module.main()
        return tmp_path / "out"

    return run


def test_a_reranker_is_trained_averaged_and_calibrated(command, tiny, monkeypatch, capsys):
    texts = [f"{word} is explained here" for word in WORDS]

    def collection():
        return Collection("small", texts, [Asked(f"what is {word}", f"s/{n}", (n,)) for n, word in enumerate(WORDS)])

    monkeypatch.setattr(reranker, "BASE", tiny)
    monkeypatch.setattr(reranker, "trained", lambda data, seed: {"small": collection})
    monkeypatch.setattr(reranker, "weighed", lambda data: {"small": collection})
    out = command(reranker, "--short", "6")
    model = CrossEncoderReranker(str(out))
    assert model.calibrated
    assert model.score("what is lora", texts).shape == (len(texts),)
    facts = json.loads((out / "training.json").read_text())
    asked = [n for n in range(len(WORDS)) if not kept_back(f"s/{n}")]
    assert facts["groups"] == {"small": len(asked)}
    assert facts["averaged_with_a_run_of"]["groups"] == 6
    assert (facts["base"], facts["plan"]["seed"]) == (tiny, 0)
    assert facts["scale"] > 0
    shown = capsys.readouterr().out
    assert "small: mined in" in shown
    command(reranker, "--short", "6")
    assert "mined in" not in capsys.readouterr().out  # groups and checkpoints are found again
    with pytest.raises(SystemExit, match="no collection 'none'; there are small"):
        command(reranker, "--only", "none")


def test_a_verifier_is_trained_and_combined_with_the_plain_signals(command, tiny, monkeypatch, minilm):
    labels = (SUPPORTED, UNSUPPORTED, CONTRADICTED)
    examples = [
        Example(
            origin, f"{origin}/{word}", f"The {word} layer is {'frozen' if label == SUPPORTED else 'removed'} by it.",
            (f"In it the {word} layer is frozen.", "Nothing else is said of it."), label,
        )
        for origin in ("wice", "begin")
        for word in WORDS
        for label in labels
    ]  # fmt: skip
    monkeypatch.setattr(verifier, "gather", lambda data, work, seed: examples)
    out = command(verifier, "--base", tiny)
    assert json.loads((out / "config.json").read_text())["id2label"]["2"] == "contradicted"
    facts = json.loads((out / "training.json").read_text())
    back = sum(kept_back(one.source) for one in examples)
    assert back
    assert (facts["kept_back"], sum(facts["labels"].values())) == (back, len(examples) - back)
    held = json.loads((out / "combination.json").read_text())
    assert set(held["left_out"]) == {"wice", "begin"}
    assert 0 < held["partial"] <= held["threshold"] < 1
    judge = LearnedVerifier(make_reader(str(out)), RememberingEncoder(minilm), Combination.beside(str(out)))
    judgement = judge.verify("The frozen layer stays as it was.", ["In it the layer is frozen."])
    assert 0 <= judgement.score <= 1
