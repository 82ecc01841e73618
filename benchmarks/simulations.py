"""Whether the statistics of the evaluation keep their word: simulations in which the truth is known.

    python benchmarks/simulations.py --output benchmarks/results/simulations.json

What 95 % intervals of a mean cover, ours beside the plain percentile, BCa, bootstrap-t and Student's; populations are
as per-topic values have them (many at 0 or 1, few values, skewed), and differences of two systems, most of which are
zero. What intervals of figures of the whole set cover. How often the randomisation test rejects a true null, and how
often it and the interval find a true gain. How often the gate raises a false alarm, or finds a loss, by its rule and by
Holm's correction. Takes some twenty minutes on one core.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit
from sota_rag.eval.provenance import machine, packages
from sota_rag.eval.significance import randomisation_tests
from sota_rag.eval.statistics import bootstrap_means, bootstrap_statistic

Draw = Callable[[np.random.Generator, tuple[int, int]], NDArray[np.float64]]

BATCH = 50
SIZES = (3, 5, 10, 20, 30, 100, 300)


def ndcg_like(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Masses at 0 and 1, the rest between."""
    which = rng.random(shape)
    return np.where(which < 0.18, 0.0, np.where(which < 0.6, 1.0, rng.beta(2.0, 1.5, shape)))


def sparse(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Differences of two systems that rank three topics of four alike."""
    return np.where(rng.random(shape) < 0.75, 0.0, rng.normal(0.03, 0.3, shape))


POPULATIONS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, shape: rng.normal(0.5, 0.2, shape), 0.5),
    "beta(2, 1)": (lambda rng, shape: rng.beta(2.0, 1.0, shape), 2 / 3),
    "nDCG-like: 18 % at 0, 42 % at 1": (ndcg_like, 0.42 + 0.4 * 4 / 7),
    "reciprocal ranks": (lambda rng, shape: 1.0 / rng.geometric(0.6, shape), -1.5 * float(np.log(0.6))),
    "recall of two: 0, 1/2 or 1": (lambda rng, shape: rng.choice([0.0, 0.5, 1.0], shape, p=[0.1, 0.1, 0.8]), 0.85),
    "success, true share 0.5": (lambda rng, shape: (rng.random(shape) < 0.5).astype(float), 0.5),
    "success, true share 0.9": (lambda rng, shape: (rng.random(shape) < 0.9).astype(float), 0.9),
    "success, true share 0.97": (lambda rng, shape: (rng.random(shape) < 0.97).astype(float), 0.97),
    "skewed: exponential": (lambda rng, shape: rng.exponential(1.0, shape), 1.0),
    "differences, 75 % zero": (sparse, 0.25 * 0.03),
}


def main() -> int:
    """Simulate and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="where the JSON goes")
    parser.add_argument("--simulations", type=int, default=5_000, help="samples of each kind (default 5000)")
    parser.add_argument("--resamples", type=int, default=2_000, help="of each sample (default 2000)")
    arguments = parser.parse_args()
    times, resamples = arguments.simulations, arguments.resamples
    form = {
        "simulations": times,
        "resamples": resamples,
        "machine": machine(),
        "packages": packages(),
        "coverage of 95 % intervals of a mean": {
            name: {str(n): coverage(draw, true, n, times, resamples) for n in SIZES}
            for name, (draw, true) in POPULATIONS.items()
        },
        "coverage of 95 % intervals of figures of the set": {
            str(n): figures(n, times // 10, resamples // 4) for n in (30, 100, 300)
        },
        "share of true nulls rejected at 5 %": {
            name: {str(n): rejected(draw, 0.0, n, times, resamples)["randomisation test"] for n in (10, 30, 100, 300)}
            for name, draw in NULLS.items()
        },
        "share of true gains found at 5 %": {
            f"{name}, gain {gain}": {str(n): rejected(draw, gain, n, times, resamples) for n in (30, 100, 300)}
            for name, draw in NULLS.items()
            for gain in (0.02, 0.05, 0.1)
        },
        "gate": {
            f"{n} topics, {moved:.0%} moved, {lost:.0%} lost": gate(n, moved, lost, times, resamples)
            for n in (44, 66, 100)
            for moved, lost in ((0.05, 0.0), (0.1, 0.0), (0.2, 0.0), (0.4, 0.0), (0.1, 0.05), (0.1, 0.1), (0.1, 0.2))
        },
    }
    print(json.dumps(form, indent=1))
    if arguments.output:
        arguments.output.write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    return 0


# --- intervals of a mean


def coverage(draw: Draw, true: float, n: int, times: int, resamples: int) -> dict[str, dict[str, float]]:
    """Share of samples whose interval holds the true mean, and its mean width, by method."""
    rng = np.random.default_rng(n)
    held: dict[str, list[NDArray[np.bool_]]] = {}
    widths: dict[str, list[NDArray[np.float64]]] = {}
    for seed in range(times // BATCH):
        samples = draw(rng, (BATCH, n))
        ours = bootstrap_means(samples, resamples=resamples, seed=seed)
        ends = {"expanded percentile (ours)": np.array([(interval.low, interval.high) for interval in ours]).T}
        ends |= others(samples, resamples, np.random.default_rng(seed))
        for name, (low, high) in ends.items():
            held.setdefault(name, []).append((low <= true + 1e-9) & (high >= true - 1e-9))
            widths.setdefault(name, []).append(high - low)
    return {
        name: {"covers": round(float(np.mean(held[name])), 4), "width": round(float(np.mean(widths[name])), 4)}
        for name in held
    }


def others(samples: NDArray[np.float64], resamples: int, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Ends, shape (2, samples), of the intervals that ours is measured beside."""
    n = samples.shape[1]
    cells = rng.integers(0, n, (resamples, n)) + n * np.arange(resamples)[:, np.newaxis]
    weights = np.bincount(cells.ravel(), minlength=resamples * n).reshape(resamples, n) / n
    means, squares = samples @ weights.T, samples**2 @ weights.T
    centre, spread = samples.mean(axis=1), samples.std(axis=1, ddof=1) / np.sqrt(n)
    quantile = stdtrit(n - 1, 0.975)
    return {
        "percentile": np.quantile(means, [0.025, 0.975], axis=1),
        "BCa": bca(samples, means, centre),
        "bootstrap-t": bootstrap_t(means, squares, centre, spread, n),
        "Student": np.array([centre - quantile * spread, centre + quantile * spread]),
    }


def bca(samples: NDArray[np.float64], means: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bias-corrected and accelerated (Efron 1987); for a mean, the jackknife's acceleration has a closed form."""
    away = samples - centre[:, np.newaxis]
    squares = np.maximum((away**2).sum(axis=1), 1e-20)
    acceleration = (away**3).sum(axis=1) / (6.0 * squares**1.5)
    below = (means < centre[:, np.newaxis] - 1e-12).mean(axis=1)
    share = (below + (means <= centre[:, np.newaxis] + 1e-12).mean(axis=1)) / 2.0
    bias = ndtri(np.clip(share, 0.5 / means.shape[1], 1.0 - 0.5 / means.shape[1]))
    ends = []
    for z in (ndtri(0.025), ndtri(0.975)):
        levels = ndtr(bias + (bias + z) / (1.0 - acceleration * (bias + z)))
        ends.append([np.quantile(row, level) for row, level in zip(means, levels, strict=True)])
    return np.array(ends)


def bootstrap_t(
    means: NDArray[np.float64],
    squares: NDArray[np.float64],
    centre: NDArray[np.float64],
    spread: NDArray[np.float64],
    n: int,
) -> NDArray[np.float64]:
    """Studentised resamples; where all drawn values are equal, one is infinitely far off, cut at 1,000 errors."""
    errors = np.sqrt(np.maximum(squares - means**2, 0.0) / (n - 1))
    away = means - centre[:, np.newaxis]
    t = np.divide(away, errors, out=np.sign(np.round(away, 12)) * 1_000.0, where=errors > 1e-6)
    low, high = np.quantile(t, [0.025, 0.975], axis=1)
    return np.array([centre - high * spread, centre - low * spread])


# --- figures of the whole set


def figures(n: int, times: int, resamples: int) -> dict[str, float]:
    """What intervals of `bootstrap_statistic` cover, for a scorer whose classes overlap; a third are positive."""
    rng = np.random.default_rng(n)
    truth = {name: figure(*examples(rng, 2_000_000)) for name, figure in FIGURES.items()}
    held = dict.fromkeys(FIGURES, 0)
    for seed in range(times):
        labels, scores = examples(rng, n)
        for name, figure in FIGURES.items():
            interval = bootstrap_statistic(
                lambda rows, figure=figure, labels=labels, scores=scores: figure(labels[rows], scores[rows]),
                n,
                resamples=resamples,
                seed=seed,
            )
            held[name] += interval.low <= truth[name] <= interval.high
    return {name: round(count / times, 3) for name, count in held.items()}


def examples(rng: np.random.Generator, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and scores between 0 and 1."""
    labels = (rng.random(n) < 0.35).astype(np.int64)
    return labels, 1.0 / (1.0 + np.exp(-(rng.normal(0.0, 1.0, n) + 1.3 * labels - 0.4)))


def auroc(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """Area under the ROC curve, by ranks; NaN where there is one class only."""
    positives = int(labels.sum())
    if positives in (0, labels.size):
        return float("nan")
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    ranks = (np.searchsorted(ranked, scores, "left") + np.searchsorted(ranked, scores, "right") + 1) / 2.0
    return float((ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * (labels.size - positives)))


def balanced_accuracy(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """At 0.5; NaN where there is one class only."""
    if labels.all() or not labels.any():
        return float("nan")
    return float(((scores[labels == 1] > 0.5).mean() + (scores[labels == 0] <= 0.5).mean()) / 2.0)


def f1(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """At 0.5; NaN where nothing is positive."""
    chosen = scores > 0.5
    return float(2.0 * (chosen & (labels == 1)).sum() / total) if (total := chosen.sum() + labels.sum()) else np.nan


def ece(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins = np.minimum((scores * 10).astype(np.int64), 9)
    return float(np.abs(np.bincount(bins, scores, 10) - np.bincount(bins, labels, 10)).sum() / labels.size)


def aurc(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """Area under the risk-coverage curve."""
    wrong = 1 - labels[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(wrong) / np.arange(1, labels.size + 1)).mean())


FIGURES = {"AUROC": auroc, "balanced accuracy": balanced_accuracy, "F1": f1, "ECE": ece, "AURC": aurc}


# --- tests

NULLS: dict[str, Draw] = {
    "normal differences, sd 0.2": lambda rng, shape: rng.normal(0.0, 0.2, shape),
    "75 % of differences zero, sd of the others 0.3": lambda rng, shape: np.where(
        rng.random(shape) < 0.75, 0.0, rng.normal(0.0, 0.3, shape)
    ),
}


def rejected(draw: Draw, gain: float, n: int, times: int, resamples: int) -> dict[str, float]:
    """Share of samples in which p is at most 0.05, and in which the 95 % interval excludes zero.

    A gain is had on the topics that differ, in such a size that the mean over all topics is `gain`.
    """
    rng = np.random.default_rng(n)
    found = {"randomisation test": 0, "interval excludes zero": 0}
    for seed in range(times // BATCH):
        differences = draw(rng, (BATCH, n))
        differs = differences != 0.0
        differences = differences + differs * (gain / differs.mean())
        found["randomisation test"] += int(
            (randomisation_tests(differences, permutations=resamples, seed=seed) <= 0.05).sum()
        )
        intervals = bootstrap_means(differences, resamples=resamples, seed=seed)
        found["interval excludes zero"] += sum(not interval.low <= 0.0 <= interval.high for interval in intervals)
    return {name: round(count / (times // BATCH * BATCH), 4) for name, count in found.items()}


def gate(n: int, moved: float, lost: float, times: int, resamples: int) -> dict[str, float]:
    """How often a new ranking is stopped.

    The gold passage's rank is drawn anew for a share `moved` of the topics, which is worth nothing, and is lost beyond
    rank ten for a share `lost`.
    """
    rng = np.random.default_rng(n)
    ranks = np.arange(1, 12)
    share = np.array([0.55, 0.12, 0.07, 0.05, 0.04, 0.03, 0.02, 0.02, 0.015, 0.015, 0.07])
    stopped = {"rule: any of three intervals below zero": 0, "nDCG@10 alone": 0, "with Holm's correction": 0}
    for seed in range(times // BATCH):
        old, drawn = rng.choice(ranks, (2, BATCH, n), p=share)
        new = np.where(rng.random((BATCH, n)) < moved, drawn, old)
        new = np.where(rng.random((BATCH, n)) < lost, 11, new)
        below, p = [], []
        for gain in (1.0 / np.log2(1.0 + ranks), ranks <= 5, 1.0 / ranks):
            values = np.where(ranks <= 10, gain, 0.0)
            differences = values[new - 1] - values[old - 1]
            intervals = bootstrap_means(differences, resamples=resamples, seed=seed)
            below.append([interval.high < -1e-9 for interval in intervals])
            two_sided = randomisation_tests(differences, permutations=resamples, seed=seed)
            p.append(np.where(differences.sum(axis=1) < 0.0, two_sided, 1.0))
        stopped["rule: any of three intervals below zero"] += int(np.any(below, axis=0).sum())
        stopped["nDCG@10 alone"] += int(np.sum(below[0]))
        # The smallest p decides whether Holm's method rejects any.
        stopped["with Holm's correction"] += int((3.0 * np.min(p, axis=0) <= 0.05).sum())
    return {name: round(count / (times // BATCH * BATCH), 4) for name, count in stopped.items()}


if __name__ == "__main__":
    raise SystemExit(main())
