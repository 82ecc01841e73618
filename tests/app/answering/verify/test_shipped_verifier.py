"""The verifier that ships: whole, in the ordinary layout, with the combination that was fitted to it, and of use."""

import json

import numpy as np
import pytest
from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.judgement import Verdict
from sota_rag.app.answering.verify.learned import OUTPUTS, Combination, LearnedVerifier, make_reader
from sota_rag.index.models import file_sha256, find_model, known_models

NAME = "sota-rag-verifier"
EVIDENCE = [
    "LoRA keeps the pretrained weights frozen and trains two thin matrices beside each of them.",
    "It needs about 10,000 times fewer trainable parameters than full fine-tuning of GPT-3.",
    "At inference the matrices are merged into the weights, so that no latency is added.",
]


@pytest.fixture(scope="module")
def verifier(minilm):
    return LearnedVerifier(make_reader(NAME), RememberingEncoder(minilm), Combination.beside(NAME))


def test_files_are_the_listed_ones():
    folder = find_model(NAME).folder
    weights = folder / str(known_models()[NAME]["weights"])
    assert file_sha256(weights) == known_models()[NAME]["sha256"]
    assert weights.stat().st_size <= 46_000_000
    assert json.loads((folder / "training.json").read_text())["made_by"].startswith("python -m train.verifier")
    assert (folder / "README.md").is_file()


def test_any_tool_reads_it_alike():
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    plain = CrossEncoder(str(find_model(NAME).folder), local_files_only=True, activation_fn=Identity())
    assert tuple(plain.model.config.id2label[place] for place in range(3)) == OUTPUTS
    pairs = [("Full fine-tuning trains more parameters than LoRA.", text) for text in EVIDENCE]
    expected = plain.predict(pairs, show_progress_bar=False)
    assert np.abs(make_reader(NAME).read(pairs) - expected).max() < 0.15


@pytest.mark.parametrize(
    "claim",
    [
        EVIDENCE[0],
        "LoRA leaves the original weights of the model unchanged.",
        "Merged matrices add no latency when the model is used.",
    ],
)
def test_what_the_evidence_says_in_other_words_is_likelier_than_not(verifier, claim):
    judgement = verifier.verify(claim, EVIDENCE)
    assert judgement.score >= verifier.threshold
    assert judgement.verdict in (Verdict.SUPPORTED, Verdict.UNCHECKED)
    assert (judgement.verdict is Verdict.SUPPORTED) is (
        judgement.score >= verifier.combination.sure or claim in EVIDENCE
    )


@pytest.mark.parametrize(
    "claim",
    [
        "LoRA updates all pretrained weights of the model.",
        "It needs about 500 times fewer trainable parameters than full fine-tuning of GPT-3.",
        "Dropout was first used in speech recognition.",
        "Merging the matrices makes inference slower.",
    ],
)
def test_what_it_does_not_say_is_not(verifier, claim):
    judgement = verifier.verify(claim, EVIDENCE)
    assert judgement.verdict is not Verdict.SUPPORTED
    assert judgement.reason
