"""Measures: by hand, against ir-measures, under ties, with topics missing."""

import copy
import math
import random
import subprocess
import sys

import ir_measures
import pytest
from sota_rag.eval import MEASURES, per_topic, total_order
from sota_rag.index.errors import EvaluationError, OptionalDependencyError


def random_run(seed: int, topics: int = 40, documents: int = 150) -> tuple[dict, dict]:
    """A run with distinct scores (also as float32) and graded qrels; some topics are missing from the run."""
    rng = random.Random(seed)
    names = [f"d{number:03d}" for number in range(documents)]
    run, qrels = {}, {}
    for topic in (f"t{number}" for number in range(topics)):
        qrels[topic] = {document: rng.randint(0, 3) for document in rng.sample(names, 12)}
        if rng.random() < 0.85:
            scores = rng.sample(range(10_000), 120)
            run[topic] = dict(zip(rng.sample(names, 120), (score / 64 for score in scores), strict=True))
    return run, qrels


def test_values_worked_by_hand():
    run = {"t": {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6}}
    qrels = {"t": {"b": 3, "d": 1, "missed": 2, "a": 0}}
    values = {name: by_topic["t"] for name, by_topic in per_topic(run, qrels).items()}
    gained = 3 / math.log2(2 + 1) + 1 / math.log2(4 + 1)
    ideal = 3 / math.log2(1 + 1) + 2 / math.log2(2 + 1) + 1 / math.log2(3 + 1)
    assert values == pytest.approx(
        {
            "nDCG@10": gained / ideal,
            "R@1": 0.0,
            "R@5": 2 / 3,
            "R@10": 2 / 3,
            "R@100": 2 / 3,
            "RR@10": 1 / 2,
            "AP": (1 / 2 + 2 / 4) / 3,
            "Success@5": 1.0,
        }
    )
    assert tuple(values) == MEASURES


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_ir_measures_on_a_run_without_ties(seed):
    run, qrels = random_run(seed)
    ours = per_topic(run, qrels)
    theirs = ir_measures.iter_calc([ir_measures.parse_measure(name) for name in MEASURES], qrels, run)
    compared = 0
    for metric in theirs:
        assert ours[str(metric.measure)][metric.query_id] == pytest.approx(metric.value, abs=1e-12)
        compared += 1
    assert compared == len(MEASURES) * len(qrels)


def test_topics_missing_from_the_run_score_zero_and_foreign_ones_are_left_out():
    qrels = {"asked": {"d": 1}, "missing": {"d": 1}, "empty": {"d": 1}}
    values = per_topic({"asked": {"d": 1.0}, "empty": {}, "foreign": {"d": 1.0}}, qrels)
    for by_topic in values.values():
        assert by_topic == {"asked": 1.0, "missing": 0.0, "empty": 0.0}
        assert list(by_topic) == list(qrels)
    assert per_topic({}, qrels)["AP"] == {"asked": 0.0, "missing": 0.0, "empty": 0.0}


def test_run_and_qrels_are_not_changed():
    run, qrels = random_run(7)
    before = copy.deepcopy((run, qrels))
    per_topic(run, qrels)
    assert (run, qrels) == before
    assert [list(scores) for scores in run.values()] == [list(scores) for scores in before[0].values()]


def test_ties_are_ordered_by_id_for_every_measure():
    """trec_eval alone would put `z` first, and RR@10's back end `a`: one run, two rankings."""
    scores = {"z": 0.5, "a": 0.5, "m": 0.5}
    for order in (list(scores), sorted(scores)):
        run = {"t": {document: scores[document] for document in order}}
        values = per_topic(run, {"t": {"m": 1}}, ["nDCG@10", "RR@10", "AP", "R@1"])
        assert [values[name]["t"] for name in ("RR@10", "AP", "R@1")] == [0.5, 0.5, 0.0]
        assert values["nDCG@10"]["t"] == pytest.approx(1 / math.log2(3))
    assert per_topic({"t": scores}, {"t": {"a": 1}}, ["AP"])["AP"]["t"] == 1.0


def test_scores_that_differ_below_float32_are_no_ties():
    low, high = 0.7, 0.7 + 1e-12
    assert per_topic({"t": {"z": low, "a": high}}, {"t": {"a": 1}}, ["AP", "RR@10"]) == {
        "AP": {"t": 1.0},
        "RR@10": {"t": 1.0},
    }
    assert per_topic({"t": {"z": high, "a": low}}, {"t": {"a": 1}}, ["AP"])["AP"]["t"] == 0.5


def test_total_order():
    assert total_order({"b": 1.0, "c": 2.0, "a": 1.0}) == [("c", 2.0), ("a", 1.0), ("b", 1.0)]


def test_a_nan_score_is_an_error_that_names_topic_and_document():
    with pytest.raises(EvaluationError, match=r"topic 't': the score of document 'd' is NaN"):
        per_topic({"t": {"d": math.nan}}, {"t": {"d": 1}})


def test_an_unknown_measure_is_an_error():
    with pytest.raises(EvaluationError, match=r"unknown measure 'nDGC@10'"):
        per_topic({}, {"t": {"d": 1}}, ["nDGC@10"])


def test_qrels_without_topics_are_an_error():
    with pytest.raises(EvaluationError, match=r"no judgements"):
        per_topic({"t": {"d": 1.0}}, {})


def test_without_ir_measures_the_message_prints_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(OptionalDependencyError, match=r"pip install 'sota-rag\[eval\]'"):
        per_topic({}, {"t": {"d": 1}})


def test_importing_the_package_is_light():
    code = (
        "import sys, sota_rag.eval; "
        "print([name for name in ('ir_measures', 'pytrec_eval', 'torch', 'streamlit') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
