"""Runs over time: what makes a series, what is left out, what is asked for."""

import json

import pytest
from sota_rag.eval import Interval
from sota_rag.eval.history import read_history, topics_fingerprint
from sota_rag.eval.run_file import RunFile, SystemResult, TopicInfo
from sota_rag.index.errors import EvaluationError

TOPICS = {"t1": TopicInfo("one?"), "t2": TopicInfo("two?")}


def run(created, mean=0.5, *, name="guides test", topics=TOPICS, code="ab" * 32, measures=("nDCG@10", "AP")):
    result = SystemResult({measure: Interval(mean, mean - 0.1, mean + 0.1) for measure in measures})
    return RunFile("retrieval", name, created, {"code": code, "corpus": "c"}, "default", {"default": result}, topics)


@pytest.fixture
def folder(tmp_path):
    """Three runs of one series out of order, one over other topics, one of another name, and two that are broken."""
    run("2026-03-01T00:00:00Z", 0.7).write(tmp_path / "a.json")
    run("2026-01-01T00:00:00Z", 0.5).write(tmp_path / "b.json")
    run("2026-02-01T00:00:00Z", 0.6, measures=("nDCG@10", "R@5")).write(tmp_path / "deeper" / "c.json")
    run("2026-02-02T00:00:00Z", topics={"t1": TopicInfo("one?")}).write(tmp_path / "d.json")
    run("2026-02-03T00:00:00Z", name="other").write(tmp_path / "e.json")
    (tmp_path / "half.json").write_text('{"format": "sota-rag run 1"')
    (tmp_path / "old.json").write_text('{"collection": "scifact"}')
    return tmp_path


def test_a_series_has_one_name_and_the_same_topics_oldest_first(folder):
    history = read_history([folder])
    assert [(series.name, series.topic_count, len(series.entries)) for series in history.series] == [
        ("guides test", 1, 1),
        ("guides test", 2, 3),
        ("other", 2, 1),
    ]
    series = history.series[1]
    assert [entry.path.name for entry in series.entries] == ["b.json", "c.json", "a.json"]
    assert [entry.measures["nDCG@10"].mean for entry in series.entries] == [0.5, 0.6, 0.7]
    assert series.measures == ("nDCG@10", "AP", "R@5")
    assert series.entries[0].code == "abababab"


def test_broken_files_are_named_and_cost_nothing_else(folder):
    broken = read_history([folder]).broken
    assert [path.rpartition("/")[2] for path in broken] == ["half.json", "old.json"]
    assert "half.json:1: not JSON" in broken[str(folder / "half.json")]
    assert "is no run file" in broken[str(folder / "old.json")]


def test_a_folder_named_twice_counts_once(folder):
    assert len(read_history([folder, folder]).series[1].entries) == 3


def test_only_some_measures(folder):
    history = read_history([folder]).only(["R@5"])
    assert [(series.topic_count, series.measures) for series in history.series] == [(2, ("R@5",))]
    assert [len(entry.measures) for entry in history.series[0].entries] == [0, 1, 0]
    with pytest.raises(EvaluationError, match=r"no run has a measure 'nDCG'; there are nDCG@10, AP, R@5"):
        read_history([folder]).only(["nDCG"])


def test_the_json_form(folder):
    form = json.loads(json.dumps(read_history([folder]).as_dict()))
    assert list(form) == ["series", "broken"]
    series = form["series"][1]
    assert (series["kind"], series["name"], series["topics"]) == ("retrieval", "guides test", 2)
    assert series["topics_fingerprint"] == topics_fingerprint(run("2026-01-01T00:00:00Z"))
    first = series["runs"][0]
    assert (first["created"], first["default"], first["corpus"]) == ("2026-01-01T00:00:00Z", "default", "c")
    assert first["measures"]["AP"] == {"mean": 0.5, "low": 0.4, "high": 0.6}


def test_what_topics_are_is_ids_and_words_in_any_order():
    turned = dict(reversed(TOPICS.items()))
    reworded = {**TOPICS, "t2": TopicInfo("two, really?")}
    same, other = run("x", topics=turned), run("x", topics=reworded)
    assert topics_fingerprint(run("x")) == topics_fingerprint(same) != topics_fingerprint(other)


def test_folders_that_hold_nothing_are_an_error(tmp_path):
    with pytest.raises(EvaluationError, match="there is no folder"):
        read_history([tmp_path / "nowhere"])
    with pytest.raises(EvaluationError, match=r"no run files in .* write one with --output"):
        read_history([tmp_path])
