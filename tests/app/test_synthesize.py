"""Questions drafted by a scripted model, and filtered by the real answerer."""

import json
import re

import pytest
from sota_rag.app import compose
from sota_rag.app.answering import Answerer, Mode
from sota_rag.app.answering.answer_settings import AnswerSettings
from sota_rag.app.cli import main
from sota_rag.app.synthesis import Dropped, Synthesizer, draft_messages
from sota_rag.eval.synthetic import DraftFile
from sota_rag.eval.topics import read_topics
from sota_rag.index import Retriever
from sota_rag.index.errors import EvaluationError, LanguageModelError
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

NOTES = {
    "lora.md": "# Low-rank adapters\n\nLoRA freezes the pretrained weights of a language model.\n",
    "nf4.md": "# NF4\n\nNF4 is a data type of four bits for normally distributed weights.\n",
    "bread.md": "# Bread\n\nSourdough bread rises slowly because wild yeast works slowly.\n\n"
    "Rye bread is dense because rye has little gluten.\n",
}
QUESTIONS = {
    "LoRA freezes": "Which weights does LoRA freeze?",
    "NF4 is": "What is the NF4 data type?",
    "Sourdough": "Why does sourdough bread rise slowly?",
    "Rye bread": "What does the fact say?",
}


@pytest.fixture(scope="session")
def drafted_index(minilm, tmp_path_factory):
    """Read only."""
    folder = tmp_path_factory.mktemp("drafted")
    (folder / "notes").mkdir()
    for name, text in NOTES.items():
        (folder / "notes" / name).write_text(text, encoding="utf-8")
    ingest([folder / "notes"], folder / "index", encoder=minilm, reader=InlineReader(minilm.count_tokens))
    return folder / "index"


@pytest.fixture
def writer(scripted):
    """A model that has a question ready for each fact; other answers can be put in their place."""

    def make(**instead):
        def script(request):
            fact = re.search(r"Fact: (.*)", request.messages[-1].content)[1]
            return next(said for start, said in {**QUESTIONS, **instead}.items() if fact.startswith(start))

        return scripted(script)

    return make


@pytest.fixture
def synthesize(drafted_index, minilm, tmp_path):
    """Draft into a file: the file and what became of the drafts."""

    def run(model, count=9, threshold=0.3, **options):
        with Retriever.open(drafted_index, encoder=minilm) as retriever:
            answerer = Answerer(retriever, minilm, AnswerSettings(mode=Mode.EXTRACT, threshold=threshold))
            file = DraftFile(tmp_path / "drafted.jsonl")
            return file, Synthesizer(answerer, model, minilm).run(file, count, **options)

    return run


def dropped_rows(file):
    return [json.loads(line) for line in file.dropped_path.read_text(encoding="utf-8").splitlines()]


def test_what_passes_is_kept_with_its_sentence_and_its_origin(synthesize, writer):
    file, done = synthesize(writer())
    topics = {topic.question: topic for topic in read_topics(file.path, unreviewed=True)}
    assert set(topics) == {question for start, question in QUESTIONS.items() if start != "Rye bread"}
    assert topics["What is the NF4 data type?"].gold[0].document_id == "notes/nf4.md"
    assert topics["What is the NF4 data type?"].gold[0].quote.startswith("NF4 is a data type")
    assert (done.kept, done.dropped, done.exhausted) == (3, {Dropped.WORDING: 1}, True)
    assert [row["question"] for row in dropped_rows(file)] == ["What does the fact say?"]
    origin = json.loads(file.path.read_text(encoding="utf-8").splitlines()[0])["origin"]
    assert (origin["model"], origin["prompt"], origin["seed"]) == ("scripted", "1", 0)
    assert origin["passage"].startswith("notes/")


def test_each_filter_drops_what_it_is_for(synthesize, writer):
    model = writer(
        **{
            "LoRA freezes": "What is the capital city of France?",
            "NF4 is": "Why does sourdough bread rise so slowly?",
            "Rye bread": "Which weights does LoRA freeze?",
        }
    )
    file, done = synthesize(model, known=["Why does sourdough bread rise slowly?"])
    assert dict(done.dropped) == {Dropped.NOT_ANSWERED: 1, Dropped.DUPLICATE: 2, Dropped.OTHER_SENTENCE: 1}
    assert not file.path.exists()
    details = {row["question"]: row["detail"] for row in dropped_rows(file)}
    assert details["Why does sourdough bread rise so slowly?"] == "is like 'Why does sourdough bread rise slowly?'"
    assert details["Which weights does LoRA freeze?"].startswith("answered by 'LoRA freezes")


