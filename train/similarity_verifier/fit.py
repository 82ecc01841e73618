"""Fit the similarity verifier; run it with `python train/similarity_verifier/fit.py CLAIMS_FOLDER`.

Reads the parts `dev` of published sets of labelled claims (`eval/claims` says how they are read and parted), takes the
signals of every sentence, fits a logistic model and writes `models/verifier_similarity/weights.json`. No test part is
read. What was decided, and why:

- Sets and classes weigh the same: each set half supported, half unsupported. Sets differ in how much of them is
  supported, and in style; left as they are, a signal that only tells the sets apart (how many numbers a claim has) gets
  a weight. The probability is therefore one for even odds.
- Weights are not negative: a claim with more of its words in the evidence must not seem less supported.
- A supported claim supports all its sentences. Of an unsupported one it is not known which sentence is to blame: the
  one is taken that has the least of its words in the evidence.
- HaluEval is left out: there length alone tells right from wrong. Of BEGIN, Topical Chat is left out, whose licence
  asks for sharing alike; both are for reporting only.
- The threshold has the best balanced accuracy, averaged over sets, of cross-validated probabilities; the claims of one
  source are in the same fold.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GroupKFold
from sota_rag.app.answering.logistic import LogisticModel
from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.similarity import FEATURES, SimilarityVerifier
from sota_rag.eval.claims import Claim, read_set
from sota_rag.eval.claims.calibration import ece
from sota_rag.eval.claims.judging import evidence_of, sentences_of
from sota_rag.index import SentenceTransformerEncoder

ROOT = Path(__file__).parents[2]
SETS = ("begin", "expertqa", "factcheck_gpt", "wice")
FOLDS = 5
RIDGE = 1e-3
GRID = np.round(np.arange(0.2, 0.8, 0.01), 2)

Rows = list[NDArray[np.float64]]  # for each claim the signals of its sentences, shape (sentences, signals)


class LabelledSet:
    """The signals of a set's claims."""

    def __init__(self, claims: Sequence[Claim], verifier: SimilarityVerifier) -> None:
        self.labels = np.array([claim.supported for claim in claims])
        self.sources = np.array([claim.source for claim in claims])
        self.rows: Rows = []
        for claim in claims:
            evidence = evidence_of(claim)
            signals = [verifier.signals(sentence, evidence)[0] for sentence in sentences_of(claim)]
            self.rows.append(np.array([astuple(one) for one in signals]))


def fit(sets: Sequence[tuple[Rows, NDArray[np.bool_]]]) -> tuple[NDArray[np.float64], float]:
    """Weights, none negative, and bias of the logistic model, sets and classes weighing the same."""
    signals, targets, weights = [], [], []
    for rows, labels in sets:
        for label in (True, False):
            chosen = [
                one if label else one[[_least(one)]] for one, given in zip(rows, labels, strict=True) if given == label
            ]
            for one in chosen:
                signals.append(one)
                targets += [1.0 if label else -1.0] * len(one)
                weights += [1 / (len(chosen) * len(one) * 2 * len(sets))] * len(one)
    x, y, w = np.concatenate(signals), np.array(targets), np.array(weights)

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = y * (x @ parameters[:-1] + parameters[-1])
        gradient = -w * y / (1 + np.exp(margin))
        ridge = RIDGE * np.append(parameters[:-1], 0.0)
        value = float((w * np.logaddexp(0, -margin)).sum() + 0.5 * ridge @ parameters)
        return value, np.append(gradient @ x, gradient.sum()) + ridge

    bounds = [(0, None)] * x.shape[1] + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, bounds=bounds, method="L-BFGS-B")
    if not found.success:
        raise RuntimeError(found.message)
    return found.x[:-1], float(found.x[-1])


def predict(rows: Rows, weights: NDArray[np.float64], bias: float) -> NDArray[np.float64]:
    """Probability of each claim: that of its least supported sentence."""
    return np.array([(1 / (1 + np.exp(-(one @ weights + bias)))).min() for one in rows])


def cross_validated(sets: dict[str, LabelledSet]) -> dict[str, NDArray[np.float64]]:
    """Probability of each claim from a model that saw no claim of its source."""
    held_out = {name: np.zeros(one.labels.size) for name, one in sets.items()}
    parts = {name: list(GroupKFold(FOLDS).split(one.rows, groups=one.sources)) for name, one in sets.items()}
    for fold in range(FOLDS):
        weights, bias = fit([_picked(one, parts[name][fold][0]) for name, one in sets.items()])
        for name, one in sets.items():
            test = parts[name][fold][1]
            held_out[name][test] = predict([one.rows[row] for row in test], weights, bias)
    return held_out


def best_threshold(sets: dict[str, LabelledSet], held_out: dict[str, NDArray[np.float64]]) -> float:
    """The threshold with the best balanced accuracy, averaged over sets."""
    quality = [
        np.mean([balanced_accuracy_score(one.labels, held_out[name] >= cut) for name, one in sets.items()])
        for cut in GRID
    ]
    return float(GRID[int(np.argmax(quality))])


def report(sets: dict[str, LabelledSet], held_out: dict[str, NDArray[np.float64]], threshold: float) -> dict:
    """Cross-validated figures, and the AUROC of a model that saw nothing of the set."""
    told = {}
    for name, one in sets.items():
        unseen = fit([(other.rows, other.labels) for key, other in sets.items() if key != name])
        told[name] = {
            "claims": int(one.labels.size),
            "AUROC": round(float(roc_auc_score(one.labels, held_out[name])), 3),
            "AUROC, set left out": round(float(roc_auc_score(one.labels, predict(one.rows, *unseen))), 3),
            "balanced accuracy": round(float(balanced_accuracy_score(one.labels, held_out[name] >= threshold)), 3),
            "ECE": round(ece(one.labels, held_out[name]), 3),
        }
    return told


def main() -> None:
    """Fit and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds the folders " + ", ".join(SETS))
    parser.add_argument("--output", type=Path, default=ROOT / "models" / "verifier_similarity" / "weights.json")
    arguments = parser.parse_args()
    undecided = LogisticModel(dict.fromkeys(FEATURES, 0.0), 0.0, 0.5, "nothing")
    verifier = SimilarityVerifier(RememberingEncoder(SentenceTransformerEncoder()), undecided)
    sets: dict[str, LabelledSet] = {}
    for name in SETS:
        claims = [claim for claim in read_set(name, arguments.folder / name, "dev") if claim.group != "tc"]
        sets[name] = LabelledSet(claims, verifier)
        print(f"{name}: {len(claims)} claims", flush=True)
    held_out = cross_validated(sets)
    threshold = best_threshold(sets, held_out)
    weights, bias = fit([(one.rows, one.labels) for one in sets.values()])
    model = {
        "weights": {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
        "bias": round(bias, 4),
        "threshold": threshold,
        "trained_on": f"{sum(one.labels.size for one in sets.values())} claims of the parts dev of {', '.join(SETS)}",
        "cross_validated": {"folds": FOLDS, **report(sets, held_out, threshold)},
    }
    arguments.output.write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(model, indent=2))


def _least(rows: NDArray[np.float64]) -> int:
    """The sentence with the least of its words in the evidence."""
    return int(rows[:, FEATURES.index("evidence_share")].argmin())


def _picked(one: LabelledSet, rows: NDArray[np.int64]) -> tuple[Rows, NDArray[np.bool_]]:
    return [one.rows[row] for row in rows], one.labels[rows]


if __name__ == "__main__":
    main()
