"""Which stage lost a topic, over an index of the guides made with the hash encoder."""

import json

import pytest
from sota_rag.eval.misses import ADVICE, Wanted, explain_misses, wanted_judged, wanted_quotes
from sota_rag.eval.topics import Gold, JudgedTopic
from sota_rag.index import Document, DocumentInfo, Passage, Retriever, SearchSettings
from sota_rag.index.builder import publish_generation
from sota_rag.index.errors import EvaluationError
from sota_rag.index.generations import writer_lock
from sota_rag.index.store import FileRecord, FileState
from sota_rag.index.trace import Lost
from sota_rag.index.types import Role, passage_id

TEXTS = {
    "guides/lora.md": ["LoRA freezes the weights.", "Adapters add layers.", "Prefixes are learned vectors."],
    "guides/search.md": ["BM25 ranks by shared words.", "Fusion joins two rankings."],
}
BM25 = SearchSettings(legs="bm25", depth=1)


@pytest.fixture(scope="module")
def view(tmp_path_factory, make_hash_encoder):
    """Passages of one sentence; the last one of the first document is a reference list."""
    encoder, index = make_hash_encoder(), tmp_path_factory.mktemp("misses") / "index"
    documents, passages = [], []
    for name, sentences in TEXTS.items():
        text = " ".join(sentences)
        documents.append(Document(DocumentInfo(name, name, name), text))
        for ordinal, said in enumerate(sentences):
            start = text.index(said)
            role = Role.REFERENCES if said.startswith("Prefixes") else Role.BODY
            passages.append(
                Passage(passage_id(name, ordinal), name, ordinal, start, start + len(said), said, (), 5, role=role)
            )
    files = [FileRecord("/g", "scan.pdf", "guides/scan.pdf", "0" * 64, FileState.QUARANTINED, "is no PDF")]
    with writer_lock(index):
        publish_generation(
            index,
            documents=documents,
            passages=passages,
            vectors=encoder.encode([passage.contextual_text for passage in passages]),
            files=files,
            encoder=encoder.info,
            chunker="test",
            roots=["/g"],
        )
    with Retriever.open(index, encoder=encoder) as retriever:
        yield retriever.view()


def topic(name, question, *gold, answerable=True):
    return JudgedTopic(name, question, answerable=answerable, gold=tuple(Gold(*quote) for quote in gold))


def explain(view, *topics, k=1, settings=BM25):
    return explain_misses(view, wanted_quotes(view, topics), k, settings=settings)


def test_a_found_topic_has_the_rank_of_its_first_hit(view):
    found = explain(view, topic("a", "freezes weights", ("guides/lora.md", "LoRA freezes the weights.")), k=5)
    assert (found.found, found.lost, found.counts) == ({"a": 1}, (), {})


@pytest.mark.parametrize(
    ("quote", "stage", "detail"),
    [
        (("guides/scan.pdf", "x"), Lost.NOT_PARSED, "its file was set aside: is no PDF"),
        (("guides/none.md", "x"), Lost.NOT_PARSED, "no such file"),
        (("guides/lora.md", "Nobody says this."), Lost.NOT_INDEXED, "does not stand in document"),
        (("guides/lora.md", "Prefixes are learned vectors."), Lost.NOT_SEARCHED, "its role is references"),
        (("guides/search.md", "Fusion joins two rankings."), Lost.BEYOND_BM25, "no word of the question"),
    ],
)
def test_the_stage_that_lost_a_topic(view, quote, stage, detail):
    (miss,) = explain(view, topic("a", "weights", quote)).lost
    assert (miss.topic_id, miss.stage) == ("a", stage)
    assert detail in miss.detail
    assert miss.expected.startswith(quote[0])
    assert (miss.trace is None) == (stage in (Lost.NOT_PARSED, Lost.NOT_INDEXED))


def test_of_several_quotes_the_one_that_got_furthest_decides(view):
    lost = explain(
        view,
        topic(
            "a",
            "weights two rankings",
            ("guides/scan.pdf", "x"),
            ("guides/search.md", "BM25 ranks by shared words."),
            ("guides/lora.md", "LoRA freezes the weights."),
        ),
    ).lost
    assert [(miss.stage, miss.trace.passage_id) for miss in lost] == [(Lost.FUSION, "guides/lora.md#00000")]
    assert lost[0].expected == "guides/lora.md: LoRA freezes the weights."


def test_stages_are_counted_in_the_order_of_the_pipeline(view):
    misses = explain(
        view,
        topic("a", "weights", ("guides/search.md", "Fusion joins two rankings.")),
        topic("b", "weights", ("guides/lora.md", "Prefixes are learned vectors.")),
        topic("c", "weights", ("guides/scan.pdf", "x")),
        topic("d", "weights", ("guides/none.md", "x")),
        topic("e", "weights", ("guides/lora.md", "LoRA freezes the weights.")),
        topic("u", "weights", answerable=False),
    )
    assert list(misses.counts.items()) == [("not parsed", 2), ("not searched", 1), ("beyond BM25 depth", 1)]
    form = json.loads(json.dumps(misses.as_dict()))
    assert (form["topics"], form["found"], form["stages"]) == (5, {"e": 1}, misses.counts)
    assert [miss["topic_id"] for miss in form["lost"]] == ["a", "b", "c", "d"]


def test_documents_of_a_collection(view):
    questions = {"a": "rankings", "b": "weights"}
    qrels = {"a": {"search.md": 1, "lora.md": 0}, "b": {"search.md": 2}}
    wanted = wanted_judged(view, questions, qrels, by_document=True, name=lambda key: f"guides/{key}")
    assert [[one.name for one in topic.expected] for topic in wanted] == [["guides/search.md"], ["guides/search.md"]]
    misses = explain_misses(view, wanted, 1, by_document=True, settings=BM25)
    assert misses.found == {"a": 1}
    assert misses.lost[0].stage == Lost.BEYOND_BM25


def test_passages_of_an_index_that_was_cut_anew(view):
    wanted = wanted_judged(view, {"a": "weights"}, {"a": {"guides/lora.md#00009": 1}}, by_document=False)
    (miss,) = explain_misses(view, wanted).lost
    assert (miss.stage, miss.detail) == (Lost.NOT_INDEXED, "its document is cut otherwise in this index")


def test_progress_is_told(view):
    told = []
    wanted = wanted_quotes(view, [topic("a", "weights", ("guides/scan.pdf", "x"))] * 2)
    explain_misses(view, wanted, progress=lambda *said: told.append(said))
    assert told == [(1, 2), (2, 2)]


def test_nothing_to_look_for(view):
    with pytest.raises(EvaluationError, match="no answerable topics"):
        explain_misses(view, [])
    with pytest.raises(EvaluationError, match="topic 'a' has no relevant judgement"):
        wanted_judged(view, {"a": "x"}, {"a": {"guides/lora.md": 0}}, by_document=True)
    assert wanted_quotes(view, [topic("u", "x", answerable=False)]) == []


def test_there_is_advice_on_every_stage():
    assert set(ADVICE) == set(Lost)
    assert Wanted("a", "q", ()).expected == ()
