"""Retrieval measures per topic, computed by ir-measures (MacAvaney et al., ECIR 2022).

The names are the field's: `nDCG@10` (Järvelin and Kekäläinen 2002; linear gain, log2 discount), `R@5`
(recall), `RR@10` (reciprocal rank), `AP` (average precision), `Success@5`. All are in [0, 1].
"""

import math
from collections.abc import Mapping, Sequence

from ..index.errors import EvaluationError, OptionalDependencyError

MEASURES = ("nDCG@10", "R@1", "R@5", "R@10", "R@100", "RR@10", "AP", "Success@5")

# topic id → document id → score; topic id → document id → relevance
Run = Mapping[str, Mapping[str, float]]
Qrels = Mapping[str, Mapping[str, int]]


def total_order(scores: Mapping[str, float]) -> list[tuple[str, float]]:
    """(document id, score) pairs by `(-score, document id)`: one order, whatever the order of insertion.

    Raises:
        EvaluationError: a score is NaN, which has no place in an order.
    """
    for document_id, score in scores.items():
        if math.isnan(score):
            raise EvaluationError(f"the score of document {document_id!r} is NaN; a score must be a number")
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def per_topic(run: Run, qrels: Qrels, measures: Sequence[str] = MEASURES) -> dict[str, dict[str, float]]:
    """Value of every measure for every topic of the qrels, in the order of both.

    Topics missing from the run score 0; topics of the run without qrels are left out. Neither argument is
    changed.

    ir-measures is handed scores that decrease by one from rank to rank instead of the run's own. Its back
    ends sort again by score, and each breaks ties in its own way: trec_eval puts the *larger* document id
    first and compares in float32, where close float64 scores become ties; the MS MARCO script behind `RR@10`
    puts the smaller id first. With distinct integers (exact in float32 to 16.7 million) all of them see
    `total_order`'s order.

    Raises:
        EvaluationError: no qrels, an unknown measure, or a NaN score.
        OptionalDependencyError: ir-measures is not installed.
    """
    try:
        import ir_measures
    except ImportError as error:
        raise OptionalDependencyError("ir-measures", "eval") from error
    if not qrels:
        raise EvaluationError("there are no judgements to measure against")
    parsed = {}
    for name in measures:
        try:
            parsed[name] = ir_measures.parse_measure(name)
        except (ValueError, NameError, SyntaxError) as error:
            raise EvaluationError(f"unknown measure {name!r}; known ones include {', '.join(MEASURES)}") from error
    try:
        evaluator = ir_measures.evaluator(
            list(parsed.values()),
            {topic: {document: int(grade) for document, grade in grades.items()} for topic, grades in qrels.items()},
        )
    except ValueError as error:
        raise EvaluationError(f"ir-measures cannot compute {', '.join(measures)}: {error}") from error
    found = {
        (metric.measure, metric.query_id): float(metric.value) for metric in evaluator.iter_calc(_ranked(run, qrels))
    }
    return {name: {topic: found.get((measure, topic), 0.0) for topic in qrels} for name, measure in parsed.items()}


def _ranked(run: Run, qrels: Qrels) -> dict[str, dict[str, float]]:
    """The judged topics of a run with scores n, n - 1, …, 1 in total order."""
    ranked: dict[str, dict[str, float]] = {}
    for topic in qrels:
        try:
            order = total_order(run.get(topic, {}))
        except EvaluationError as error:
            raise EvaluationError(f"topic {topic!r}: {error}") from error
        ranked[topic] = {document: float(len(order) - rank) for rank, (document, _) in enumerate(order)}
    return ranked
