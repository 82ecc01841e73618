"""Write and publish a generation from its parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .analysis import analyzer_fingerprint
from .encoder import EncoderInfo
from .errors import DamagedIndexError, MissingIndexError
from .generations import new_staging, publish, read_current
from .manifest import Counts, EncoderEntry, Manifest, inventory
from .sparse import Bm25Settings, Bm25sIndex
from .store import FileRecord, FileState, write_store
from .structure import Structure
from .types import Document, Passage

STORE, VECTORS, BM25 = "passages.sqlite", "vectors.npy", "bm25"


def software_version() -> str:
    """Name and version of this software, as written into manifests and receipts."""
    try:
        return f"sota-rag {version('sota-rag')}"
    except PackageNotFoundError:
        return "sota-rag (not installed)"


def publish_generation(
    index: Path,
    *,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    vectors: NDArray[np.float32],
    files: Iterable[FileRecord],
    encoder: EncoderInfo,
    chunker: str,
    roots: Sequence[str],
    flags: Mapping[str, Mapping[str, object]] | None = None,
    structures: Mapping[str, Structure] | None = None,
    links: Iterable[tuple[int, str, str]] = (),
    bm25: Bm25Settings = Bm25Settings(),
) -> Manifest:
    """Write a generation in staging and publish it; call with the writer's lock held.

    Args:
        index: the index folder.
        documents: all documents of the generation.
        passages: all passages, in passage-id order.
        vectors: their vectors, shape (len(passages), dimension), float32, rows of length 1.
        files: what became of every source file.
        encoder: who made the vectors.
        chunker: fingerprint of the chunker's settings.
        roots: absolute paths of the ingested folders.
        flags: by root, the metadata that its documents were given where they do not state it.
        structures: by document id, its blocks, pages and practices.
        links: passage row, practice key and how they are linked.
        bm25: k1 and b.
    """
    ids = [passage.id for passage in passages]
    assert ids == sorted(ids), "passages must come in passage-id order"
    assert vectors.shape == (len(passages), encoder.dimension), vectors.shape
    records = list(files)
    generation, staging = new_staging(index)
    write_store(staging / STORE, documents, passages, records, structures, links)
    np.save(staging / VECTORS, vectors, allow_pickle=False)
    Bm25sIndex.build([passage.contextual_text for passage in passages], bm25).save(staging / BM25)
    manifest = Manifest(
        generation=generation,
        parent=_parent(index),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        software=software_version(),
        encoder=EncoderEntry(**asdict(encoder)),
        chunker=chunker,
        analyzer=analyzer_fingerprint(),
        bm25=asdict(bm25),
        roots=tuple(roots),
        flags={root: dict(said) for root, said in (flags or {}).items()},
        counts=Counts(
            documents=len(documents),
            passages=len(passages),
            duplicates=sum(record.state == FileState.DUPLICATE for record in records),
            quarantined=sum(record.state == FileState.QUARANTINED for record in records),
            ignored=sum(record.state == FileState.IGNORED for record in records),
        ),
        files=inventory(staging),
    )
    publish(index, staging, manifest)
    return manifest


def _parent(index: Path) -> str | None:
    try:
        return read_current(index).generation
    except (MissingIndexError, DamagedIndexError):
        return None
