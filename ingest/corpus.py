"""A corpus as data: every file with what became of it, from an index or read now."""

from collections.abc import Iterable
from pathlib import Path

from ..index.store import FileRecord, FileState, PassageStore
from ..index.types import Passage
from .discover import SourceFile, discover
from .entries import Entry, without_duplicates
from .gather import Gatherer
from .metadata import DocumentMeta
from .previous import Previous
from .reading import Reader


def read_corpus(paths: Iterable[Path], reader: Reader, flags: DocumentMeta = DocumentMeta()) -> list[Entry]:
    """Read and chunk files now, by document id; nothing is encoded or stored.

    Raises:
        IngestError: a path does not exist or cannot be listed.
    """
    files = discover(paths)
    gatherer = Gatherer(Previous(), reader, encoder="", flags={file.root: flags for file in files})
    entries = dict(gatherer.read(files))
    return without_duplicates([entries[place] for place in range(len(files))], ())


def indexed_corpus(store: PassageStore) -> list[Entry]:
    """What an index holds, by root and path."""
    passages: dict[str, list[Passage]] = {}
    for passage in store.all_passages():
        passages.setdefault(passage.document_id, []).append(passage)
    structures = store.structures()
    entries: list[Entry] = []
    for record in store.files():
        file, key = source_of(record), record.document_id
        if record.state != FileState.INDEXED:
            entries.append(Entry(file, record))
            continue
        warnings = (record.detail,) if record.detail else ()
        own = sorted(passages.get(key, ()), key=lambda passage: passage.ordinal)
        entries.append(Entry(file, record, store.document(key), tuple(own), structures[key], warnings))
    return entries


def source_of(record: FileRecord) -> SourceFile:
    """Where the file of a record is, or was."""
    root = Path(record.root)
    # A root that is a single file gives its bare name as id.
    location = root if record.document_id == record.path == root.name else root / record.path
    return SourceFile(record.root, record.path, location)
