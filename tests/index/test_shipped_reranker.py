"""The reranker that ships: whole, in the ordinary layout, calibrated, and the one that the final weights belong to."""

import json

import numpy as np
import pytest
from sota_rag.index import CrossEncoderReranker
from sota_rag.index.learned_fusion import shipped_fusion
from sota_rag.index.models import file_sha256, find_model, known_models, weights_sha256

NAME = "sota-rag-reranker"
PASSAGES = [
    "LoRA keeps the pretrained weights frozen and trains two thin matrices beside each of them.",
    "Dropout sets a random share of the activations to zero while a network is trained.",
    "Warm-up lets the learning rate rise from zero over the first steps.",
    "A cross-encoder reads question and passage together and gives one score.",
]
QUESTIONS = [
    "Which weights does LoRA leave unchanged?",
    "How does dropout regularise a network?",
    "Why does the learning rate rise at the beginning?",
    "What reads a question together with a passage?",
]


@pytest.fixture(scope="module")
def reranker():
    return CrossEncoderReranker(NAME)


def test_files_are_the_listed_ones():
    folder = find_model(NAME).folder
    weights = folder / str(known_models()[NAME]["weights"])
    assert file_sha256(weights) == known_models()[NAME]["sha256"]
    assert weights.stat().st_size <= 46_000_000
    assert json.loads((folder / "training.json").read_text())["made_by"].startswith("python -m train.reranker")
    assert (folder / "README.md").is_file()


def test_any_tool_reads_it_alike(reranker):
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    plain = CrossEncoder(str(find_model(NAME).folder), local_files_only=True, activation_fn=Identity())
    assert plain.max_seq_length == 512
    pairs = [(question, passage) for question in QUESTIONS for passage in PASSAGES]
    expected = plain.predict(pairs, show_progress_bar=False)
    found = np.concatenate([reranker.score(question, PASSAGES) for question in QUESTIONS])
    assert np.abs(found - expected).max() < 0.15


def test_it_prefers_what_answers(reranker):
    for place, question in enumerate(QUESTIONS):
        scores = reranker.score(question, PASSAGES)
        assert int(scores.argmax()) == place, question
        assert scores[place] > np.delete(scores, place).max() + 1


def test_the_final_weights_are_its_own(reranker):
    assert reranker.calibrated
    fusion = shipped_fusion()
    assert fusion.final
    assert weights_sha256(find_model(NAME).folder).startswith(fusion.reranker)
