"""Ingest a folder and compare with the encoder alone: `python benchmarks/ingest.py FOLDER --output FILE`.

Measures, on an index in a temporary folder: passages/s of the whole ingestion (listing, parsing, chunking, encoding,
BM25, publishing) and, in the same run, of the encoder alone on the same strings, half of them before and half after so
that a drift of the machine's speed cancels; peak memory; a second run, one after a change of one file, one after its
deletion; and the latency of warm searches for sentences drawn from the corpus.
"""

import argparse
import json
import platform
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sota_rag.app.compose import make_encoder, open_retriever, run_ingestion
from sota_rag.app.settings import Settings
from sota_rag.app.terminal import TerminalProgress
from sota_rag.index import SentenceTransformerEncoder
from sota_rag.index.builder import software_version
from sota_rag.index.snapshot import open_current
from sota_rag.ingest.sentences import sentence_spans

QUERIES = 200


def peak_memory_gib() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def timed_encoding(encoder: SentenceTransformerEncoder, texts: Sequence[str]) -> float:
    """Seconds to encode strings, in one call that sorts them by length itself."""
    started = time.perf_counter()
    encoder.encode(texts)
    return time.perf_counter() - started


def main() -> None:
    """Run and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / arguments.folder.name
        shutil.copytree(arguments.folder, corpus)
        settings = Settings(index=Path(name) / "index")
        result = measure(settings, corpus)
    print(json.dumps(result, indent=1))
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def measure(settings: Settings, corpus: Path) -> dict[str, object]:
    """All figures for one folder."""
    dice = random.Random(0)
    # A throw-away index gives the strings, without their vectors.
    texts = _strings(settings, corpus)
    dice.shuffle(texts)
    encoder = make_encoder(settings)
    encoder.load()
    half = len(texts) // 2
    alone = timed_encoding(encoder, texts[:half])
    first = run_ingestion(settings, [corpus], progress=TerminalProgress(), encoder=encoder)
    memory = peak_memory_gib()
    alone += timed_encoding(encoder, texts[half:])
    second = run_ingestion(settings, [corpus], encoder=encoder)
    victim = sorted(corpus.rglob("*.md"))[7]
    victim.write_text(victim.read_text(encoding="utf-8") + "\n\nOne more sentence at the end.\n", encoding="utf-8")
    touched = run_ingestion(settings, [corpus], encoder=encoder)
    victim.unlink()
    deleted = run_ingestion(settings, [corpus], encoder=encoder)
    total = first.seconds["total"]
    return {
        "software": software_version(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "placement": f"{encoder.placement.device} {encoder.placement.precision}",
        "documents": first.documents,
        "passages": first.passages,
        "quarantined": {record.path: record.detail for record in first.quarantined},
        "duplicates": first.duplicates,
        "warnings": len(first.warnings),
        "seconds": first.seconds,
        "ingestion_passages_per_s": round(first.passages / total, 2),
        "encoder_alone_passages_per_s": round(len(texts) / alone, 2),
        "ratio": round((first.passages / total) / (len(texts) / alone), 4),
        "parse_share": round(first.seconds["parse"] / total, 4),
        "peak_memory_gib": round(memory, 3),
        "second_run": {"seconds": second.seconds["total"], "encoded": second.encoded, "published": second.published},
        "touched_run": {
            "seconds": touched.seconds["total"],
            "encoded": touched.encoded,
            "changed": len(touched.changed),
        },
        "deleted_run": {
            "seconds": deleted.seconds["total"],
            "encoded": deleted.encoded,
            "removed": len(deleted.removed),
        },
        "search_ms": _latency(settings, dice),
    }


def _strings(settings: Settings, corpus: Path) -> list[str]:
    from sota_rag.ingest.chunk import chunk
    from sota_rag.ingest.discover import discover
    from sota_rag.ingest.loaders import load
    from sota_rag.ingest.metadata import DocumentMeta

    encoder = make_encoder(settings)
    chunking = settings.chunk_settings(encoder.info.window)
    strings: dict[str, None] = {}
    for file in discover([corpus]):
        loaded = load(
            file.path,
            file.location.read_bytes(),
            document_id=file.document_id,
            source=file.document_id,
            sidecar=None,
            flags=DocumentMeta(),
        )
        passages = chunk(loaded.document, loaded.blocks, encoder.count_tokens, chunking)
        strings.update(dict.fromkeys(passage.contextual_text for passage in passages))
    return list(strings)


def _latency(settings: Settings, dice: random.Random) -> dict[str, float]:
    store = open_current(settings.index).store
    passages = dice.sample(store.all_passages(), QUERIES)
    queries = [p.text[slice(*sentence_spans(p.text)[0])][:300] for p in passages]
    with open_retriever(settings) as retriever:
        for query in queries[:10]:
            retriever.search(query)
        times = []
        for query in queries:
            started = time.perf_counter()
            retriever.search(query)
            times.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return {"median": round(cuts[49], 2), "p95": round(cuts[94], 2), "p99": round(cuts[98], 2), "queries": len(times)}


if __name__ == "__main__":
    main()
