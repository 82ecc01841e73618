import json
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index import CrossEncoderReranker, Retriever, SearchSettings
from sota_rag.index.errors import ModelError
from sota_rag.index.learned_fusion import LEG_SIGNALS, LearnedFusion
from sota_rag.index.models import find_model
from sota_rag.index.rerank import LearnedMix, WeightedMix, rerank

TEXTS = [
    "LoRA freezes the pretrained weights.",
    "short",
    "BM25 ranks passages by the words they share with the question, and nothing else at all, " * 3,
    "",
    "A dense encoder ranks passages by the cosine of their vectors.",
]


class ByWord:
    """Scores a text by how often a word stands in it; may be slow."""

    id = "fake@1"

    def __init__(self, word, seconds=0.0, *, calibrated=False):
        self.word, self.seconds, self.batches, self.calibrated = word, seconds, [], calibrated

    def cut(self, query, texts):
        return sum(len(text) > 500 for text in texts)

    def score(self, query, texts):
        time.sleep(self.seconds)
        self.batches.append(list(texts))
        return np.array([text.lower().count(self.word) for text in texts], dtype=np.float32)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Folder of a randomly initialised cross-encoder with the packaged tokenizer."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("cross-encoder")
    tokenizer = AutoTokenizer.from_pretrained(find_model("all-MiniLM-L6-v2").folder, local_files_only=True)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=512, num_labels=1, initializer_range=0.1,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def cross_encoder(tiny):
    return CrossEncoderReranker(str(tiny), precision="float32")


def test_scores(cross_encoder):
    scores = cross_encoder.score("What does LoRA freeze?", TEXTS)
    assert scores.shape == (5,)
    assert scores.dtype == np.float32
    assert len(set(scores.tolist())) == 5
    assert not np.allclose(scores, cross_encoder.score("another question", TEXTS))
    assert cross_encoder.score("x", []).shape == (0,)


def test_scores_do_not_depend_on_the_batch(tiny):
    def anew(texts):
        return CrossEncoderReranker(str(tiny), precision="float32").score("LoRA?", texts).tolist()

    alone = [anew([text])[0] for text in TEXTS]
    assert anew(TEXTS) == pytest.approx(alone, abs=1e-5)
    assert anew(TEXTS[::-1])[::-1] == pytest.approx(alone, abs=1e-5)


def test_bfloat16_agrees(tiny, cross_encoder):
    scores = CrossEncoderReranker(str(tiny), precision="bfloat16").score("LoRA?", TEXTS)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, cross_encoder.score("LoRA?", TEXTS), atol=0.05)


def test_a_pair_over_the_window_is_truncated_and_counted(cross_encoder):
    assert np.isfinite(cross_encoder.score("LoRA?", ["word " * 5_000])).all()
    assert cross_encoder.cut("LoRA?", ["word " * 5_000, "word", "word " * 505, "word " * 507]) == 2
    assert cross_encoder.cut("LoRA?", []) == 0


def test_a_pair_is_read_once(tiny, monkeypatch):
    model = CrossEncoderReranker(str(tiny), precision="float32")
    first = model.score("LoRA?", TEXTS[:2])
    read = []
    predict = model.model._load().predict
    monkeypatch.setattr(
        model.model._load(), "predict", lambda pairs, **more: read.append(pairs) or predict(pairs, **more)
    )
    assert model.score("LoRA?", TEXTS[:3])[:2].tolist() == first.tolist()
    assert read == [[("LoRA?", TEXTS[2])]]
    assert model.score("LoRA", ["? short"])[0] != model.score("LoRA?", ["short"])[0]


def test_whether_a_score_is_a_probability_stands_in_the_configuration(tiny, cross_encoder, tmp_path):
    assert not cross_encoder.calibrated
    folder = tmp_path / "calibrated"
    shutil.copytree(tiny, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"calibrated": True}))
    assert CrossEncoderReranker(str(folder)).calibrated
    (folder / "config.json").write_text(json.dumps(config | {"id2label": {"0": "a", "1": "b", "2": "c"}}))
    with pytest.raises(ModelError, match="gives 3 numbers for a pair"):
        CrossEncoderReranker(str(folder))
    bare = {key: config[key] for key in config if key != "id2label"}
    (folder / "config.json").write_text(json.dumps(bare))
    with pytest.raises(ModelError, match="gives 2 numbers"):
        CrossEncoderReranker(str(folder))
    (folder / "config.json").write_text(json.dumps(bare | {"num_labels": 1}))
    assert not CrossEncoderReranker(str(folder)).calibrated


