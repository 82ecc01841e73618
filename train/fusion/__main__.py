"""`python -m train.fusion --data FOLDER`: weights of the search's signals, and what they reach on collections left out.

Fitted to collections that the reranker was not trained on (`weighed` in `train/reranker/collections.py`): the dev
topics of the documents that ship, CLAPnq, HaluEval, and claims of Factcheck-GPT and WiCE. SciFact's train claims are
measured too and never fitted to. Writes `models/fusion/weights.json`, and with it a table: for each collection what
weights reach that were fitted to all others.
"""

import argparse
import hashlib
import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sota_rag.app.compose import make_encoder
from sota_rag.app.settings import Settings
from sota_rag.index import CrossEncoderReranker, Encoder
from sota_rag.index.fusion import reciprocal_rank_fusion
from sota_rag.index.learned_fusion import LEG_SIGNALS, RERANK_SIGNALS, rerank_signals

from ..documents import KeptVectors
from ..reranker.collections import Collection, scifact, weighed
from .fit import fit, ndcg
from .samples import Sample, rerank_all, samples

RERANK_DEPTH = 20
"""Candidates that the reranker reads. Of 30 read, collections left out fare no better."""
UNSEEN = "scifact"
FINAL_SIGNALS = ("cosine", "bm25", *RERANK_SIGNALS)
"""Signals of the final order. With the legs' places too, collections left out fare no better."""
DIGITS = 3


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m train.fusion", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/, claims/, beir/ and guides/")
    parser.add_argument("--work", type=Path, default=Path(".sota-rag/train/reranker"), help="that of the reranker")
    parser.add_argument("--reranker", help="name or folder of a calibrated one; without it, of the legs alone")
    parser.add_argument("--most", type=int, default=120, help="questions of a collection")
    parser.add_argument("--seed", type=int, default=0, help="that of the reranker")
    parser.add_argument("--out", type=Path, default=Path("models/fusion/weights.json"))
    return parser.parse_args()


def legs_of(sample: Sample) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Leg signals of all candidates."""
    return sample.signals, sample.right


def all_of(sample: Sample) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`FINAL_SIGNALS` of the candidates that the reranker read."""
    depth = len(sample.logits)
    legs = [LEG_SIGNALS.index(name) for name in FINAL_SIGNALS if name in LEG_SIGNALS]
    return np.hstack([sample.signals[:depth, legs], rerank_signals(sample.logits)]), sample.right[:depth]


def final_scores(sample: Sample, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores of all candidates: those that the reranker read above the others."""
    scores = sample.convex - 10
    signals, _ = all_of(sample)
    scores[: len(signals)] = signals @ weights
    return scores


def normalised(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights that sum to one, so that a score is a weighted mean of its signals."""
    return np.round(weights / weights.sum(), DIGITS)


def fit_both(pools: Mapping[str, Sequence[Sample]]) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Weights of the legs alone, and of everything where a reranker has read the candidates."""
    legs = normalised(fit({name: [legs_of(one) for one in held] for name, held in pools.items()}))
    if not all(len(one.logits) for held in pools.values() for one in held):
        return legs, None
    return legs, normalised(fit({name: [all_of(one) for one in held] for name, held in pools.items()}))


def measures(held: Sequence[Sample], legs: NDArray[np.float64], final: NDArray[np.float64] | None) -> dict[str, float]:
    """Mean nDCG@10 of every way to order the candidates."""
    ways: dict[str, Callable[[Sample], NDArray[np.float64]]] = {
        "bm25": lambda one: one.signals[:, LEG_SIGNALS.index("bm25")],
        "dense": lambda one: one.signals[:, LEG_SIGNALS.index("cosine")],
        "rrf": lambda one: reciprocal_rank_fusion(_ranks(one)),
        "convex": lambda one: one.convex,
        "learned": lambda one: one.signals @ legs,
    }
    if final is not None:
        ways["rerank"] = lambda one: np.concatenate([one.logits + 100, one.convex[len(one.logits) :]])
        ways["learned+rerank"] = lambda one: final_scores(one, final)
    return {name: round(float(np.mean([ndcg(way(one), one) for one in held])), 4) for name, way in ways.items()}


def _ranks(sample: Sample) -> NDArray[np.float64]:
    """Ranks in both legs, from the places."""
    places = sample.signals[:, [LEG_SIGNALS.index("dense_place"), LEG_SIGNALS.index("bm25_place")]].T
    with np.errstate(divide="ignore"):
        return np.where(places > 0, 10 / places - 9, np.inf)


def pool(
    collection: Collection, encoder: Encoder, reranker: CrossEncoderReranker | None, options: argparse.Namespace
) -> list[Sample]:
    """Samples of a collection; what was read before, of the same texts by the same models, is not read again."""
    facts = [collection.texts, [repr(one) for one in collection.asked], encoder.info.fingerprint, options.most]
    facts += [options.seed, reranker.id if reranker else "", RERANK_DEPTH]
    digest = hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:16]
    kept = options.work / "samples" / f"{collection.name}-{digest}.pkl"
    if kept.is_file():
        return pickle.loads(kept.read_bytes())
    found = samples(collection, encoder, most=options.most, seed=options.seed)
    if reranker:
        rerank_all(found, collection.texts, reranker, RERANK_DEPTH)
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(".new")
    beside.write_bytes(pickle.dumps(found))
    beside.replace(kept)
    return found


def main() -> None:
    """Everything."""
    options = arguments()
    encoder = KeptVectors(make_encoder(Settings()), options.work / "vectors.sqlite")
    reranker = CrossEncoderReranker(options.reranker) if options.reranker else None
    if reranker and not reranker.calibrated:
        raise SystemExit(f"{options.reranker!r} is not calibrated; make it with train.reranker")
    named = reranker.id.rpartition("@")[2] if reranker else "legs"
    pools: dict[str, list[Sample]] = {}
    for name, make in {**weighed(options.data), UNSEEN: partial(scifact, options.data)}.items():
        pools[name] = pool(make(), encoder, reranker, options)
        print(f"{name}: {len(pools[name])} questions", flush=True)
    fitted = {name: held for name, held in pools.items() if name != UNSEEN}
    legs, final = fit_both(fitted)
    table = {}
    for name, held in pools.items():
        rest = fit_both({other: one for other, one in fitted.items() if other != name})
        table[name] = {"questions": len(held), **measures(held, *rest)}
        print(name, table[name], flush=True)
    form = {
        "legs": dict(zip(LEG_SIGNALS, legs.tolist(), strict=True)),
        "final": {} if final is None else dict(zip(FINAL_SIGNALS, final.tolist(), strict=True)),
        "made_by": f"python -m train.fusion --most {options.most}"
        + (f" --reranker {options.reranker}" if reranker else ""),
        "reranker": named if reranker else "",
        "left_out": table,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({part: form[part] for part in ("legs", "final")}, indent=1))


if __name__ == "__main__":
    main()
