"""Retrieval reports: failures, latencies, JSON."""

import copy
import json
import math
import time
from dataclasses import replace

import pytest
from sota_rag.eval import (
    Failure,
    Ranking,
    Topic,
    document_scores,
    evaluate_retrieval,
    load_beir,
)
from sota_rag.index.errors import EvaluationError, QueryError
from sota_rag.index.types import DocumentInfo, Hit, Passage, SearchResult, passage_id

TOPICS = [Topic("t1", "one"), Topic("t2", "two"), Topic("t3", "three")]
QRELS = {"t3": {"c": 1}, "t1": {"a": 1, "b": 0}, "t2": {"b": 1}, "unasked": {"z": 1}}
RANKINGS = {
    "one": [("a", 0.9), ("b", 0.1)],
    "two": [("a", 0.9), ("b", 0.1)],
    "three": [("c", 0.5)],
}


def hit(document_id: str, ordinal: int, score: float, rank: int) -> Hit:
    passage = Passage(passage_id(document_id, ordinal), document_id, ordinal, 0, 1, "x")
    return Hit(passage, DocumentInfo(document_id, document_id, document_id), score, rank)


def test_a_report_keeps_values_intervals_and_latencies():
    seen = []
    report = evaluate_retrieval(
        RANKINGS.__getitem__,
        TOPICS,
        QRELS,
        progress=lambda done, total: seen.append((done, total)),
        collection="tiny",
        split="test",
        system_name="scripted",
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert report.values["RR@10"] == {"t1": 1.0, "t2": 0.5, "t3": 1.0}
    assert report.values["nDCG@10"]["t2"] == pytest.approx(1 / math.log2(3))
    assert report.intervals["RR@10"].mean == pytest.approx(2.5 / 3)
    assert report.intervals["RR@10"].low <= 2.5 / 3 <= report.intervals["RR@10"].high
    assert list(report.latencies_ms) == ["t1", "t2", "t3"]
    assert report.failures == ()

    system = report.as_system({"t1": "easy", "t2": "hard", "t3": ""}, {"what": "scripted"})
    json.dumps(system.as_dict(), allow_nan=False)
    assert system.measures == report.intervals
    assert system.per_topic["RR@10"] == {"t1": 1.0, "t2": 0.5, "t3": 1.0}
    assert {key: group["RR@10"].mean for key, group in system.by_category.items()} == {"easy": 1.0, "hard": 0.5}
    assert list(system.latency_ms["total"]) == ["p50", "p95", "p99"]
    assert system.facts["what"] == "scripted"
    assert system.facts["queries_per_s"] == pytest.approx(3000 / sum(report.latencies_ms.values()))


def test_a_system_that_tells_has_its_stages_timed():
    def telling(query: str) -> Ranking:
        return Ranking(RANKINGS[query], {"dense": 2.0 if query == "two" else 1.0})

    report = evaluate_retrieval(telling, TOPICS, QRELS, measures=["AP"])
    assert report.stages_ms == {"dense": {"t1": 1.0, "t2": 2.0, "t3": 1.0}}
    assert report.latency_percentiles()["dense"]["p50"] == 1.0
    deeper = evaluate_retrieval(lambda query: Ranking(RANKINGS[query], {"total": 7.0}), TOPICS, QRELS, measures=["AP"])
    assert deeper.latencies_ms == {"t1": 7.0, "t2": 7.0, "t3": 7.0}
    assert deeper.stages_ms == {}
    assert report.values == evaluate_retrieval(RANKINGS.__getitem__, TOPICS, QRELS, measures=["AP"]).values


def test_latency_is_the_wall_time_of_the_call():
    def slow(query: str) -> list[tuple[str, float]]:
        time.sleep(0.02 if query == "two" else 0.0)
        return RANKINGS[query]

    report = evaluate_retrieval(slow, TOPICS, QRELS, measures=["AP"])
    assert report.latencies_ms["t2"] >= 20.0


def test_latency_percentiles_by_hand():
    report = evaluate_retrieval(RANKINGS.__getitem__, TOPICS, QRELS, measures=["AP"])
    known = replace(report, latencies_ms={f"t{number}": float(number) for number in range(1, 102)})
    assert known.latency_percentiles()["total"] == {"p50": 51.0, "p95": 96.0, "p99": 100.0}


def test_a_failing_query_is_recorded_and_scores_zero():
    def failing(query: str) -> list[tuple[str, float]]:
        if query == "three":
            raise QueryError("the question is empty")
        return RANKINGS[query]

    report = evaluate_retrieval(failing, TOPICS, QRELS)
    assert report.failures == (Failure("t3", "QueryError: the question is empty"),)
    assert report.values["RR@10"] == {"t1": 1.0, "t2": 0.5, "t3": 0.0}
    assert report.intervals["RR@10"].mean == pytest.approx(0.5)
    assert "t3" not in report.latencies_ms
    assert report.as_system({}).failures == {"t3": "QueryError: the question is empty"}


@pytest.mark.parametrize(
    ("ranking", "says"),
    [
        ([("c", 1.0), ("c", 0.5)], "'c' was returned twice"),
        ([("c", math.nan)], "'c' is NaN"),
        ([("a", 0.1), ("c", 0.9)], "not best first"),
        ([(3, 0.9)], "3 is not a string"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_ranking_is_a_failure(ranking, says):
    report = evaluate_retrieval(lambda query: {**RANKINGS, "three": ranking}[query], TOPICS, QRELS)
    assert [failure.topic_id for failure in report.failures] == ["t3"]
    assert says in report.failures[0].error
    assert report.values["AP"]["t3"] == 0.0


def test_when_every_query_fails_there_is_still_a_report():
    report = evaluate_retrieval(lambda query: {}[query], TOPICS, QRELS)
    assert len(report.failures) == 3
    assert report.intervals["nDCG@10"].as_dict() == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert report.as_system({}).latency_ms == {}


def test_an_interrupt_is_not_a_failure_of_the_system():
    def interrupted(query: str) -> list[tuple[str, float]]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_retrieval(interrupted, TOPICS, QRELS)


@pytest.mark.parametrize(
    ("topics", "measures", "says"),
    [
        ([], ["AP"], "no topics"),
        ([*TOPICS, TOPICS[0]], ["AP"], "'t1' occurs twice"),
        ([*TOPICS, Topic("t4", "four")], ["AP"], "'t4' has no judgements"),
        (TOPICS, ["nDGC@10"], "unknown measure 'nDGC@10'"),
    ],
)
def test_broken_input_is_told_before_the_first_query(topics, measures, says):
    asked = []
    with pytest.raises(EvaluationError, match=says):
        evaluate_retrieval(lambda query: asked.append(query) or [], topics, QRELS, measures=measures)
    assert asked == []


def test_inputs_are_not_changed():
    before = copy.deepcopy((TOPICS, QRELS, RANKINGS))
    evaluate_retrieval(RANKINGS.__getitem__, TOPICS, QRELS)
    assert before == (TOPICS, QRELS, RANKINGS)


def test_a_document_scores_as_its_best_passage():
    hits = (hit("b", 0, 0.9, 1), hit("c", 1, 0.7, 2), hit("a", 3, 0.7, 3), hit("b", 1, 0.6, 4), hit("c", 0, 0.2, 5))
    assert document_scores(SearchResult("q", "g", hits)) == [("b", 0.9), ("a", 0.7), ("c", 0.7)]
    shuffled = SearchResult("q", "g", hits[::-1])
    assert document_scores(shuffled) == [("b", 0.9), ("a", 0.7), ("c", 0.7)]
    assert document_scores(SearchResult("q", "g", (hit("n", 0, -3.0, 1),))) == [("n", -3.0)]
    assert document_scores(SearchResult("q", "g", ())) == []


def test_from_a_folder_to_a_report(tmp_path):
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d1", "text": "cats"}\n{"_id": "d2", "text": "dogs"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "cats"}\n{"_id": "q2", "text": "dogs"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("q1\td1\t1\nq2\td2\t1\n")
    collection = load_beir(tmp_path, "test")

    def matching(query: str) -> list[tuple[str, float]]:
        return [(document.id, 1.0) for document in collection.documents if document.text == query]

    report = evaluate_retrieval(matching, collection.topics, collection.qrels)
    assert {interval.mean for interval in report.intervals.values()} == {1.0}
