"""A ranking of the bench is the order that a search with the same settings gives."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")

from sota_rag.app.judged_indexes import collection_index
from sota_rag.app.settings import Settings
from sota_rag.app.tuning.indexes import StudyIndexes
from sota_rag.app.tuning.judged import collection_task
from sota_rag.app.tuning.pair_scores import RememberingReranker
from sota_rag.app.tuning.parameters import Parameters
from sota_rag.app.tuning.ranking import QuestionVectors, RankingBench
from sota_rag.eval import load_beir
from sota_rag.index import Retriever
from sota_rag.index.snapshot import open_current

QUESTIONS = ["what of word3", "told of word7 and of word9", "once other things at length", "nothing of it"]
BASE = Parameters.of(Settings())
POINTS = {
    "as it is": BASE,
    "other weight": replace(BASE, alpha=0.2),
    "ranks": replace(BASE, fusion="rrf", rrf_k=7),
    "shallow": replace(BASE, depth=30),
    "other bm25": replace(BASE, k1=2.5, b=0.1),
}


class ByLength:
    """Likes long passages; remembers what it was asked."""

    id = "by-length@1"

    def __init__(self):
        self.pairs = []

    calibrated = False

    def cut(self, query, texts):
        return 0

    def score(self, query, texts):
        self.pairs += [(query, text) for text in texts]
        return np.array([len(text) for text in texts], dtype=np.float32)


@pytest.fixture
def index_of(wordy, tmp_path, encoder):
    """The collection's index under the k1 and b of some parameters."""
    collection = load_beir(wordy, "train")

    def make(parameters):
        bm25 = {"k1": parameters.k1, "b": parameters.b}
        settings = Settings.load(index=tmp_path / "index", bm25=bm25)
        return collection_index(settings, collection, tmp_path / "made", encoder)[0]

    return make


@pytest.fixture
def bench(index_of, encoder):
    snapshot = open_current(index_of(BASE))
    yield lambda reranker=None: RankingBench(snapshot, QuestionVectors(encoder), Settings().search_settings(), reranker)
    snapshot.store.close()


@pytest.mark.parametrize("name", POINTS)
def test_a_ranking_is_that_of_the_search(name, bench, index_of, encoder):
    point = POINTS[name]
    asked = bench()
    rankings = {question: list(asked.ranking(question, point, by_document=False)) for question in QUESTIONS}
    settings = point.search_settings(Settings().search_settings())
    with Retriever.open(index_of(point), encoder=encoder, settings=settings) as retriever:
        for question in QUESTIONS:
            hits = retriever.search(question, point.depth // 3).hits
            assert [hit.passage.id for hit in hits] == rankings[question][: len(hits)]


def test_a_reranker_is_asked_once_for_each_pair_and_for_none_after_a_restart(bench, index_of, encoder, tmp_path):
    inner = ByLength()
    point = replace(BASE, rerank_depth=12, rerank_weight=1.0)
    remembering = RememberingReranker(inner, tmp_path / "pairs.sqlite")
    first = bench(remembering).ranking(QUESTIONS[0], point, by_document=False)
    asked = len(inner.pairs)
    assert asked == 12
    settings = point.search_settings(Settings().search_settings())
    with Retriever.open(index_of(BASE), encoder=encoder, reranker=ByLength(), settings=settings) as retriever:
        hits = retriever.search(QUESTIONS[0], 10).hits
    assert [hit.passage.id for hit in hits] == list(first)[:10]
    bench(remembering).ranking(QUESTIONS[0], replace(point, rerank_weight=0.3), by_document=False)
    assert len(inner.pairs) == asked
    remembering.close()
    again = RememberingReranker(inner, tmp_path / "pairs.sqlite")
    bench(again).ranking(QUESTIONS[0], point, by_document=False)
    again.close()
    assert len(inner.pairs) == asked


def test_documents_are_ranked_by_their_best_passage(bench):
    asked = bench()
    passages = list(asked.ranking(QUESTIONS[1], BASE, by_document=False))
    documents = asked.ranking(QUESTIONS[1], BASE, by_document=True)
    assert list(documents) == list(dict.fromkeys(name.partition("#")[0] for name in passages))
    assert list(documents.values()) == sorted(documents.values(), reverse=True)


def test_indexes_of_a_study_share_their_vectors(wordy, by_vectors, encoder, tmp_path):
    task = collection_task(wordy, "train", None)
    indexes = StudyIndexes(tmp_path / "study", task, by_vectors, encoder, None)
    measures = ("nDCG@10", "R@1")
    words = indexes.values(task.train, replace(Parameters.of(by_vectors), alpha=0.0), measures)
    assert set(words["R@1"].values()) == {1.0}
    assert list(words["nDCG@10"]) == list(task.train.questions)
    some = indexes.values(task.train, Parameters.of(by_vectors), ("R@1",), ("q4", "q0"))
    assert list(some["R@1"]) == ["q4", "q0"]
    made = len(encoder.inner.encoded)
    other = replace(Parameters.of(by_vectors), target_tokens=150)
    indexes.values(task.train, other, measures)
    # Documents this short are cut alike, so that nothing is encoded again: no passage and no question.
    assert len(encoder.inner.encoded) == made
    assert indexes.passages(other) == len(load_beir(wordy, "train").documents)
    assert sorted(path.name for path in (tmp_path / "study/indexes").iterdir()) == ["tokens-150", "tokens-200"]
    indexes.close()
