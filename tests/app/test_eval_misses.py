"""`eval misses` and `search --explain --expect`: the stage that lost what was expected."""

import json

import pytest
from sota_rag.app import answer_misses, miss_sources
from sota_rag.app.answer_misses import LostByAnswer, answer_miss
from sota_rag.app.answering import Answerer
from sota_rag.app.answering.answer_settings import AnswerSettings
from sota_rag.app.cli import main
from sota_rag.eval.misses import ADVICE
from sota_rag.eval.topics import Gold, JudgedTopic
from sota_rag.index import Retriever
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

NOTES = {
    "lora.md": "# Low-rank adapters\n\nLoRA trains two thin matrices and freezes the pretrained weights.\n",
    "bits.md": "# Quantization\n\nNF4 is a data type of 4 bits for normally distributed weights.\n",
    "fusion.md": "# Fusion\n\nReciprocal rank fusion joins the ranking of BM25 with that of a dense encoder.\n",
    "empty.pdf": "no PDF at all",
}
LORA = ("notes/lora.md", "LoRA trains two thin matrices and freezes the pretrained weights.")
QUESTION = "What does LoRA freeze?"


@pytest.fixture(scope="session")
def missed_index(minilm, tmp_path_factory):
    """Read only."""
    folder = tmp_path_factory.mktemp("missed")
    (folder / "notes").mkdir()
    for name, text in NOTES.items():
        (folder / "notes" / name).write_text(text, encoding="utf-8")
    ingest([folder / "notes"], folder / "index", encoder=minilm, reader=InlineReader(minilm.count_tokens))
    return folder / "index"


@pytest.fixture
def run(surroundings, missed_index, monkeypatch, minilm, capsys):
    """A command over the index: what it printed."""
    monkeypatch.setattr(miss_sources, "make_encoder", lambda settings: minilm)

    def run_command(*arguments, status=0):
        capsys.readouterr()
        assert main([*map(str, arguments), "--index", str(missed_index)]) == status
        said = capsys.readouterr()
        return said.err if status else said.out

    return run_command


@pytest.fixture
def topics(tmp_path):
    """A topics file with given questions and gold."""

    def write(*rows):
        lines = [
            {"id": f"t{n}", "question": question, "gold": [{"document": document, "quote": quote}]}
            for n, (question, document, quote) in enumerate(rows)
        ]
        (tmp_path / "topics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return tmp_path / "topics.jsonl"

    return write


def test_search_says_where_a_document_stood(run):
    said = run("search", QUESTION, "-k", "1", "--explain", "--expect", "bits.md", "--expect", "empty.pdf")
    assert "expected notes/bits.md: lost by fusion: fused rank " in said
    assert "depth 100 a leg, 1 hits" in said
    assert "notes/bits.md#00000: dense " in said
    assert "expected notes/empty.pdf: not parsed: its file was set aside" in said
    assert "expected notes/lora.md: hit 1" in run("search", QUESTION, "--explain", "--expect", "notes/lora.md")


def test_search_says_it_as_json(run):
    form = json.loads(
        run("search", QUESTION, "-k", "1", "--explain", "--json", "--expect", "bits.md", "--expect", "*lora*")
    )
    lost, found = form["expected"]
    assert (lost["expected"], lost["found"], lost["lost"]) == ("notes/bits.md", False, "fusion")
    assert (found["found"], found["lost"], found["passages"][0]["final_rank"]) == (True, None, 1)
    assert "expected" not in json.loads(run("search", QUESTION, "--explain", "--json"))


def test_expect_needs_explain_and_a_name(run):
    assert "give --explain with it" in run("search", QUESTION, "--expect", "bits.md", status=2)
    assert "no document is called 'zebra'" in run("search", QUESTION, "--explain", "--expect", "zebra", status=2)


def test_topics_are_explained_and_counted(run, topics):
    file = topics(
        (QUESTION, *LORA),
        ("zebra crossing", "notes/bits.md", "NF4 is a data type of 4 bits for normally distributed weights."),
        ("What is in the PDF?", "notes/empty.pdf", "nothing"),
        ("What is missing?", "notes/lora.md", "This stands nowhere."),
    )
    said = run("eval", "misses", "--topics", file, "-k", "1")
    assert "3 of 4 topics are lost among the first 1 hits" in said
    for stage in ("not parsed", "not indexed", "fusion"):
        assert f"  {stage:<11}     1  {ADVICE[stage]}" in said
    form = json.loads(run("eval", "misses", "--topics", file, "-k", "1", "--json"))
    assert form["found"] == {"t0": 1}
    assert form["stages"] == {"not parsed": 1, "not indexed": 1, "fusion": 1}


def test_a_run_names_the_topics_that_it_lost(run, topics, tmp_path, missed_index):
    run_file = {
        "format": "sota-rag run 1", "kind": "retrieval", "name": "toy", "created": "2026-01-01T00:00:00Z",
        "fingerprints": {}, "default": "default", "measures": {},
        "topics": {key: {"text": text, "category": ""} for key, text in (("a", QUESTION), ("b", "zebra"))},
        "systems": {"default": {"measures": {}, "per_topic": {}, "by_category": {}, "latency_ms": {}, "curves": {},
                                "facts": {}, "failures": {}}},
        "notes": [],
        "details": {"qrels": {"a": {"notes/lora.md#00000": 1}, "b": {"notes/bits.md#00000": 1}},
                    "rankings": {"default": {"a": [["notes/lora.md#00000", 1.0]], "b": []}}},
    }  # fmt: skip
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run_file), encoding="utf-8")
    form = json.loads(run("eval", "misses", path, "-k", "1", "--json"))
    assert form["topics"] == 1
    assert "of 2 topics of 'toy', 'default' lost 1 at 1" in form["notes"][0]
    assert [miss["topic_id"] for miss in form["lost"]] + list(form["found"]) == ["b"]
    assert "has no system 'other'" in run("eval", "misses", path, "--system", "other", status=2)
    # Of a run by whole documents, documents are looked for.
    whole = {"qrels": {"a": {"notes/lora.md": 1}, "b": {"notes/bits.md": 1}}, "level": "documents",
             "rankings": {"default": {"a": [["notes/lora.md", 1.0]], "b": []}}}  # fmt: skip
    path.write_text(json.dumps({**run_file, "details": whole}), encoding="utf-8")
    form = json.loads(run("eval", "misses", path, "-k", "1", "--json"))
    assert [miss["stage"] for miss in form["lost"]] != ["not parsed"]
    assert [*form["found"], *(miss["topic_id"] for miss in form["lost"])] == ["b"]
    run_file["details"]["rankings"]["default"]["b"] = [["notes/bits.md#00000", 1.0]]
    path.write_text(json.dumps(run_file), encoding="utf-8")
    assert "lost no topic at 10; there is nothing to explain" in run("eval", "misses", path, status=1)
    del run_file["details"]["rankings"]["default"]
    path.write_text(json.dumps(run_file), encoding="utf-8")
    assert "holds no rankings of 'default'" in run("eval", "misses", path, status=1)