@pytest.mark.parametrize(("name", "text"), [("config.json", "{"), ("config.json", "[]"), ("config.json", "{}")])
def test_a_broken_folder_is_told(tiny, tmp_path, name, text):
    folder = tmp_path / "broken"
    shutil.copytree(tiny, folder)
    (folder / name).write_text(text)
    with pytest.raises(ModelError, match=r"config\.json"):
        CrossEncoderReranker(str(folder))


def test_what_no_head_reads_is_not_computed_and_changes_nothing(tiny, cross_encoder):
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    seen = []
    last = cross_encoder.model._load().model.bert.encoder.layer[-1]
    hook = last.intermediate.register_forward_hook(lambda _, given, made: seen.append(made.shape[1]))
    pairs = [("Which weights stay frozen?", f"{text} {'More of it. ' * 30}") for text in TEXTS]
    found = cross_encoder.model.read(pairs)[:, 0]
    hook.remove()
    assert set(seen) == {1}
    plain = CrossEncoder(str(tiny), local_files_only=True, activation_fn=Identity())
    np.testing.assert_allclose(found, plain.predict(pairs, show_progress_bar=False).ravel(), atol=1e-5)


def test_a_folder_without_weights_is_told(tiny, tmp_path):
    folder = tmp_path / "bare"
    shutil.copytree(tiny, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(ModelError, match="no weights"):
        CrossEncoderReranker(str(folder))


def test_id_names_model_and_fingerprint(tiny, cross_encoder):
    assert cross_encoder.id.startswith(f"{tiny}@")
    assert len(cross_encoder.id.split("@")[-1]) == 12


def test_unknown_model():
    with pytest.raises(ModelError, match="'no-such-reranker'"):
        CrossEncoderReranker("no-such-reranker")


def by_weight(word, texts, fused, weight, *, budget_s=9.0, k=10, seconds=0.0):
    reranker = ByWord(word, seconds)
    outcome = rerank(reranker, "q", texts, fused, mix=WeightedMix(fused, weight), k=k, budget_s=budget_s)
    return outcome, reranker


def test_final_score_worked_by_hand():
    # fused 4, 2, 0 -> 1, .5, 0; counts 0, 2, 1 -> 0, 1, .5; weight .25
    outcome, _ = by_weight("b", ["a", "bb", "b"], np.array([4.0, 2, 0]), 0.25)
    assert outcome.final.tolist() == pytest.approx([0.75, 0.375 + 0.25, 0.125])
    assert outcome.order == [0, 1, 2]
    assert by_weight("b", ["a", "bb", "b"], np.array([4.0, 2, 0]), 0.8)[0].order == [1, 2, 0]


@pytest.mark.parametrize(("weight", "order"), [(0.0, [0, 1, 2]), (1.0, [1, 2, 0])])
def test_weights_at_the_ends(weight, order):
    assert by_weight("b", ["a", "bb", "b"], np.array([0.9, 0.8, 0.1]), weight)[0].order == order


def test_a_spent_budget_leaves_the_rest_below_in_fused_order():
    texts = [f"{'b' * n}" for n in range(20)]
    outcome, reranker = by_weight("b", texts, np.linspace(1, 0, 20), 1.0, budget_s=0, seconds=0.05)
    assert len(reranker.batches) == 1
    assert outcome.order == [7, 6, 5, 4, 3, 2, 1, 0, *range(8, 20)]
    assert np.isnan(outcome.scores[8:]).all()
    assert outcome.scores[:8].tolist() == list(range(8))
    final = outcome.final[outcome.order]
    assert (np.diff(final) <= 0).all()
    assert final[7] >= 0 > final[8]
    assert not outcome.settled


def test_loading_the_model_does_not_count(monkeypatch):
    class Loading(ByWord):
        def score(self, query, texts):
            self.seconds = 0.3 if not self.batches else 0.0
            return super().score(query, texts)

    fused = np.linspace(1, 0, 20)
    outcome = rerank(Loading("b"), "q", ["a"] * 20, fused, mix=WeightedMix(fused, 0.5), k=10, budget_s=0.2)
    assert not np.isnan(outcome.scores).any()


def test_no_budget_still_scores_one_batch():
    outcome, _ = by_weight("b", ["a"] * 20, np.linspace(1, 0, 20), 0.5, budget_s=0)
    assert (~np.isnan(outcome.scores)).sum() == 8


def test_batches_are_sorted_by_length_and_scores_return_to_their_places():
    outcome, reranker = by_weight("b", ["bbb", "b", "bb"], np.array([3.0, 2, 1]), 0.5)
    assert reranker.batches == [["b", "bb", "bbb"]]
    assert outcome.scores.tolist() == [3, 1, 2]


@given(st.lists(st.tuples(st.floats(0, 1), st.text("ab", max_size=5)), min_size=1, max_size=20), st.floats(0, 1))
def test_final_scores_fall_along_the_order(pairs, weight):
    pairs.sort(key=lambda pair: -pair[0])
    fused = np.array([score for score, _ in pairs])
    for budget in (0, 9):
        outcome, _ = by_weight("b", [text for _, text in pairs], fused, weight, budget_s=budget)
        assert sorted(outcome.order) == list(range(len(pairs)))
        assert (np.diff(outcome.final[outcome.order]) <= 0).all()


FUSION = LearnedFusion({"bm25": 1.0}, {"bm25": 0.6, "rerank_probability": 0.4})


def learned(texts, shares, k, *, fusion=FUSION):
    """Reranks candidates whose BM25 shares are given, by a fake that counts the letter b."""
    signals = np.zeros((len(shares), len(LEG_SIGNALS)))
    signals[:, LEG_SIGNALS.index("bm25")] = shares
    reranker = ByWord("b", calibrated=True)
    mix = LearnedMix(fusion, signals)
    return rerank(reranker, "q", texts, np.array(shares), mix=mix, k=k, budget_s=9), reranker


def test_learned_final_score_worked_by_hand():
    outcome, _ = learned(["a", "bbbb"], [1.0, 0.8], 2)
    probability = 1 / (1 + np.exp(-4))
    assert outcome.final.tolist() == pytest.approx([0.6 + 0.4 * 0.5, 0.48 + 0.4 * probability])
    assert outcome.order == [1, 0]


def test_it_stops_when_no_other_can_come_among_the_first():
    # The eight read score at least .6 + .4 / 2; the ninth could reach .6 * .6 + .4 at most, the tenth less.
    shares = [1.0] * 8 + [0.6, 0.5]
    outcome, reranker = learned(["a"] * 10, shares, 8)
    assert len(reranker.batches) == 1
    assert outcome.settled
    assert outcome.order == list(range(10))
    assert np.isnan(outcome.scores[8:]).all()
    for k, last in ((9, 0.6), (8, 0.7)):  # one more is wanted, or it could just come in
        outcome, reranker = learned(["a"] * 10, [1.0] * 8 + [last, 0.5], k)
        assert len(reranker.batches) == 2
        assert not outcome.settled


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6)), min_size=1, max_size=30),
    st.integers(1, 12),
    st.floats(0, 1),
)
def test_stopping_early_never_changes_the_first(candidates, k, weight):
    candidates.sort(key=lambda one: -one[0])
    shares, texts = [share for share, _ in candidates], ["b" * count for _, count in candidates]
    fusion = LearnedFusion({}, {"bm25": 1 - weight, "rerank_probability": weight / 2, "rerank_logit": weight / 2})
    outcome, _ = learned(texts, shares, k, fusion=fusion)
    everything, _ = learned(texts, shares, len(texts) + 1, fusion=fusion)
    assert outcome.order[:k] == everything.order[:k]


