"""`sota-rag eval compare` and `eval gate`: what they print, write and return."""

import json

import pytest
from sota_rag.app import evaluation
from sota_rag.app.cli import main
from sota_rag.app.commands.evaluate import gate
from sota_rag.app.compose import starter_topics
from sota_rag.eval import report
from sota_rag.eval.baseline_gate import GUARDED
from sota_rag.eval.run_file import RunFile, SystemResult, TopicInfo
from sota_rag.eval.statistics import Interval

IDS = [f"t{number:02}" for number in range(30)]
GOOD = {topic: 0.0 if number % 10 == 0 else 1.0 for number, topic in enumerate(IDS)}
BAD = GOOD | dict.fromkeys(IDS[1:9], 0.0)


def make_run(values, *, more=None, kind="retrieval"):
    def result(column):
        per_topic = {name: dict(column) for name in GUARDED}
        mean = sum(column.values()) / len(column)
        return SystemResult(dict.fromkeys(GUARDED, Interval(mean, mean, mean)), per_topic)

    topics = {
        topic: TopicInfo(f"What does question {topic} ask?", ("direct", "how")[number % 2])
        for number, topic in enumerate(values)
    }
    systems = {"default": result(values), **{name: result(column) for name, column in (more or {}).items()}}
    return RunFile(kind, "test topics", "2026-01-02T03:04:05Z", {"settings": "s"}, "default", systems, topics)


@pytest.fixture
def files(tmp_path):
    runs = {
        "good": make_run(GOOD, more={"bm25": BAD}),
        "bad": make_run(BAD),
        "fewer": make_run({topic: GOOD[topic] for topic in IDS[2:]} | {"new": 1.0}),
        "chunks": make_run(GOOD, kind="chunking"),
    }
    for name, run in runs.items():
        run.write(tmp_path / f"{name}.json")
    return {name: tmp_path / f"{name}.json" for name in runs}


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return call


# --- compare


def test_compare_prints_measures_categories_and_the_topics_lost(run, files):
    status, out, _ = run("eval", "compare", files["good"], files["bad"], "--topics", "3")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "A: test topics, system default, 2026-01-02T03:04:05Z"
    assert "retrieval, 30 topics paired" in lines
    row = next(line for line in lines if line.startswith("nDCG@10 "))
    assert row.split()[1:4] == ["30", "0.900", "0.633"]
    assert "-0.267 [" in row
    assert "0/22/8" in row
    assert row.endswith("B is worse")
    assert "nDCG@10, topics that B lost: 8" in lines
    assert "  t01  1.000 -> 0.000  What does question t01 ask?" in lines
    assert "  and 5 more (--json names them all)" in lines
    assert any(line.split()[:2] == ["direct", "15"] for line in lines)
    assert "B won" not in out


def test_compare_says_which_topics_were_left_out(run, files):
    _, out, _ = run("eval", "compare", files["good"], files["fewer"])
    assert "topics left out because only A has them: 2 (t00, t01)" in out
    assert "topics left out because only B has them: 1 (new)" in out


def test_compare_two_systems_of_one_run(run, files):
    status, out, _ = run("eval", "compare", files["good"], "--system-b", "bm25", "--measure", "R@5")
    assert status == 0
    assert "B: test topics, system bm25" in out
    assert "nDCG@10" not in out


def test_compare_as_json(run, files):
    status, out, _ = run("eval", "compare", files["good"], files["good"], "--json")
    form = json.loads(out)
    assert (status, form["format"]) == (0, "sota-rag comparison 1")
    for measure in form["measures"].values():
        assert (measure["difference"], measure["p"]) == ({"mean": 0.0, "low": 0.0, "high": 0.0}, 1.0)


def test_compare_writes_a_report_of_both(run, files, tmp_path, monkeypatch):
    written = []

    def write(runs, path, *, comparisons):
        written.append(([list(found.systems) for found in runs], path, [found.b.system for found in comparisons]))

    monkeypatch.setattr(report, "write_report", write)
    status, _, _ = run("eval", "compare", files["good"], files["bad"], "--html", tmp_path / "both.html")
    assert status == 0
    assert run("eval", "compare", files["good"], "--system-b", "bm25", "--html", tmp_path / "one.html")[0] == 0
    assert written == [
        ([["default", "bm25"], ["default"]], tmp_path / "both.html", ["default"]),
        ([["default", "bm25"]], tmp_path / "one.html", ["bm25"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["good"], 2, "--system-b NAME"),
        (["good", "bad", "--topics", "-1"], 2, "--topics is -1"),
        (["good", "bad", "--html", "/nowhere/at/all/x.html"], 2, "there is no such folder"),
        (["good", "bad", "--system-a", "dense"], 1, "no system 'dense'; it has default, bm25"),
        (["good", "bad", "--measure", "AP"], 1, "they have nDCG@10, R@5, RR@10"),
        (["good", "chunks"], 1, "'retrieval' cannot be compared with one of 'chunking'"),
        (["good", "missing"], 1, "name a run file"),
    ],
)
def test_compare_explains_what_is_wrong(run, files, arguments, status, says):
    named = [str(files.get(argument, argument)) for argument in arguments]
    found, out, err = run("eval", "compare", *named)
    assert (found, out) == (status, "")
    assert says in err


