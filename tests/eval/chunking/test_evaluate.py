import re

import numpy as np
import pytest
from sota_rag.eval.chunking import ChunkingPlan, Source, SpanQuestion, TokenStarts, cut_all, evaluate_chunker, read_spec
from sota_rag.eval.chunking.chunker import Chunker
from sota_rag.eval.chunking.evaluate import CutDocuments
from sota_rag.eval.spans import Span
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.index.errors import EvaluationError, UsageError
from sota_rag.index.types import Document, DocumentInfo, Passage, Role, passage_id
from sota_rag.ingest.chunk import ChunkSettings, chunk
from sota_rag.ingest.loaders import LoadedDocument

SETTINGS = ChunkSettings()


def source(key, text):
    """A token at every code point."""
    blocks = (Block(BlockKind.PARAGRAPH, 0, len(text)),)
    return Source(LoadedDocument(Document(DocumentInfo(key, key, ""), text), blocks), TokenStarts(np.arange(len(text))))


def passage(key, ordinal, start, end, role=Role.BODY):
    return Passage(passage_id(key, ordinal), key, ordinal, start, end, "x", token_count=end - start, role=role)


SOURCES = {"a": source("a", "a" * 100), "b": source("b", "b" * 100)}
# Cosines with (1, 0) fall from a#0 to b#1; b#2 is a figure and no search returns it.
PASSAGES = {
    "a": (passage("a", 0, 0, 30), passage("a", 1, 30, 60), passage("a", 2, 60, 100)),
    "b": (passage("b", 0, 0, 40), passage("b", 1, 40, 80), passage("b", 2, 80, 100, Role.FIGURE)),
}
VECTORS = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [0.9, 0.43589], [0.1, 0.99499]], dtype=np.float32)
QUESTIONS = [
    SpanQuestion("q1", "one", "first", (Span("a", 20, 40),)),
    SpanQuestion("q2", "two", "second", (Span("b", 70, 90),)),
]
ASKED = np.array([[1, 0], [0, 1]], dtype=np.float32)


def measure(grow=0, plan=ChunkingPlan(ks=(1, 2), budgets=(50,)), window=35):
    chunker = Chunker("by hand", lambda loaded, tokens: list(PASSAGES[loaded.document.info.id]), grow)
    cut = cut_all(chunker, SOURCES)
    assert [p.id for p in cut.searched] == ["a#00000", "a#00001", "a#00002", "b#00000", "b#00001"]
    return evaluate_chunker(chunker, cut, VECTORS, QUESTIONS, ASKED, SOURCES, plan=plan, window=window)


def test_passages_and_tokens_by_hand():
    result = measure()
    values = result.per_topic
    # q1 finds a#0 (10 of 20 gold tokens in 30), then b#0 (none in 40); q2 finds b#1 (10 of 20 in 40), then a#2.
    assert values["token recall@1"] == {"q1": 0.5, "q2": 0.5}
    assert values["token precision@2"] == pytest.approx({"q1": 10 / 70, "q2": 10 / 80})
    assert values["token IoU@1"] == pytest.approx({"q1": 10 / 40, "q2": 10 / 50})
    # 50 tokens: all of the first passage and the beginning of the second.
    assert values["token precision@50t"] == pytest.approx({"q1": 10 / 50, "q2": 10 / 50})
    # q1: both passages with gold, 60 tokens; q2: the figure is not returned, so 10 tokens are missed.
    assert values["token precision Ω"] == pytest.approx({"q1": 20 / 60, "q2": 10 / (40 + 10)})
    assert result.by_category["first"]["token recall@1"].mean == 0.5
    assert result.facts["passages"] == 5
    assert result.facts["tokens a passage"] == 36
    assert result.facts["passages longer than the encoder reads"] == 3
    assert result.facts["tokens@2"] == 75
    curve = result.curves["token recall by tokens"]
    assert curve.y[-1] == 1.0 - 0.25  # every searched passage: q1 whole, q2 half
    assert list(curve.y) == sorted(curve.y)


