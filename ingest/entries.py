"""What one run knows of each source file, on its way into a generation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..index.store import FileRecord, FileState
from ..index.structure import Structure, structure_of
from ..index.types import Document, Passage
from .discover import SourceFile
from .previous import Previous
from .reading import ReadResult


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its record, and for an indexed one its document, passages and structure.

    Attributes:
        file: where it is.
        record: what became of it.
        document: None unless it is indexed.
        passages: in order.
        structure: blocks, pages and practices.
        warnings: what its author should know, from this run.
    """

    file: SourceFile
    record: FileRecord
    document: Document | None = None
    passages: tuple[Passage, ...] = ()
    structure: Structure = field(default_factory=Structure)
    warnings: tuple[str, ...] = ()


def blank_record(file: SourceFile, detail: str = "") -> FileRecord:
    """Record of a file that could not be read (yet)."""
    return FileRecord(file.root, file.path, file.document_id, "", FileState.QUARANTINED, detail)


def entry_of(file: SourceFile, fingerprint: str, result: ReadResult) -> Entry:
    """What a reader made of a file."""
    record = replace(blank_record(file, result.detail), fingerprint=fingerprint, state=FileState(result.state))
    loaded = result.loaded
    if loaded is None:
        return Entry(file, record)
    structure = structure_of(loaded.blocks, loaded.layout, loaded.practices)
    record = replace(record, detail="; ".join(loaded.warnings))
    return Entry(file, record, loaded.document, result.passages, structure, loaded.warnings)


def taken_over(file: SourceFile, record: FileRecord, previous: Previous, warning: str = "") -> Entry:
    """A file as the current generation has it."""
    if record.state != FileState.INDEXED:
        return Entry(file, record)
    key = record.document_id
    warnings = (warning,) if warning else ()
    return Entry(file, record, previous.documents[key], previous.passages[key], previous.structure(key), warnings)


def kept_entries(previous: Previous, roots: Sequence[Path]) -> list[Entry]:
    """Entries of the roots that a run was not asked about."""
    names = {str(root) for root in roots}
    return [
        taken_over(SourceFile(record.root, record.path, Path(record.root)), record, previous)
        for record in previous.records.values()
        if record.root in names
    ]


def text_hashes(entries: Iterable[Entry]) -> dict[str, str]:
    """Hash of the text of each document, by its id."""
    return {entry.document.info.id: entry.document.info.sha256 for entry in entries if entry.document}


def without_duplicates(entries: Sequence[Entry], kept: Iterable[Entry]) -> list[Entry]:
    """Only the first of the documents with one text stays indexed; those of `kept` come first."""
    original = {entry.document.info.sha256: entry.document.info.id for entry in kept if entry.document}
    settled: list[Entry] = []
    for entry in entries:
        if entry.document is not None:
            first = original.setdefault(entry.document.info.sha256, entry.file.document_id)
            if first != entry.file.document_id:
                duplicate = replace(entry.record, state=FileState.DUPLICATE, detail=first)
                settled.append(Entry(entry.file, duplicate))
                continue
        settled.append(entry)
    return settled
