"""Tuning from beginning to end, and the command."""

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")
pytest.importorskip("optuna", reason="tuning needs the extra `tune`")

from sota_rag.app import compose
from sota_rag.app.cli import main
from sota_rag.app.commands import tune_command
from sota_rag.app.tuning import tune as tuning
from sota_rag.app.tuning.judged import collection_task, topics_task
from sota_rag.app.tuning.tune import TuneOptions, tune
from sota_rag.eval.run_file import RunFile
from sota_rag.eval.topics import TopicSet
from sota_rag.index.errors import EvaluationError, UsageError
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

OPTIONS = TuneOptions(("fusion", "bm25"), (), trials=6)


@pytest.fixture(autouse=True)
def without_page(request, monkeypatch):
    """Plots take longer than tuning here; one test looks at them."""
    if "page" not in request.node.name:
        monkeypatch.setattr(tuning, "write_study_page", lambda *arguments, path, **options: path.touch())
        monkeypatch.setattr(tuning, "importances", lambda *arguments: {})


@pytest.fixture
def study(wordy, by_vectors, tmp_path):
    """Tune on the collection: what came of it."""

    def run(settings=by_vectors, test="test", options=OPTIONS, **changed):
        task = collection_task(wordy, "train", test)
        return tune(settings, task, tmp_path / "study", replace(options, **changed))

    return run


def test_a_real_gain_is_written_and_shows_on_the_test_topics(study, tmp_path):
    tuned = study()
    outcome = tuned.outcome
    assert outcome.better
    assert outcome.before.mean < 0.7 < outcome.after.mean
    assert "search" in tuned.changes
    run = tuned.run
    assert list(run.systems)[:2] == ["before", "after"]
    assert (run.kind, run.default, len(run.topics)) == ("retrieval", "after", 30)
    told = run.details["tuning"]
    assert told["reported"]["questions"] == "wordy test"
    assert told["reported"]["difference"]["low"] > 0
    assert told["reported"]["p"] < 0.01
    assert told["trials"]["all"] == 6
    assert np.mean(list(run.systems["after"].per_topic["nDCG@10"].values())) == run.measures["nDCG@10"].mean
    assert RunFile.read(tmp_path / "study/report.json").as_dict() == run.as_dict()


def test_the_test_topics_are_looked_at_once(study, monkeypatch):
    first = study(trials=2)
    asked = []
    values = tuning.StudyIndexes.values

    def watched(self, judged, *arguments):
        asked.append(judged.name)
        return values(self, judged, *arguments)

    monkeypatch.setattr(tuning.StudyIndexes, "values", watched)
    again = study(trials=6)
    assert set(asked) == {"wordy train"}
    assert again.reported_before
    assert again.run.as_dict() == first.run.as_dict()
    assert again.outcome.best.number >= 2


def test_settings_that_are_fine_stay(study, by_vectors, forget_surroundings):
    fine = by_vectors.model_copy(update={"search": by_vectors.search.model_copy(update={"alpha": 0.0})})
    tuned = study(fine, test=None, trials=3)
    assert not tuned.outcome.better
    assert (tuned.changes, tuned.outcome.after) == ({}, tuned.outcome.before)
    assert tuned.run.name == "tuning, wordy train"
    assert "these are the training topics" in tuned.run.notes[0]
    assert not tuned.reported_before


def test_the_page_is_one_file_with_its_plots(study):
    page = study(trials=5, prune=False).page.read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert 'aria-label="Importance of each parameter"' in page
    assert "Expected on other topics, cross-validated: +0." in page
    assert re.search(r"<tr><td>alpha</td><td>1</td><td>[\d.]+</td>", page)
    assert not re.search(r"(?:src|href)=\"(?!#)", page)


def test_a_measure_that_is_unknown(study):
    with pytest.raises(EvaluationError, match="unknown measure 'nDCK@10'"):
        study(measure="nDCK@10")


@pytest.mark.parametrize("split", ["test", "Test", "test-2"])
def test_a_split_for_reporting_is_not_tuned_on(wordy, split):
    with pytest.raises(UsageError, match="is for reporting; settings are chosen on training questions"):
        collection_task(wordy, split, None)


