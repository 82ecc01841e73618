"""The indexes that measurements search: one for each judged collection, one for the documents that ship."""

from pathlib import Path

from ..eval import Collection
from ..ingest.collection import CollectionDocument, ingest_collection
from ..ingest.progress import Progress
from ..ingest.report import IngestReport
from .compose import CountingEncoder, run_ingestion, starter_corpus
from .settings import Settings


def collection_index(
    settings: Settings,
    collection: Collection,
    index: Path | None,
    encoder: CountingEncoder,
    progress: Progress | None = None,
) -> tuple[Path, IngestReport]:
    """The index of a collection, brought up to date; by default `eval/NAME` beside the main index.

    Raises:
        EvaluationError: the index holds something else, or the collection has no text.
    """
    index = index or settings.index.parent / "eval" / collection.name
    report = ingest_collection(
        [CollectionDocument(d.id, d.title, d.text) for d in collection.documents],
        collection.name,
        index,
        encoder=encoder,
        count_tokens=encoder.count_tokens,
        chunking=settings.chunk_settings(encoder.info.window),
        bm25=settings.bm25_settings(),
        progress=progress,
    )
    return index, report


def shipped_index(
    settings: Settings, index: Path | None, encoder: CountingEncoder, progress: Progress | None = None
) -> tuple[Path, IngestReport]:
    """The index of the documents that ship, brought up to date; by default `eval/shipped` beside the main index."""
    index = index or settings.index.parent / "eval" / "shipped"
    inner = settings.model_copy(update={"index": index})
    return index, run_ingestion(inner, starter_corpus(), progress=progress, encoder=encoder)


def bare_id(document_id: str) -> str:
    """The id that a collection's judgements know a document by; in its index it is `COLLECTION/ID`."""
    return document_id.partition("/")[2]
