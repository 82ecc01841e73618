"""Documents that are not files, such as a judged collection's, on their way into an index of their own."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..index.blocks import Block, BlockKind
from ..index.builder import publish_generation
from ..index.clock import Clock
from ..index.encoder import Encoder
from ..index.errors import EvaluationError, MissingIndexError, SotaRagError
from ..index.generations import collect, read_current_manifest, writer_lock
from ..index.sparse import Bm25Settings
from ..index.types import Document, DocumentInfo, Passage
from .chunk import ChunkSettings, chunk
from .encode import encode_passages
from .normalise import canonical_text
from .progress import Progress, Silent
from .report import IngestReport
from .roots import COLLECTION_ROOT


@dataclass(frozen=True, slots=True)
class CollectionDocument:
    """A document of a collection: its id there, title (may be empty) and plain text."""

    id: str
    title: str
    text: str


def ingest_collection(
    documents: Iterable[CollectionDocument],
    name: str,
    index: Path,
    *,
    encoder: Encoder,
    count_tokens: Callable[[Sequence[str]], list[int]],
    chunking: ChunkSettings = ChunkSettings(),
    bm25: Bm25Settings = Bm25Settings(),
    progress: Progress | None = None,
) -> IngestReport:
    """Index a collection; an index already made of the same documents in the same way is left as it is.

    Document ids become `NAME/ID`. Vectors are cached as for files, so an interrupted run goes on where it was.

    Raises:
        EvaluationError: the collection has no text, or the index is damaged or holds documents.
    """
    progress, clock = progress or Silent(), Clock()
    prepared = [_prepare(document, name) for document in documents]
    digest = hashlib.sha256(
        "\0".join(f"{d.info.id}\0{d.info.sha256}\0{d.info.title}" for d in prepared).encode()
    ).hexdigest()
    root = f"{COLLECTION_ROOT}{name}:{digest}"
    if (found := _made_already(index, root, encoder, chunking, bm25)) is not None:
        return found
    with writer_lock(index):
        progress.begin("chunking", len(prepared), "documents")
        passages: list[Passage] = []
        for document in prepared:
            blocks = [Block(BlockKind.PARAGRAPH, 0, len(document.text))] if document.text.strip() else []
            passages += chunk(document, blocks, count_tokens, chunking)
            progress.advance()
        progress.end()
        if not passages:
            raise EvaluationError(f"collection {name!r} has no text to index; look into its corpus.jsonl")
        passages.sort(key=lambda passage: passage.id)
        vectors, encoded = encode_passages(passages, index, encoder, progress)
        manifest = publish_generation(
            index,
            documents=sorted(prepared, key=lambda document: document.info.id),
            passages=passages,
            vectors=vectors,
            files=(),
            encoder=encoder.info,
            chunker=chunking.fingerprint,
            roots=(root,),
            bm25=bm25,
        )
        collect(index)
    seconds = {key: value / 1000 for key, value in clock.milliseconds().items()}
    return IngestReport(
        manifest.generation,
        published=True,
        documents=len(prepared),
        passages=len(passages),
        encoded=encoded,
        cached=len(passages) - encoded,
        seconds=seconds,
    )


def _prepare(document: CollectionDocument, name: str) -> Document:
    # The title is encoded with every passage as its heading; a document that is all title keeps it as its text.
    text = canonical_text(document.text if document.text.strip() else document.title)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    identity = f"{name}/{document.id}"
    return Document(DocumentInfo(identity, identity, canonical_text(document.title), sha256=sha256), text)


def _made_already(
    index: Path, root: str, encoder: Encoder, chunking: ChunkSettings, bm25: Bm25Settings
) -> IngestReport | None:
    try:
        manifest = read_current_manifest(index)
    except MissingIndexError:
        return None
    except SotaRagError as error:
        raise EvaluationError(f"the collection's index is not usable ({error}); delete {str(index)!r}") from error
    if not all(name.startswith(COLLECTION_ROOT) for name in manifest.roots):
        raise EvaluationError(
            f"{str(index)!r} is an index of documents, and the collection would take their place; "
            "name another folder with --index"
        )
    same = (
        manifest.roots == (root,)
        and manifest.encoder.fingerprint == encoder.info.fingerprint
        and manifest.chunker == chunking.fingerprint
        and manifest.bm25 == asdict(bm25)
    )
    counts = manifest.counts
    return (
        IngestReport(manifest.generation, False, documents=counts.documents, passages=counts.passages) if same else None
    )
