"""Files to a published index: list, read, chunk, encode, publish.

    files ─load→ document + blocks ─chunk→ passages ─encode→ vectors ─publish→ generation

A file whose bytes, metadata and way of reading are unchanged is taken over from the current generation. A
passage whose string was ever encoded by this encoder is taken from the vector cache. So an interrupted run is
simply run again: at most the batch that was being encoded is lost.
"""

import hashlib
import json
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..index.builder import publish_generation
from ..index.clock import Clock
from ..index.encoder import Encoder
from ..index.errors import IngestError, MissingIndexError, QuarantineError
from ..index.generations import collect, read_current_manifest, vector_cache_file, writer_lock
from ..index.manifest import Manifest
from ..index.repair import adopt_newest
from ..index.snapshot import check_encoder, open_current
from ..index.store import FileRecord
from ..index.types import Document, Passage
from ..index.vectors import VectorCache, vector_key
from .chunk import ChunkSettings, chunk
from .discover import SourceFile, discover
from .loaders import LOADER_VERSION, LoadedDocument, load
from .metadata import DocumentMeta, read_sidecar
from .progress import Progress, Silent
from .report import IngestReport

_log = logging.getLogger(__name__)

MAX_FILE_BYTES = 50_000_000
ENCODE_BATCH = 64
# Roots of an index that `collection.py` made begin like this; every other root is a path.
COLLECTION_ROOT = "collection:"

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file on its way into the index."""

    file: SourceFile
    record: FileRecord
    document: Document | None = None
    passages: tuple[Passage, ...] = ()
    loaded: LoadedDocument | None = None


@dataclass(frozen=True, slots=True)
class _Previous:
    """What the current generation knows: everything by document id."""

    manifest: Manifest | None
    records: dict[tuple[str, str], FileRecord]
    documents: dict[str, Document]
    passages: dict[str, tuple[Passage, ...]]


def ingest(
    paths: Iterable[str | Path],
    index: str | Path,
    *,
    encoder: Encoder,
    count_tokens: CountTokens,
    chunking: ChunkSettings = ChunkSettings(),
    flags: DocumentMeta = DocumentMeta(),
    rebuild: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring an index up to date with folders and files.

    The given paths are the truth about themselves: what was added, changed or deleted below them is followed.
    Documents from paths ingested earlier stay as they are. A path inside a folder ingested earlier brings that whole
    folder up to date.

    Args:
        paths: folders, searched recursively, and single files.
        index: the index folder; created if need be.
        encoder: makes the vectors; must be the one that made the index.
        count_tokens: the encoder's word pieces of each string.
        chunking: how documents are cut.
        flags: metadata for documents that do not state it themselves.
        rebuild: start from nothing but these paths (and the vector cache).
        progress: is told how the work goes.

    Raises:
        IngestError: a path cannot be listed, or nothing would be left to index; nothing was changed.
        IndexBusyError: another process is writing to the index.
        UnwritableError: the index folder cannot be written.
        EncoderMismatchError: the index was made with another encoder and `rebuild` is off.
        DamagedIndexError: the index is damaged and `rebuild` is off.
    """
    index, progress, clock = Path(index), progress or Silent(), Clock()
    given = [Path(path).resolve() for path in paths]
    with clock("list"):
        discover(given)  # fails before the lock is taken and anything is touched
    with writer_lock(index):
        with clock("read"):
            previous = _Previous(None, {}, {}, {}) if rebuild else _previous(index, encoder)
        known = [] if previous.manifest is None else [Path(root) for root in previous.manifest.roots]
        if previous.manifest is not None and previous.manifest.chunker != chunking.fingerprint:
            # Passages of two chunkers do not mix: what was ingested earlier is read again too.
            given += known
        synced, kept = settle_roots(given, known)
        while True:
            with clock("parse"):
                kept_entries = _kept(previous, kept)
                files = discover(synced)
                entries, warnings = _parse(
                    files, previous, kept_entries, encoder, count_tokens, chunking, flags, progress
                )
            entries += kept_entries
            orphans = _orphaned_roots(entries)
            if not orphans:
                break
            synced, kept = settle_roots([*synced, *orphans], known)
        records = sorted((entry.record for entry in entries), key=lambda record: (record.root, record.path))
        documents = {entry.document.info.id: entry.document for entry in entries if entry.document}
        passages = sorted((p for entry in entries for p in entry.passages), key=lambda p: p.id)
        if not passages:
            raise IngestError(_nothing_left(synced, files, records))
        report = _compare(previous, records, warnings, len(documents), len(passages))
        roots = sorted(str(root) for root in (*synced, *kept))
        if previous.manifest and _same(previous, records, roots):
            return replace(report, generation=previous.manifest.generation, seconds=_seconds(clock))
        with clock("encode"):
            vectors, encoded = encode_passages(passages, index, encoder, progress)
        with clock("publish"):
            progress.begin("publishing", 1, "generation")
            manifest = publish_generation(
                index,
                documents=[documents[key] for key in sorted(documents)],
                passages=passages,
                vectors=vectors,
                files=records,
                encoder=encoder.info,
                chunker=chunking.fingerprint,
                roots=roots,
            )
            progress.advance()
            progress.end()
        collect(index)
    return replace(
        report,
        generation=manifest.generation,
        published=True,
        encoded=encoded,
        cached=len(passages) - encoded,
        seconds=_seconds(clock),
    )


