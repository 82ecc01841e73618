"""TREC runs and qrels: written so that every tool reads one order, read with an error for each broken line."""

import math
import re

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.eval import (
    per_topic,
    read_trec_qrels,
    read_trec_run,
    trec_run_lines,
    write_trec_qrels,
    write_trec_run,
)
from sota_rag.eval.foreign import measure_run
from sota_rag.eval.measures import MEASURES, total_order
from sota_rag.eval.run_file import RunFile, SystemResult, TopicInfo
from sota_rag.eval.trec import qrels_of, run_of
from sota_rag.index.errors import EvaluationError, UnwritableError

RUN = {
    "t1": {"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.0},
    "t2": {"d": 0.5, "b": 0.25},
    "t3": {"a": 7.0},
    "unjudged": {"a": 1.0},
}
QRELS = {"t1": {"c": 2, "d": 1, "a": 0}, "t2": {"b": 1}, "t3": {"z": 1}, "t4": {"a": 1}}


def test_trec_lines_by_hand():
    run = {"t1": {"b": 0.5, "a": 0.75}, "t2": {"c": 2.0}}
    assert list(trec_run_lines(run, "ours")) == [
        "t1 Q0 a 1 0.75 ours",
        "t1 Q0 b 2 0.5 ours",
        "t2 Q0 c 1 2.0 ours",
    ]


def test_a_written_run_measures_the_same_when_read_back_by_ir_measures(tmp_path):
    """Ties, ties in float32 only, zeros: trec_eval's own tie-break must find nothing to break."""
    run = {
        "t1": {"z": 0.5, "a": 0.5, "m": 0.5, "k": 0.4},
        "t2": {"z": 0.7, "a": 0.7 + 1e-12, "m": 0.7 - 1e-12, "k": 0.7 - 1e-12},
        "t3": {"z": 0.0, "a": 0.0, "m": -1.0, "k": -1.0},
    }
    path = tmp_path / "run.trec"
    write_trec_run(path, run, "ours")
    read_back = list(ir_measures.read_trec_run(str(path)))
    for relevant in "zamk":
        qrels = {topic: {relevant: 1} for topic in run}
        ours = per_topic(run, qrels, ["AP", "RR@10"])
        for metric in ir_measures.iter_calc([ir_measures.AP, ir_measures.RR @ 10], qrels, read_back):
            assert metric.value == pytest.approx(ours[str(metric.measure)][metric.query_id])


@pytest.mark.parametrize(
    ("run", "tag", "says"),
    [
        ({"t": {"a b": 1.0}}, "x", "'a b'"),
        ({"": {"a": 1.0}}, "x", "''"),
        ({"t": {"a": 1.0}}, "my run", "'my run'"),
        ({"t": {"a": math.inf}}, "x", "score inf"),
        ({"t": {"a": 1e300}}, "x", "1e\\+300"),
        ({"t": {"a": math.nan}}, "x", "NaN"),
    ],
)
def test_what_a_run_file_cannot_hold_is_an_error_and_nothing_is_written(tmp_path, run, tag, says):
    with pytest.raises(EvaluationError, match=says):
        write_trec_run(tmp_path / "run.trec", run, tag)
    assert not (tmp_path / "run.trec").exists()


def test_a_run_that_cannot_be_written_says_where(tmp_path):
    with pytest.raises(UnwritableError, match=r"nowhere"):
        write_trec_run(tmp_path / "nowhere" / "run.trec", {"t": {"a": 1.0}}, "x")


def test_both_files_are_read_back_as_they_were_written(tmp_path):
    run = {topic: {document: float(value) for document, value in scores.items()} for topic, scores in RUN.items()}
    write_trec_run(tmp_path / "run", run, "ours")
    write_trec_qrels(tmp_path / "qrels", QRELS)
    assert (tmp_path / "qrels").read_text().splitlines()[:2] == ["t1 0 c 2", "t1 0 d 1"]
    back = read_trec_run(tmp_path / "run")
    assert {topic: [document for document, _ in total_order(scores)] for topic, scores in back.items()} == {
        topic: [document for document, _ in total_order(scores)] for topic, scores in run.items()
    }
    assert read_trec_qrels(tmp_path / "qrels") == QRELS


_IDS = st.text("abcXYZ019-_./#", min_size=1, max_size=6)


@settings(max_examples=40)
@given(
    st.dictionaries(_IDS, st.dictionaries(_IDS, st.floats(-1e6, 1e6), min_size=1, max_size=6), min_size=1, max_size=3)
)
def test_any_run_keeps_its_order(tmp_path_factory, run):
    path = tmp_path_factory.mktemp("run") / "run"
    write_trec_run(path, run, "x")
    back = read_trec_run(path)
    assert {topic: [key for key, _ in total_order(scores)] for topic, scores in back.items()} == {
        topic: [key for key, _ in total_order(scores)] for topic, scores in run.items()
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "run: is an empty run"),
        ("\n\n", "run: is an empty run"),
        ("t1 Q0 a 1 0.5 x\nt1 Q0 b 2 nan x\n", "run:2: score 'nan' is no finite number"),
        ("t1 Q0 a 1 inf x\n", "run:1: score 'inf' is no finite number"),
        ("t1 Q0 a 1 high x\n", "run:1: score 'high' is no finite number"),
        ("t1 Q0 a 1 0.5 x\n\nt1 Q0 a 2 0.4 x\n", "run:3: document 'a' is returned twice for topic 't1'"),
        ("t1 Q0 a 1 0.5\n", "run:1: 't1 Q0 a 1 0.5' has 5 columns, not 6"),
        ("t1 Q0 zz 1 0.5 x\n", "run:1: document 'zz' is not in the collection"),
        ("t9 Q0 a 1 0.5 x\n", "run:1: topic 't9' is not among the 1 topics"),
    ],
)
def test_a_broken_run_names_the_line(tmp_path, text, says):
    path = tmp_path / "run"
    path.write_text(text)
    with pytest.raises(EvaluationError, match=re.escape(says)):
        read_trec_run(path, topics={"t1"}, documents={"a", "b"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "qrels: holds no judgements"),
        ("t1 0 a 1\nt1 0 b 0.5\n", "qrels:2: grade '0.5' is not an integer"),
        ("t1\ta\t1\n", "qrels:1: 't1\\ta\\t1' has 3 columns, not 4; TREC qrels have lines"),
        ("t1\ta\t1\n", "measure with --beir"),
        ("t1 0 a 1\nt1 0 a 0\n", "qrels:2: document 'a' is judged twice for topic 't1'"),
        ("t1 0 zz 1\n", "qrels:1: document 'zz' is not in the collection"),
        ("t9 0 a 1\n", "qrels:1: topic 't9' is not among"),
    ],
)
def test_broken_qrels_name_the_line(tmp_path, text, says):
    path = tmp_path / "qrels"
    path.write_text(text)
    with pytest.raises(EvaluationError, match=re.escape(says)):
        read_trec_qrels(path, topics={"t1"}, documents={"a", "b"})


