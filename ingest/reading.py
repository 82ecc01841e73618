"""From the bytes of one file to its passages; whether this process or another does it is up to the `Reader`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..index.errors import IgnoredError, QuarantineError
from ..index.store import FileState
from ..index.types import Passage
from .chunk import ChunkSettings, chunk
from .loaders import LoadedDocument, load
from .metadata import DocumentMeta

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One file to read.

    Attributes:
        key: the caller's number of it.
        document_id: the id that its document will have.
        path: its name with the suffix, which decides the format; a label, never opened.
        data: its bytes.
        sidecar: what its sidecar says, or None.
        flags: metadata for what it does not say itself.
    """

    key: int
    document_id: str
    path: str
    data: bytes
    sidecar: DocumentMeta | None
    flags: DocumentMeta


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What became of a job.

    Attributes:
        key: the job's.
        state: `indexed`, `quarantined` or `ignored`.
        detail: why not, for the latter two.
        loaded: the document, for the first.
        passages: its passages, in order.
    """

    key: int
    state: FileState
    detail: str = ""
    loaded: LoadedDocument | None = None
    passages: tuple[Passage, ...] = ()


class Reader(Protocol):
    """Reads files; one bad file costs that file."""

    @property
    def chunking(self) -> ChunkSettings:
        """How it cuts documents."""
        ...

    def read(self, jobs: Iterable[ReadJob]) -> Iterator[ReadResult]:
        """One result for each job, in any order; jobs are taken as they are needed."""
        ...

    def close(self) -> None:
        """Release what it holds; the reader can be used again."""
        ...


class InlineReader:
    """Reads in the calling process: for tests and for files that are trusted.

    Args:
        count_tokens: the encoder's word pieces of each string.
        chunking: how documents are cut.
    """

    def __init__(self, count_tokens: CountTokens, chunking: ChunkSettings = ChunkSettings()) -> None:
        self._count_tokens, self.chunking = count_tokens, chunking

    def read(self, jobs: Iterable[ReadJob]) -> Iterator[ReadResult]:
        """One result for each job, in order."""
        for job in jobs:
            yield read_document(job, self._count_tokens, self.chunking)

    def close(self) -> None:
        """Nothing is held."""


def read_document(job: ReadJob, count_tokens: CountTokens, chunking: ChunkSettings) -> ReadResult:
    """Parse and chunk one file in this process."""
    try:
        loaded = load(
            job.path,
            job.data,
            document_id=job.document_id,
            source=job.document_id,
            sidecar=job.sidecar,
            flags=job.flags,
        )
        passages = chunk(loaded.document, loaded.blocks, count_tokens, chunking, layout=loaded.layout)
    except QuarantineError as error:
        return ReadResult(job.key, FileState.QUARANTINED, str(error))
    except IgnoredError as error:
        return ReadResult(job.key, FileState.IGNORED, str(error))
    return ReadResult(job.key, FileState.INDEXED, "", loaded, tuple(passages))
