"""Run files: what is written is what is read, and what is broken is named."""

import json
from dataclasses import replace

import pytest
from sota_rag.eval.run_file import Curve, RunFile, SystemResult, TopicInfo, percentiles, summarise
from sota_rag.eval.statistics import Interval
from sota_rag.index.errors import EvaluationError, UnwritableError

VALUES = {"nDCG@10": {"a": 1.0, "b": 0.5, "c": 0.0}, "F1": {"b": 1.0}}


@pytest.fixture
def run():
    measures, by_category = summarise(VALUES, {"a": "x", "b": "x", "c": "y"})
    system = SystemResult(
        measures,
        VALUES,
        by_category,
        latency_ms={"total": percentiles([1.0, 2.0, 3.0])},
        curves={"risk": Curve("coverage", "risk", (0.5, 1.0), (0.0, 0.25), "step", sizes=(1, 2))},
        facts={"passages": 3},
        failures={"c": "QueryError: <b>no</b>"},
    )
    topics = {"a": TopicInfo("Was ist α?", "x"), "b": TopicInfo("b", "x"), "c": TopicInfo("c", "y")}
    return RunFile(
        "retrieval", "tiny", "2026-01-01T00:00:00Z", {"seed": 0}, "s", {"s": system}, topics, ("a note",), {"k": 1}
    )


def test_what_is_written_is_what_is_read(run, tmp_path):
    path = tmp_path / "new" / "run.json"
    run.write(path)
    assert RunFile.read(path) == run
    assert [entry.name for entry in path.parent.iterdir()] == ["run.json"]
    form = json.loads(path.read_text(encoding="utf-8"))
    assert form["measures"] == form["systems"]["s"]["measures"]
    assert form["topics"]["a"] == {"text": "Was ist α?", "category": "x"}


def test_summaries_are_over_the_topics_that_have_a_value():
    measures, by_category = summarise({**VALUES, "none": {}}, {"a": "x", "b": "x", "c": "y"})
    assert {name: interval.mean for name, interval in measures.items()} == {"nDCG@10": 0.5, "F1": 1.0}
    assert {name: sorted(found) for name, found in by_category.items()} == {"x": ["F1", "nDCG@10"], "y": ["nDCG@10"]}
    assert by_category["x"]["nDCG@10"].mean == 0.75
    assert summarise(VALUES, {"a": ""})[1] == {}


def test_words_can_be_left_out(run):
    bare = run.without_texts()
    assert bare.topics["a"] == TopicInfo("", "x")
    assert bare.systems == run.systems


def test_no_percentiles_of_nothing():
    assert percentiles([]) == {}
    assert percentiles([5.0]) == {"p50": 5.0, "p95": 5.0, "p99": 5.0}


def test_a_value_that_is_no_number_is_never_written(run, tmp_path):
    broken = replace(run.systems["s"], measures={"AP": Interval(float("nan"), 0.0, 1.0)})
    with pytest.raises(EvaluationError, match="run 'tiny' holds a value that is not finite"):
        replace(run, systems={"s": broken}).write(tmp_path / "run.json")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableError, match="choose another path"):
        run.write(tmp_path / "file" / "run.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda form: form["systems"]["s"]["per_topic"]["F1"].update(b=float("nan")), "'F1', topic 'b': nan is no"),
        (lambda form: form["systems"]["s"]["per_topic"]["F1"].update(b="1"), "'F1', topic 'b': '1' is no finite"),
        (lambda form: form["systems"]["s"]["measures"]["F1"].update(low=None), "measure 'F1': None is no finite"),
        (lambda form: form["systems"]["s"]["curves"]["risk"].update(x=[1, float("inf")]), "curve 'risk': inf is no"),
        (lambda form: form["systems"].clear(), "is an empty run; the system 's' it is about is not in it"),
        (lambda form: form.pop("topics"), "is a damaged run file (KeyError: 'topics')"),
        (lambda form: form.update(systems=[]), "is a damaged run file (AttributeError"),
        (lambda form: form.update(format="sota-rag run 9"), "is no run file (its format is 'sota-rag run 9'"),
    ],
)
def test_a_broken_run_is_named(run, tmp_path, change, says):
    form = run.as_dict()
    form = json.loads(json.dumps(form))
    change(form)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(form))
    with pytest.raises(EvaluationError) as caught:
        RunFile.read(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_what_is_no_run_file_at_all(tmp_path):
    path = tmp_path / "run.json"
    for text, says in (("{\n,", f"{path}:2: not JSON"), ("[]", "is no run file (its format is None"), ("", "not JSON")):
        path.write_text(text)
        with pytest.raises(EvaluationError) as caught:
            RunFile.read(path)
        assert says in str(caught.value)
    with pytest.raises(EvaluationError, match="name a run file"):
        RunFile.read(tmp_path / "none.json")