def _previous(index: Path, encoder: Encoder) -> _Previous:
    try:
        manifest = read_current_manifest(index)
    except MissingIndexError:
        # A writer was killed between moving its generation into place and naming it in CURRENT: name it now.
        if adopt_newest(index) is None:
            return _Previous(None, {}, {}, {})
        manifest = read_current_manifest(index)
    if any(root.startswith(COLLECTION_ROOT) for root in manifest.roots):
        raise IngestError(
            f"{str(index)!r} is the index of a judged collection, and documents do not belong there; "
            "name another folder with --index"
        )
    check_encoder(index, manifest, encoder.info)
    snapshot = open_current(index)
    store = snapshot.store
    by_document: dict[str, list[Passage]] = {}
    for passage in store.all_passages():
        by_document.setdefault(passage.document_id, []).append(passage)
    previous = _Previous(
        manifest,
        {(record.root, record.path): record for record in store.files()},
        {info.id: store.document(info.id) for info in snapshot.documents},
        {key: tuple(value) for key, value in by_document.items()},
    )
    store.close()
    return previous


def _parse(
    files: Sequence[SourceFile],
    previous: _Previous,
    kept: Sequence[_Entry],
    encoder: Encoder,
    count_tokens: CountTokens,
    chunking: ChunkSettings,
    flags: DocumentMeta,
    progress: Progress,
) -> tuple[list[_Entry], list[tuple[str, str]]]:
    """Read all files; take over what is unchanged, set aside what cannot be read, recognise duplicates."""
    reading = [LOADER_VERSION, chunking.fingerprint, encoder.info.fingerprint, flags.model_dump_json()]
    entries: list[_Entry] = []
    warnings: list[tuple[str, str]] = []
    original = {entry.document.info.sha256: entry.document.info.id for entry in kept if entry.document}
    progress.begin("reading", len(files), "files")
    for file in files:
        entry = _read(file, previous, reading, flags)
        if entry.document is not None:
            first = original.setdefault(entry.document.info.sha256, file.document_id)
            if first != file.document_id:
                entry = _Entry(file, replace(entry.record, state="duplicate", detail=first))
        if entry.loaded is not None and entry.document is not None:
            warnings += [(file.document_id, warning) for warning in entry.loaded.warnings]
            passages = chunk(entry.document, entry.loaded.blocks, count_tokens, chunking)
            if passages:
                entry = replace(entry, passages=tuple(passages), loaded=None)
            else:
                reason = "has no text to index besides its metadata"
                entry = _Entry(file, replace(entry.record, state="quarantined", detail=reason))
        entries.append(entry)
        progress.advance()
    progress.end()
    return entries, warnings


def _read(file: SourceFile, previous: _Previous, reading: Sequence[str], flags: DocumentMeta) -> _Entry:
    record = FileRecord(file.root, file.path, file.document_id, "", "quarantined")
    try:
        data = _bytes(file.location)
        sidecars = [path for path in file.sidecars if path.is_file()]
        metadata = _bytes(sidecars[0]) if sidecars else b""
        parts = [file.document_id, *reading, hashlib.sha256(data).hexdigest(), hashlib.sha256(metadata).hexdigest()]
        fingerprint = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        record = replace(record, fingerprint=fingerprint)
        known = previous.records.get((file.root, file.path))
        if known is not None and known.state == "indexed" and known.fingerprint == fingerprint:
            return _Entry(file, known, previous.documents[known.document_id], previous.passages[known.document_id])
        sidecar = read_sidecar(sidecars[0]) if sidecars else None
        loaded = load(
            file.path, data, document_id=file.document_id, source=file.document_id, sidecar=sidecar, flags=flags
        )
    except QuarantineError as error:
        return _Entry(file, replace(record, detail=str(error)))
    except OSError as error:
        return _Entry(file, replace(record, detail=f"cannot be read ({error.strerror}); check that it still exists"))
    state = replace(record, state="indexed", detail="; ".join(loaded.warnings))
    return _Entry(file, state, loaded.document, loaded=loaded)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise QuarantineError(f"is larger than {MAX_FILE_BYTES // 1_000_000} MB; split it")
    return data


