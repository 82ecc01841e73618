"""The gate: which differences stop a change, and which do not."""

import json

import numpy as np
import pytest
from sota_rag.eval.baseline_gate import GUARDED, as_baseline, check_against_baseline
from sota_rag.eval.run_file import Curve, RunFile, SystemResult, TopicInfo, summarise
from sota_rag.index.errors import EvaluationError

IDS = [f"t{number:02}" for number in range(44)]


def run(values, *, measures=GUARDED, texts=None, details=None):
    per_topic = {name: dict(values) for name in measures}
    means, by_category = summarise(per_topic, {})
    result = SystemResult(
        means, per_topic, by_category, {"total": {"p50": 1.0}}, {"c": Curve("x", "y", (0.0,), (1.0,))}, {"passages": 5}
    )
    topics = {topic: TopicInfo((texts or {}).get(topic, f"What is {topic}?")) for topic in values}
    systems = {"default": result, "bm25": result}
    return RunFile(
        "retrieval", "test topics", "2026-01-01T00:00:00Z", {}, "default", systems, topics, (), details or {}
    )


GOOD = {topic: 0.0 if number % 11 == 0 else 1.0 for number, topic in enumerate(IDS)}


def test_an_equal_run_passes():
    result = check_against_baseline(run(GOOD), run(GOOD))
    assert result.passed
    assert (result.failed, result.improved, result.lost) == ((), (), ())


def test_many_lost_topics_fail_and_are_named_with_their_values():
    worse = GOOD | dict.fromkeys(IDS[1:9], 0.0)
    result = check_against_baseline(run(GOOD), run(worse))
    assert not result.passed
    assert result.failed == GUARDED
    assert [topic.id for topic in result.lost] == IDS[1:9]
    assert result.lost[0].values == dict.fromkeys(GUARDED, (1.0, 0.0))
    assert result.lost[0].text == "What is t01?"


def test_as_much_lost_as_won_is_noise():
    traded = GOOD | {"t01": 0.0, "t02": 0.0, "t00": 1.0, "t11": 1.0}
    result = check_against_baseline(run(GOOD), run(traded))
    assert result.passed
    assert [topic.id for topic in result.lost] == ["t01", "t02"]


def test_a_gain_passes_and_is_told():
    result = check_against_baseline(run(GOOD | dict.fromkeys(IDS[1:9], 0.0)), run(GOOD))
    assert result.passed
    assert result.improved == GUARDED


def test_one_measure_is_enough_to_fail_and_only_its_topics_are_lost():
    new = run(GOOD)
    fell = GOOD | dict.fromkeys(IDS[1:9], 0.5)
    per_topic = {**new.systems["default"].per_topic, "RR@10": fell, "nDCG@10": GOOD | {"t20": 0.9}}
    new.systems["default"] = SystemResult(summarise(per_topic, {})[0], per_topic)
    result = check_against_baseline(run(GOOD), new)
    assert result.failed == ("RR@10",)
    assert [topic.id for topic in result.lost] == IDS[1:9]
    assert result.lost[0].values == {"RR@10": (1.0, 0.5)}


def test_where_lower_is_better_a_rise_fails():
    leak = ("superseded-leak@5",)
    clean, leaking = dict.fromkeys(IDS, 0.0), GOOD
    assert check_against_baseline(run(clean, measures=leak), run(leaking, measures=leak), measures=leak).failed == leak
    assert (
        check_against_baseline(run(leaking, measures=leak), run(clean, measures=leak), measures=leak).improved == leak
    )


def test_it_raises_few_false_alarms_on_changes_that_are_worth_nothing():
    """On a fifth of the topics two equally good systems rank otherwise; 2.5 % and some are expected."""
    rng, alarms = np.random.default_rng(4), 0
    for _ in range(30):
        old, other = rng.choice([0.0, 0.4, 0.5, 0.63, 1.0], size=(2, 44), p=[0.1, 0.1, 0.1, 0.1, 0.6])
        new = np.where(rng.random(44) < 0.2, other, old)
        runs = (run(dict(zip(IDS, map(float, values), strict=True)), measures=("nDCG@10",)) for values in (old, new))
        alarms += not check_against_baseline(*runs, measures=("nDCG@10",)).passed
    assert alarms <= 4


def test_topics_that_came_went_or_were_reworded_are_named_and_not_compared():
    old = run({**GOOD, "gone": 1.0})
    new = run({**GOOD, "fresh": 0.0, "t05": 0.0}, texts={"t05": "Something else?"})
    result = check_against_baseline(old, new)
    comparison = result.comparison
    assert (comparison.only_a, comparison.only_b, comparison.reworded) == (("gone",), ("fresh",), ("t05",))
    assert comparison.measures["R@5"].topics == 43
    assert (result.passed, result.lost) == (True, ())


def test_too_few_shared_topics_say_nothing():
    few = {topic: GOOD[topic] for topic in IDS[:9]}
    with pytest.raises(EvaluationError, match=r"share only 9 topics with nDCG@10, and fewer than 10"):
        check_against_baseline(run(GOOD), run(few))


def test_a_missing_measure_is_an_error():
    with pytest.raises(EvaluationError, match=r"'R@5'"):
        check_against_baseline(run(GOOD, measures=("nDCG@10",)), run(GOOD))


def test_a_baseline_keeps_what_is_compared_and_no_more(tmp_path):
    kept = as_baseline(run(GOOD, details={"rankings": {"t00": []}}))
    kept.write(tmp_path / "baseline.json")
    again = RunFile.read(tmp_path / "baseline.json")
    assert list(again.systems) == ["default"]
    assert (again.details, again.systems["default"].latency_ms, again.systems["default"].curves) == ({}, {}, {})
    assert check_against_baseline(again, run(GOOD)).passed


def test_the_json_form():
    form = check_against_baseline(run(GOOD), run(GOOD | dict.fromkeys(IDS[1:9], 0.0))).as_dict()
    form = json.loads(json.dumps(form, allow_nan=False))
    assert (form["passed"], form["failed"], form["improved"]) == (False, list(GUARDED), [])
    assert form["lost"][0]["topic"] == "t01"
    assert form["lost"][0]["values"]["R@5"] == {"baseline": 1.0, "run": 0.0}
    assert form["comparison"]["format"] == "sota-rag comparison 1"
