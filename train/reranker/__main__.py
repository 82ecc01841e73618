"""`python -m train.reranker --data FOLDER`: groups, training, calibration, and the model in `models/reranker`."""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sota_rag.app.compose import make_encoder
from sota_rag.app.settings import Settings
from sota_rag.index import CrossEncoderReranker, Encoder

from ..documents import KeptVectors
from ..fusion.samples import rerank_all, samples
from ..loop import Plan, average, train
from ..publish import publish
from . import losses
from .calibrate import SHOWN, fold, platt
from .collections import Makers, trained, weighed
from .mine import Group, mine, read_groups, write_groups

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BASE = "all-MiniLM-L6-v2"
CALIBRATION_QUESTIONS = 60
SHORT = 1600
"""Groups of a second run of one epoch, whose weights are averaged with those of the first.

It has forgotten less of what MiniLM knew, and the average keeps some of that (Wortsman et al., "Model soups", ICML
2022).
"""
MOST = {
    "squad": 5000,
    "pubmedqa": 1600,
    "expertqa": 900,
    "headings": 1200,
    "cloze": 1200,
}
"""Questions of a collection at most; the others give all they have."""


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m train.reranker", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/ and guides/")
    parser.add_argument("--work", type=Path, default=Path(".sota-rag/train/reranker"), help="groups and checkpoint")
    parser.add_argument("--loss", default="both", choices=losses.NAMES)
    parser.add_argument("--groups", type=int, help="train on so many groups only, drawn evenly")
    parser.add_argument("--short", type=int, default=SHORT, help="groups of the second, short run; 0 for none")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="train on these collections only")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("models/reranker"))
    return parser.parse_args()


def gather(made: Makers, work: Path, encoder: Encoder, seed: int) -> list[Group]:
    """Groups of all collections; what was mined before is read."""
    found: list[Group] = []
    for name, make in made.items():
        most = MOST.get(name, 100_000)
        path = work / "groups" / f"{name}-{most}-{seed}.jsonl"
        if not path.is_file():
            began = time.perf_counter()
            write_groups(path, mine(make(), encoder, seed=seed, most=most))
            print(f"{name}: mined in {time.perf_counter() - began:.0f} s", flush=True)
        groups = read_groups(path)
        print(f"{name}: {len(groups)} groups, {sum(group.answered for group in groups)} answered", flush=True)
        found += groups
    return found


def fitted(
    groups: Sequence[Group], loss: str, plan: Plan, work: Path
) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase, float]":
    """A model trained on groups, its tokenizer, and the hours it took."""
    return train(
        [[(group.question, text) for text in group.texts] for group in groups],
        losses.make(loss, groups),
        base=BASE,
        outputs=1,
        plan=plan,
        about=f"reranker, {loss}, {losses.digest(groups)}",
        work=work,
        say=lambda line: print(line, flush=True),
    )


def calibrated(made: Makers, encoder: Encoder, reranker: CrossEncoderReranker) -> tuple[float, float]:
    """Scale and shift of the logit, from collections that were not trained on."""
    pools = {}
    for name, make in made.items():
        collection = make()
        held = samples(collection, encoder, most=CALIBRATION_QUESTIONS)
        rerank_all(held, collection.texts, reranker, SHOWN)
        pools[name] = held
    return platt(pools)


def main() -> None:
    """Everything, one stage after the other."""
    options = arguments()
    encoder = KeptVectors(make_encoder(Settings()), options.work / "vectors.sqlite")
    made = trained(options.data, options.seed)
    if unknown := sorted(set(options.only) - set(made)):
        raise SystemExit(f"no collection {unknown[0]!r}; there are {', '.join(made)}")
    groups = gather(
        {name: make for name, make in made.items() if name in (options.only or made)},
        options.work,
        encoder,
        options.seed,
    )
    if options.groups:
        groups = random.Random(options.seed).sample(groups, min(options.groups, len(groups)))
    print(f"{len(groups)} groups to train on", flush=True)
    plan = Plan(epochs=options.epochs, rate=options.rate, seed=options.seed)
    model, tokenizer, hours = fitted(groups, options.loss, plan, options.work)
    few = random.Random(options.seed).sample(groups, min(options.short, len(groups)))
    if few:
        print(f"a second run, of {len(few)} groups", flush=True)
        other, _, more = fitted(few, options.loss, replace(plan, epochs=1.0), options.work / "short")
        average(model, other)
        hours += more
    raw = options.work / "model"
    publish(model, tokenizer, raw, calibrated=False)
    scale, shift = calibrated(weighed(options.data), encoder, CrossEncoderReranker(str(raw)))
    fold(model.float(), scale, shift)
    publish(model, tokenizer, options.out, calibrated=True)
    facts = {
        "made_by": "python -m train.reranker",
        "only": options.only,
        "base": BASE,
        "loss": options.loss,
        "plan": asdict(plan),
        "groups": dict(sorted(Counter(group.collection for group in groups).items())),
        "answered": sum(group.answered for group in groups),
        "pairs": sum(len(group.texts) for group in groups),
        "averaged_with_a_run_of": {"groups": len(few), "epochs": 1.0} if few else None,
        "hours": round(hours, 2),
        "scale": round(scale, 4),
        "shift": round(shift, 4),
    }
    (options.out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(facts, indent=1))


if __name__ == "__main__":
    main()
