"""The public face: `Retriever.open(path)` and `.search(query, k)`."""

import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .encoder import Encoder, SentenceTransformerEncoder
from .errors import SotaRagError
from .generations import current_file
from .manifest import Manifest
from .rerank import Reranker
from .search_settings import SearchSettings
from .snapshot import Snapshot, check_encoder, open_current
from .types import Document, DocumentInfo, Filters, Passage, SearchResult
from .view import View

_log = logging.getLogger(__name__)


class Retriever:
    """Hybrid search over an index; safe to share between threads.

    A query is served by one generation from start to end. When a writer publishes a new one, it is opened and
    warmed up in the background while searches go on with the old, and then takes over.

    Example:
        retriever = Retriever.open("my-index")
        hits = retriever.search("What does LoRA freeze?", k=5).hits
    """

    def __init__(
        self,
        index: Path,
        snapshot: Snapshot,
        encoder: Encoder,
        reranker: Reranker | None,
        settings: SearchSettings,
        signature: tuple[int, int, int] | None,
    ) -> None:
        self.index, self.encoder, self.reranker, self.settings = index, encoder, reranker, settings
        self._snapshot, self._seen = snapshot, signature
        self._swap = threading.Lock()
        self._swap_failure: str | None = None
        self._closed = False

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        encoder: Encoder | None = None,
        reranker: Reranker | None = None,
        settings: SearchSettings = SearchSettings(),
    ) -> Self:
        """Open the published generation of an index.

        Args:
            path: the index folder.
            encoder: must be the one that made the index; by default it is loaded by the name in the manifest,
                at the first search.
            reranker: the cross-encoder stage; None leaves it out.
            settings: defaults for every search.

        Raises:
            MissingIndexError: there is no index at that path.
            DamagedIndexError: a file does not match the manifest.
            FormatVersionError: another version of the software wrote it.
            EncoderMismatchError: it was made with another encoder.
            ModelError: its encoder is not installed.
        """
        index = Path(path)
        # Taken before opening: a generation published in between is then noticed at the first search.
        signature = _signature(index)
        snapshot = open_current(index)
        used: Encoder = encoder or SentenceTransformerEncoder(snapshot.manifest.encoder.id)
        check_encoder(index, snapshot.manifest, used.info)
        return cls(index, snapshot, used, reranker, settings, signature)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the index's files."""
        with self._swap:
            self._closed = True
            self._snapshot.store.close()

    @property
    def manifest(self) -> Manifest:
        """Manifest of the generation in use."""
        return self._snapshot.manifest

    def view(self) -> View:
        """The generation in use, for several questions that must be answered by the same one.

        Raises:
            SotaRagError: the retriever is closed.
        """
        if self._closed:
            raise SotaRagError("this retriever is closed; open the index again with Retriever.open")
        if _signature(self.index) != self._seen and not self._swap.locked():
            threading.Thread(target=self._swap_quietly, name="sota-rag-swap", daemon=True).start()
        notes = (self._swap_failure,) if self._swap_failure else ()
        return View(self._snapshot, self.encoder, self.reranker, self.settings, notes)

    def documents(self) -> list[DocumentInfo]:
        """Metadata of every document, by id."""
        return self.view().documents()

    def document(self, document_id: str) -> Document:
        """A document with its text; KeyError for an unknown id."""
        return self.view().document(document_id)

    def expand(self, passage: Passage, max_tokens: int) -> Passage:
        """The passage grown to its neighbours within a budget of word pieces."""
        return self.view().expand(passage, max_tokens)

    def refresh(self) -> bool:
        """Open and warm up a newly published generation now, if there is one; True when it took over."""
        with self._swap:
            signature = _signature(self.index)
            if signature == self._seen and self._swap_failure is None:
                return False
            return self._take_over(signature)

    def _take_over(self, signature: tuple[int, int, int] | None) -> bool:
        """Serve what CURRENT names; call with the swap lock held, and with the signature taken before."""
        snapshot = open_current(self.index)
        check_encoder(self.index, snapshot.manifest, self.encoder.info)
        _warm_up(snapshot)
        swapped = snapshot.generation != self._snapshot.generation
        self._snapshot, self._seen, self._swap_failure = snapshot, signature, None
        return swapped

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        filters: Filters | None = None,
        vector: NDArray[np.float32] | None = None,
        settings: SearchSettings | None = None,
    ) -> SearchResult:
        """Find the k best passages.

        Args:
            query: the question, at most 4,000 characters; the encoder reads its window's worth of it.
            k: how many hits at most, 1 or more.
            filters: which documents qualify; applied inside each leg.
            vector: dense query to use in place of the encoded question (HyDE and the like): shape (dimension,),
                float32, length 1.
            settings: override the retriever's defaults for this search.

        Raises:
            QueryError: the question is empty or too long, k is below 1, or the vector has another dimension.
        """
        return self.view().search(query, k, filters=filters, vector=vector, settings=settings)

    def _swap_quietly(self) -> None:
        with self._swap:
            signature = _signature(self.index)
            if signature == self._seen or self._closed:
                return
            try:
                self._take_over(signature)
            except Exception as error:
                # Whatever it is: go on with the old generation, say so in every result, and try again with the next
                # CURRENT only.
                self._seen = signature
                self._swap_failure = f"still on generation {self._snapshot.generation}: {error}"
                _log.warning("%s", self._swap_failure)


def _signature(index: Path) -> tuple[int, int, int] | None:
    """Changes whenever CURRENT is replaced; None while there is none."""
    try:
        status = current_file(index).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _warm_up(snapshot: Snapshot) -> None:
    """Touch every page a first query would wait for."""
    if len(snapshot):
        dimension = snapshot.manifest.encoder.dimension
        snapshot.dense.search(np.full(dimension, dimension**-0.5, dtype=np.float32), 1)
        snapshot.sparse.scores("warm up")
        snapshot.store.passages([0])
