"""One generation, open for reading."""

import logging
import sqlite3
import threading
from functools import cached_property
from pathlib import Path

import numpy as np

from .analysis import analyzer_fingerprint
from .builder import BM25, STORE, VECTORS
from .dense import DenseIndex
from .encoder import EncoderInfo
from .errors import DamagedIndexError, EncoderMismatchError, MissingIndexError
from .filters import role_codes
from .generations import generation_folder, read_current
from .manifest import Manifest, damaged_files, read_manifest
from .remedies import ingest_command, repair_command
from .sparse import Bm25Settings, Bm25sIndex
from .store import PassageStore
from .successors import Successors

_log = logging.getLogger(__name__)
_OPEN_ATTEMPTS = 5
# `np.load` parses its header with `ast`, and before CPython 3.11.8 two threads in `ast` at once fail with "AST
# constructor recursion depth mismatch" (python/cpython#106905): generations are opened one at a time.
_opening = threading.Lock()


class Snapshot:
    """A generation's store, dense index and BM25; a query holds one from its first stage to its last.

    All files are checked against the manifest before anything parses them. BM25 is derived data: where it is
    damaged it is rebuilt in memory, and `notes` says so.
    """

    def __init__(self, index: Path, folder: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self.notes: tuple[str, ...] = ()
        damaged = damaged_files(folder, manifest)
        serious = {name: what for name, what in damaged.items() if not name.startswith(f"{BM25}/")}
        for name, what in serious.items():
            if what.startswith("is missing"):
                # Perhaps the generation was collected while it was being opened: `open_current` looks again.
                raise FileNotFoundError(folder / name)
            raise DamagedIndexError(f"index file {str(folder / name)!r} {what}; mend it with: {repair_command(index)}")
        self.store = PassageStore(folder / STORE)
        self.documents = self.store.documents()
        position = {document.id: place for place, document in enumerate(self.documents)}
        self.row_documents = np.array([position[name] for name in self.store.row_documents()], dtype=np.int32)
        self.row_roles = role_codes(self.store.row_roles())
        self.dense = DenseIndex(np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False))
        why = next((f"file {name!r} {what}" for name, what in damaged.items()), "")
        if not why and manifest.analyzer != analyzer_fingerprint():
            why = "was made by another version of the analyzer"
        if why:
            note = f"BM25 {why}: rebuilt in memory for this session; mend it with: {repair_command(index)}"
            _log.warning("%s", note)
            self.notes = (note,)
            texts = [passage.contextual_text for passage in self.store.all_passages()]
            self.sparse = Bm25sIndex.build(texts, Bm25Settings(**manifest.bm25))
        else:
            self.sparse = Bm25sIndex.open(folder / BM25, len(self.row_documents))

    @cached_property
    def successors(self) -> Successors:
        """What takes the place of practices that were put away."""
        return Successors(self.store.practices(), self.store.practice_links())

    @property
    def generation(self) -> str:
        """Id of the generation."""
        return self.manifest.generation

    def __len__(self) -> int:
        return len(self.row_documents)


def open_current(index: Path) -> Snapshot:
    """Open the published generation.

    Raises:
        MissingIndexError: there is no index.
        DamagedIndexError: it does not match its manifest.
        FormatVersionError: another version of the software wrote it.
    """
    for _ in range(_OPEN_ATTEMPTS):
        current = read_current(index)
        folder = generation_folder(index, current.generation)
        try:
            manifest = read_manifest(folder, current.manifest_sha256)
            with _opening:
                snapshot = Snapshot(index, folder, manifest)
            if snapshot.notes and read_current(index) != current:
                continue
            return snapshot
        except SystemError:
            # Another thread, of the host's, was parsing Python just then (see `_opening`).
            continue
        except (FileNotFoundError, sqlite3.OperationalError, DamagedIndexError) as error:
            # A writer may have published and collected meanwhile; only an unchanged CURRENT is conclusive.
            if read_current(index) != current:
                continue
            if isinstance(error, FileNotFoundError):
                missing = error.filename or error.args[0]
                raise DamagedIndexError(
                    f"index file {str(missing)!r} is missing; mend it with: {repair_command(index)}"
                ) from None
            raise
    raise MissingIndexError(f"the index at {str(index)!r} keeps changing while it is being opened; try again")


def check_encoder(index: Path, manifest: Manifest, encoder: EncoderInfo) -> None:
    """Refuse vectors of another encoder.

    Raises:
        EncoderMismatchError: the fingerprints differ; the message holds the command that rebuilds the index.
    """
    if encoder.fingerprint != manifest.encoder.fingerprint:
        raise EncoderMismatchError(
            f"the index at {str(index)!r} was made with encoder {manifest.encoder.id!r} "
            f"({manifest.encoder.fingerprint[:12]}), in use is {encoder.id!r} ({encoder.fingerprint[:12]}); "
            f"rebuild it with: {ingest_command(index, manifest.roots, rebuild=True)}"
        )
