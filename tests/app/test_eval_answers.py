"""`sota-rag eval answers` from end to end on a tiny index, the language model that judges, and what survives Ctrl-C."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("rouge_score", reason="the measures need the extra `eval`")

from sota_rag.app import answer_asking, answer_evaluation, answer_job
from sota_rag.app.answer_evaluation import evaluate_reading, evaluate_topic_answers
from sota_rag.app.answer_job import AnswerPlan
from sota_rag.app.answer_journal import Journal
from sota_rag.app.answer_judge import PROMPTS, LanguageModelJudge, check_independence
from sota_rag.app.answering import Answerer, Mode
from sota_rag.app.cli import main
from sota_rag.app.settings import Settings
from sota_rag.eval.answers.reading import read_squad
from sota_rag.eval.run_file import RunFile
from sota_rag.eval.topics import TopicSet
from sota_rag.index.errors import EvaluationError, ModelError, UsageError
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

NOTES = {
    "lora.md": "# LoRA\n\nLoRA freezes the pretrained weights of the model. It trains two thin matrices beside them.\n",
    "bits.md": "# Quantization\n\n1. Four bits a weight are enough for most models.\n",
}
TOPICS = [
    {"id": "a", "question": "What does LoRA freeze?", "category": "direct", "reference": "The pretrained weights.",
     "gold": [{"document": "notes/lora.md", "quote": "LoRA freezes the\npretrained weights of the model."}]},
    {"id": "b", "question": "How many bits a weight are enough?", "category": "numeric",
     "gold": [{"document": "notes/bits.md", "quote": "Four bits a weight are enough for most models."}]},
    {"id": "c", "question": "How tall is the Eiffel Tower?", "category": "outside", "answerable": False},
]  # fmt: skip
CONTEXT = "Rust is a red kind of iron oxide. It forms in moist air, and paint keeps it away from the iron below."


@pytest.fixture(scope="module")
def notes_index(tmp_path_factory, minilm):
    folder = tmp_path_factory.mktemp("answers")
    (folder / "notes").mkdir()
    for name, text in NOTES.items():
        (folder / "notes" / name).write_text(text)
    ingest([folder / "notes"], folder / "index", encoder=minilm, reader=InlineReader(minilm.count_tokens))
    return folder / "index"


@pytest.fixture
def settings(surroundings, monkeypatch, minilm, notes_index):
    for module in (answer_job, answer_evaluation):
        monkeypatch.setattr(module, "make_encoder", lambda settings: minilm)
    return Settings.load(index=notes_index)


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def topics_file(tmp_path):
    return lines(tmp_path / "mine.jsonl", TOPICS)


# --- from end to end


def test_answers_are_measured_and_told_apart_from_silence(settings, topics_file, notes_index):
    run = evaluate_topic_answers(
        settings, TopicSet(topics_file), AnswerPlan(hidden=True, thresholds=(0.0,)), index=notes_index
    )
    assert (run.kind, run.name, run.default) == ("answers", "mine topics", "extract")
    assert list(run.systems) == ["extract", "extract, threshold 0"]
    assert list(run.topics) == ["a", "b", "c", "a/hidden", "b/hidden"]
    outcomes = run.details["outcomes"]
    assert {outcomes["extract"][topic] for topic in ("a", "b")} == {"right answer"}
    assert outcomes["extract"]["c"] == "right silence"
    assert outcomes["extract, threshold 0"]["a/hidden"] == "wrong answer"
    measures = run.measures
    for name in ("gold hit", "context recall", "faithfulness (lexical)", "citation precision (lexical)"):
        assert measures[name].mean == 1.0, name
    assert measures["faithfulness (similarity)"].mean >= 0.5
    assert 0 < measures["token F1"].mean < 1
    assert run.systems["extract, threshold 0"].measures["coverage"].mean > measures["coverage"].mean
    assert run.systems["extract"].curves == run.systems["extract, threshold 0"].curves
    # What is asked again finds its sentences encoded: it has no part in the times.
    assert {"search.encode", "gate", "total"} <= set(run.systems["extract"].latency_ms)
    told = run.details["answers"]["extract"]["a"]["sentences"][0]
    assert told["quotes"] == [["notes/lora.md", "LoRA freezes the pretrained weights of the model."]]
    assert told["verdicts"]["lexical"] == (True, 1.0)
    assert set(run.details["judges"]) == {"lexical", "similarity"}
    assert any(note.startswith("hidden gold") for note in run.notes)
    assert any(note.startswith("extract: every sentence is a quotation") for note in run.notes)


def test_a_quote_that_stands_nowhere_and_an_unknown_document_are_named(settings, tmp_path, notes_index):
    for gold, said in (
        ({"document": "notes/lora.md", "quote": "It thaws."}, "does not stand in document 'notes/lora.md'"),
        ({"document": "notes/none.md", "quote": "x"}, "topic 'a': document 'notes/none.md' is not in the index"),
    ):
        file = lines(tmp_path / "broken.jsonl", [TOPICS[0] | {"gold": [gold]}])
        with pytest.raises(EvaluationError, match=said):
            evaluate_topic_answers(settings, TopicSet(file), index=notes_index)


def test_a_reading_set_is_indexed_and_asked(settings, tmp_path):
    answer = {"text": "iron oxide", "answer_start": CONTEXT.index("iron oxide")}
    questions = [
        {"id": "1", "question": "What is rust?", "is_impossible": False, "answers": [answer]},
        {"id": "2", "question": "Who painted the Mona Lisa?", "is_impossible": True, "answers": []},
    ]
    paragraph = {"context": CONTEXT, "qas": questions}
    file = tmp_path / "squad.json"
    file.write_text(json.dumps({"data": [{"title": "Rust", "paragraphs": [paragraph]}]}))
    plan = AnswerPlan(texts=False, thresholds=(0.0,))
    run = evaluate_reading(settings, read_squad(file), plan, index=tmp_path / "squad")
    assert run.details["outcomes"]["extract"]["2"] == "right silence"
    assert run.details["outcomes"]["extract, threshold 0"]["1"] == "right answer"
    assert run.systems["extract, threshold 0"].measures["token F1"].mean > 0
    assert run.measures["SQuAD 2.0 F1"].mean >= 0.5
    assert not {"rust", "iron"} & set(json.dumps(run.as_dict()).lower().split())
    assert "answers" not in run.details


def test_the_command(settings, topics_file, notes_index, tmp_path, capsys):
    labels = lines(
        tmp_path / "labels.jsonl",
        [{"topic": "a", "sentence": "LoRA freezes the pretrained weights of the model.", "supported": True}],
    )
    flags = ["--topics", str(topics_file), "--index", str(notes_index), "--labels", str(labels)]
    assert main(["eval", "answers", *flags, "--output", str(tmp_path / "run.json")]) == 0
    printed = capsys.readouterr().out
    assert "faithfulness (human)" in printed
    assert "sentences were judged by people" in printed
    run = RunFile.read(tmp_path / "run.json")
    assert run.systems["extract"].per_topic["faithfulness (human)"] == {"a": 1.0}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--limit", "0"], "the limit is 0"),
        (["--threshold", "1.5"], "the threshold is 1.5"),
        (["--judge-model", "m"], "name it with --judge-url"),
        (["--judge-url", "http://127.0.0.1:9", "--judge-key", "nowhere"], "--judge-key 'nowhere' cannot be read"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(surroundings, flags, said, capsys):
    assert main(["eval", "answers", *flags]) == 2
    assert said in capsys.readouterr().err


# --- a language model that writes


def test_each_mode_is_a_system_and_who_filtered_is_told(settings, topics_file, notes_index, scripted, monkeypatch):
    model = scripted("LoRA freezes the pretrained weights of the model. [1]")

    def make(settings, retriever):
        writes = settings.answer.mode != "extract"
        return Answerer(retriever, retriever.encoder, settings.answer_settings(), model=model if writes else None)

    monkeypatch.setattr(answer_job, "make_answerer", make)
    run = evaluate_topic_answers(
        settings, TopicSet(topics_file), AnswerPlan(modes=(Mode.EXTRACT, Mode.AUTO)), index=notes_index
    )
    assert list(run.systems) == ["extract", "auto"]
    assert run.systems["auto"].facts["tally"]["sentences generated"] >= 1
    assert run.fingerprints["models"]["llm"].startswith("scripted@")
    (note,) = [note for note in run.notes if "filtered" in note]
    assert note.startswith("auto: ")
    assert "independent of it: faithfulness (similarity)" in note


def test_a_mode_that_cannot_run_is_an_error(settings, topics_file, notes_index, monkeypatch):
    monkeypatch.setattr(
        answer_job, "make_answerer", lambda settings, retriever: Answerer(retriever, retriever.encoder, no_model="gone")
    )
    with pytest.raises(ModelError, match="gone"):
        evaluate_topic_answers(settings, TopicSet(topics_file), AnswerPlan(modes=(Mode.AUTO,)), index=notes_index)


# --- a language model that judges


def replies(request):
    system, user = (message.content for message in request.messages)
    if system == PROMPTS["support"]:
        return "It says so.\nVERDICT: yes" if "Statement: LoRA" in user else "VERDICT: maybe"
    return (
        "1. What does LoRA freeze?\n2) What is frozen?\nNo question." if system == PROMPTS["questions"] else "2, 1, 2."
    )


def test_replies_are_read_and_never_guessed(scripted, tmp_path):
    model = scripted(replies)
    with Journal(tmp_path / "journal.jsonl") as journal:
        judge = LanguageModelJudge(model, journal)
        assert judge.supports("LoRA freezes weights.", ["It does.", "", "Indeed."]) == (True, 1.0)
        assert judge.supports("Bits are enough.", ["It does."]) is None
        assert judge.questions("Weights.") == ["What does LoRA freeze?", "What is frozen?"]
        assert judge.needed("What?", ["One.", "Two.", "Three."]) == 2
        assert judge.needed("What?", ["One."]) is None
        asked = len(model.requests)
        assert judge.supports("LoRA freezes weights.", ["It does.", "", "Indeed."]) == (True, 1.0)
        assert len(model.requests) == asked
    assert "It does.\n\nIndeed." in model.requests[0].messages[1].content
    assert not any(request.adapted for request in model.requests)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("VERDICT: no", (False, 0.0)),
        ("Verdict: yes, no: VERDICT: **no**", (False, 0.0)),
        ("yes", None),
        ("", None),
        ("VERDICT: yesterday", None),
    ],
)
def test_verdicts(scripted, tmp_path, reply, verdict):
    with Journal(tmp_path / "journal.jsonl") as journal:
        assert LanguageModelJudge(scripted(reply), journal).supports("It is.", ["It is."]) == verdict


def test_none_needed_and_what_does_not_fit(scripted, tmp_path):
    with Journal(tmp_path / "journal.jsonl") as journal:
        assert LanguageModelJudge(scripted("None."), journal).needed("What?", ["One."]) == 0
        assert LanguageModelJudge(scripted(ModelError("too long")), journal).needed("What is it?", ["One."]) is None


@pytest.mark.parametrize(("writer", "fine"), [("scripted", False), ("/models/Scripted.gguf", False), ("other", True)])
def test_no_model_judges_its_own_text(scripted, writer, fine):
    model = scripted()
    other = type(model.info)(writer, "1" * 64, 4096, False, True, "script", "elsewhere")
    check_independence(model.info, None)
    if fine:
        check_independence(model.info, other)
    else:
        with pytest.raises(UsageError, match="does not judge its own text"):
            check_independence(model.info, other)


class Server(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that says yes to everything."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.reply("application/json", json.dumps({"data": [{"id": "judge"}]}), 200 if "models" in self.path else 404)

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        form = {"choices": [{"index": 0, "delta": {"content": "VERDICT: yes"}, "finish_reason": "stop"}]}
        known = "completions" in self.path
        self.reply("text/event-stream", f"data: {json.dumps(form)}\n\ndata: [DONE]\n\n", 200 if known else 404)

    def reply(self, kind, text, status):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def test_a_server_judges(settings, topics_file, notes_index, tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        flags = ["--topics", str(topics_file), "--index", str(notes_index), "--judge-url", url]
        assert main(["eval", "answers", *flags, "--output", str(tmp_path / "run.json")]) == 0
        server.shutdown()
    run = RunFile.read(tmp_path / "run.json")
    assert run.measures["faithfulness (llm)"].mean == 1.0
    judge = run.details["judges"]["llm"]
    assert (judge["id"], judge["prompts"]["version"], len(judge["prompts"]["sha256"])) == ("judge", "1", 64)
    # It never wrote a question or a list of numbers, and that is told.
    assert any("replies of llm could not be read" in note for note in run.notes)


# --- what survives


def test_an_evaluation_that_was_stopped_goes_on_where_it_was(settings, topics_file, notes_index, monkeypatch):
    asked = []
    ask = Answerer.ask

    def counted(self, question, **more):
        if question == TOPICS[2]["question"] and len(asked) < 4:
            raise KeyboardInterrupt
        asked.append(question)
        return ask(self, question, **more)

    monkeypatch.setattr(answer_asking.Answerer, "ask", counted)
    with pytest.raises(KeyboardInterrupt):
        evaluate_topic_answers(settings, TopicSet(topics_file), index=notes_index)
    kept = list((notes_index.parent / "eval" / "answers").iterdir())
    assert len(kept) == 1
    asked += [""] * 9
    run = evaluate_topic_answers(settings, TopicSet(topics_file), index=notes_index)
    assert asked.count(TOPICS[0]["question"]) == 1
    assert run.details["outcomes"]["extract"]["c"] == "right silence"
    assert not kept[0].exists()


def test_a_journal_drops_a_line_that_was_cut_short(tmp_path):
    path = tmp_path / "deep" / "journal.jsonl"
    with Journal(path) as journal:
        journal["a"] = {"x": 1}
        journal["b"] = "ü"
    path.write_bytes(path.read_bytes()[:-3])
    with Journal(path) as journal:
        assert "a" in journal
        assert "b" not in journal
        journal["b"] = "again"
    with Journal(path) as journal:
        assert (journal["a"], journal["b"]) == ({"x": 1}, "again")
        journal.forget()
    assert not path.exists()
