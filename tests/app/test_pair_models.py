"""Rerankers and verifiers as the settings name them: tiny models in the ordinary layout."""

import json

import numpy as np
import pytest
from sota_rag.app import compose, doctor, miss_sources, model_report
from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.learned import FEATURES, LearnedVerifier
from sota_rag.app.answering.verify.lexical import LexicalVerifier
from sota_rag.app.evaluation import ablation
from sota_rag.app.model_pull import folder_role
from sota_rag.app.model_store import ModelStore
from sota_rag.app.retrieval_systems import RERANKED
from sota_rag.app.settings import Settings
from sota_rag.app.verifier_evaluation import make_verifier
from sota_rag.index.cross_encoder import PairModel
from sota_rag.index.errors import ModelError, UsageError
from sota_rag.index.models import find_model, known_models

pytestmark = pytest.mark.usefixtures("with_both")


@pytest.fixture
def with_both(surroundings, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_RERANKER__ENABLED", "true")
    monkeypatch.setenv("SOTA_RAG_VERIFIER__ENABLED", "true")


@pytest.fixture
def tiny(tmp_path):
    """Makes the folder of a model with random weights."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    def make(outputs, **config):
        folder = tmp_path / f"model-{outputs}-{len(config)}"
        tokenizer = AutoTokenizer.from_pretrained(find_model("all-MiniLM-L6-v2").folder, local_files_only=True)
        torch.manual_seed(0)
        shape = BertConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=512, num_labels=outputs, **config,
        )  # fmt: skip
        BertForSequenceClassification(shape).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture
def verifier_folder(tiny):
    folder = tiny(3)
    held = {"weights": dict.fromkeys(FEATURES, 0.0), "bias": 2.0, "threshold": 0.6, "partial": 0.3, "sure": 0.8}
    held["trained_on"] = "no"
    (folder / "combination.json").write_text(json.dumps(held))
    return folder


def settings(**sections):
    return Settings.load(**sections)


def findings(**sections):
    return {finding.subject: finding for finding in doctor.examine(settings(**sections))}


def test_the_lexical_verifier_judges_unless_a_model_is_named(minilm, verifier_folder):
    encoder = RememberingEncoder(minilm)
    assert isinstance(compose.make_verifier(settings(verifier={"model": None}), encoder), LexicalVerifier)
    learned = compose.make_verifier(settings(verifier={"model": str(verifier_folder)}), encoder)
    assert isinstance(learned, LearnedVerifier)
    # The combination beside the model decides: its bias alone is .88, above its threshold.
    assert learned.verify("Weights do not change.", ["LoRA freezes weights."]).score == pytest.approx(0.8808, abs=1e-4)


def test_a_verifier_that_is_switched_off(minilm, verifier_folder):
    off = {"model": str(verifier_folder), "enabled": False}
    assert isinstance(compose.make_verifier(settings(verifier=off), RememberingEncoder(minilm)), LexicalVerifier)
    found = findings(verifier=off)["verifier"]
    assert (found.state, found.detail.partition(":")[0]) == ("note", "the model is switched off")


def test_a_folder_tells_what_it_is_for(tiny, verifier_folder):
    assert [folder_role(folder) for folder in (verifier_folder, tiny(1))] == ["verifier", "reranker"]


def test_a_listed_model_without_a_dimension_can_be_shown(monkeypatch, tmp_path):
    entry = {**known_models()["all-MiniLM-L6-v2"], "role": "reranker"}
    del entry["dimension"]
    monkeypatch.setattr(model_report, "known_models", lambda: {"all-MiniLM-L6-v2": entry})
    facts = model_report.model_facts("all-MiniLM-L6-v2", ModelStore(tmp_path))
    assert (facts["role"], facts["window"]) == ("reranker", 256)
    assert "dimension" not in facts


def test_what_is_measured_has_no_hurry(monkeypatch):
    held = settings(reranker={"budget_s": 0.25})
    assert held.search_settings().rerank_budget_s == 0.25
    monkeypatch.setattr(miss_sources.Retriever, "open", lambda *_, settings, **__: settings)
    source = miss_sources.MissSource("any", None, False, lambda view: ())
    assert source.open(held).rerank_budget_s == held.measured_search_settings().rerank_budget_s == 3600


def test_known_pairs_wait_for_nobody(tiny):
    model = PairModel(str(tiny(1)), 1)
    first = model.read([("question", "passage")])
    with model._lock:  # somebody else's forward pass
        assert np.array_equal(model.read([("question", "passage")]), first)


def test_a_verifier_without_its_combination(minilm, tiny):
    with pytest.raises(ModelError, match=r"combination\.json.*make the model with train\.verifier"):
        compose.make_verifier(settings(verifier={"model": str(tiny(3))}), RememberingEncoder(minilm))


def test_doctor_looks_at_both(tiny, verifier_folder):
    found = findings(verifier={"model": str(verifier_folder)}, reranker={"model": str(tiny(1, calibrated=True))})
    assert (found["verifier"].state, found["reranker"].state) == ("ok", "ok")
    assert "learned weights that were fitted with another one" in found["reranker"].detail
    shipped = findings()["reranker"].detail
    assert "learned weights" in shipped
    assert "another one" not in shipped
    weighted = findings(reranker={"mix": "weighted"})["reranker"].detail
    assert "its scores are probabilities" in weighted
    found = findings(verifier={"model": str(tiny(3, plain=True))}, reranker={"model": str(tiny(3))})
    assert (found["verifier"].state, found["reranker"].state) == ("broken", "broken")
    assert "combination.json" in found["verifier"].detail
    assert "gives 3 numbers for a pair" in found["reranker"].detail
    found = findings(reranker={"model": str(tiny(1)), "enabled": False}, verifier={"model": None})
    assert (found["verifier"].state, found["reranker"].state) == ("note", "note")
    assert "switched off" in found["reranker"].detail
    assert "not calibrated" in findings(reranker={"model": str(tiny(1))})["reranker"].detail


def test_an_ablation_leaves_out_what_the_reranker_is_not_fit_for(tiny):
    plan = ablation(settings(reranker={"model": str(tiny(1))}), collection=False)
    assert set(RERANKED) - set(plan.systems) == {"learned+rerank"}
    assert any(
        one.startswith("learned+rerank not run: the reranker's scores are not calibrated") for one in plan.skipped
    )
    fit = ablation(settings(reranker={"model": str(tiny(1, calibrated=True))}), collection=False)
    assert set(RERANKED) <= set(fit.systems)


def test_the_learned_verifier_is_measured_as_the_settings_have_it(minilm, verifier_folder):
    encoder = RememberingEncoder(minilm)
    with pytest.raises(UsageError, match=r"no model in verifier\.model"):
        make_verifier("learned", settings(verifier={"model": None}), encoder)
    with pytest.raises(UsageError, match="switch it off"):
        make_verifier("learned", settings(verifier={"model": str(verifier_folder), "enabled": False}), encoder)
    named = settings(verifier={"model": str(verifier_folder)})
    assert str(verifier_folder) in make_verifier("learned", named, encoder).id
