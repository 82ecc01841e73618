"""`python -m train.verifier --data FOLDER`: examples, training, and the model."""

import argparse
import hashlib
import json
import random
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from ..documents import read_documents
from ..loop import Plan, train
from . import losses
from .examples import Example, guides, published

BASE = "models/reranker"
MOST = {"squad": 3600, "guides": 6000}
"""Examples at most; the others give all they have."""
WINDOWS = 2
"""Windows of a claim that are trained on."""


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m train.verifier", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/, beir/ and guides/")
    parser.add_argument("--work", type=Path, default=Path(".sota-rag/train/verifier"), help="examples and checkpoint")
    parser.add_argument("--base", default=BASE, help="model to start from")
    parser.add_argument("--examples", type=int, help="train on so many only, drawn evenly")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def kept_back(source: str) -> bool:
    """Whether a source is kept from training, to combine and to calibrate with: a fifth of all, by a hash."""
    return hashlib.sha256(f"kept/{source}".encode()).digest()[0] < 51


def gather(data: Path, work: Path, seed: int) -> list[Example]:
    """Examples of all data; what was made before is read."""
    makers = published(data, seed)

    def of_guides() -> Iterable[Example]:
        return guides(read_documents([data / "guides"]), random.Random(seed), MOST["guides"] // 2)

    found: list[Example] = []
    for name, make in [*makers.items(), ("guides", of_guides)]:
        path = work / "examples" / f"{name}.jsonl"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = list(make())
            if len(made) > MOST.get(name, len(made)):
                made = random.Random(seed).sample(made, MOST[name])
            path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in made), encoding="utf-8")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        print(f"{name}: {len(rows)} examples", flush=True)
        found += [Example(**{**row, "windows": tuple(row["windows"])}) for row in rows]
    return found


def main() -> None:
    """Everything, one stage after the other."""
    options = arguments()
    everything = gather(options.data, options.work, options.seed)
    examples = [replace(one, windows=one.windows[:WINDOWS]) for one in everything if not kept_back(one.source)]
    if options.examples:
        examples = random.Random(options.seed).sample(examples, min(options.examples, len(examples)))
    print(f"{len(examples)} to train on, {len(everything) - len(examples)} kept back", flush=True)
    units = [[(one.claim, window) for window in one.windows] for one in examples]
    model, tokenizer, hours = train(
        units,
        losses.make(examples),
        base=options.base,
        outputs=len(losses.OUTPUTS),
        plan=Plan(epochs=options.epochs, rate=options.rate, seed=options.seed),
        work=options.work,
        say=lambda line: print(line, flush=True),
    )
    model.config.id2label = dict(enumerate(losses.OUTPUTS))
    model.config.label2id = {label: place for place, label in enumerate(losses.OUTPUTS)}
    model.save_pretrained(options.work / "model")
    tokenizer.save_pretrained(options.work / "model")
    print(f"{hours:.2f} hours")


if __name__ == "__main__":
    main()