def test_the_same_split_is_not_reported(wordy):
    with pytest.raises(UsageError, match="report on another split"):
        collection_task(wordy, "train", "train")


def test_questions_of_the_test_are_not_trained_on(wordy, tmp_path):
    copy = tmp_path / "shared"
    (copy / "qrels").mkdir(parents=True)
    for name in ("corpus.jsonl", "queries.jsonl", "qrels/train.tsv"):
        (copy / name).write_bytes((wordy / name).read_bytes())
    (copy / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n", encoding="utf-8")
    task = collection_task(copy, "train", "test")
    assert "q2" not in task.train.questions
    assert set(task.test.questions) == {"q1", "q2"}
    assert task.notes == ("left out of 'shared train', because 'shared test' asks the same: 'q2'",)
    (copy / "qrels/test.tsv").write_bytes((wordy / "qrels/train.tsv").read_bytes())
    with pytest.raises(EvaluationError, match="all questions of 'shared train' are also in 'shared test'"):
        collection_task(copy, "train", "test")


def test_topics_over_the_folders_of_an_index(by_vectors, encoder, tmp_path, monkeypatch, minilm):
    """Quotes are found again however the documents are cut."""
    notes = tmp_path / "notes"
    notes.mkdir()
    said = [f"Here number{n} is told of number{n}, and of how it came about in the end." for n in range(12)]
    (notes / "all.md").write_text("# Numbers\n\n" + "\n\n".join(said) + "\n", encoding="utf-8")
    rows = [
        {"id": f"t{n}", "question": f"what of number{n}", "gold": [{"document": "notes/all.md", "quote": said[n]}]}
        for n in range(12)
    ]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.setattr(encoder, "count_tokens", minilm.count_tokens, raising=False)
    for module in (compose, tuning):
        monkeypatch.setattr(module, "make_encoder", lambda settings: encoder)
    compose.run_ingestion(by_vectors, [notes], encoder=encoder)
    task = topics_task(by_vectors, TopicSet(questions), None)
    options = TuneOptions(("fusion", "chunks"), (64,), measure="RR@10", trials=4, prune=False)
    tuned = tune(by_vectors, task, tmp_path / "study", options)
    assert (tmp_path / "study/indexes/tokens-64").is_dir()
    assert tuned.run.systems["after"].facts["passages"] >= 2
    assert tuned.outcome.best.mean > tuned.outcome.before.mean
    with pytest.raises(UsageError, match="is for reporting"):
        topics_task(by_vectors, TopicSet(tmp_path / "my-test.jsonl"), None)
    with pytest.raises(UsageError, match="add --split dev"):
        topics_task(by_vectors, TopicSet(compose.starter_topics("test").path), None)
    task = topics_task(by_vectors, TopicSet(questions, "dev"), TopicSet(questions, "test"))
    assert (len(task.train.questions), len(task.test.questions)) == (5, 7)


@pytest.fixture
def command(by_vectors, wordy, tmp_path, monkeypatch, encoder, capsys):
    """`sota-rag tune` in a folder of its own, beginning at vectors alone; what it printed."""
    monkeypatch.setattr(compose, "make_encoder", lambda settings: encoder)
    (tmp_path / "sota-rag.toml").write_text("# mine\n[search]\nalpha = 1.0  # vectors\n", encoding="utf-8")

    def run(*arguments, status=0):
        capsys.readouterr()
        given = ["tune", "--beir", str(wordy), "--index", str(tmp_path / "data/index"), "--only", "fusion", *arguments]
        assert main(given) == status
        return capsys.readouterr()

    return run


def test_the_command_writes_what_gains_and_says_what_it_was(command, tmp_path):
    dry = command("--trials", "5", "--dry-run")
    assert "search.alpha" in dry.out or "search.fusion" in dry.out
    assert "not written, as --dry-run says" in dry.out
    assert "alpha = 1.0  # vectors" in (tmp_path / "sota-rag.toml").read_text(encoding="utf-8")
    assert dry.err.count("trial ") == 5
    done = command("--trials", "5", "--output", str(tmp_path / "run.json"))
    assert done.err.count("trial ") == 0
    assert "(was 1.0)" in done.out or "(was 'convex')" in done.out
    assert "on wordy test (looked at once, 20" in done.out
    written = (tmp_path / "sota-rag.toml").read_text(encoding="utf-8")
    assert written.startswith("# mine\n[search]\n")
    assert written != "# mine\n[search]\nalpha = 1.0  # vectors\n"
    told = RunFile.read(tmp_path / "run.json").details
    assert told["written"]
    assert told["changes"]["search"]
    assert (tmp_path / "data/tuning/wordy/study.html").is_file()


def test_the_command_as_json(command):
    form = json.loads(command("--trials", "2", "--json", "--no-test").out)
    assert (form["kind"], form["default"]) == ("retrieval", "after")
    assert form["details"]["tuning"]["reported"]["questions"] == "wordy train"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "test"], "--split 'test' is for reporting"),
        (["--trials", "0"], "--trials 0: try 1 point or more"),
        (["--gate"], "--gate needs questions with and without an answer"),
        (["--target-tokens", "9000"], "--target-tokens 9000: the encoder takes 32 to 254 word pieces"),
    ],
)
def test_wrong_usage(command, arguments, message):
    assert message in command(*arguments, status=2).err