def test_a_question_that_other_documents_answer_is_dropped(synthesize, writer):
    """With a gate that lets everything through, something is always quoted."""
    _, done = synthesize(writer(), threshold=0.0)
    assert done.kept == 0
    assert done.dropped[Dropped.ANSWERED_WITHOUT] == 3


def test_it_stops_at_the_count_and_goes_on_where_it_was(synthesize, writer):
    file, done = synthesize(writer(), count=1)
    assert (done.kept, len(file.questions), done.exhausted) == (1, 1, False)
    tried = 1 + done.dropped.total()
    model = writer()
    file, done = synthesize(model, count=3)
    assert (done.kept, len(file.questions)) == (2, 3)
    assert len(model.requests) <= 4 - tried
    assert not any(request.adapted for request in model.requests)
    assert synthesize(writer(), count=3)[1].drafts == 0


def test_drafts_are_limited_and_told(synthesize, writer):
    told = []
    _, done = synthesize(writer(), drafts=2, told=lambda now: told.append(now.drafts))
    assert (done.drafts, told) == (2, [1, 2])


def test_what_was_drafted_before_a_failure_is_kept(synthesize, writer, scripted):
    calls = []
    inner = writer().script

    def script(request):
        calls.append(request)
        return LanguageModelError("the model failed") if len(calls) == 3 else inner(request)

    with pytest.raises(LanguageModelError):
        synthesize(scripted(script))
    file, done = synthesize(writer())
    assert len(file.questions) == 3
    assert done.drafts == 2


def test_an_index_without_a_sentence(minilm, tmp_path, scripted):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.md").write_text("# A\n\n```\ncode only\n```\n", encoding="utf-8")
    ingest([tmp_path / "notes"], tmp_path / "index", encoder=minilm, reader=InlineReader(minilm.count_tokens))
    with Retriever.open(tmp_path / "index", encoder=minilm) as retriever:
        synthesizer = Synthesizer(Answerer(retriever, minilm), scripted(), minilm)
        with pytest.raises(EvaluationError, match="no sentence that could be quoted"):
            synthesizer.run(DraftFile(tmp_path / "drafted.jsonl"), 1)


def test_the_prompt_ends_with_the_fact():
    messages = draft_messages("Guide > Part", "A fact.")
    assert messages[-1].content == "Topic: Guide > Part\nFact: A fact.\nQuestion:"
    assert len(messages) == 6


@pytest.fixture
def command(surroundings, drafted_index, writer, monkeypatch, capsys):
    monkeypatch.setattr(compose, "make_language_model", lambda settings: writer())
    monkeypatch.setenv("SOTA_RAG_ANSWER__THRESHOLD", "0.3")

    def run(*arguments, status=0):
        capsys.readouterr()
        assert main(["eval", "synthesize", "--index", str(drafted_index), *map(str, arguments)]) == status
        said = capsys.readouterr()
        return said.err if status else said.out

    return run


def test_the_command(command, tmp_path):
    path = tmp_path / "drafted.jsonl"
    said = command("--output", path)
    assert f"4 drafts, 3 kept; {path} holds 3 unreviewed topics" in said
    assert "dropped, wording              1  no sound question" in said
    assert "every sentence of the index was tried" in said
    form = json.loads(command("--output", path, "--json"))
    assert (form["drafts"], form["topics"], form["exhausted"]) == (0, 3, True)


def test_wrong_usage(command, tmp_path):
    assert "judged topics go by that name" in command("--output", tmp_path / "test.jsonl", status=2)
    assert "there is no such folder" in command("--output", tmp_path / "gone/x.jsonl", status=2)
    assert "--count and --drafts are 1 or more" in command("--output", tmp_path / "x.jsonl", "--count", 0, status=2)
