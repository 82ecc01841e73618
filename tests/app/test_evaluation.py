"""Topics with quotes over an index: what each system is measured on, currency, ablation, and the shipped topics."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")

from sota_rag.app import evaluation
from sota_rag.app.evaluation import Plan, ablation, evaluate_topics, spread
from sota_rag.app.retrieval_systems import RERANKED, SYSTEMS, Bench, by_document, by_passage
from sota_rag.app.settings import Settings
from sota_rag.eval import Topic, evaluate_retrieval, per_topic
from sota_rag.eval.comparison import compare
from sota_rag.eval.topics import TopicSet
from sota_rag.index import Retriever, SearchSettings
from sota_rag.index.errors import EvaluationError, MissingIndexError, UsageError
from sota_rag.index.types import Passage
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

REGISTRY = """
2016:
  - title: Warm restarts of the learning rate
    arxiv_id: '1608.03983'
    sota:
      - Restart the learning rate with warm restarts in the SGDR manner.
    attic:
      reason: >-
        A single cosine decay does as well in long runs, has no cycle length to choose, and needs no early stopping at
        the end of a cycle, so that nobody restarts the learning rate in large pretraining runs any more.
      superseded_by: '2005.14165'
2020:
  - title: One cosine decay of the learning rate
    arxiv_id: '2005.14165'
    sota:
      - >-
        Decay the learning rate once along a cosine to a tenth of its peak, over as many tokens as the whole run will
        see, after a short linear warm-up, and choose the peak by the size of the model.
"""
NOTES = {
    "lora.md": "# LoRA\n\nLoRA freezes the pretrained weights.\n\n# Rank\n\nA rank of eight is usual for adapters.\n",
    "bits.md": "# Quantization\n\nFour bits a weight are enough for most models.\n",
}
TOPICS = [
    {"id": "a", "question": "What does LoRA freeze?", "category": "direct",
     "gold": [{"document": "notes/lora.md", "quote": "LoRA freezes the\npretrained weights."}]},
    {"id": "b", "question": "How many bits does a weight need?", "category": "numeric",
     "gold": [{"document": "notes/bits.md", "quote": "Four bits a weight are enough for most models."}]},
    {"id": "c", "question": "How tall is the Eiffel Tower?", "answerable": False},
]  # fmt: skip


@pytest.fixture(scope="module")
def notes_index(tmp_path_factory, minilm):
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "notes").mkdir()
    for name, text in NOTES.items():
        (folder / "notes" / name).write_text(text)
    (folder / "notes" / "practices.yaml").write_text(REGISTRY)
    index = folder / "index"
    ingest([folder / "notes"], index, encoder=minilm, reader=InlineReader(minilm.count_tokens))
    return index


@pytest.fixture(scope="module")
def guides_like(tmp_path_factory, minilm):
    """Enough passages for a depth to matter."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "many").mkdir()
    for number in range(30):
        text = f"# Topic {number}\n\nPassage {number} speaks of weights, of models and of topic {number} in turn.\n"
        (folder / "many" / f"{number:02}.md").write_text(text)
    ingest([folder / "many"], folder / "index", encoder=minilm, reader=InlineReader(minilm.count_tokens))
    return folder / "index"


@pytest.fixture
def topics_file(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(topic) + "\n" for topic in TOPICS))
    return path


@pytest.fixture
def settings(surroundings, notes_index):
    return Settings.load(index=notes_index)


def test_topics_are_judged_by_passage_and_what_cannot_be_answered_is_left_out(settings, topics_file, notes_index):
    run = evaluate_topics(settings, TopicSet(topics_file), index=notes_index)
    assert (run.kind, run.name, list(run.topics)) == ("retrieval", "mine topics", ["a", "b"])
    assert list(run.systems) == ["default", "bm25", "dense", "rrf", "convex", "learned"]
    assert run.measures["Success@5"].mean == run.measures["RR@10"].mean == 1.0
    assert set(run.systems["default"].by_category) == {"direct", "numeric"}
    qrels, rankings = run.details["qrels"], run.details["rankings"]
    assert all(key.startswith("notes/lora.md#") for key in qrels["a"])
    for name, system in run.systems.items():
        kept = {topic: dict(pairs) for topic, pairs in rankings[name].items()}
        assert per_topic(kept, qrels, list(system.per_topic)) == system.per_topic
        assert system.latency_ms["total"]["p50"] > 0
        assert system.facts["search"]["legs"] == (name if name in ("bm25", "dense") else "hybrid")
    assert run.details["peak_memory_mib"] > 50