def check_order(hits):
    keys = [(-hit.score, hit.passage.id) for hit in hits]
    assert keys == sorted(keys)


def test_in_a_search(index, hash_encoder, cross_encoder):
    with Retriever.open(index, encoder=hash_encoder, reranker=cross_encoder) as retriever:
        result = retriever.search("What does LoRA freeze?", k=9)
        plain = retriever.search("What does LoRA freeze?", k=9, settings=SearchSettings(rerank=False))
    assert result.stages[-2].name == "rerank"
    assert result.stages[-2].count == 9
    assert cross_encoder.id in result.stages[-2].detail
    texts = [hit.passage.contextual_text for hit in result.hits]
    expected = cross_encoder.score("What does LoRA freeze?", texts).tolist()
    assert [hit.signals.rerank_score for hit in result.hits] == pytest.approx(expected, abs=1e-5)
    check_order(result.hits)
    assert all(hit.signals.rerank_probability is None for hit in result.hits)  # its scores are no logits
    fused = {hit.passage.id: hit.score for hit in plain.hits}
    assert {hit.passage.id: hit.signals.fused_score for hit in result.hits} == pytest.approx(fused)
    assert "switched off" in plain.stages[-2].detail
    assert all(hit.signals.rerank_score is None for hit in plain.hits)