def test_a_passage_grows_to_its_neighbours():
    values = measure(grow=60).per_topic
    # a#0 with a#1: 20 of 20 gold tokens in 60. b#1 with the figure after it: 20 of 20 in 60.
    assert values["token recall@1"] == {"q1": 1.0, "q2": 1.0}
    assert values["token precision@1"] == pytest.approx({"q1": 20 / 60, "q2": 20 / 60})


def test_with_bm25_the_words_count_too():
    text = "alpha beta " * 3 + "gamma delta"
    words = {"d": source("d", text)}
    chunker = Chunker(
        "halves",
        lambda loaded, tokens: [
            Passage(passage_id("d", n), "d", n, s, e, text[s:e]) for n, (s, e) in enumerate([(0, 33), (33, 44)])
        ],
    )
    cut = cut_all(chunker, words)
    vectors = np.array([[1, 0], [0.9, 0.43589]], dtype=np.float32)
    questions = [SpanQuestion("q", "gamma", "", (Span("d", 33, 44),))]

    def recall(alpha):
        plan = ChunkingPlan(ks=(1,), budgets=(11,), alpha=alpha)
        result = evaluate_chunker(chunker, cut, vectors, questions, ASKED[:1], words, plan=plan, window=99)
        return result.measures["token recall@1"].mean

    assert (recall(1.0), recall(0.4)) == (0.0, 1.0)


def test_plans_that_look_at_nothing_are_refused():
    for wrong in ({"ks": (0,)}, {"budgets": (-1,)}, {"ks": ()}, {"alpha": 1.5}):
        with pytest.raises(UsageError):
            ChunkingPlan(**wrong)


def test_documents_that_give_no_passage_are_an_error():
    with pytest.raises(EvaluationError, match="none: the documents give no passage"):
        cut_all(Chunker("none", lambda loaded, tokens: []), SOURCES)
    assert isinstance(cut_all(Chunker("b", lambda loaded, tokens: [passage("a", 0, 0, 1)]), SOURCES), CutDocuments)


def count(texts):
    return [len(text.split()) for text in texts]


def test_specifications():
    text = "# Title\n\n" + "One two three four five. " * 60
    loaded = LoadedDocument(
        Document(DocumentInfo("x.md", "x.md", "Title"), text),
        (Block(BlockKind.HEADING, 0, 7, 1, "Title"), Block(BlockKind.PARAGRAPH, 9, len(text) - 1)),
    )
    starts = TokenStarts(np.array([found.start() for found in re.finditer(r"\S+", text)], dtype=np.int64))

    def sizes(spec):
        chunker = read_spec(spec, SETTINGS, count)
        assert chunker.name == spec
        return chunker.grow, [len(p.text.split()) for p in chunker.cut(loaded, starts)]

    assert read_spec("ours", SETTINGS, count).cut(loaded, starts) == chunk(
        loaded.document, loaded.blocks, count, SETTINGS
    )
    assert sizes("ours")[1] == [150, 150]
    assert max(sizes("ours:100+300")[1]) <= 100
    assert sizes("ours:100+300")[0] == 300
    assert sizes("fixed:150/50")[1][:2] == [150, 150]
    assert max(sizes("recursive:70")[1]) <= 70
    assert set(sizes("sentences:52/10")[1][1:-1]) == {50}
    assert all(
        p.heading_path == () and p.token_count for p in read_spec("fixed:9", SETTINGS, count).cut(loaded, starts)
    )


@pytest.mark.parametrize(
    "spec",
    ["", "theirs", "ours:", "ours:200/50", "fixed", "fixed:a", "fixed:100+20", "recursive:10/10", "fixed:0", "ours:0",
     "ours:20", "ours:300", "Ours", "fixed:200/50/1", "sentences:-5"],
)  # fmt: skip
def test_specifications_that_name_no_chunker_are_refused(spec):
    with pytest.raises(UsageError, match="^" + re.escape(repr(spec))):
        read_spec(spec, SETTINGS, count)