# --- gate


def test_gate_passes_an_equal_run(run, files):
    status, out, _ = run("eval", "gate", "--baseline", files["good"], "--run", files["good"])
    assert status == 0
    assert out.splitlines()[-1] == "passed: no guarded measure got worse by more than noise"


def test_gate_fails_a_worse_run_and_names_the_lost_topics(run, files):
    status, out, _ = run("eval", "gate", "--baseline", files["good"], "--run", files["bad"])
    assert status == 1
    assert "topics lost: 8" in out
    for topic in IDS[1:9]:
        assert f"  {topic}  1.00 -> 0.00  1.00 -> 0.00  1.00 -> 0.00  What does question" in out
    assert "FAILED: nDCG@10, R@5, RR@10 got worse by more than noise" in out
    assert files["good"].read_bytes()  # the baseline stays


def test_gate_announces_a_gain(run, files):
    status, out, _ = run("eval", "gate", "--baseline", files["bad"], "--run", files["good"])
    assert status == 0
    assert out.splitlines()[-1].endswith("keep it with: sota-rag eval gate --update")


def test_gate_names_topics_that_came_and_went(run, files):
    status, out, _ = run("eval", "gate", "--baseline", files["good"], "--run", files["fewer"])
    assert status == 0
    assert "topics that are new since the baseline, and not guarded: 1 (new)" in out
    assert "topics of the baseline that are gone: 2 (t00, t01)" in out
    assert out.splitlines()[-1] == "the topics changed; guard them all with: sota-rag eval gate --update"


def test_gate_update_makes_the_run_the_baseline_even_where_it_is_worse(run, files):
    status, out, _ = run("eval", "gate", "--baseline", files["good"], "--run", files["bad"], "--update")
    assert status == 0
    assert "FAILED" in out
    assert "is the baseline now" in out
    assert RunFile.read(files["good"]).systems["default"].per_topic["R@5"] == BAD
    assert run("eval", "gate", "--baseline", files["good"], "--run", files["bad"])[0] == 0


def test_gate_update_replaces_a_baseline_that_is_missing_or_broken(run, files, tmp_path):
    path = tmp_path / "baseline.json"
    status, _, err = run("eval", "gate", "--baseline", path, "--run", files["good"])
    assert (status, "sota-rag eval gate --update" in err) == (1, True)
    for _ in range(2):
        status, out, _ = run("eval", "gate", "--baseline", path, "--run", files["good"], "--update", "--json")
        form = json.loads(out)
        assert (status, form["passed"], form["updated"]) == (0, True, True)
        assert list(RunFile.read(path).systems) == ["default"]
        path.write_text("{")
    status, _, err = run("eval", "gate", "--baseline", path, "--run", files["good"])
    assert status == 1
    assert "cannot be held against the baseline" in err
    assert "sota-rag eval gate --update" in err


def test_gate_as_json(run, files):
    status, out, _ = run("eval", "gate", "--baseline", files["good"], "--run", files["bad"], "--json")
    form = json.loads(out)
    assert (status, form["passed"], form["updated"], form["failed"]) == (1, False, False, list(GUARDED))
    assert form["lost"][0]["topic"] == "t01"


def test_gate_measures_the_guides_when_no_run_is_named(run, files, monkeypatch, surroundings):
    asked = []

    def measure(settings, topics, plan, *, index, progress):
        asked.append((topics, plan.systems, plan.rankings, plan.limit, index))
        return make_run({topic: value for topic, value in GOOD.items() if plan.limit is None or topic > "t04"})

    monkeypatch.setattr(evaluation, "evaluate_topics", measure)
    status, _, _ = run("eval", "gate", "--baseline", files["good"])
    assert status == 0
    status, out, _ = run("eval", "gate", "--baseline", files["good"], "--limit", 15)
    assert status == 0
    assert "asked in part: 5 topics of the baseline were left out" in out
    assert "gone" not in out
    assert out.splitlines()[-1] == "passed: no guarded measure got worse by more than noise"
    assert asked == [(starter_topics("test"), ("default",), False, limit, None) for limit in (None, 15)]
    status, _, err = run("eval", "gate", "--baseline", files["good"], "--limit", 15, "--update")
    assert (status, err) == (2, "sota-rag: a baseline is of all topics; leave --limit out, or --update\n")


def test_the_committed_baseline_lies_with_the_source():
    path = gate.committed_baseline()
    assert path.name == "corpus-baseline.json"
    assert path.parent.is_dir()
