"""Calibrate the gate; run it with `python train/gate/calibrate.py`.

Asks the training questions of `questions.jsonl` over an index of the shipped guides: each answerable one with all
guides, and again with its gold documents hidden; each unanswerable one as it is. Fits a logistic model on the gate's
signals and writes `models/gate/gate.json`. The threshold is the one with the best balanced accuracy, cross-validated
(all examples of one question in the same fold), on the questions of style `natural`: those of style `hard` are further
from their passages, or nearer to a wrong one, than what people ask. No test question is read.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sota_rag.app.answering import Answerer
from sota_rag.app.answering.gate import FEATURES, Gate
from sota_rag.app.compose import make_encoder, open_retriever, run_ingestion
from sota_rag.app.settings import Settings
from sota_rag.index import Filters

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# A hidden-gold example repeats a question that is in the data already, so the pair weighs no more than one.
HIDDEN_WEIGHT = 0.5
REGULARISATION = 1.0
FOLDS = 10
TOLERANCE = 0.02


def examples(answerer: Answerer, questions: list[dict]) -> list[dict]:
    """Signals and label of every example."""
    documents = [document.id for document in answerer.retriever.documents()]
    rows = []
    for question in questions:
        gold = {quote["document"] for quote in question["gold"]}
        views: list[tuple[str, bool, Filters | None]] = [(question["category"], question["answerable"], None)]
        if gold:
            views.append(("hidden_gold", False, Filters(sources=tuple(d for d in documents if d not in gold))))
        for category, answerable, filters in views:
            evidence = answerer.ask(question["question"], filters=filters).receipt.gate.evidence
            row = {"id": question["id"], "category": category, "style": question["style"], "answerable": answerable}
            rows.append(row | {"signals": evidence})
    return rows


def fit(signals: NDArray[np.float64], labels: NDArray[np.int64], weights: NDArray[np.float64]) -> LogisticRegression:
    """A logistic model of the label."""
    return LogisticRegression(C=REGULARISATION / signals.std(axis=0).mean() ** 2, max_iter=5000).fit(
        signals, labels, sample_weight=weights
    )


def main() -> None:
    """Calibrate and write the gate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "models" / "gate" / "gate.json")
    arguments = parser.parse_args()
    questions = [json.loads(line) for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(index=Path(folder) / "index")
        run_ingestion(settings)
        with open_retriever(settings) as retriever:
            undecided = Gate(dict.fromkeys(FEATURES, 0.0), 0.0, 0.5, "nothing")
            rows = examples(Answerer(retriever, make_encoder(settings), gate=undecided), questions)
    # An example without a sentence of the kind asked for is answered by silence whatever the model says.
    seen = [row for row in rows if row["signals"] is not None]
    signals = np.array([[getattr(row["signals"], name) for name in FEATURES] for row in seen])
    labels = np.array([int(row["answerable"]) for row in seen])
    weights = np.array([HIDDEN_WEIGHT if row["category"] == "hidden_gold" else 1.0 for row in seen])
    groups = np.array([int(row["id"][1:]) for row in seen])
    held_out = np.zeros(len(seen))
    for train, test in GroupKFold(FOLDS).split(signals, labels, groups):
        held_out[test] = fit(signals[train], labels[train], weights[train]).predict_proba(signals[test])[:, 1]
    natural = np.array([row["style"] == "natural" and row["category"] != "hidden_gold" for row in seen])
    threshold = best_threshold(held_out[natural], labels[natural])
    model = fit(signals, labels, weights)
    gate = {
        "weights": {name: round(float(value), 4) for name, value in zip(FEATURES, model.coef_[0], strict=True)},
        "bias": round(float(model.intercept_[0]), 4),
        "threshold": threshold,
        "trained_on": f"{len(questions)} training questions over the shipped guides, {len(rows)} examples",
        "cross_validated": {
            "folds": FOLDS,
            "answered_share": shares(rows, seen, held_out >= threshold),
        },
    }
    arguments.output.write_text(json.dumps(gate, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(gate, indent=2))


def best_threshold(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The middle of the thresholds whose balanced accuracy is within `TOLERANCE` of the highest.

    The curve is flat at its top, and its very peak moves with a single question.
    """
    grid = np.round(np.arange(0.2, 0.8, 0.01), 2)
    positive, negative = probabilities[labels == 1], probabilities[labels == 0]
    quality = np.array([((positive >= t).mean() + (negative < t).mean()) / 2 for t in grid])
    return round(float(grid[quality >= quality.max() - TOLERANCE].mean()), 2)


def shares(rows: list[dict], seen: list[dict], answered: NDArray[np.bool_]) -> dict[str, float]:
    """Share of examples answered, by category."""
    decided = {id(row): bool(value) for row, value in zip(seen, answered, strict=True)}
    groups: dict[str, list[bool]] = {}
    for row in rows:
        groups.setdefault(f"{row['style']} {row['category']}", []).append(decided.get(id(row), False))
    return {name: round(float(np.mean(values)), 3) for name, values in sorted(groups.items())}


if __name__ == "__main__":
    main()
