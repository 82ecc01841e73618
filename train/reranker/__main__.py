"""`python -m train.reranker --data FOLDER`: groups, training, calibration, and the model in `models/reranker`."""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from sota_rag.app.compose import make_encoder
from sota_rag.app.settings import Settings
from sota_rag.index import CrossEncoderReranker, Encoder

from ..documents import KeptVectors
from ..fusion.samples import rerank_all, samples
from ..loop import Plan, train
from ..publish import publish
from . import losses
from .calibrate import SHOWN, fold, platt
from .collections import Collection, collections, makers
from .mine import Group, kept_back, mine, read_groups, write_groups

BASE = "all-MiniLM-L6-v2"
CALIBRATION_QUESTIONS = 150
MOST = {"expertqa": 900, "headings": 2400, "squad": 3200, "pubmedqa": 1600, "shipped": 900}
"""Questions of a collection at most; the others give all they have."""


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m train.reranker", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/ and guides/")
    parser.add_argument("--work", type=Path, default=Path(".sota-rag/train/reranker"), help="groups and checkpoint")
    parser.add_argument("--loss", default="both", choices=("both", "listwise", "margin", "pointwise"))
    parser.add_argument("--groups", type=int, help="train on so many groups only, drawn evenly")
    parser.add_argument("--leave-out", nargs="*", default=[], help="collections to leave out")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("models/reranker"))
    return parser.parse_args()


def gather(data: Path, work: Path, encoder: Encoder, seed: int) -> list[Group]:
    """Groups of all collections; what was mined before is read."""
    found: list[Group] = []

    def collection(name: str, make: Callable[[], Collection]) -> None:
        path = work / "groups" / f"{name}.jsonl"
        if not path.is_file():
            began = time.perf_counter()
            write_groups(path, mine(make(), encoder, seed=seed, most=MOST.get(name, 100_000)))
            print(f"{name}: mined in {time.perf_counter() - began:.0f} s", flush=True)
        groups = read_groups(path)
        print(f"{name}: {len(groups)} groups, {sum(group.answered for group in groups)} answered", flush=True)
        found.extend(groups)

    for name, make in makers(data, seed).items():
        collection(name, make)
    return found


def main() -> None:
    """Everything, one stage after the other."""
    options = arguments()
    encoder = KeptVectors(make_encoder(Settings()), options.work / "vectors.sqlite")
    groups = gather(options.data, options.work, encoder, options.seed)
    groups = [group for group in groups if not kept_back(group.question)]
    print(f"{len(groups)} groups to train on", flush=True)
    plan = Plan(epochs=options.epochs, rate=options.rate, seed=options.seed)
    units = [[(group.question, text) for text in group.texts] for group in groups]
    model, tokenizer, hours = train(
        units,
        losses.make(options.loss, groups),
        base=BASE,
        outputs=1,
        plan=plan,
        work=options.work,
        say=lambda line: print(line, flush=True),
    )
    raw = options.work / "model"
    publish(model, tokenizer, raw)
    scale, shift = calibrated(options.data, encoder, CrossEncoderReranker(str(raw)))
    fold(model.float(), scale, shift)
    publish(model, tokenizer, options.out, calibrated=True)
    facts = {
        "made_by": "python -m train.reranker",
        "base": BASE,
        "loss": options.loss,
        "plan": asdict(plan),
        "groups": dict(sorted(Counter(group.collection for group in groups).items())),
        "answered": sum(group.answered for group in groups),
        "pairs": sum(len(unit) for unit in units),
        "hours": round(hours, 2),
        "scale": round(scale, 4),
        "shift": round(shift, 4),
    }
    (options.out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(facts, indent=1))


def calibrated(data: Path, encoder: Encoder, reranker: CrossEncoderReranker) -> tuple[float, float]:
    """Scale and shift of the logit, from questions that were kept back."""
    pools = {}
    for collection in collections(data):
        held = samples(collection, encoder, most=CALIBRATION_QUESTIONS)
        rerank_all(held, collection.texts, reranker, SHOWN)
        pools[collection.name] = held
    return platt(pools)


if __name__ == "__main__":
    main()
