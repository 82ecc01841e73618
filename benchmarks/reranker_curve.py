"""What a reranker gains from more groups, from more kinds of them, and from one loss or another.

    python -m train.reranker --data FOLDER --work WORK
    python benchmarks/reranker_curve.py --data FOLDER --work WORK --output benchmarks/results/reranker_curve.json

Trains a reranker for each line of the table from groups that `train.reranker` has mined, and measures nDCG@10 over the
first 30 candidates, by the reranker alone and by an even mix with the convex combination, on collections that it is
not trained on; none of them is one that the README reports on. A line that is in the file already is not made again.
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
LINES: dict[str, tuple[int | None, tuple[str, ...], str]] = {
    "600 groups": (600, (), "both"),
    "1200 groups": (1200, (), "both"),
    "2400 groups": (2400, (), "both"),
    "2400 groups, SQuAD alone": (2400, ("squad",), "both"),
    "2400 groups, without the guides": (2400, ("squad", "qed", "pubmedqa", "pubmed-claims", "expertqa"), "both"),
    "2400 groups, listwise": (2400, (), "listwise"),
    "2400 groups, margin": (2400, (), "margin"),
    "2400 groups, pointwise": (2400, (), "pointwise"),
}
"""Groups, collections (none: all), loss."""


def draw(groups: Sequence[Group], count: int | None, only: Sequence[str], seed: int) -> list[Group]:
    """So many groups of some collections, evenly."""
    fit = [group for group in groups if not only or group.collection in only]
    return random.Random(seed).sample(fit, min(count or len(fit), len(fit)))


def measured(model: str, pools: dict[str, list[Sample]], texts: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """nDCG@10 by collection: alone, and mixed."""
    reranker = CrossEncoderReranker(model)
    table = {}
    for name, held in pools.items():
        rerank_all(held, texts[name], reranker, DEPTH)
        alone = [ndcg(np.concatenate([one.logits + 100.0, one.convex[len(one.logits) :]]), one) for one in held]
        mixed = []
        for one in held:
            scores = one.convex - 10
            scores[: len(one.logits)] = WeightedMix(one.convex, 0.5).final(one.logits)
            mixed.append(ndcg(scores, one))
        before = [ndcg(one.convex, one) for one in held]
        table[name] = {
            "convex": round(float(np.mean(before)), 4),
            "reranker": round(float(np.mean(alone)), 4),
            "mix": round(float(np.mean(mixed)), 4),
        }
    return table


def main() -> int:
    """Train, measure, write after every line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/, beir/ and guides/")
    parser.add_argument("--work", type=Path, required=True, help="that of train.reranker")
    parser.add_argument("--most", type=int, default=50, help="questions of a collection")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--also", nargs="+", default=[], metavar="FOLDER", help="trained models to measure too")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    form = json.loads(options.output.read_text(encoding="utf-8")) if options.output.is_file() else {}
    encoder = KeptVectors(make_encoder(Settings()), options.work / "vectors.sqlite")
    pools, texts = {}, {}
    for name, make in {**weighed(options.data), "scifact": partial(scifact, options.data)}.items():
        collection = make()
        pools[name], texts[name] = samples(collection, encoder, most=options.most, seed=options.seed), collection.texts
    groups = [
        group
        for path in sorted((options.work / "groups").glob(f"*-{options.seed}.jsonl"))
        for group in read_groups(path)
    ]
    models = {f"{Path(folder).name}": folder for folder in options.also}
    for line in [*models, *LINES]:
        if line in form:
            continue
        if line in models:
            form[line] = {"nDCG@10": measured(models[line], pools, texts)}
        else:
            count, only, loss = LINES[line]
            drawn = draw(groups, count, only, options.seed)
            work = options.work / "curve" / line.replace(" ", "-").replace(",", "")
            units = [[(group.question, text) for text in group.texts] for group in drawn]
            model, tokenizer, hours = train(
                units, losses.make(loss, drawn), base=BASE, outputs=1, plan=Plan(seed=options.seed),
                about=f"reranker, {loss}, {losses.digest(drawn)}", work=work, say=partial(print, flush=True),
            )  # fmt: skip
            publish(model, tokenizer, work / "model", calibrated=False)
            pairs = sum(map(len, units))
            form[line] = {
                "groups": len(drawn),
                "pairs": pairs,
                "hours": round(hours, 3),
                "nDCG@10": measured(str(work / "model"), pools, texts),
            }
        print(line, json.dumps(form[line]), flush=True)
        options.output.write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
