"""`python -m train.verifier --data FOLDER`: examples, training, and the model."""

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from sota_rag.app.answering.logistic import LogisticModel
from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.judgement import Verdict
from sota_rag.app.answering.verify.learned import FEATURES, Combination, LearnedVerifier, by_rule, make_reader
from sota_rag.app.compose import make_encoder
from sota_rag.app.settings import Settings
from sota_rag.index.models import find_model, weights_sha256

from ..documents import read_documents
from ..loop import Plan, train
from ..overlap import Known, alike
from ..publish import publish
from ..reranker.collections import some_passages
from ..split import kept_back
from . import losses
from .combine import balanced, fit, probability, sure, thresholds
from .examples import SUPPORTED, Example, guides, published, reported

BASE = "models/reranker"
MOST = {"squad": 3600, "guides": 4000}
"""Examples at most; the others give all they have."""
AGAINST = ("contradiction", "unfound")
UNDECIDED = Combination(LogisticModel(dict.fromkeys(FEATURES, 0.0), 0.0, 0.5, "nothing"), 0.5, 0.5)
MOST_KNOWN = 0.3
"""Share of the evidence that may stand in evidence that is reported on."""
MOST_ALIKE = 0.5
"""How alike a claim of SciFact may be to one that is reported on."""
BY_PEOPLE = ("wice", "factcheck_gpt", "begin", "expertqa", "scifact", "halueval", "notes")
"""Sets that the thresholds are chosen on: claims that somebody made and judged, not sentences damaged by rule."""
SURE = 0.8
"""Share of supported claims among those of which the verdict says so on the model's word."""
WINDOWS = 2
"""Windows of a claim that are trained on."""


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m train.verifier", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/, beir/ and guides/")
    parser.add_argument("--work", type=Path, default=Path(".sota-rag/train/verifier"), help="examples and checkpoint")
    parser.add_argument("--base", default=BASE, help="model to start from")
    parser.add_argument("--examples", type=int, help="train on so many only, drawn evenly")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("models/verifier"))
    return parser.parse_args()


def gather(data: Path, work: Path, seed: int) -> list[Example]:
    """Examples of all data, but for those whose evidence is reported on elsewhere; what was made before is read."""
    makers = published(data, seed)
    tests = reported(data)
    known = Known(text for claims in tests.values() for claim in claims for text in claim.evidence)

    def of_guides() -> Iterable[Example]:
        passages = some_passages(read_documents([data / "guides"]), seed)
        return guides(passages, random.Random(seed), MOST["guides"] // 2)

    found: list[Example] = []
    for name, make in [*makers.items(), ("guides", of_guides)]:
        path = work / f"examples-{seed}" / f"{name}.jsonl"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = [one for one in make() if known.share(" ".join(one.evidence)) < MOST_KNOWN]
            if name == "scifact":
                stated = [claim.text for claim in tests["scifact"]]
                made = [one for one in made if all(alike(one.claim, claim) < MOST_ALIKE for claim in stated)]
            if len(made) > MOST.get(name, len(made)):
                made = random.Random(seed).sample(made, MOST[name])
            path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in made), encoding="utf-8")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        print(f"{name}: {len(rows)} examples", flush=True)
        found += [Example(**{**row, "evidence": tuple(row["evidence"])}) for row in rows]
    return found


def main() -> None:
    """Everything, one stage after the other."""
    options = arguments()
    everything = gather(options.data, options.work, options.seed)
    examples = [one for one in everything if not kept_back(one.source)]
    if options.examples:
        examples = random.Random(options.seed).sample(examples, min(options.examples, len(examples)))
    held_back = [one for one in everything if kept_back(one.source)]
    print(f"{len(examples)} to train on, {len(held_back)} kept back", flush=True)
    plan = Plan(epochs=options.epochs, rate=options.rate, seed=options.seed)
    units = [[(one.claim, window) for window in one.windows(WINDOWS)] for one in examples]
    model, tokenizer, hours = train(
        units,
        losses.make(examples, [len(unit) for unit in units]),
        base=options.base,
        outputs=len(losses.OUTPUTS),
        plan=plan,
        about=f"verifier, {losses.digest(examples)}, {weights_sha256(find_model(options.base).folder)[:12]}",
        work=options.work,
        say=lambda line: print(line, flush=True),
    )
    model.config.id2label = dict(enumerate(losses.OUTPUTS))
    model.config.label2id = {label: place for place, label in enumerate(losses.OUTPUTS)}
    publish(model, tokenizer, options.out, calibrated=False)
    combination = combine(held_back, options.out)
    facts = {
        "made_by": "python -m train.verifier",
        "base": options.base,
        "plan": asdict(plan),
        "examples": dict(sorted(Counter(one.origin for one in examples).items())),
        "labels": dict(sorted(Counter(one.label for one in examples).items())),
        "pairs": sum(len(unit) for unit in units),
        "kept_back": len(held_back),
        "hours": round(hours, 2),
    }
    (options.out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (options.out / "combination.json").write_text(json.dumps(combination, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({**facts, **combination}, indent=1))


def combine(examples: Sequence[Example], model: Path) -> dict[str, object]:
    """The combination of the cross-encoder's opinion with the plain signals, with what it reaches on sets left out."""
    encoder = RememberingEncoder(make_encoder(Settings()))
    verifier = LearnedVerifier(make_reader(str(model)), encoder, UNDECIDED)
    rows: dict[str, tuple[list[list[float]], list[bool], list[float]]] = {}
    for number, one in enumerate(examples):
        opinion, judged, _ = verifier.opinion(one.claim, one.evidence)
        signals, labels, ruled = rows.setdefault(one.origin.removesuffix("-damaged"), ([], [], []))
        values = opinion.values()
        signals.append([values[name] for name in FEATURES])
        labels.append(one.label == SUPPORTED)
        verdict = by_rule(one.claim, one.evidence, judged)
        ruled.append(math.nan if verdict is None else float(verdict is Verdict.SUPPORTED))
        if number % 500 == 0:
            print(f"opinion {number} of {len(examples)}", flush=True)
    rows = {name: one for name, one in rows.items() if len(set(one[1])) == 2}  # what has one label teaches nothing
    sets = {name: (np.array(signals), np.array(labels)) for name, (signals, labels, _) in rows.items()}
    against = [name in AGAINST for name in FEATURES]
    left_out = {}
    for name in sets:
        rest = fit({other: one for other, one in sets.items() if other != name}, against)
        scores, ruled = probability(sets[name][0], *rest), np.array(rows[name][2])
        left_out[name] = (np.where(np.isnan(ruled), scores, ruled), sets[name][1])  # rules come first, as in a verdict
    supported, partial = thresholds({name: one for name, one in left_out.items() if name in BY_PEOPLE})
    open_ones = {name: np.isnan(rows[name][2]) for name in left_out if name in BY_PEOPLE}
    undecided = {name: (left_out[name][0][kept], left_out[name][1][kept]) for name, kept in open_ones.items()}
    weights, bias = fit(sets, against)
    return {
        "weights": {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
        "bias": round(bias, 4),
        "threshold": supported,
        "partial": partial,
        "sure": sure(undecided, supported, SURE),
        "trained_on": f"{len(examples)} claims of {len(sets)} sets, with sources that were kept from the cross-encoder",
        "left_out": {
            name: {
                "claims": len(right),
                "supported": int(right.sum()),
                "AUROC": round(float(roc_auc_score(right, scores)), 4),
                "balanced accuracy": round(balanced(scores, right, supported), 4),
            }
            for name, (scores, right) in left_out.items()
        },
    }


if __name__ == "__main__":
    main()