@pytest.mark.parametrize("depth", [1, 3, 8, 30])
@pytest.mark.parametrize("budget", [0.0, 9.0])
def test_depth_and_budget_in_a_search(tmp_path, small, hash_encoder, depth, budget):
    made = [small.make_document(f"{n:02}.md", (f"rank {'b' * (n % 5)}",)) for n in range(20)]
    small.publish(tmp_path, made, hash_encoder)
    settings = SearchSettings(rerank_depth=depth, rerank_budget_s=budget)
    with Retriever.open(tmp_path, encoder=hash_encoder, reranker=ByWord("b"), settings=settings) as retriever:
        for k in (1, 5, 20):
            result = retriever.search("rank", k=k)
            check_order(result.hits)
            scored = min(20, max(depth, k), 20 if budget else 8)
            assert result.stages[-2].count == scored
            late = f"the reranker read {scored} of {min(20, max(depth, k))} candidates in its time"
            assert result.notes == ((late,) if scored < min(20, max(depth, k)) else ())
            assert [hit.signals.rerank_score is not None for hit in result.hits] == [
                place < scored for place in range(len(result.hits))
            ]
            below = [hit.signals.fused_score for hit in result.hits[scored:]]
            assert below == sorted(below, reverse=True)


def test_ties_after_reranking_come_in_id_order(index, hash_encoder):
    # A reranker that finds all alike, alone in charge: every final score is equal.
    settings = SearchSettings(rerank_weight=1.0)
    with Retriever.open(index, encoder=hash_encoder, reranker=ByWord("zebra"), settings=settings) as retriever:
        hits = retriever.search("weights", k=9).hits
    assert len({hit.score for hit in hits}) == 1
    check_order(hits)


@pytest.mark.parametrize("fusion", ["learned", "convex", "rrf"])
def test_a_calibrated_reranker_and_learned_weights_in_a_search(index, hash_encoder, monkeypatch, fusion):
    reranker = ByWord("lora", calibrated=True)
    settings = SearchSettings(fusion=fusion)
    monkeypatch.setattr("sota_rag.index.rerank.shipped_fusion", lambda: FUSION)
    with Retriever.open(index, encoder=hash_encoder, reranker=reranker, settings=settings) as retriever:
        result = retriever.search("What does LoRA freeze?", k=3)
        stage = result.stages[-2]
        assert "learned weights, which were fitted with another reranker" in stage.detail
        check_order(result.hits)
        assert all(0 <= hit.score <= 1 for hit in result.hits)
        for signals in (hit.signals for hit in result.hits):
            assert signals.rerank_probability == pytest.approx(1 / (1 + np.exp(-signals.rerank_score)))
        weighted = retriever.search("What does LoRA freeze?", k=3, settings=replace(settings, rerank_mix="weighted"))
        assert "weight 0.5" in weighted.stages[-2].detail
    monkeypatch.setattr("sota_rag.index.rerank.shipped_fusion", lambda: LearnedFusion(FUSION.legs, {}))
    with Retriever.open(index, encoder=hash_encoder, reranker=reranker, settings=settings) as retriever:
        assert "weight 0.5" in retriever.search("What does LoRA freeze?", k=3).stages[-2].detail
    monkeypatch.undo()
    reranker.calibrated = False
    with Retriever.open(index, encoder=hash_encoder, reranker=reranker, settings=settings) as retriever:
        assert "weight 0.5" in retriever.search("What does LoRA freeze?", k=3).stages[-2].detail


def test_what_was_not_read_to_its_end_is_told(tmp_path, small, hash_encoder):
    made = [small.make_document(f"{n}.md", (f"rank {'b ' * 300 * n}",)) for n in range(3)]
    small.publish(tmp_path, made, hash_encoder)
    with Retriever.open(tmp_path, encoder=hash_encoder, reranker=ByWord("b")) as retriever:
        result = retriever.search("rank")
    assert "; 2 not read to their end" in result.stages[-2].detail
    assert result.notes == ("the reranker could not read 2 passages to their end",)


def test_no_candidates(index, hash_encoder, cross_encoder):
    settings = SearchSettings(legs="bm25")
    with Retriever.open(index, encoder=hash_encoder, reranker=cross_encoder, settings=settings) as retriever:
        result = retriever.search("zebra")
    assert result.hits == ()
    assert "no candidates" in result.stages[-2].detail
