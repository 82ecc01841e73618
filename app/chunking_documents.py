"""Documents to cut anew: those of an index as they were read, or files read now by the workers of the ingestion."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ..eval.chunking import Source, Tokenise
from ..index.errors import EvaluationError
from ..index.snapshot import open_current
from ..index.store import FileState
from ..index.structure import Structure, blocks_of, layout_of
from ..index.types import Document
from ..ingest.discover import discover
from ..ingest.entries import without_duplicates
from ..ingest.gather import Gatherer
from ..ingest.loaders import LoadedDocument
from ..ingest.metadata import DocumentMeta
from ..ingest.previous import Previous
from ..ingest.progress import Progress, Silent
from .compose import CountingEncoder, make_reader
from .settings import Settings

Sources = dict[str, Source]
"""Document id → document, by id."""


def index_documents(index: Path, tokenise: Tokenise) -> tuple[Sources, str]:
    """All documents of an index, and the id of its generation.

    Raises:
        MissingIndexError: there is no index; likewise the other errors of opening one.
    """
    snapshot = open_current(index)
    with closing(snapshot.store) as store:
        found = {
            info.id: _source(store.document(info.id), store.structure(info.id), tokenise) for info in snapshot.documents
        }
    return found, snapshot.generation


def file_documents(
    paths: Iterable[Path],
    settings: Settings,
    encoder: CountingEncoder,
    tokenise: Tokenise,
    progress: Progress | None = None,
) -> Sources:
    """Documents of folders and files, parsed as an ingestion would; of equal ones the first.

    Raises:
        IngestError: a path cannot be listed.
        EvaluationError: a file cannot be read, or there is none.
    """
    progress = progress or Silent()
    files = discover(paths)
    flags = {file.root: DocumentMeta() for file in files}
    with closing(make_reader(settings, encoder)) as reader:
        progress.begin("reading", len(files), "files")
        read = []
        for place, entry in Gatherer(Previous(), reader, encoder.info.fingerprint, flags).read(files):
            read.append((place, entry))
            progress.advance()
        progress.end()
    entries = without_duplicates([entry for _, entry in sorted(read, key=lambda item: item[0])], ())
    for entry in entries:
        if entry.record.state == FileState.QUARANTINED:
            raise EvaluationError(f"{str(entry.file.location)!r} {entry.record.detail}")
    found = {
        entry.file.document_id: _source(entry.document, entry.structure, tokenise)
        for entry in entries
        if entry.document
    }
    if not found:
        raise EvaluationError("there are no documents to cut; name a folder that holds some")
    return found


def _source(document: Document, structure: Structure, tokenise: Tokenise) -> Source:
    loaded = LoadedDocument(document, tuple(blocks_of(structure)), layout=layout_of(structure))
    return Source(loaded, tokenise(document.text))