def test_wrong_usage(run, tmp_path):
    assert "k is 0; look at 1 hit or more" in run("eval", "misses", "-k", "0", status=2)
    assert "judged questions come as dev and test" in run("eval", "misses", "--split", "train", status=2)


@pytest.fixture
def asked(missed_index, minilm):
    """Answer a question with gold under some settings: the miss, or None."""

    def ask(question=QUESTION, gold=LORA, model=None, **settings):
        settings.setdefault("mode", "extract")
        topic = JudgedTopic("t", question, gold=(Gold(*gold),))
        with Retriever.open(missed_index, encoder=minilm) as retriever:
            return answer_miss(Answerer(retriever, minilm, AnswerSettings(**settings), model=model), topic)

    return ask


def test_an_answer_that_cites_the_gold_is_no_miss(asked):
    assert asked(threshold=0.0) is None


def test_the_gate_stays_silent(asked):
    miss = asked(threshold=1.0)
    assert miss.stage == LostByAnswer.GATE
    assert "is below the threshold 1.00" in miss.detail


def test_other_sentences_were_chosen(asked):
    gold = ("notes/bits.md", "NF4 is a data type of 4 bits for normally distributed weights.")
    miss = asked(gold=gold, threshold=0.0)
    assert (miss.stage, "other sentences were chosen" in miss.detail) == (LostByAnswer.SELECTION, True)
    read = asked(gold=gold, threshold=0.0, read=1)
    assert (read.stage, "and the first 1 hits are read" in read.detail) == (LostByAnswer.NOT_READ, True)


def test_what_had_no_room_in_the_prompt(asked, scripted):
    from sota_rag.app.answering.types import Mode
    from sota_rag.app.answering.write import WriteSettings

    gold = ("notes/bits.md", "NF4 is a data type of 4 bits for normally distributed weights.")
    model = scripted("LoRA trains two thin matrices and freezes the pretrained weights [1].")
    miss = asked(gold=gold, model=model, threshold=0.0, mode=Mode.GENERATE, write=WriteSettings(evidence_tokens=20))
    assert miss.stage == LostByAnswer.PACKING
    assert "had no room" in miss.detail


def test_answers_are_explained_by_the_command(run, topics, monkeypatch):
    file = topics((QUESTION, *LORA), ("zebra?", "notes/empty.pdf", "nothing"))
    monkeypatch.setenv("SOTA_RAG_ANSWER__THRESHOLD", "1.0")
    form = json.loads(run("eval", "misses", "--topics", file, "--answers", "--json"))
    assert form["stages"] == {"not parsed": 1, "gate": 1}
    assert set(answer_misses.ADVICE) == set(LostByAnswer)
