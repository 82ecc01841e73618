"""What the adapter in `models/answerer` would gain from more data, from more steps, and from more parameters.

    python benchmarks/answerer_curve.py --data FOLDER --first ADAPTER --output benchmarks/results/answerer_curve.json

ADAPTER is that of the first training (rank 16). Each line of the table is an adapter: that one, the one that ships,
and what comes of a few hundred examples of sources that the first training had not seen, once or twice, from that
adapter or from nothing, with few parameters or with many. All are measured on SQuAD articles that training keeps back
for good (`train/split.py`): the loss of a token of the right reply; how well the probability of the abstention, read
off before anything is written, tells what can be answered from what cannot (AUROC, which no threshold moves); and what
llama.cpp writes with it. A line that was made is not made again, and a training that was stopped goes on.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from answerer import asked, drawn, measured

sys.path.insert(0, str(Path(__file__).parents[1]))

from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.lexical import LexicalVerifier
from sota_rag.app.compose import make_encoder
from sota_rag.app.llm.find import find_language_model
from sota_rag.app.llm.local import LocalModel
from sota_rag.app.settings import Settings
from sota_rag.eval.answers import auroc
from sota_rag.eval.statistics import bootstrap_mean, paired_difference
from sota_rag.index.models import file_sha256

from train.answerer.examples import Example, epochs, gather
from train.answerer.export import write_gguf
from train.answerer.fit import Adapter, Plan, begin_from, fit, load_base, losses, with_adapter
from train.answerer.prompt import encode
from train.documents import KeptVectors

BASE = "SmolLM2-135M-Instruct"
MOST_TOKENS = 1400
SILENT = 0.08


@dataclass(frozen=True, slots=True)
class Line:
    """How an adapter is made: so many examples, so often, of such a rank, from the first adapter or from nothing."""

    examples: int
    passes: int = 1
    rank: int = 16
    further: bool = True

    @property
    def plan(self) -> Plan:
        """Of the second training; from nothing the rate is that of the first."""
        rate = 2e-4 if self.further else 5e-4
        return Plan(rank=self.rank, alpha=2 * self.rank, dropout=0.0, batch=16, rate=rate)


FIRST, SHIPS = "first training", "ships (1,183 further)"
LINES = {
    "240 further": Line(240),
    "120 from nothing, rank 4": Line(120, rank=4, further=False),
    "120 from nothing, rank 64": Line(120, rank=64, further=False),
    "240 further, twice": Line(240, passes=2),
    "480 further": Line(480),
}


def chosen(examples: Sequence[Example], line: Line, seed: int) -> list[Example]:
    """The first examples of one fixed order, so that more of them hold the fewer."""
    order = list(examples)
    random.Random(seed).shuffle(order)
    return order[: line.examples]


def trained(base: Any, tokenizer: Any, examples: Sequence[Example], line: Line, options: argparse.Namespace) -> Any:
    """A model with the adapter of a line, which is also written to `--work`."""
    passes = epochs(chosen(examples, line, options.seed), line.passes, options.seed, SILENT, late=False)
    model, _, hours = fit(
        base,
        [encode(tokenizer, one, MOST_TOKENS) for one in passes],
        line.plan,
        about=f"answerer, {line}",
        work=options.folder,
        start=options.first if line.further else None,
        say=lambda text: print(text, flush=True),
    )
    write(model, line.plan, options.folder / "adapter.gguf")
    return model, round(hours, 3)


def write(model: Any, plan: Plan, path: Path) -> None:
    """The adapter of a model as GGUF."""
    form = model.get_base_model().config
    state = {name: values.float().cpu().numpy() for name, values in Adapter(model).state_dict().items()}
    write_gguf(
        path, state, plan, heads=form.num_attention_heads, key_heads=form.num_key_value_heads, name="curve",
        licence="Apache-2.0",
    )  # fmt: skip


def read_off(model: Any, tokenizer: Any, held: Sequence[Example]) -> dict[str, list[float]]:
    """For each question the mean loss of its right reply, and the log-probability of the abstention."""
    import torch

    silence = [replace(one, gold=None, answer=()) for one in held]
    found: dict[str, list[float]] = {"loss": [], "silence": []}
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for right, silent in zip(encode(tokenizer, held, 10**6), encode(tokenizer, silence, 10**6), strict=True):
            found["loss"].append(float(losses(model, [right], "cpu").mean()))
            found["silence"].append(-float(losses(model, [silent], "cpu").sum()))
    return found


def written(adapter: Path, held: Sequence[Example], verifier: LexicalVerifier) -> dict[str, list[float | None]]:
    """For each question the tokens of the gold answer that llama.cpp says, and its silence."""
    file = find_language_model(BASE)
    model = LocalModel(file.path, model_id=file.id, lora=adapter, window=2048)
    with closing(model):
        rows = [measured(one, str(asked(model, one)["text"]), verifier) for one in held]
    return {"recall": [row.get("gold-token recall") for row in rows], "silent": [row["silent"] for row in rows]}


def cell(values: Sequence[float], before: Sequence[float] | None) -> dict[str, Any]:
    """Mean with its 95 % interval, and how far it is from the first adapter's, question by question."""
    mean = bootstrap_mean(np.array(values))
    found: dict[str, Any] = {"mean": round(mean.mean, 4), "low": round(mean.low, 4), "high": round(mean.high, 4)}
    if before is not None:
        ahead = paired_difference(np.array(values), np.array(before))
        found["from the first"] = [round(value, 4) for value in (ahead.mean, ahead.low, ahead.high)]
    return found


