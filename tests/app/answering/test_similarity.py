"""The similarity verifier: signals worked by hand, the shipped model on plain cases, the seam."""

import json
import math

import numpy as np
import pytest
from sota_rag.app.answering.logistic import LogisticModel
from sota_rag.app.answering.verify.judgement import Verdict, Verifier
from sota_rag.app.answering.verify.similarity import (
    FEATURES,
    SimilarityVerifier,
    shipped_model,
)
from sota_rag.index import EncoderInfo

EVIDENCE = [
    "LoRA freezes the pretrained weights.",
    "It trains two low-rank matrices per layer.",
    "",
    "BM25 ranks documents by term frequency and was published in 1994.",
]


class Places:
    """Encodes by a table: vectors in the plane, by angle in degrees."""

    info = EncoderInfo("plane", "0" * 64, 2, 256)

    def __init__(self, **angles):
        self.angles = angles

    def encode(self, texts):
        turns = [math.radians(self.angles[text]) for text in texts]
        return np.array([[math.cos(turn), math.sin(turn)] for turn in turns], dtype=np.float32)


@pytest.fixture(scope="module")
def verifier(minilm):
    return SimilarityVerifier(minilm)


def test_two_neighbours_may_be_nearer_than_either_but_not_across_a_gap():
    encoder = Places(claim=0, left=40, right=-40, far=80)
    signals, places = SimilarityVerifier(encoder).signals("claim", ["far", "left", "right"])
    assert signals.window_cosine == pytest.approx(1.0, abs=1e-6) and places == (1, 2)
    signals, places = SimilarityVerifier(encoder).signals("claim", ["left", "", "right"])
    assert signals.window_cosine == pytest.approx(math.cos(math.radians(40)), abs=1e-6) and places in ((0,), (2,))


def test_shares_worked_by_hand(verifier):
    claim = "LoRA trains 1,994 matrices in Paris per layer."
    signals, _ = verifier.signals(claim, EVIDENCE)
    # Words: lora, train, 1,994 as 1 and 994, matric, pari, per, layer.
    assert signals.word_share == pytest.approx(5 / 8)
    assert signals.evidence_share == pytest.approx(5 / 8)
    # Of the number 1994 and the name Paris, the first stands there: LoRA, with a capital inside, is a name as well.
    assert signals.exact_share == pytest.approx(2 / 3)
    # lora-train, train-1, 1-994, 994-matric, matric-pari, pari-per, per-layer.
    assert signals.pair_share == pytest.approx(1 / 7)
    assert verifier.signals("It does.", EVIDENCE)[0].exact_share == 1.0


def test_a_sentence_of_the_evidence_and_a_paraphrase_are_supported_and_another_matter_is_not(verifier):
    said = verifier.verify("LoRA freezes  the pretrained weights.", EVIDENCE)
    assert (said.verdict, said.reason, said.sentences) == (Verdict.SUPPORTED, "", (0,))
    reworded = verifier.verify("With LoRA, the pretrained weights stay frozen.", EVIDENCE)
    assert reworded.verdict is Verdict.SUPPORTED and reworded.score < said.score
    other = verifier.verify("Dropout prevents overfitting in vision transformers.", EVIDENCE)
    assert other.verdict is Verdict.UNSUPPORTED and other.score < 0.2
    assert "'Dropout', 'prevents', 'overfitting'" in other.reason


def test_what_is_changed_scores_lower(verifier):
    true = verifier.verify("BM25 was published in 1994.", EVIDENCE)
    wrong_year = verifier.verify("BM25 was published in 2004.", EVIDENCE)
    wrong_name = verifier.verify("ColBERT was published in 1994.", EVIDENCE)
    assert wrong_year.score < true.score and wrong_name.score < true.score


def test_more_support_never_lowers_the_score():
    model = shipped_model()
    assert set(model.weights) == set(FEATURES)
    assert all(weight >= 0 for weight in model.weights.values())
    assert 0 < model.threshold < 1
    assert model.of(dict.fromkeys(FEATURES, 1.0)) > model.threshold
    assert model.of(dict.fromkeys(FEATURES, 0.0)) < 0.1


def test_no_evidence_is_no_support(verifier):
    for evidence in ([], [""], ["", " "]):
        assert verifier.verify("LoRA freezes weights.", evidence).verdict is Verdict.UNSUPPORTED
        assert verifier.verify("LoRA freezes weights.", evidence).score == 0.0


def test_it_fills_the_seam_and_its_id_names_weights_and_encoder(minilm, verifier):
    seam: Verifier = verifier
    assert seam.id.startswith("similarity-1@") and minilm.info.fingerprint[:12] in seam.id
    other = LogisticModel(shipped_model().weights, shipped_model().bias, 0.9, "x")
    assert SimilarityVerifier(minilm, other).id != seam.id


def test_odd_text_is_judged(verifier):
    for claim in ("?", "…", "αβγ 12,5", "的" * 50, "a " * 400):
        assert 0 <= verifier.verify(claim, EVIDENCE).score <= 1


def test_the_card_tells_what_the_weights_were_made_from():
    from importlib.resources import files

    folder = files("sota_rag.models") / "verifier_similarity"
    card, data = (
        folder.joinpath("README.md").read_text("utf-8"),
        json.loads(folder.joinpath("weights.json").read_text()),
    )
    for name in data["cross_validated"]:
        assert name == "folds" or name.split("_")[0].lower() in card.lower()
