"""Pictures of the pages that an index was made from, drawn from the files as they lie on disk.

A file may have been replaced since. Then boxes of the index would mark other words; so a picture is drawn only when
the file still has the fingerprint that it was indexed with: its bytes, its sidecar, and what decided how it was read.
"""

import threading
from contextlib import closing
from pathlib import Path

from ..index.errors import QuarantineError
from ..index.manifest import Manifest
from ..index.models import find_model
from ..index.store import FileRecord
from ..ingest.discover import SourceFile
from ..ingest.files import read_bytes
from ..ingest.fingerprint import fingerprint
from ..ingest.isolation import Limits, WorkerPool
from ..ingest.metadata import DocumentMeta

# Somebody waits for it; a page of a paper takes a tenth of a second. And no worker draws two pictures: a file that
# took one over could forge those of other files.
LIMITS = Limits(wall_s=20.0, cpu_s=30, output_bytes=16_000_000, files_per_worker=1)


_turn = threading.Lock()


def draw_page(record: FileRecord, manifest: Manifest, page: int, width: int) -> bytes:
    """A PNG of a page of an indexed file; one is drawn at a time, however many visitors ask.

    Args:
        record: what the index knows of the file.
        manifest: of the index.
        page: 1-based.
        width: in pixels, at most.

    Raises:
        QuarantineError: the file is gone or has changed, or the page cannot be drawn within the limits.
        ModelError: the encoder is not installed; a worker needs its tokenizer to start.
        IngestError: no worker can be started.
    """
    data = indexed_bytes(record, manifest)
    tokenizer = find_model(manifest.encoder.id).folder / "tokenizer.json"
    with _turn, closing(WorkerPool(tokenizer, workers=1, limits=LIMITS)) as pool:
        return pool.picture(data, page, width)


def indexed_bytes(record: FileRecord, manifest: Manifest) -> bytes:
    """The bytes of a file that is as it was when it was indexed.

    Raises:
        QuarantineError: it is gone, cannot be read, or is not as it was.
    """
    root = Path(record.root)
    location = root if root.is_file() else root / record.path
    file = SourceFile(record.root, record.path, location)
    folder = root.parent if location == root else root
    try:
        data = read_bytes(location, folder)
        sidecar = next((path for path in file.sidecars if path.is_file()), None)
        said = read_bytes(sidecar, folder) if sidecar else b""
    except OSError as error:
        raise QuarantineError(
            f"it cannot be read any more ({error.strerror}); bring it back, or bring the index up to date with: "
            f"sota-rag ingest {record.root}"
        ) from error
    now = fingerprint(
        file,
        data,
        said,
        chunker=manifest.chunker,
        encoder=manifest.encoder.fingerprint,
        flags=DocumentMeta.model_validate(manifest.flags.get(file.root, {})),
    )
    if now != record.fingerprint:
        raise QuarantineError(
            "it is no longer the file that was indexed, or another version of sota-rag indexed it; bring the index up "
            f"to date with: sota-rag ingest {record.root}"
        )
    return data
