"""Calibrate the gate; run it with `python train/gate/calibrate.py`.

Asks the training questions, `train/gate/questions.jsonl` and the dev part of `corpus/topics.jsonl`, over an index of
the shipped documents: each answerable one with all of them, and again with its gold documents hidden; each unanswerable
one as it is. Fits a logistic model on the gate's signals and writes `models/gate/gate.json`; with `--plain` the one for
where there is no reranker, `models/gate/plain.json`.

The threshold is read off the risk–coverage curve of the cross-validated probabilities (all examples of one question in
the same fold): the widest coverage whose net benefit, right answers less wrong ones, is within two points of the best
(Chow 1970, see `eval/answers/abstention.py`). The curve is that of the examples of style `natural`, hidden gold
included: questions of style `hard` are further from their passages, or nearer to a wrong one, than what people ask. An
answer is wrong when the question has none or when no gold quote is cited. Examples weigh as in the fit, and those
without an answer together a third of all: of three questions that people ask a corpus of their own field we assume
that it answers two. What the middle of the thresholds with the best balanced accuracy would be stands beside it. No
test question is read.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sota_rag.app.answer_asking import shown_sentences
from sota_rag.app.answering import Answer, Answerer
from sota_rag.app.answering.gate import FEATURES, PLAIN_FEATURES, Gate
from sota_rag.app.compose import make_encoder, open_retriever, run_ingestion, starter_topics
from sota_rag.app.settings import Settings
from sota_rag.eval.answers import RiskCoverage, auroc, risk_coverage
from sota_rag.eval.answers.context import cites_gold
from sota_rag.eval.spans import locate
from sota_rag.eval.topics import Gold
from sota_rag.index import Filters

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "train" / "gate" / "questions.jsonl"
# A hidden-gold example repeats a question that is in the data already, so the pair weighs no more than one.
HIDDEN_WEIGHT = 0.5
REGULARISATION = 1.0
FOLDS = 10
TOLERANCE = 0.02
UNANSWERABLE_SHARE = 1 / 3


def training_questions() -> list[dict]:
    """Those made for the gate, and the topics that may be chosen by; these are of style `natural`."""
    made = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    topics = [
        {
            "id": topic.id,
            "question": topic.question,
            "category": topic.category,
            "style": "natural",
            "answerable": topic.answerable,
            "gold": [{"document": gold.document_id, "quote": gold.quote} for gold in topic.gold],
        }
        for topic in starter_topics("dev").read()
    ]
    return [*made, *topics]


def examples(answerer: Answerer, questions: list[dict]) -> list[dict]:
    """Signals and label of every example, and whether its answer would be right."""
    documents = [document.id for document in answerer.retriever.documents()]
    rows = []
    for question in questions:
        gold = {quote["document"] for quote in question["gold"]}
        views: list[tuple[str, bool, Filters | None]] = [(question["category"], question["answerable"], None)]
        if gold:
            views.append(("hidden_gold", False, Filters(sources=tuple(d for d in documents if d not in gold))))
        for category, answerable, filters in views:
            answer = answerer.ask(question["question"], filters=filters)
            row = {"id": question["id"], "category": category, "style": question["style"], "answerable": answerable}
            right = answerable and is_right(answerer, question, answer)
            rows.append(row | {"signals": answer.receipt.gate.evidence, "right": right})
    return rows


def is_right(answerer: Answerer, question: dict, answer: Answer) -> bool:
    """Whether an answer cites a gold quote."""
    gold = [Gold(quote["document"], quote["quote"]) for quote in question["gold"]]
    spans = [locate(one, answerer.retriever.document(one.document_id).text, question["id"]) for one in gold]
    return cites_gold(shown_sentences(answer), spans)


def fit(signals: NDArray[np.float64], labels: NDArray[np.int64], weights: NDArray[np.float64]) -> LogisticRegression:
    """A logistic model of the label."""
    return LogisticRegression(C=REGULARISATION / signals.std(axis=0).mean() ** 2, max_iter=5000).fit(
        signals, labels, sample_weight=weights
    )


def main() -> None:
    """Calibrate and write the gate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", action="store_true", help="without the reranker")
    parser.add_argument("--output", type=Path, help="default: gate.json, or plain.json, in models/gate")
    arguments = parser.parse_args()
    features = PLAIN_FEATURES if arguments.plain else FEATURES
    output = arguments.output or ROOT / "models" / "gate" / ("plain.json" if arguments.plain else "gate.json")
    questions = training_questions()
    with tempfile.TemporaryDirectory() as folder:
        reranker = {"reranker": {"enabled": not arguments.plain, "budget_s": 60}}
        settings = Settings.load(index=Path(folder) / "index", **reranker)
        run_ingestion(settings)
        with open_retriever(settings) as retriever:
            if not arguments.plain and not (retriever.reranker and retriever.reranker.calibrated):
                raise SystemExit("the settings name no calibrated reranker; name one, or calibrate with --plain")
            undecided = Gate(dict.fromkeys(features, 0.0), 0.0, 0.5, "nothing")
            rows = examples(Answerer(retriever, make_encoder(settings), gate=undecided), questions)
    # An example without a sentence of the kind asked for is answered by silence whatever the model says.
    seen = [row for row in rows if row["signals"] is not None]
    signals = np.array([[getattr(row["signals"], name) for name in features] for row in seen])
    labels = np.array([int(row["answerable"]) for row in seen])
    weights = np.array([HIDDEN_WEIGHT if row["category"] == "hidden_gold" else 1.0 for row in seen])
    numbers = {question["id"]: place for place, question in enumerate(questions)}
    groups = np.array([numbers[row["id"]] for row in seen])
    held_out = np.zeros(len(seen))
    for train, test in GroupKFold(FOLDS).split(signals, labels, groups):
        held_out[test] = fit(signals[train], labels[train], weights[train]).predict_proba(signals[test])[:, 1]
    for row, probability in zip(seen, held_out, strict=True):
        row["probability"] = float(probability)
    natural = [row for row in rows if row["style"] == "natural"]
    curve = curve_of(natural)
    threshold = rounded_down(worthwhile_threshold(natural))
    model = fit(signals, labels, weights)
    gate = {
        "weights": {name: round(float(value), 4) for name, value in zip(features, model.coef_[0], strict=True)},
        "bias": round(float(model.intercept_[0]), 4),
        "threshold": threshold,
        "trained_on": f"{len(questions)} training questions over the shipped documents, {len(rows)} examples",
        "cross_validated": {
            "folds": FOLDS,
            "answered_share": shares(rows, threshold),
            "risk_coverage": {
                "examples": len(natural),
                "AURC": round(curve.area, 4),
                "E-AURC": round(curve.excess, 4),
                "AUROC": round(auroc(probabilities(natural), answerable(natural)), 4),
                "by weighted net benefit": point(natural, threshold),
                "by balanced accuracy": point(natural, best_threshold(natural)),
            },
        },
    }
    output.write_text(json.dumps(gate, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(gate, indent=2))


def probabilities(rows: list[dict]) -> NDArray[np.float64]:
    """Cross-validated probabilities; below all others where no sentence could hold the answer."""
    return np.array([row.get("probability", -1.0) for row in rows])


def answerable(rows: list[dict]) -> NDArray[np.bool_]:
    """Which examples the guides that may be used answer."""
    return np.array([row["answerable"] for row in rows])


def curve_of(rows: list[dict]) -> RiskCoverage:
    """Risk over coverage."""
    return risk_coverage(probabilities(rows), np.array([float(not row["right"]) for row in rows]))


def worthwhile_threshold(rows: list[dict]) -> float:
    """The lowest threshold whose net benefit, by the weights of the examples, is within `TOLERANCE` of the best."""
    sure, labels = probabilities(rows), answerable(rows)
    weights = np.array([HIDDEN_WEIGHT if row["category"] == "hidden_gold" else 1.0 for row in rows])
    weights[~labels] *= UNANSWERABLE_SHARE / (1 - UNANSWERABLE_SHARE) * weights[labels].sum() / weights[~labels].sum()
    gains = weights / weights.sum() * np.array([1.0 if row["right"] else -1.0 for row in rows])
    order = np.argsort(-sure, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(sure[order]) != 0, True))
    benefit = np.cumsum(gains[order])[ends]
    return float(sure[order][ends[np.flatnonzero(benefit >= benefit.max() - TOLERANCE)[-1]]])


