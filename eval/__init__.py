"""Measures whatever system it is handed: collections, measures, statistics, reports.

    collection = load_beir(folder, "test")
    report = evaluate_retrieval(system, collection.topics, collection.qrels)
    report.intervals["nDCG@10"]

A *system* is any callable from a query to `(document id, score)` pairs, best first. Importing this package
loads neither ir-measures nor a model library; the first is imported when a measure is computed.
"""

from .beir import BeirDocument, Collection, Topic, load_beir
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
from .statistics import Interval, bootstrap_mean, paired_difference
from .trec import read_trec_qrels, read_trec_run, trec_run_lines, write_trec_qrels, write_trec_run

__all__ = [
    "MEASURES",
    "BeirDocument",
    "Collection",
    "Failure",
    "Interval",
    "Pairs",
    "Qrels",
    "Ranking",
    "RetrievalReport",
    "Run",
    "System",
    "Topic",
    "bootstrap_mean",
    "document_scores",
    "evaluate_retrieval",
    "load_beir",
    "paired_difference",
    "per_topic",
    "read_trec_qrels",
    "read_trec_run",
    "total_order",
    "trec_run_lines",
    "write_trec_qrels",
    "write_trec_run",
]
