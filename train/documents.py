"""Documents read and cut as an ingestion does, without an index."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sota_rag.app.compose import make_encoder, make_reader
from sota_rag.app.settings import Settings
from sota_rag.index import Document, Encoder, Passage
from sota_rag.index.vectors import VectorCache
from sota_rag.ingest.discover import discover
from sota_rag.ingest.encode import encode_strings
from sota_rag.ingest.entries import without_duplicates
from sota_rag.ingest.gather import Gatherer
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.previous import Previous
from sota_rag.ingest.progress import Silent


@dataclass(frozen=True, slots=True)
class Cut:
    """A document and its passages, in order."""

    document: Document
    passages: tuple[Passage, ...]


def read_documents(paths: Iterable[Path]) -> dict[str, Cut]:
    """Documents of folders by id; what cannot be read is left out, as an ingestion would."""
    settings = Settings()
    encoder = make_encoder(settings)
    files = discover(list(paths))
    with closing(make_reader(settings, encoder)) as reader:
        flags = {file.root: DocumentMeta() for file in files}
        read = sorted(Gatherer(Previous(), reader, encoder.info.fingerprint, flags).read(files), key=lambda one: one[0])
    entries = without_duplicates([entry for _, entry in read], ())
    return {
        entry.file.document_id: Cut(entry.document, tuple(entry.passages))
        for entry in entries
        if entry.document is not None
    }


class KeptVectors:
    """An encoder that encodes nothing twice, across runs too; the vectors lie in a file."""

    def __init__(self, encoder: Encoder, file: Path) -> None:
        self._encoder, self._cache = encoder, VectorCache(file)
        self.info = encoder.info

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the encoder does."""
        return encode_strings(texts, self._cache, self._encoder, Silent())