def settle_roots(given: Sequence[Path], known: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Which roots to bring up to date, and which to keep as they are; no root lies inside another.

    A path inside a known root means that root; a known root inside a given path becomes part of it.
    """
    synced: list[Path] = []
    for path in given:
        root = next((other for other in (*known, *given) if other != path and other in path.parents), path)
        synced.append(next((other for other in given if other != root and other in root.parents), root))
    synced = list(dict.fromkeys(synced))
    kept = [root for root in known if root not in synced and not any(path in root.parents for path in synced)]
    return synced, kept


def _kept(previous: _Previous, roots: Sequence[Path]) -> list[_Entry]:
    """Entries of the roots that this run was not asked about."""
    names = {str(root) for root in roots}
    return [
        _Entry(
            SourceFile(record.root, record.path, Path(record.root)),
            record,
            previous.documents.get(record.document_id) if record.state == "indexed" else None,
            previous.passages.get(record.document_id, ()) if record.state == "indexed" else (),
        )
        for record in previous.records.values()
        if record.root in names
    ]


def _orphaned_roots(entries: Sequence[_Entry]) -> list[Path]:
    """Roots with a file that was a duplicate of one that has now left the index; it must be read after all."""
    indexed = {entry.record.document_id for entry in entries if entry.record.state == "indexed"}
    duplicates = [entry.record for entry in entries if entry.record.state == "duplicate"]
    return [Path(record.root) for record in duplicates if record.detail not in indexed]


def _compare(
    previous: _Previous,
    records: Sequence[FileRecord],
    warnings: Sequence[tuple[str, str]],
    documents: int,
    passages: int,
) -> IngestReport:
    before = {r.document_id: r.fingerprint for r in previous.records.values() if r.state == "indexed"}
    after = {r.document_id: r.fingerprint for r in records if r.state == "indexed"}
    return IngestReport(
        generation="",
        published=False,
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
        unchanged=sum(before.get(key) == value for key, value in after.items()),
        duplicates={r.document_id: r.detail for r in records if r.state == "duplicate"},
        quarantined=tuple(r for r in records if r.state == "quarantined"),
        warnings=tuple(warnings),
        documents=documents,
        passages=passages,
    )


def _same(previous: _Previous, records: Sequence[FileRecord], roots: Sequence[str]) -> bool:
    before = sorted(previous.records.values(), key=lambda record: (record.root, record.path))
    return previous.manifest is not None and list(previous.manifest.roots) == list(roots) and before == list(records)


def encode_passages(
    passages: Sequence[Passage], index: Path, encoder: Encoder, progress: Progress
) -> tuple[NDArray[np.float32], int]:
    """Vectors of all passages, in order, and how many strings had to be encoded."""
    info = encoder.info
    texts = [passage.contextual_text for passage in passages]
    keys = [vector_key(info.fingerprint, text) for text in texts]
    with VectorCache(vector_cache_file(index)) as cache:
        missing = cache.missing(keys)
        # A dict, because the same string may stand in several passages.
        wanted = sorted(
            {key: text for key, text in zip(keys, texts, strict=True) if key in missing}.items(), key=_length
        )
        batches = [wanted[start : start + ENCODE_BATCH] for start in range(0, len(wanted), ENCODE_BATCH)]
        # Batches of one length carry no padding; done in random order they make the time left predictable.
        random.Random(0).shuffle(batches)
        if batches:
            progress.begin("encoding", len(wanted), "passages")
        for batch in batches:
            vectors = encoder.encode([text for _, text in batch])
            cache.put([key for key, _ in batch], vectors)
            progress.advance(len(batch))
        if batches:
            progress.end()
        return cache.get(keys, info.dimension), len(wanted)


def _length(item: tuple[bytes, str]) -> tuple[int, bytes]:
    return len(item[1]), item[0]


def _nothing_left(roots: Sequence[Path], files: Sequence[SourceFile], records: Sequence[FileRecord]) -> str:
    where = ", ".join(repr(str(root)) for root in roots)
    if not files:
        return f"no documents (.md, .markdown, .mdx) below {where}; nothing was changed, name a folder that holds some"
    reason = next((f"{r.path!r} {r.detail}" for r in records if r.state == "quarantined"), "all are empty")
    return f"of {len(files)} found below {where} no file can be indexed, nothing was changed; the first: {reason}"


def _seconds(clock: Clock) -> dict[str, float]:
    return {name: round(value / 1000, 3) for name, value in clock.milliseconds().items()}