def test_whole_documents_count_at_the_place_of_their_best_passage(settings, topics_file, notes_index):
    run = evaluate_topics(settings, TopicSet(topics_file), Plan(systems=()), index=notes_index, whole_documents=True)
    assert run.details["level"] == "documents"
    assert run.details["qrels"]["a"] == {"notes/lora.md": 1}
    ranked = [key for key, _ in run.details["rankings"]["default"]["a"]]
    assert len(ranked) == len(set(ranked)) > 1
    assert ranked[0] == "notes/lora.md"
    with pytest.raises(EvaluationError, match="one run counts whole documents, the other passages"):
        compare(run, evaluate_topics(settings, TopicSet(topics_file), Plan(systems=()), index=notes_index))


def test_gold_is_looked_up_for_whole_documents_too(settings, tmp_path, notes_index):
    path = tmp_path / "gone.jsonl"
    path.write_text(json.dumps({**TOPICS[0], "gold": [{"document": "notes/gone.md", "quote": "x"}]}) + "\n")
    with pytest.raises(EvaluationError, match=r"document 'notes/gone\.md' is not in the index"):
        evaluate_topics(settings, TopicSet(path), index=notes_index, whole_documents=True)


def test_gold_survives_another_chunker(settings, topics_file, tmp_path, minilm, notes_index):
    found = {}
    for target in (32, 200):
        index = tmp_path / str(target)
        chunking = replace(settings.chunk_settings(256), target_tokens=target, min_tokens=1)
        reader = InlineReader(minilm.count_tokens, chunking)
        ingest([notes_index.parent / "notes"], index, encoder=minilm, reader=reader)
        found[target] = evaluate_topics(settings, TopicSet(topics_file), Plan(systems=()), index=index)
    assert found[32].details["passages"] >= found[200].details["passages"]
    assert found[32].measures["Success@5"].mean == found[200].measures["Success@5"].mean == 1.0
    assert found[32].fingerprints["corpus"] == found[200].fingerprints["corpus"]
    assert found[32].fingerprints["index"] != found[200].fingerprints["index"]


def test_what_leaks_without_successors_does_not_leak_with_them(settings, tmp_path, notes_index, minilm):
    with Retriever.open(notes_index, encoder=minilm) as retriever:
        text = retriever.document("notes/practices.yaml").text
    assert "SGDR" in text
    quote = next(line for line in text.splitlines() if "Restart the learning rate" in line).strip("-* ")
    current = next(line for line in text.splitlines() if "Decay the learning rate once" in line).strip("-* ")
    path = tmp_path / "currency.jsonl"
    document = "notes/practices.yaml"
    topic = {
        "id": "k", "question": "Should I restart the learning rate with warm restarts as in SGDR?",
        "gold": [{"document": document, "quote": current}], "superseded": [{"document": document, "quote": quote}],
    }  # fmt: skip
    path.write_text(json.dumps(topic) + "\n" + json.dumps(TOPICS[0]) + "\n")
    run = evaluate_topics(settings, TopicSet(path), Plan(systems=("no-successors",)), index=notes_index)
    assert run.systems["no-successors"].per_topic["superseded-leak@5"] == {"k": 1.0}
    assert run.systems["default"].per_topic["superseded-leak@5"] == {"k": 0.0}
    assert run.systems["default"].per_topic["successor-recall@5"] == {"k": 1.0}
    assert run.systems["default"].measures["superseded-leak@10"].mean == 0.0


def test_neighbours_bring_what_stands_beside_a_hit(notes_index, minilm):
    with Retriever.open(notes_index, encoder=minilm) as retriever:
        bench = Bench(retriever, minilm, SearchSettings(), 3, by_passage)
        plain = [key for key, _ in bench.system("default")("What does LoRA freeze?").pairs]
        grown = [key for key, _ in bench.system("neighbours")("What does LoRA freeze?").pairs]
    assert plain[0] == grown[0]
    assert grown[0].split("#")[0] == grown[1].split("#")[0] or len(set(plain)) == len(set(grown))
    assert len(grown) <= 3


class Backwards:
    """A reranker that likes short passages."""

    id = "backwards"

    def __init__(self):
        self.seen = []

    calibrated = False

    def cut(self, query, texts):
        return 0

    def score(self, query, texts):
        import numpy as np

        self.seen.append(len(texts))
        return np.array([-len(text) for text in texts], dtype=np.float32)


