"""Measures whatever system it is handed: collections, measures, statistics, reports.

    collection = load_beir(folder, "test")
    report = evaluate_retrieval(system, collection.topics, collection.qrels)
    report.intervals["nDCG@10"]

A *system* is any callable from a query to `(document id, score)` pairs, best first. Importing this package
loads neither ir-measures nor a model library; the first is imported when a measure is computed.
"""

from .baseline_gate import GateResult, check_against_baseline
from .beir import BeirDocument, Collection, Topic, load_beir
from .comparison import compare
from .comparison_form import Comparison
from .measures import MEASURES, Qrels, Run, per_topic, total_order
from .retrieval import (
    Failure,
    Pairs,
    Ranking,
    RetrievalReport,
    System,
    document_scores,
    evaluate_retrieval,
)
from .run_file import Curve, RunFile, SystemResult, TopicInfo, summarise
from .significance import holm, randomisation_test
from .statistics import Interval, bootstrap_mean, bootstrap_means, bootstrap_statistic, paired_difference
from .topics import Gold, JudgedTopic, TopicSet, read_topics
from .trec import read_trec_qrels, read_trec_run, trec_run_lines, write_trec_qrels, write_trec_run

__all__ = [
    "MEASURES",
    "BeirDocument",
    "Collection",
    "Comparison",
    "Curve",
    "Failure",
    "GateResult",
    "Gold",
    "Interval",
    "JudgedTopic",
    "Pairs",
    "Qrels",
    "Ranking",
    "RetrievalReport",
    "Run",
    "RunFile",
    "System",
    "SystemResult",
    "Topic",
    "TopicInfo",
    "TopicSet",
    "bootstrap_mean",
    "bootstrap_means",
    "bootstrap_statistic",
    "check_against_baseline",
    "compare",
    "document_scores",
    "evaluate_retrieval",
    "holm",
    "load_beir",
    "paired_difference",
    "per_topic",
    "randomisation_test",
    "read_topics",
    "read_trec_qrels",
    "read_trec_run",
    "summarise",
    "total_order",
    "trec_run_lines",
    "write_trec_qrels",
    "write_trec_run",
]