def test_the_command_chooses_the_threshold_of_the_gate(surroundings, tmp_path, monkeypatch, minilm, capsys):
    """Whatever is asked here, a threshold of 0 answers, so that a higher one is better."""
    monkeypatch.setattr(tuning, "make_encoder", lambda settings: minilm)
    monkeypatch.setenv("SOTA_RAG_INDEX", str(tmp_path / "data/index"))
    (tmp_path / "sota-rag.toml").write_text("[answer]\nthreshold = 0.0\n", encoding="utf-8")
    said = {
        "lora.md": "LoRA freezes the pretrained weights of a language model.",
        "nf4.md": "NF4 is a data type of four bits for normally distributed weights.",
        "bread.md": "Sourdough bread rises slowly because wild yeast works slowly.",
    }
    (tmp_path / "notes").mkdir()
    for name, sentence in said.items():
        (tmp_path / "notes" / name).write_text(f"# {name}\n\n{sentence}\n", encoding="utf-8")
    reader = InlineReader(minilm.count_tokens)
    ingest([tmp_path / "notes"], tmp_path / "data/index", encoder=minilm, reader=reader)
    asked = {"lora.md": "Which weights does LoRA freeze?", "nf4.md": "What is the NF4 data type?",
             "bread.md": "Why does sourdough bread rise slowly?"}  # fmt: skip
    rows = [
        {"id": name, "question": question, "gold": [{"document": f"notes/{name}", "quote": said[name]}]}
        for name, question in asked.items()
    ]
    rows += [
        {"id": f"u{n}", "question": question, "answerable": False}
        for n, question in enumerate(
            ["Who won the football match?", "How tall is the Eiffel Tower?", "When was Rome built?"]
        )
    ]
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    monkeypatch.setattr(compose, "make_reader", lambda settings, encoder: reader)
    flags = ["--topics", str(questions), "--trials", "1", "--only", "fusion", "--measure", "RR@10", "--gate"]
    assert main(["tune", *flags]) == 0
    out = capsys.readouterr().out
    assert "gate, on 3 answerable and 6 unanswerable examples: balanced accuracy 0.500 at 0.0, " in out
    chosen = float(re.search(r"answer\.threshold = (0\.\d+) \(was 0\.0\)", out)[1])
    assert f"threshold = {chosen}" in (tmp_path / "sota-rag.toml").read_text(encoding="utf-8")


def test_which_topics_the_command_chooses_by():
    def chosen(topics, split):
        return tune_command._topics(argparse.Namespace(topics=topics, split=split))

    assert chosen(None, None) is None
    assert chosen("mine.jsonl", None) == TopicSet(Path("mine.jsonl"))
    assert chosen("mine.jsonl", "dev") == TopicSet(Path("mine.jsonl"), "dev")
    with pytest.raises(UsageError, match="--split 'test': of a topics file the part `dev` is to choose by"):
        chosen("mine.jsonl", "test")