def test_a_file_that_is_not_there_says_what_it_should_be(tmp_path):
    with pytest.raises(EvaluationError, match=r"cannot read .* a TREC run has lines"):
        read_trec_run(tmp_path / "nowhere")


def measured(**more):
    return measure_run(RUN, QRELS, name="tiny", system="theirs", fingerprints={"corpus": "c"}, **more)


def test_what_is_exported_measures_the_same_in_ir_measures(tmp_path):
    """The round trip: run file, TREC files, ir-measures' own readers and figures."""
    path = tmp_path / "run.json"
    measured().write(path)
    kept = RunFile.read(path)
    write_trec_run(tmp_path / "run.trec", run_of(kept), "theirs")
    write_trec_qrels(tmp_path / "qrels.txt", qrels_of(kept))
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "qrels.txt")))
    run = list(ir_measures.read_trec_run(str(tmp_path / "run.trec")))
    theirs = ir_measures.iter_calc([ir_measures.parse_measure(name) for name in MEASURES], qrels, run)
    ours = {name: dict(values) for name, values in kept.systems["theirs"].per_topic.items()}
    found = {(str(metric.measure), metric.query_id): metric.value for metric in theirs}
    assert found == {
        (name, topic): pytest.approx(value) for name, values in ours.items() for topic, value in values.items()
    }
    assert kept.measures["RR@10"].mean == pytest.approx((1 / 3 + 1 / 2 + 0 + 0) / 4)


def test_every_judged_topic_counts_and_the_notes_say_what_is_odd():
    found = measured(topics={"t1": TopicInfo("What is c?", "direct")}, measures=["RR@10"])
    values = found.systems["theirs"].per_topic["RR@10"]
    assert values == {"t1": pytest.approx(1 / 3), "t2": 0.5, "t3": 0.0, "t4": 0.0}
    assert (found.kind, found.default, found.topics["t1"].text, found.topics["t2"].text) == (
        "retrieval", "theirs", "What is c?", "",
    )  # fmt: skip
    assert list(found.systems["theirs"].by_category) == ["direct"]
    unjudged, missing, tied = found.notes
    assert unjudged == "Topics of the run that are not judged were left out: unjudged."
    assert missing == "Judged topics that are not in the run score zero: t4."
    assert tied.startswith("Tied scores were put in ascending order of document id, in topics t1; trec_eval")


def test_a_run_about_other_topics_or_other_documents_is_told():
    with pytest.raises(EvaluationError, match=r"no topic of the run is judged; the run has 'x', the qrels have 't1'"):
        measure_run({"x": {"a": 1.0}}, QRELS, name="n", system="s", fingerprints={})
    found = measure_run({"t1": {"A": 1.0}}, QRELS, name="n", system="s", fingerprints={}, measures=["AP"])
    assert any("Not one document of the run is judged" in note for note in found.notes)


def test_white_space_in_ids_survives_the_columns(tmp_path):
    details = {"rankings": {"s": {"t 1": [["my notes.md", 0.5]]}}, "qrels": {"t 1": {"my notes.md": 1}}}
    run = RunFile("retrieval", "n", "2026-01-01T00:00:00Z", {}, "s", {"s": SystemResult({})}, {}, (), details)
    write_trec_run(tmp_path / "run", run_of(run), "s")
    write_trec_qrels(tmp_path / "qrels", qrels_of(run))
    assert read_trec_run(tmp_path / "run") == {"t%201": {"my%20notes.md": 0.5}}
    assert read_trec_qrels(tmp_path / "qrels") == {"t%201": {"my%20notes.md": 1}}


@pytest.mark.parametrize(
    ("details", "says"),
    [
        ({}, "keeps no rankings; those of `sota-rag eval retrieval`"),
        ({"rankings": {"other": {}}}, "keeps no rankings of 's'; it has those of other"),
        ({"rankings": {"s": {"t": [["a"]]}}}, "are damaged"),
        ({"rankings": {"s": 3}}, "are damaged"),
    ],
)
def test_a_run_file_without_usable_rankings_is_told(details, says):
    run = RunFile("retrieval", "n", "2026-01-01T00:00:00Z", {}, "s", {"s": SystemResult({})}, {}, (), details)
    with pytest.raises(EvaluationError, match=re.escape(says)):
        run_of(run)
