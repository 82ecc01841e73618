"""The measurement itself, against published figures: `python benchmarks/scifact_parity.py SCIFACT --output FILE`.

Published figures for SciFact were taken on whole abstracts: title and text in one string, cut by the encoder at its
window for the dense one. So are these: bm25s with its own tokenizer and the English Snowball stemmer, and
all-MiniLM-L6-v2, each alone, one string a document. The third system differs from the first by this project's analyzer
alone. sota-rag itself searches passages; `sota-rag eval retrieval --beir` measures that.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray
from sota_rag.eval import Collection, Pairs, evaluate_retrieval, load_beir
from sota_rag.eval.provenance import fingerprints, now
from sota_rag.eval.run_file import RunFile, TopicInfo
from sota_rag.index import SentenceTransformerEncoder
from sota_rag.index.sparse import Bm25Settings, Bm25sIndex

PUBLISHED = {"BM25": {"nDCG@10": 0.679, "R@100": 0.925}, "all-MiniLM-L6-v2": {"nDCG@10": 0.645, "R@100": 0.925}}
ALLOWED = {"BM25": 0.010, "all-MiniLM-L6-v2": 0.015}
K1, B = 1.2, 0.75
DEPTH = 100


def systems(collection: Collection, encoder: SentenceTransformerEncoder) -> dict[str, Callable[[str], Pairs]]:
    """Both systems over whole documents."""
    ids = [document.id for document in collection.documents]
    texts = [f"{document.title} {document.text}".strip() for document in collection.documents]
    stemmer = Stemmer.Stemmer("english")
    tokenised = bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)
    plain = bm25s.BM25(k1=K1, b=B, method="lucene")
    plain.index(tokenised, show_progress=False)
    ours, vectors = Bm25sIndex.build(texts, Bm25Settings(K1, B)), encoder.encode(texts)

    def of_plain(query: str) -> NDArray[np.float32]:
        (terms,) = bm25s.tokenize(query, stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)
        return np.asarray(plain.get_scores(terms), dtype=np.float32)

    def first(scores: NDArray[np.float32]) -> Pairs:
        rows = np.argsort(-scores, kind="stable")[:DEPTH]
        return [(ids[row], float(scores[row])) for row in rows if scores[row] > 0]

    return {
        "BM25": lambda query: first(of_plain(query)),
        "all-MiniLM-L6-v2": lambda query: first(vectors @ encoder.encode([query])[0]),
        "BM25, our analyzer": lambda query: first(ours.scores(query)),
    }


def main() -> None:
    """Measure, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", type=Path, help="the folder of SciFact in BEIR layout")
    parser.add_argument("--output", type=Path, required=True, help="the run file to write")
    arguments = parser.parse_args()
    collection, encoder = load_beir(arguments.collection, "test"), SentenceTransformerEncoder()
    results = {}
    for name, system in systems(collection, encoder).items():
        report = evaluate_retrieval(system, collection.topics, collection.qrels)
        results[name] = report.as_system({}, {"published": PUBLISHED.get(name)})
        ours = report.intervals["nDCG@10"].mean
        if name not in PUBLISHED:
            print(f"{name}: nDCG@10 {ours:.4f}")
            continue
        published = PUBLISHED[name]["nDCG@10"]
        verdict = "within" if abs(ours - published) <= ALLOWED[name] else "NOT within"
        print(f"{name}: nDCG@10 {ours:.4f}, published {published}: {verdict} {ALLOWED[name]}")
    run = RunFile(
        kind="retrieval",
        name="scifact test, whole abstracts",
        created=now(),
        fingerprints=fingerprints(
            corpus=collection.name,
            index="",
            models={"encoder": f"{encoder.info.id}@{encoder.info.fingerprint}"},
            settings=f"whole abstracts; bm25s k1 {K1}, b {B}",
        ),
        default="BM25",
        systems=results,
        topics={topic.id: TopicInfo("") for topic in collection.topics},
    )
    run.write(arguments.output)


if __name__ == "__main__":
    main()
