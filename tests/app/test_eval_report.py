"""The subjects report, history, measure and export, as a user types them."""

import json

import pytest
from sota_rag.app.cli import main
from sota_rag.eval import Interval
from sota_rag.eval.run_file import RunFile, SystemResult, TopicInfo

RUN = "q1 Q0 a 1 3.0 bm25\nq1 Q0 b 2 2.0 bm25\nq2 Q0 b 1 1.0 bm25\n"
QRELS = "q1 0 b 1\nq2 0 b 1\nq2 0 c 1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a foreign run, its judgements and two run files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bm25.trec").write_text(RUN)
    (tmp_path / "qrels.txt").write_text(QRELS)
    for created, mean in (("2026-02-01T10:30:00Z", 0.7), ("2026-01-01T00:00:00Z", 0.6)):
        result = SystemResult({"nDCG@10": Interval(mean, mean - 0.1, mean + 0.1), "AP": Interval(0.5, 0.4, 0.6)})
        made_of = {"code": "abcdef0123456789", "corpus": "c"}
        topics = {"t1": TopicInfo("one?")}
        run = RunFile("retrieval", "guides test", created, made_of, "default", {"default": result}, topics)
        run.write(tmp_path / "eval" / "results" / f"{created[:7]}.json")
    return tmp_path


def test_a_foreign_run_is_measured_and_exported_again(folder, capsys):
    assert main(["eval", "measure", "--run", "bm25.trec", "--qrels", "qrels.txt", "--output", "m.json"]) == 0
    printed = capsys.readouterr().out
    assert "retrieval: bm25, qrels, 2 topics" in printed
    assert ["RR@10", "0.750"] in [line.split()[:2] for line in printed.splitlines()]
    run = RunFile.read(folder / "m.json")
    assert run.systems["bm25"].per_topic["RR@10"] == {"q1": 0.5, "q2": 1.0}
    assert run.fingerprints["models"]["run"].startswith("bm25.trec ")

    assert main(["eval", "export", "m.json", "--run", "again.trec", "--qrels", "again.txt"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "again.trec: run of bm25, 2 topics, 3 lines",
        "again.txt: qrels, 2 topics, 3 lines",
    ]
    assert (folder / "again.trec").read_text() == RUN and (folder / "again.txt").read_text() == QRELS


def test_over_a_collection_ids_are_checked_and_questions_shown(folder, capsys):
    beir = folder / "tiny"
    (beir / "qrels").mkdir(parents=True)
    (beir / "corpus.jsonl").write_text("".join(f'{{"_id": "{name}", "text": "x"}}\n' for name in "abc"))
    (beir / "queries.jsonl").write_text('{"_id": "q1", "text": "one?"}\n{"_id": "q2", "text": "two?"}\n')
    (beir / "qrels" / "test.tsv").write_text("q1\tb\t1\nq2\tb\t1\n")
    command = ["eval", "measure", "--run", "bm25.trec", "--beir", "tiny", "--measure", "P@1", "--json"]
    assert main(command) == 0
    form = json.loads(capsys.readouterr().out)
    assert (form["name"], form["topics"]["q2"]["text"]) == ("bm25, tiny test", "two?")
    assert {name: measure["mean"] for name, measure in form["measures"].items()} == {"P@1": 0.5}
    (folder / "bm25.trec").write_text(RUN.replace("Q0 b 2", "Q0 z 2"))
    assert main(command) == 1
    assert "bm25.trec:2: document 'z' is not in the collection" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["measure", "--run", "qrels.txt", "--qrels", "qrels.txt"], 1, "qrels.txt:1: 'q1 0 b 1' has 4 columns, not 6"),
        (
            ["measure", "--run", "bm25.trec", "--qrels", "qrels.txt", "--output", "no/m.json"],
            2,
            "there is no such folder",
        ),
        (
            ["measure", "--run", "bm25.trec", "--qrels", "qrels.txt", "--measure", "nDGC@10"],
            1,
            "unknown measure 'nDGC@10'",
        ),
        (["export", "eval/results/2026-01.json"], 2, "nothing to write"),
        (["export", "eval/results/2026-01.json", "--run", "x"], 1, "keeps no rankings"),
        (["history", "nowhere"], 1, "there is no folder 'nowhere'"),
        (["history", "--measure", "R@5"], 1, "no run has a measure 'R@5'; there are nDCG@10, AP"),
        (["report", "qrels.txt", "--html", "r.html"], 1, "qrels.txt:1: not JSON"),
        (["report", "eval/results/2026-01.json", "--html", "no/r.html"], 1, "cannot write"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(folder, capsys, arguments, status, says):
    assert main(["eval", *arguments]) == status
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


def test_a_report_of_several_runs(folder, capsys):
    files = ["eval/results/2026-01.json", "eval/results/2026-02.json"]
    assert main(["eval", "report", *files, "--html", "r.html", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["report"] == "r.html"
    page = (folder / "r.html").read_text()
    assert "<h1>guides test: 2 runs side by side</h1>" in page


def test_the_history_of_a_folder(folder, capsys):
    (folder / "eval" / "results" / "broken.json").write_text("{")
    assert main(["eval", "history", "--html", "h.html"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "retrieval: guides test, 1 topics"
    assert [line.split()[:5] for line in lines[2:4]] == [
        ["2026-01-01", "00:00", "abcdef01", "default", "0.600"],
        ["2026-02-01", "10:30", "abcdef01", "default", "0.700"],
    ]
    assert lines[-1].startswith("left out: ") and "broken.json:1" in lines[-1]
    assert "over time" in (folder / "h.html").read_text()
    assert main(["eval", "history", "--measure", "AP", "--json"]) == 0
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert [list(run["measures"]) for run in series["runs"]] == [["AP"], ["AP"]]