def rounded_down(threshold: float) -> float:
    """Two decimals, so that what was answered still is."""
    return math.floor(threshold * 100) / 100


def best_threshold(rows: list[dict]) -> float:
    """The middle of the thresholds whose balanced accuracy is within `TOLERANCE` of the best, hidden gold left out."""
    kept = [row for row in rows if row["category"] != "hidden_gold"]
    sure, labels = probabilities(kept), answerable(kept)
    grid = np.round(np.arange(0.2, 0.8, 0.01), 2)
    quality = np.array([((sure[labels] >= t).mean() + (sure[~labels] < t).mean()) / 2 for t in grid])
    return round(float(grid[quality >= quality.max() - TOLERANCE].mean()), 2)


def point(rows: list[dict], threshold: float) -> dict[str, float]:
    """What a threshold gives."""
    answered, labels = probabilities(rows) >= threshold, answerable(rows)
    right = np.array([row["right"] for row in rows])
    figures = {
        "threshold": threshold,
        "coverage": answered.mean(),
        "risk": 1.0 - right[answered].mean(),
        "wrong_silence": 1.0 - answered[labels].mean(),
        "right_silence": 1.0 - answered[~labels].mean(),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def shares(rows: list[dict], threshold: float) -> dict[str, float]:
    """Share of examples answered, by category."""
    groups: dict[str, list[bool]] = {}
    for row, sure in zip(rows, probabilities(rows), strict=True):
        groups.setdefault(f"{row['style']} {row['category']}", []).append(bool(sure >= threshold))
    return {name: round(float(np.mean(values)), 3) for name, values in sorted(groups.items())}


if __name__ == "__main__":
    main()
