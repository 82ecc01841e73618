"""Ingest a folder and compare with the encoder alone: `python benchmarks/ingest.py FOLDER --output FILE`.

Measures, on an index in a temporary folder: passages/s of the whole ingestion (listing, parsing, chunking, encoding,
BM25, publishing) and of the encoder alone on the same strings in the same batches, each batch right after the
ingestion encoded it, so that a drift of the machine's speed hits both alike; peak memory; a second run, one after a
change of one file, one after its deletion; and the latency of warm searches for sentences drawn from the corpus.
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
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sota_rag.app.compose import make_encoder, make_reader, open_retriever, run_ingestion
from sota_rag.app.settings import Settings
from sota_rag.app.terminal import TerminalProgress
from sota_rag.index import SentenceTransformerEncoder
from sota_rag.index.builder import software_version
from sota_rag.index.snapshot import open_current
from sota_rag.ingest.discover import discover
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.reading import ReadJob
from sota_rag.ingest.sentences import sentence_spans

QUERIES = 200


def peak_memory_gib() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


class Interleaved:
    """An encoder that encodes every batch twice, the second time by itself and timed."""

    def __init__(self, encoder: SentenceTransformerEncoder) -> None:
        self.inner, self.info, self.count_tokens = encoder, encoder.info, encoder.count_tokens
        self.alone_s, self.strings = 0.0, 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of the strings."""
        vectors = self.inner.encode(texts)
        started = time.perf_counter()
        self.inner.encode(texts)
        self.alone_s += time.perf_counter() - started
        self.strings += len(texts)
        return vectors


def main() -> None:
    """Run and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--output", type=Path)
    parser.add_argument(
        "--search-only", type=Path, metavar="INDEX", help="measure only the searches again, on an index"
    )
    arguments = parser.parse_args()
    if arguments.search_only:
        result = json.loads(arguments.output.read_text(encoding="utf-8")) if arguments.output else {}
        result["search_ms"] = _latency(Settings(index=arguments.search_only), random.Random(0))
        write(result, arguments.output)
        return
    with tempfile.TemporaryDirectory() as name:
        corpora = [Path(name) / folder.name for folder in arguments.folders]
        for folder, copy in zip(arguments.folders, corpora, strict=True):
            shutil.copytree(folder, copy)
        settings = Settings(index=Path(name) / "index")
        result = measure(settings, corpora)
    write(result, arguments.output)


def write(result: dict[str, object], output: Path | None) -> None:
    """Print the result, and keep it where that is asked for."""
    print(json.dumps(result, indent=1))
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def measure(settings: Settings, corpora: list[Path]) -> dict[str, object]:
    """All figures for some folders."""
    encoder = make_encoder(settings)
    encoder.load()
    reading = reading_alone(settings, corpora)
    twice = Interleaved(encoder)
    first = run_ingestion(settings, corpora, progress=TerminalProgress(), encoder=twice)
    memory = peak_memory_gib()
    second = run_ingestion(settings, corpora, encoder=encoder)
    victim = sorted(corpora[0].rglob("*.md"))[7]
    victim.write_text(victim.read_text(encoding="utf-8") + "\n\nOne more sentence at the end.\n", encoding="utf-8")
    touched = run_ingestion(settings, corpora, encoder=encoder)
    victim.unlink()
    deleted = run_ingestion(settings, corpora, encoder=encoder)
    total = first.seconds["total"] - twice.alone_s
    # Batches are encoded both while files are being read and after: what is left is not encoding.
    seconds = first.seconds | {
        "total": round(total, 3),
        "read_and_encode": round(first.seconds["read"] + first.seconds["encode"] - twice.alone_s, 3),
    }
    return {
        "software": software_version(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "placement": f"{encoder.placement.device} {encoder.placement.precision}",
        "documents": first.documents,
        "passages": first.passages,
        "quarantined": {record.path: record.detail for record in first.quarantined},
        "duplicates": first.duplicates,
        "warnings": len(first.warnings),
        "seconds": seconds,
        "ingestion_passages_per_s": round(first.passages / total, 2),
        "encoder_alone_passages_per_s": round(twice.strings / twice.alone_s, 2),
        "ratio": round((first.passages / total) / (twice.strings / twice.alone_s), 4),
        "reading_alone": reading,
        "reading_share": round(reading["worker_cpu_s"] / total, 4),
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
        "search_ms": _latency(settings, random.Random(0)),
    }


def reading_alone(settings: Settings, corpora: list[Path]) -> dict[str, float]:
    """Parsing and chunking all files without encoding anything: wall seconds, and processor seconds of the workers."""
    encoder = make_encoder(settings)
    files = discover(corpora)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with closing(make_reader(settings, encoder)) as reader:
        jobs = (
            ReadJob(place, file.document_id, file.path, file.location.read_bytes(), None, DocumentMeta())
            for place, file in enumerate(files)
        )
        passages = sum(len(result.passages) for result in reader.read(jobs))
        wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"files": len(files), "passages": passages, "wall_s": round(wall, 2), "worker_cpu_s": round(cpu, 2)}


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
