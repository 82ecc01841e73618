"""What the current generation knows, for taking over what has not changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..index.encoder import Encoder
from ..index.errors import IngestError, MissingIndexError
from ..index.generations import read_current_manifest
from ..index.manifest import Manifest
from ..index.repair import adopt_newest
from ..index.snapshot import check_encoder, open_current
from ..index.sparse import Bm25Settings
from ..index.store import FileRecord
from ..index.structure import Structure
from ..index.types import Document, Passage
from .metadata import DocumentMeta
from .roots import COLLECTION_ROOT


@dataclass(frozen=True, slots=True)
class Previous:
    """The current generation, or nothing.

    Attributes:
        manifest: None where there is no index yet.
        records: what became of each file, by root and path.
        documents: by document id.
        passages: by document id, in order.
        structures: by document id, its blocks, pages and practices.
    """

    manifest: Manifest | None = None
    records: dict[tuple[str, str], FileRecord] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    passages: dict[str, tuple[Passage, ...]] = field(default_factory=dict)
    structures: dict[str, Structure] = field(default_factory=dict)

    def structure(self, document_id: str) -> Structure:
        """Blocks, pages and practices of a document."""
        return self.structures.get(document_id, Structure())

    @property
    def text_hashes(self) -> dict[str, str]:
        """Hash of the text of each document, by its id."""
        return {key: document.info.sha256 for key, document in self.documents.items()}

    @property
    def roots(self) -> list[Path]:
        """The folders and files that it was made from."""
        return [Path(root) for root in self.manifest.roots] if self.manifest else []

    @property
    def flags(self) -> dict[str, DocumentMeta]:
        """The flags that each root was ingested with."""
        stored = self.manifest.flags if self.manifest else {}
        return {root: DocumentMeta.model_validate(said) for root, said in stored.items()}

    def holds(
        self,
        records: Sequence[FileRecord],
        roots: Sequence[str],
        flags: dict[str, dict[str, object]],
        bm25: Bm25Settings,
    ) -> bool:
        """Whether it was made from just these."""
        before = sorted(self.records.values(), key=lambda record: (record.root, record.path))
        manifest = self.manifest
        return (
            manifest is not None
            and list(manifest.roots) == list(roots)
            and manifest.flags == flags
            and manifest.bm25 == asdict(bm25)
            and before == list(records)
        )


def load_previous(index: Path, encoder: Encoder) -> Previous:
    """Read the current generation; call with the writer's lock held.

    Raises:
        IngestError: it is the index of a judged collection.
        EncoderMismatchError: it was made with another encoder.
        DamagedIndexError: it is damaged.
    """
    try:
        manifest = read_current_manifest(index)
    except MissingIndexError:
        # A writer was killed between moving its generation into place and naming it in CURRENT: name it now.
        if adopt_newest(index) is None:
            return Previous()
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
    previous = Previous(
        manifest,
        {(record.root, record.path): record for record in store.files()},
        {info.id: store.document(info.id) for info in snapshot.documents},
        {key: tuple(value) for key, value in by_document.items()},
        store.structures(),
    )
    store.close()
    return previous