def test_a_reranker_reads_no_more_than_it_does_for_a_user_and_the_rest_stays_below(notes_index, minilm):
    reranker = Backwards()
    base = SearchSettings(rerank_depth=2, rerank_weight=1.0, mode="history")
    with Retriever.open(notes_index, encoder=minilm, reranker=reranker) as retriever:
        bench = Bench(retriever, minilm, base, 10, by_passage)
        fused = [key for key, _ in bench.system("convex")("bits of a weight").pairs]
        assert reranker.seen == []
        reranked = bench.system("convex+rerank")("bits of a weight")
    assert sum(reranker.seen) == 2
    order = [key for key, _ in reranked.pairs]
    assert set(order[:2]) == set(fused[:2])
    assert order[2:] == fused[2:]
    evaluate_retrieval(lambda _: reranked, [Topic("t", "x")], {"t": {order[0]: 1}})  # scores fall


def test_the_first_ranks_are_those_of_a_search_as_a_user_makes_it(guides_like, minilm):
    with Retriever.open(guides_like, encoder=minilm) as retriever:
        base = SearchSettings(depth=6)
        bench = Bench(retriever, minilm, base, 40, by_passage)
        differs = False
        for query in ("topic seven", "weights of the model", "passage", "gradient descent with momentum"):
            ranking = bench.system("default")(query).pairs
            # Their scores too: with more candidates they are normalised otherwise, which can turn the order.
            found = retriever.search(query, 2, settings=base)
            assert list(ranking[:2]) == [(hit.passage.id, hit.score) for hit in found.hits]
            deeper = retriever.search(query, 40, settings=base)
            differs = differs or [hit.score for hit in deeper.hits[:2]] != [hit.score for hit in found.hits]
            assert len(ranking) == len({key for key, _ in ranking}) > 20
        assert differs, "no query tells the two apart"


def test_an_ablation_says_what_it_leaves_out(settings):
    plan = ablation(settings, collection=True, limit=4)
    assert plan.limit == 4
    assert set(SYSTEMS) - set(plan.systems) == {*RERANKED, "neighbours", "no-successors"}
    assert "learned+rerank not run: the settings have no reranker, or switch it off" in plan.skipped
    assert "neighbours" in ablation(settings, collection=False).systems


def test_query_strategies_are_systems_like_any_other(settings, topics_file, notes_index, monkeypatch, scripted):
    model = scripted("The pretrained weights are frozen by LoRA while adapters are trained.")
    monkeypatch.setattr(evaluation, "make_language_model", lambda _: model)
    run = evaluate_topics(settings, TopicSet(topics_file), Plan(systems=("hyde",)), index=notes_index)
    assert len(model.requests) == 2
    assert model.closed
    assert run.fingerprints["models"]["llm"] == f"scripted@{'0' * 64}"
    assert run.systems["hyde"].latency_ms["strategy"]["p50"] > 0
    assert run.systems["hyde"].measures["Success@5"].mean == 1.0


def test_scores_that_tie_keep_their_order():
    passages = [Passage(f"d/{key}#0", f"d/{key}", 0, 0, 1, "x") for key in "cab"]
    tied = list(zip(passages, (0.9, 0.9, 0.5), strict=True))
    assert [key for key, _ in by_passage(tied)] == ["d/c#0", "d/a#0", "d/b#0"]
    assert by_document(tied) == [("c", 3.0), ("a", 2.0), ("b", 1.0)]
    assert by_document([*tied[:1], (passages[0], 0.7), tied[2]]) == [("c", 0.9), ("b", 0.5)]


def test_what_cannot_be_evaluated_is_told(settings, tmp_path, notes_index, topics_file):
    path = tmp_path / "none.jsonl"
    path.write_text(json.dumps(TOPICS[2]) + "\n")
    with pytest.raises(EvaluationError, match="no topic is answerable"):
        evaluate_topics(settings, TopicSet(path), index=notes_index)
    path.write_text(json.dumps({**TOPICS[0], "gold": [{"document": "notes/gone.md", "quote": "x"}]}) + "\n")
    with pytest.raises(EvaluationError, match=r"none\.jsonl:1: document 'notes/gone\.md' is not in the index"):
        evaluate_topics(settings, TopicSet(path), index=notes_index)
    with pytest.raises(MissingIndexError):
        evaluate_topics(settings, TopicSet(topics_file), index=tmp_path / "nowhere")
    for wrong in ({"limit": 0}, {"alpha": 1.5}):
        with pytest.raises(UsageError):
            Plan(**wrong)


@pytest.mark.parametrize(
    ("limit", "kept"), [(None, "abcdefg"), (9, "abcdefg"), (7, "abcdefg"), (3, "ace"), (2, "ad"), (1, "a")]
)
def test_a_limit_is_spread_over_all(limit, kept):
    assert "".join(spread("abcdefg", limit)) == kept