def right_silence(silence: np.ndarray, can: np.ndarray, wrong: float = 0.15) -> float:
    """Share of what cannot be answered above the threshold that at most a share of what can be answered is above."""
    answerable = np.sort(silence[can])[::-1]
    return float((silence[~can] > answerable[int(wrong * len(answerable))]).mean())


def table(form: dict[str, Any], answerable: Sequence[bool], asked_of: Sequence[int]) -> dict[str, Any]:
    """Figures of every line."""
    can = np.array(answerable)
    rows = {}
    for name, line in form.items():
        first = None if name == FIRST or FIRST not in form else form[FIRST]
        row: dict[str, Any] = dict(line["facts"])
        for key, places in (("answers", can), ("silence", ~can)):
            old = None if first is None else [first["loss"][place] for place in np.flatnonzero(places)]
            row[f"loss of {key}"] = cell([line["loss"][place] for place in np.flatnonzero(places)], old)
        row["AUROC of silence"] = round(auroc(np.array(line["silence"]), ~can), 4)
        row["right silence at .15 wrong"] = round(right_silence(np.array(line["silence"]), can), 4)
        if "recall" not in line:
            rows[name] = row
            continue
        recall = [value for value in line["recall"] if value is not None]
        old = None if first is None else [value for value in first["recall"] if value is not None]
        row["gold-token recall"] = cell(recall, old)
        for key, wanted in (("wrong silence", True), ("right silence", False)):
            found = [one for one, place in zip(line["silent"], asked_of, strict=True) if can[place] == wanted]
            row[key] = round(float(np.mean(found)), 4)
        rows[name] = row
    return rows


def main() -> int:
    """Train and measure, a line after the other, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/ and guides/")
    parser.add_argument("--first", type=Path, required=True, help="adapter of the first training")
    parser.add_argument("--work", type=Path, default=Path(".sota-rag/train/answerer"), help="vectors and trainings")
    parser.add_argument("--most", type=int, default=100, help="questions of a kind that losses are measured on")
    parser.add_argument("--asked", type=int, default=40, help="of these, questions of a kind that are asked")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lines", nargs="+", choices=[FIRST, SHIPS, *LINES], default=[FIRST, SHIPS, *LINES])
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    curve = options.work / "curve"
    curve.mkdir(parents=True, exist_ok=True)
    kept = curve / "values.json"
    form: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    encoder = KeptVectors(make_encoder(Settings()), options.work / "vectors.sqlite")
    further = gather(options.data, encoder, options.seed, "further")
    squad = [one for one in gather(options.data, encoder, options.seed, "kept") if one.origin == "squad"]
    held = drawn(squad, options.most, options.seed)
    answerable = [one.gold is not None for one in held]
    asked_of = [
        place
        for wanted in (True, False)
        for place in [place for place, can in enumerate(answerable) if can is wanted][: options.asked]
    ]
    verifier = LexicalVerifier(RememberingEncoder(encoder))
    given = {FIRST: options.first, SHIPS: Path("models/answerer/adapter.gguf")}
    for name in options.lines:
        if name in form:
            continue
        options.folder = curve / name.replace(" ", "-").replace(",", "")
        options.folder.mkdir(exist_ok=True)
        base, tokenizer = load_base(find_language_model(BASE).path)
        if name in given:
            model, path, facts = with_adapter(base, Plan()), given[name], {"adapter": file_sha256(given[name])}
            begin_from(model, path)
            model.eval()
        else:
            model, hours = trained(base, tokenizer, further, LINES[name], options)
            path, facts = options.folder / "adapter.gguf", {"hours": hours}
        values = read_off(model, tokenizer, held)
        form[name] = {"facts": facts, **values}
        if name in given or LINES[name].further:  # what so few examples make of nothing is not worth asking
            form[name] |= written(path, [held[place] for place in asked_of], verifier)
        kept.write_text(json.dumps(form), encoding="utf-8")
        print(name, json.dumps(table(form, answerable, asked_of)[name]), flush=True)
    told = {
        "made_by": f"python benchmarks/answerer_curve.py --most {options.most} --asked {options.asked}",
        "questions": {"answerable": sum(answerable), "unanswerable": len(held) - sum(answerable)},
        "lines": table(form, answerable, asked_of),
    }
    options.output.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
