import json

import numpy as np
import pytest
from sota_rag.index.errors import ModelError
from sota_rag.index.learned_fusion import (
    LEG_SIGNALS,
    RERANK_SIGNALS,
    LearnedFusion,
    leg_signals,
    rerank_signals,
    shipped_fusion,
)


def test_leg_signals_worked_by_hand():
    ranks = np.array([[1, 2, np.inf], [11, np.inf, 1]])
    cosines, bm25 = np.array([0.8, 0.6, 0.4], dtype=np.float32), np.array([2.0, 0, 4], dtype=np.float32)
    found = leg_signals(cosines, bm25, ranks, states=True)
    assert found.shape == (3, len(LEG_SIGNALS))
    expected = {
        "cosine": [1, 0.5, 0],
        "bm25": [0.5, 0, 1],
        "dense_place": [1, 10 / 11, 0],
        "bm25_place": [0.5, 0, 1],
        "agreement": [0.5, 0, 0],
        "stated_cosine": [1, 0.5, 0],
        "stated_bm25": [0.5, 0, 1],
    }
    for name, values in expected.items():
        assert found[:, LEG_SIGNALS.index(name)].tolist() == pytest.approx(values, abs=1e-6)
    asked = leg_signals(cosines, bm25, ranks, states=False)
    assert np.array_equal(asked[:, :5], found[:, :5])
    assert not asked[:, 5:].any()


def test_no_signal_leaves_the_unit_interval():
    rng = np.random.default_rng(0)
    for size in (1, 2, 50):
        cosines, bm25 = rng.uniform(-1, 1, size), rng.exponential(9, size)
        ranks = np.where(rng.random((2, size)) < 0.3, np.inf, rng.integers(1, 100, (2, size)))
        found = leg_signals(cosines.astype(np.float32), bm25.astype(np.float32), ranks, states=True)
        assert ((found >= 0) & (found <= 1)).all()
    said = rerank_signals(np.array([-99, -8, 0, 4, 99], dtype=np.float32))
    assert said[:, RERANK_SIGNALS.index("rerank_logit")].tolist() == [0, 0, 0.5, 0.75, 1]
    assert said[:, RERANK_SIGNALS.index("rerank_probability")].tolist() == pytest.approx(
        [0, 0.000335, 0.5, 0.98201, 1], abs=1e-5
    )


def test_scores_are_weighted_sums():
    fusion = LearnedFusion(
        {"cosine": 0.25, "bm25": 0.75}, {"cosine": 0.5, "rerank_probability": 0.3, "rerank_logit": 0.2}
    )
    signals = np.zeros((1, len(LEG_SIGNALS)))
    signals[0, :2] = 1.0, 0.5
    assert fusion.fused(signals).tolist() == pytest.approx([0.625])
    assert fusion.before(signals).tolist() == pytest.approx([0.5])
    assert fusion.added(np.zeros(1, dtype=np.float32)).tolist() == pytest.approx([0.25])
    assert fusion.most == pytest.approx(0.5)


def test_the_weights_that_ship_are_means():
    fusion = shipped_fusion()
    assert fusion.legs
    for weights in filter(None, (fusion.legs, fusion.final)):
        assert min(weights.values()) >= 0
        assert sum(weights.values()) == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"legs": {}}', '{"legs": {"cosine": "much"}, "final": {}}', '{"legs": 3, "final": {}}']
)
def test_a_file_that_holds_no_weights(tmp_path, text):
    path = tmp_path / "weights.json"
    path.write_text(text)
    with pytest.raises(ModelError, match="holds no weights of a fusion"):
        LearnedFusion.read(path)


def test_a_signal_that_is_not_known(tmp_path):
    path = tmp_path / "weights.json"
    path.write_text(json.dumps({"legs": {"rerank_logit": 1}, "final": {}}))
    with pytest.raises(ModelError, match="no signal 'rerank_logit' in 'legs'"):
        LearnedFusion.read(path)
    path.write_text(json.dumps({"legs": {"cosine": 1.5, "bm25": -0.5}, "final": {}}))
    with pytest.raises(ModelError, match="the weight of 'bm25' in 'legs' is below zero"):
        LearnedFusion.read(path)
    with pytest.raises(ModelError, match=r"none\.json"):
        LearnedFusion.read(tmp_path / "none.json")
