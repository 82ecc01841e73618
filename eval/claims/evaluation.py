"""Opinions of a verifier held against labels: measures with intervals, by group, curves, and what they were lost on."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...index.errors import EvaluationError
from ..run_file import Curve, SystemResult, percentiles
from ..statistics import Interval, bootstrap_statistic
from .calibration import SCORE_MEASURES, equal_width
from .judging import VERDICTS, Judged
from .measures import CALL_MEASURES, RANK_MEASURES, best_threshold, ranks_of, selective_risk
from .reader import Claim

_POINTS = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """When an opinion counts as a call of `supported`.

    Attributes:
        verdict: the least verdict that does; not looked at where there is a threshold.
        threshold: the score from which on; None to go by the verdict.
    """

    verdict: str = "supported"
    threshold: float | None = None

    def calls(self, judged: Sequence[Judged]) -> NDArray[np.bool_]:
        """Shape (claims,), true where the claim is called supported."""
        if self.threshold is not None:
            return np.array([one.opinion.score >= self.threshold for one in judged])
        least = VERDICTS.index(self.verdict)
        return np.array([VERDICTS.index(one.opinion.verdict) >= least for one in judged])

    def words(self) -> str:
        """The rule for a reader."""
        if self.threshold is not None:
            return f"supported from a score of {self.threshold:.4f} on"
        counted = [verdict for verdict in VERDICTS if VERDICTS.index(verdict) >= VERDICTS.index(self.verdict)]
        return "counts as supported: " + ", ".join(reversed(counted))


@dataclass(frozen=True, slots=True)
class _Sample:
    """Claims as arrays, each of shape (claims,)."""

    labels: NDArray[np.bool_]
    scores: NDArray[np.float64]
    called: NDArray[np.bool_]
    clusters: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> "_Sample":
        return _Sample(self.labels[rows], self.scores[rows], self.called[rows], self.clusters[rows])


def check_classes(claims: Sequence[Claim], where: str) -> None:
    """Refuse claims on which nothing can be told apart.

    Raises:
        EvaluationError: there are none, an id occurs twice, or all have one label.
    """
    if not claims:
        raise EvaluationError(f"{where}: there are no claims to judge")
    if len({claim.id for claim in claims}) < len(claims):
        raise EvaluationError(f"{where}: an id occurs twice; ids are unique")
    if len({claim.supported for claim in claims}) == 1:
        label = "supported" if claims[0].supported else "unsupported"
        raise EvaluationError(
            f"{where}: all {len(claims)} claims are {label}, from {claims[0].where or claims[0].id} on; "
            "a verifier is measured on supported and unsupported ones"
        )


def choose_threshold(claims: Sequence[Claim], judged: Sequence[Judged]) -> float:
    """The threshold on the score with the best balanced accuracy; for claims that are not reported on.

    Raises:
        EvaluationError: the scores are all equal.
    """
    labels, scores = np.array([claim.supported for claim in claims]), np.array([one.opinion.score for one in judged])
    threshold = best_threshold(labels, scores)
    if np.isnan(threshold):
        raise EvaluationError(f"no threshold can be chosen: all {len(claims)} claims score {float(scores[0])!r}")
    return threshold


def evaluate_opinions(
    claims: Sequence[Claim],
    judged: Sequence[Judged],
    rule: Rule = Rule(),
    *,
    scores_too: bool = True,
    resamples: int = 2000,
) -> SystemResult:
    """Measure a verifier's opinions.

    Intervals are bootstrapped over sources, as claims of one source stand or fall together. A measure that is not
    defined (the precision where nothing is called supported, an AUROC in a group of one class), or not on most
    resamples, is left out; `facts["undefined"]` names those of the whole set.

    `per_topic` holds `accuracy` for every claim, `recall` for the supported and `specificity` for the unsupported ones,
    so that two runs can be paired.

    Args:
        claims: what was judged, of both classes.
        judged: the opinions, in the same order.
        rule: when an opinion counts as a call of `supported`.
        scores_too: tell what the rule does not change as well: measures of scores, curves, latency and failures.
        resamples: for each interval.

    Raises:
        EvaluationError: the two do not belong together, or as for `check_classes`.
    """
    if [claim.id for claim in claims] != [one.claim_id for one in judged]:
        raise EvaluationError("there must be one opinion for each claim, in the same order")
    check_classes(claims, "claims")
    sample = _Sample(
        labels=np.array([claim.supported for claim in claims]),
        scores=np.array([one.opinion.score for one in judged]),
        called=rule.calls(judged),
        clusters=np.unique([claim.source for claim in claims], return_inverse=True)[1],
    )
    figures = [*CALL_MEASURES, *((*RANK_MEASURES, *SCORE_MEASURES) if scores_too else ())]
    measures = _intervals(sample, figures, resamples)
    facts: dict[str, Any] = {"rule": rule.words()}
    if rule.threshold is not None:
        facts["threshold"] = rule.threshold
    if undefined := [name for name in figures if name not in measures]:
        facts["undefined"] = undefined
    return SystemResult(
        measures=measures,
        per_topic=_per_topic(claims, sample.called),
        by_category={group: _intervals(sample.of(rows), figures, resamples) for group, rows in _groups(claims).items()},
        latency_ms={"total": percentiles([one.ms for one in judged])} if scores_too else {},
        curves=_curves(sample) if scores_too else {},
        facts=facts,
        failures={one.claim_id: one.error for one in judged if one.error} if scores_too else {},
    )


def _intervals(sample: _Sample, names: Sequence[str], resamples: int) -> dict[str, Interval]:
    """The measures of these names that are defined on all claims, and on most resamples."""
    found: dict[str, Interval] = {}
    for name in names:
        figure = _figure(sample, name)
        if np.isnan(figure(np.arange(sample.labels.size, dtype=np.int64))):
            continue
        # It refuses where the figure is defined on less than half of the resamples.
        with suppress(EvaluationError):
            found[name] = bootstrap_statistic(figure, sample.labels.size, clusters=sample.clusters, resamples=resamples)
    return found


def _figure(sample: _Sample, name: str) -> Callable[[NDArray[np.int64]], float]:
    """A measure as a function of rows."""
    labels = sample.labels
    if name in CALL_MEASURES:
        return lambda rows: CALL_MEASURES[name](labels[rows], sample.called[rows])
    if name in RANK_MEASURES:
        ranks = ranks_of(sample.scores)
        return lambda rows: RANK_MEASURES[name](labels[rows], ranks[rows])
    return lambda rows: SCORE_MEASURES[name](labels[rows], sample.scores[rows])


def _groups(claims: Sequence[Claim]) -> Mapping[str, NDArray[np.int64]]:
    """Rows of each group, in the order of their names; claims without a group count in the total only."""
    rows: dict[str, list[int]] = {}
    for row, claim in enumerate(claims):
        if claim.group:
            rows.setdefault(claim.group, []).append(row)
    return {group: np.array(rows[group], dtype=np.int64) for group in sorted(rows)}


def _per_topic(claims: Sequence[Claim], called: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    right = {claim.id: float(claim.supported == call) for claim, call in zip(claims, called, strict=True)}
    return {
        "accuracy": right,
        "recall": {claim.id: right[claim.id] for claim in claims if claim.supported},
        "specificity": {claim.id: right[claim.id] for claim in claims if not claim.supported},
    }


def _curves(sample: _Sample) -> dict[str, Curve]:
    bins = equal_width(sample.labels, sample.scores)
    low, high = bins.interval()
    coverage, risk = selective_risk(sample.labels, ranks_of(sample.scores))
    kept = np.unique(np.linspace(0, coverage.size - 1, min(_POINTS, coverage.size)).round().astype(np.int64))
    return {
        "reliability": Curve(
            "score", "share of supported claims", _floats(bins.scores), _floats(bins.shares), "calibration",
            _floats(low), _floats(high), tuple(int(size) for size in bins.sizes),
        ),
        "risk–coverage": Curve(
            "coverage: share of claims let through", "risk: share of those that are unsupported",
            _floats(coverage[kept]), _floats(risk[kept]), "step",
        ),
    }  # fmt: skip


def _floats(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)
