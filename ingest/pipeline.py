"""Files to a published index: list, read, chunk, encode, publish.

    files ─load→ document + blocks ─chunk→ passages ─encode→ vectors ─publish→ generation

A file whose bytes, metadata and way of reading are unchanged is taken over from the current generation. A
passage whose string was ever encoded by this encoder is taken from the vector cache. So an interrupted run is
simply run again: at most the batch that was being encoded is lost.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..index.builder import publish_generation
from ..index.clock import Clock
from ..index.encoder import Encoder
from ..index.errors import IngestError, QuarantineError
from ..index.generations import collect, writer_lock
from ..index.store import FileRecord
from ..index.types import Document, Passage
from .chunk import ChunkSettings, chunk
from .discover import SourceFile, discover
from .encode import encode_passages
from .loaders import LOADER_VERSION, LoadedDocument, load
from .metadata import DocumentMeta, read_sidecar
from .previous import Previous, load_previous
from .progress import Progress, Silent
from .report import IngestReport, compare
from .roots import orphaned_roots, refuse_shared_ids, require_roots, settle_flags, settle_roots

MAX_FILE_BYTES = 50_000_000

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file on its way into the index."""

    file: SourceFile
    record: FileRecord
    document: Document | None = None
    passages: tuple[Passage, ...] = ()
    loaded: LoadedDocument | None = None


def ingest(
    paths: Iterable[str | Path],
    index: str | Path,
    *,
    encoder: Encoder,
    count_tokens: CountTokens,
    chunking: ChunkSettings = ChunkSettings(),
    flags: DocumentMeta = DocumentMeta(),
    forget: Iterable[str | Path] = (),
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
        flags: metadata for documents that do not state it themselves; kept for later runs over the same paths.
        forget: paths ingested earlier that leave the index.
        rebuild: start from nothing but these paths (and the vector cache).
        progress: is told how the work goes.

    Raises:
        IngestError: a path cannot be listed, is not known (`forget`) or clashes with another one, or nothing would
            be left to index; nothing was changed.
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
            previous = Previous() if rebuild else load_previous(index, encoder)
        known = _without(previous.roots, [Path(path).resolve() for path in forget])
        again: list[Path] = []
        if previous.manifest is not None and previous.manifest.chunker != chunking.fingerprint:
            # Passages of two chunkers do not mix: what was ingested earlier is read again too.
            again = known
        while True:
            synced, kept = settle_roots([*given, *again], known)
            require_roots(again)
            root_flags = settle_flags(given, synced, flags, previous.flags)
            with clock("parse"):
                kept_entries = _kept(previous, kept)
                files = discover(synced)
                entries, warnings = _parse(
                    files, previous, kept_entries, encoder, count_tokens, chunking, root_flags, progress
                )
            entries += kept_entries
            records = sorted((entry.record for entry in entries), key=lambda record: (record.root, record.path))
            refuse_shared_ids(records)
            orphans = orphaned_roots(records)
            if not orphans:
                break
            again = [*again, *orphans]
        documents = {entry.document.info.id: entry.document for entry in entries if entry.document}
        passages = sorted((p for entry in entries for p in entry.passages), key=lambda p: p.id)
        if not passages:
            raise IngestError(_nothing_left(synced, files, records))
        report = compare(previous.records.values(), records, warnings, len(documents), len(passages))
        roots = sorted(str(root) for root in (*synced, *kept))
        said = {**{str(root): previous.flags.get(str(root), DocumentMeta()) for root in kept}, **root_flags}
        stored = {root: said[root].model_dump(mode="json", exclude_defaults=True) for root in roots}
        if previous.manifest and previous.holds(records, roots, stored):
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
                flags=stored,
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


def _without(known: Sequence[Path], forget: Sequence[Path]) -> list[Path]:
    for path in forget:
        if path not in known:
            names = ", ".join(repr(str(root)) for root in known) or "nothing"
            raise IngestError(f"{str(path)!r} cannot be forgotten, it was not ingested by that name; known are {names}")
    return [root for root in known if root not in forget]


def _parse(
    files: Sequence[SourceFile],
    previous: Previous,
    kept: Sequence[_Entry],
    encoder: Encoder,
    count_tokens: CountTokens,
    chunking: ChunkSettings,
    flags: Mapping[str, DocumentMeta],
    progress: Progress,
) -> tuple[list[_Entry], list[tuple[str, str]]]:
    """Read all files; take over what is unchanged, set aside what cannot be read, recognise duplicates."""
    reading = [LOADER_VERSION, chunking.fingerprint, encoder.info.fingerprint]
    entries: list[_Entry] = []
    warnings: list[tuple[str, str]] = []
    original = {entry.document.info.sha256: entry.document.info.id for entry in kept if entry.document}
    progress.begin("reading", len(files), "files")
    for file in files:
        entry = _read(file, previous, reading, flags[file.root])
        if entry.document is not None:
            first = original.setdefault(entry.document.info.sha256, file.document_id)
            if first != file.document_id:
                entry = _Entry(file, replace(entry.record, state="duplicate", detail=first))
        if entry.loaded is not None and entry.document is not None:
            warnings += [(file.document_id, warning) for warning in entry.loaded.warnings]
            passages = chunk(entry.document, entry.loaded.blocks, count_tokens, chunking)
            entry = replace(entry, passages=tuple(passages), loaded=None)
        entries.append(entry)
        progress.advance()
    progress.end()
    return entries, warnings


def _read(file: SourceFile, previous: Previous, reading: Sequence[str], flags: DocumentMeta) -> _Entry:
    record = FileRecord(file.root, file.path, file.document_id, "", "quarantined")
    try:
        data = _bytes(file.location)
        sidecars = [path for path in file.sidecars if path.is_file()]
        metadata = _bytes(sidecars[0]) if sidecars else b""
        parts = [
            file.document_id,
            *reading,
            flags.model_dump_json(),
            hashlib.sha256(data).hexdigest(),
            hashlib.sha256(metadata).hexdigest(),
        ]
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
    if path.exists() and not path.is_file():
        raise QuarantineError("is not a regular file")
    with path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise QuarantineError(f"is larger than {MAX_FILE_BYTES // 1_000_000} MB; split it")
    return data


def _kept(previous: Previous, roots: Sequence[Path]) -> list[_Entry]:
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


def _nothing_left(roots: Sequence[Path], files: Sequence[SourceFile], records: Sequence[FileRecord]) -> str:
    where = ", ".join(repr(str(root)) for root in roots)
    if not files:
        return f"no documents (.md, .markdown, .mdx) below {where}; nothing was changed, name a folder that holds some"
    reason = next((f"{r.path!r} {r.detail}" for r in records if r.state == "quarantined"), "all are empty")
    return f"of {len(files)} found below {where} no file can be indexed, nothing was changed; the first: {reason}"


def _seconds(clock: Clock) -> dict[str, float]:
    return {name: round(value / 1000, 3) for name, value in clock.milliseconds().items()}
