"""`python -m train.answerer --data FOLDER`: examples, training, and the adapter in `models/answerer`."""

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sota_rag.app.compose import make_encoder
from sota_rag.app.llm.find import find_language_model
from sota_rag.app.settings import Settings
from sota_rag.index.models import file_sha256

from ..documents import KeptVectors
from .examples import SILENT, Example, epochs, gather
from .export import write_gguf
from .fit import Adapter, Plan, fit, load_base
from .prompt import encode

BASE = "SmolLM2-135M-Instruct"
NAME = "sota-rag-answerer"
MOST_TOKENS = 1400
"""Of prompt and reply; nearly all have half as many."""


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m train.answerer", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/ and guides/")
    parser.add_argument("--work", type=Path, default=Path(".sota-rag/train/answerer"), help="vectors and checkpoint")
    parser.add_argument("--base", default=BASE, help="language model to adapt: a name, or a GGUF file of a Llama")
    parser.add_argument("--start", type=Path, help="adapter to teach further on other sources, in GGUF, of --rank")
    parser.add_argument("--examples", type=int, help="train on so many only, drawn evenly")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument(
        "--silent",
        type=float,
        default=SILENT,
        help="share of what no passage answers, from the second epoch, with --start from the first",
    )
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=Plan().rate)
    parser.add_argument(
        "--dropout", type=float, default=Plan().dropout, help="0 is a third faster on processors, and enough for a pass"
    )
    parser.add_argument(
        "--tokens", type=int, default=Plan().tokens, help="of one forward pass; 40000 fill 40 GB of a GPU"
    )
    parser.add_argument("--batch", type=int, default=Plan().batch, help="examples between two steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("models/answerer"))
    return parser.parse_args()


def facts(
    base: str, plan: Plan, examples: Sequence[Example], silent: float, curve: Sequence[tuple[int, float]], hours: float
) -> dict[str, Any]:
    """What is kept of a run."""
    return {
        "made_by": "python -m train.answerer",
        "base": base,
        "plan": asdict(plan),
        "examples": dict(sorted(Counter(one.origin for one in examples if one.gold is not None).items())),
        "unanswered": dict(sorted(Counter(one.origin for one in examples if one.gold is None).items())),
        "silent": silent,
        "loss": [list(point) for point in curve],
        "hours": round(hours, 2),
    }


def main() -> None:
    """Everything, one stage after the other."""
    options = arguments()
    file = find_language_model(options.base)
    if options.start and not options.start.is_file():
        raise SystemExit(f"there is no adapter {str(options.start)!r}; --start takes one in GGUF")
    began = options.start and file_sha256(options.start)
    options.work.mkdir(parents=True, exist_ok=True)
    encoder = KeptVectors(make_encoder(Settings()), options.work / "vectors.sqlite")
    # What was learned by heart teaches nothing more: an adapter is taught further on sources it has not seen.
    examples = gather(options.data, encoder, options.seed, "further" if options.start else "first")
    if options.examples:
        examples = random.Random(options.seed).sample(examples, min(options.examples, len(examples)))
    print(f"{len(examples)} examples, {sum(one.gold is None for one in examples)} without an answer", flush=True)
    base, tokenizer = load_base(file.path)
    passes = epochs(examples, options.epochs, options.seed, options.silent, late=options.start is None)
    encoded = [encode(tokenizer, one, MOST_TOKENS) for one in passes]
    print(f"{sum(map(len, encoded))} in {len(encoded)} passes to train on", flush=True)
    plan = Plan(
        rank=options.rank,
        alpha=2 * options.rank,
        dropout=options.dropout,
        batch=options.batch,
        rate=options.rate,
        seed=options.seed,
        tokens=options.tokens,
    )
    model, curve, hours = fit(
        base,
        encoded,
        plan,
        about=f"answerer, {file_sha256(file.path)[:12]}{f', from {began[:12]}' if began else ''}",
        work=options.work,
        start=options.start,
        say=lambda line: print(line, flush=True),
    )
    state = {name: values.float().cpu().numpy() for name, values in Adapter(model).state_dict().items()}
    write_gguf(
        options.out / "adapter.gguf",
        state,
        plan,
        heads=base.config.num_attention_heads,
        key_heads=base.config.num_key_value_heads,
        name=NAME,
        licence="Apache-2.0",
    )
    told = facts(options.base, plan, examples, options.silent, curve, hours) | ({"start": began} if began else {})
    (options.out / "training.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
