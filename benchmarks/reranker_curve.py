"""What a reranker gains from more groups, from more kinds of them, and from one loss or another.

    python -m train.reranker --data FOLDER --work WORK
    python benchmarks/reranker_curve.py --data FOLDER --work WORK --output benchmarks/results/reranker_curve.json

Trains a reranker for each line of the table from groups that `train.reranker` has mined, one epoch, and measures
nDCG@10 over the first 30 candidates, by the reranker alone and by an even mix with the convex combination, on
collections that it is not trained on; none of them is one that the README reports on. A line that was made is not made
again.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from sota_rag.app.compose import make_encoder
from sota_rag.app.settings import Settings
from sota_rag.eval.statistics import paired_difference
from sota_rag.index import CrossEncoderReranker
from sota_rag.index.rerank import WeightedMix

from train.documents import KeptVectors
from train.fusion.fit import ndcg
from train.fusion.samples import Sample, rerank_all, samples
from train.loop import Plan, train
from train.publish import publish
from train.reranker import losses
from train.reranker.__main__ import BASE
from train.reranker.collections import scifact, weighed
from train.reranker.mine import Group, read_groups

DEPTH = 30
MEASURED = ("topics", "factcheck", "scifact")
"""On the others nearly everything is right without a reranker."""
REFERENCE = "1200 groups"
WITHOUT_GUIDES = ("squad", "qed", "pubmedqa", "pubmed-claims", "expertqa")
LINES: dict[str, tuple[int | None, tuple[str, ...], str]] = {
    "1200 groups": (1200, (), "both"),
    "300 groups": (300, (), "both"),
    "600 groups": (600, (), "both"),
    "2400 groups": (2400, (), "both"),
    "1200 groups, SQuAD alone": (1200, ("squad",), "both"),
    "1200 groups, without the guides": (1200, WITHOUT_GUIDES, "both"),
    "1200 groups, listwise": (1200, (), "listwise"),
    "1200 groups, margin": (1200, (), "margin"),
    "1200 groups, pointwise": (1200, (), "pointwise"),
}
"""Groups, collections (none: all), loss."""


def draw(groups: Sequence[Group], count: int | None, only: Sequence[str], seed: int) -> list[Group]:
    """So many groups of some collections, evenly."""
    fit = [group for group in groups if not only or group.collection in only]
    return random.Random(seed).sample(fit, min(count or len(fit), len(fit)))


def measured(
    model: str, pools: dict[str, list[Sample]], texts: dict[str, list[str]]
) -> dict[str, dict[str, list[float]]]:
    """nDCG@10 of every question, by collection: before the reranker, by it alone, and mixed."""
    reranker = CrossEncoderReranker(model)
    table = {}
    for name, held in pools.items():
        rerank_all(held, texts[name], reranker, DEPTH)
        alone = [np.concatenate([one.logits + 100.0, one.convex[len(one.logits) :]]) for one in held]
        mixed = []
        for one in held:
            scores = one.convex - 10
            scores[: len(one.logits)] = WeightedMix(one.convex, 0.5).final(one.logits)
            mixed.append(scores)
        ways = {"convex": [one.convex for one in held], "reranker": alone, "mix": mixed}
        table[name] = {
            way: [round(ndcg(scores, one), 4) for scores, one in zip(rows, held, strict=True)]
            for way, rows in ways.items()
        }
    return table


def reported(found: dict[str, dict[str, list[float]]], reference: dict[str, dict[str, list[float]]]) -> dict[str, dict]:
    """Means, and how far the reranker alone is from the reference, with a 95 % interval over questions."""
    table = {}
    for name, ways in found.items():
        table[name] = {way: round(float(np.mean(values)), 4) for way, values in ways.items()}
        if ways is not reference[name]:
            ahead = paired_difference(np.array(ways["reranker"]), np.array(reference[name]["reranker"]))
            table[name]["reranker, ahead"] = [round(value, 4) for value in (ahead.mean, ahead.low, ahead.high)]
    return table


def main() -> int:
    """Train, measure, write after every line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/, beir/ and guides/")
    parser.add_argument("--work", type=Path, required=True, help="that of train.reranker")
    parser.add_argument("--most", type=int, default=150, help="questions of a collection")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--also", nargs="+", default=[], metavar="FOLDER", help="trained models to measure too")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    kept = options.work / "curve" / "values.json"
    form = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    encoder = KeptVectors(make_encoder(Settings()), options.work / "vectors.sqlite")
    pools, texts = {}, {}
    for name, make in {**weighed(options.data), "scifact": partial(scifact, options.data)}.items():
        if name in MEASURED:
            held = make()
            pools[name], texts[name] = samples(held, encoder, most=options.most, seed=options.seed), held.texts
    mined = sorted((options.work / "groups").glob(f"*-{options.seed}.jsonl"))
    groups = [group for path in mined for group in read_groups(path)]
    models = {Path(folder).name: folder for folder in options.also}
    for line in [*LINES, *models]:
        if line in form:
            continue
        facts: dict[str, object] = {}
        work = options.work / "curve" / line.replace(" ", "-").replace(",", "")
        if line in LINES:
            count, only, loss = LINES[line]
            drawn = draw(groups, count, only, options.seed)
            units = [[(group.question, text) for text in group.texts] for group in drawn]
            model, tokenizer, hours = train(
                units, losses.make(loss, drawn), base=BASE, outputs=1, plan=Plan(seed=options.seed),
                about=f"reranker, {loss}, {losses.digest(drawn)}", work=work, say=partial(print, flush=True),
            )  # fmt: skip
            publish(model, tokenizer, work / "model", calibrated=False)
            facts = {"groups": len(drawn), "pairs": sum(map(len, units)), "hours": round(hours, 3)}
        found = measured(models.get(line) or str(work / "model"), pools, texts)
        form[line] = {**facts, "nDCG@10": found}
        kept.write_text(json.dumps(form), encoding="utf-8")
        table = {
            name: {**one, "nDCG@10": reported(one["nDCG@10"], form[REFERENCE]["nDCG@10"])} for name, one in form.items()
        }
        print(line, json.dumps(table[line]), flush=True)
        options.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
