"""Files to a published index: list, read, chunk, encode, publish.

    files ─read→ document + blocks + passages ─encode→ vectors ─publish→ generation

A file whose bytes, metadata and way of reading are unchanged is taken over from the current generation. A
passage whose string was ever encoded by this encoder is taken from the vector cache. So an interrupted run is
simply run again: at most the batch that was being encoded is lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..index.builder import publish_generation
from ..index.clock import Clock
from ..index.encoder import Encoder
from ..index.errors import IngestError
from ..index.generations import collect, vector_cache_file, writer_lock
from ..index.sparse import Bm25Settings
from ..index.store import FileRecord, FileState
from ..index.structure import practices_of
from ..index.vectors import VectorCache
from .discover import SourceFile, discover
from .encode import StreamEncoder, encode_strings, stored_vectors
from .entries import kept_entries, text_hashes, without_duplicates
from .gather import Gatherer
from .loaders import FORMATS
from .metadata import DocumentMeta
from .practice_links import link_rows
from .previous import Previous, load_previous
from .progress import Progress, Silent
from .reading import Reader
from .report import IngestReport, compare
from .roots import orphaned_roots, refuse_shared_ids, require_roots, settle_flags, settle_roots


def ingest(
    paths: Iterable[str | Path],
    index: str | Path,
    *,
    encoder: Encoder,
    reader: Reader,
    flags: DocumentMeta = DocumentMeta(),
    bm25: Bm25Settings = Bm25Settings(),
    forget: Iterable[str | Path] = (),
    rebuild: bool = False,
    retry: bool = True,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring an index up to date with folders and files.

    The given paths are the truth about themselves: what was added, changed or deleted below them is followed.
    Documents from paths ingested earlier stay as they are. A path inside a folder ingested earlier brings that whole
    folder up to date. Reading goes on beside encoding.

    Args:
        paths: folders, searched recursively, and single files.
        index: the index folder; created if need be.
        encoder: makes the vectors; must be the one that made the index.
        reader: parses and chunks, as a rule in worker processes; it is left open.
        flags: metadata for documents that do not state it themselves; kept for later runs over the same paths.
        bm25: k1 and b; other ones than the index was made with rebuild its BM25.
        forget: paths ingested earlier that leave the index.
        rebuild: start from nothing but these paths (and the vector cache).
        retry: try files again that were set aside earlier and have not changed.
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
    with writer_lock(index), VectorCache(vector_cache_file(index)) as cache:
        with clock("open"):
            previous = Previous() if rebuild else load_previous(index, encoder)
        known = _without(previous.roots, [Path(path).resolve() for path in forget])
        again: list[Path] = []
        if previous.manifest is not None and previous.manifest.chunker != reader.chunking.fingerprint:
            # Passages of two chunkers do not mix: what was ingested earlier is read again too.
            again = known
        stream = StreamEncoder(cache, encoder)
        while True:
            synced, kept_roots = settle_roots([*given, *again], known)
            require_roots(again)
            root_flags = settle_flags(given, synced, flags, previous.flags)
            files = discover(synced)
            kept = kept_entries(previous, kept_roots)
            gatherer = Gatherer(previous, reader, encoder.info.fingerprint, root_flags, retry)
            entries = [*without_duplicates(gatherer.gather(files, stream, progress, clock), kept), *kept]
            records = sorted((entry.record for entry in entries), key=lambda record: (record.root, record.path))
            refuse_shared_ids(records)
            orphans = orphaned_roots((entry.record for entry in kept), previous.text_hashes, text_hashes(entries))
            if not orphans:
                break
            again = [*again, *orphans]
        documents = {entry.document.info.id: entry.document for entry in entries if entry.document}
        passages = sorted((p for entry in entries for p in entry.passages), key=lambda p: p.id)
        if not passages:
            raise IngestError(_nothing_left(synced, files, records))
        warnings = [(entry.file.document_id, warning) for entry in entries for warning in entry.warnings]
        report = compare(previous.records.values(), records, warnings, len(documents), len(passages))
        roots = sorted(str(root) for root in (*synced, *kept_roots))
        said = {**{str(root): previous.flags.get(str(root), DocumentMeta()) for root in kept_roots}, **root_flags}
        stored = {root: said[root].model_dump(mode="json", exclude_defaults=True) for root in roots}
        if previous.manifest and previous.holds(records, roots, stored, bm25):
            return replace(report, generation=previous.manifest.generation, seconds=_seconds(clock))
        with clock("encode"):
            # As a rule all are encoded by now; those of roots that only joined in the last round may be missing.
            stream.add(passages)
            while stream.prepare(last=True):
                stream.step()
            vectors = stored_vectors(passages, cache, encoder)
        structures = {entry.document.info.id: entry.structure for entry in entries if entry.document}
        practices = [practice for structure in structures.values() for practice in practices_of(structure)]
        with clock("link"):
            infos = [document.info for document in documents.values()]
            links = link_rows(practices, infos, passages, lambda texts: encode_strings(texts, cache, encoder, progress))
        with clock("publish"):
            progress.begin("publishing", 1, "generation")
            manifest = publish_generation(
                index,
                documents=[documents[key] for key in sorted(documents)],
                passages=passages,
                vectors=vectors,
                files=records,
                encoder=encoder.info,
                chunker=reader.chunking.fingerprint,
                roots=roots,
                flags=stored,
                structures={key: structures[key] for key in sorted(structures)},
                links=links,
                bm25=bm25,
            )
            progress.advance()
            progress.end()
        collect(index)
    return replace(
        report,
        generation=manifest.generation,
        published=True,
        encoded=stream.encoded,
        cached=stream.spared(passages),
        seconds=_seconds(clock),
    )


def _without(known: Sequence[Path], forget: Sequence[Path]) -> list[Path]:
    for path in forget:
        if path not in known:
            names = ", ".join(repr(str(root)) for root in known) or "nothing"
            raise IngestError(f"{str(path)!r} cannot be forgotten, it was not ingested by that name; known are {names}")
    return [root for root in known if root not in forget]


def _nothing_left(roots: Sequence[Path], files: Sequence[SourceFile], records: Sequence[FileRecord]) -> str:
    where = ", ".join(repr(str(root)) for root in roots)
    if not roots:
        return "nothing would be left in the index, nothing was changed; name what shall take the place of it"
    if not files:
        known = ", ".join(FORMATS)
        return f"no documents ({known}) below {where}; nothing was changed, name a folder that holds some"
    aside = (FileState.QUARANTINED, FileState.IGNORED)
    reason = next((f"{r.path!r} {r.detail}" for r in records if r.state in aside), "all are empty")
    return f"of {len(files)} found below {where} no file can be indexed, nothing was changed; the first: {reason}"


def _seconds(clock: Clock) -> dict[str, float]:
    return {name: round(value / 1000, 3) for name, value in clock.milliseconds().items()}
