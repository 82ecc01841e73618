"""Read the files of a run, take over what has not changed, and encode beside it what has been read."""

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..index.clock import Clock
from ..index.errors import QuarantineError
from ..index.store import FileRecord, FileState
from .background import Background
from .discover import SourceFile
from .encode import StreamEncoder
from .entries import Entry, blank_record, entry_of, taken_over
from .files import MAX_FILE_BYTES, read_bytes
from .fingerprint import fingerprint
from .latex_project import flatten, parts_of
from .metadata import DocumentMeta, read_sidecar
from .previous import Previous
from .progress import Progress
from .reading import Reader, ReadJob


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Reads files of one run.

    Attributes:
        previous: what the current generation knows.
        reader: turns bytes into passages.
        encoder: fingerprint of the encoder; another one cuts passages differently.
        flags: metadata by root for documents that do not say it themselves.
        retry: whether unchanged files that were set aside earlier are tried again.
    """

    previous: Previous
    reader: Reader
    encoder: str
    flags: Mapping[str, DocumentMeta]
    retry: bool = True

    def gather(
        self, files: Sequence[SourceFile], stream: StreamEncoder, progress: Progress, clock: Clock
    ) -> list[Entry]:
        """One entry a file, in the order of the files; their passages have been encoded when it returns.

        Raises:
            UnwritableError: the vector cache cannot be written.
            IngestError: no reader can be started.
        """
        entries: dict[int, Entry] = {}
        arriving = Background(self.read(files))
        progress.begin("reading", len(files), "files")
        try:
            while not arriving.done:
                with clock("read"):
                    # Arrivals are only waited for when there is nothing to encode.
                    for place, entry in arriving.take(wait=not stream.prepare(last=False)):
                        entries[place] = entry
                        stream.add(entry.passages)
                        progress.advance()
                if stream.prepare(last=False):
                    with clock("encode"):
                        stream.step()
            progress.end()
            with clock("encode"):
                if stream.prepare(last=True):
                    progress.begin("encoding", stream.left, "passages")
                    while stream.prepare(last=True):
                        progress.advance(stream.step())
                    progress.end()
        except BaseException:
            # What is being read is nobody's now; left alone, it would meet the reader's next run.
            arriving.close()
            self.reader.close()
            raise
        return [entries[place] for place in range(len(files))]

    def read(self, files: Sequence[SourceFile]) -> Iterator[tuple[int, Entry]]:
        """Places and entries as they become known; runs in the background."""
        settled: deque[tuple[int, Entry]] = deque()
        prints: dict[int, str] = {}

        def jobs() -> Iterator[ReadJob]:
            parts = _parts(files)
            for place, file in enumerate(files):
                found = self._inspect(file, parts.get((file.root, file.path)))
                if isinstance(found, Entry):
                    settled.append((place, found))
                else:
                    prints[place], job = found
                    yield replace(job, key=place)

        for result in self.reader.read(jobs()):
            while settled:
                yield settled.popleft()
            yield result.key, entry_of(files[result.key], prints.pop(result.key), result)
        yield from settled

    def _inspect(self, file: SourceFile, part_of: str | None) -> Entry | tuple[str, ReadJob]:
        """What is known of a file already, or its fingerprint and the job of reading it."""
        known = self.previous.records.get((file.root, file.path))
        root = Path(file.root) if Path(file.root) != file.location else file.location.parent
        if part_of is not None:
            return Entry(file, replace(blank_record(file, f"is part of {part_of}"), state=FileState.IGNORED))
        try:
            data = _bytes(file, root)
            # Not Path.is_file: the sidecar of a file with the longest name allowed has one that is too long to ask for.
            sidecars = [path for path in file.sidecars if os.path.isfile(path)]  # noqa: PTH113
            said = _sidecar_bytes(sidecars[0], root) if sidecars else b""
            print_ = self._fingerprint(file, data, said)
            if known is not None and known.fingerprint == print_ and self._stands(known):
                return taken_over(file, known, self.previous)
            sidecar = read_sidecar(sidecars[0]) if sidecars else None
        except QuarantineError as error:
            return Entry(file, blank_record(file, str(error)))
        except OSError as error:
            reason = f"cannot be read ({error.strerror})"
            if known is not None and known.state == FileState.INDEXED:
                # It was listed, so it is not gone from the folder's truth: what is known of it is kept.
                return taken_over(file, known, self.previous, f"{reason}; kept as it was, mend it and run again")
            return Entry(file, blank_record(file, f"{reason}; check that it still exists"))
        return print_, ReadJob(0, file.document_id, file.path, data, sidecar, self.flags[file.root])

    def _stands(self, known: FileRecord) -> bool:
        """Whether an unchanged file need not be read again; a duplicate's original may be gone."""
        if known.state == FileState.QUARANTINED:
            return not self.retry
        return known.state in (FileState.INDEXED, FileState.IGNORED)

    def _fingerprint(self, file: SourceFile, data: bytes, sidecar: bytes) -> str:
        chunker, flags = self.reader.chunking.fingerprint, self.flags[file.root]
        return fingerprint(file, data, sidecar, chunker=chunker, encoder=self.encoder, flags=flags)


def _is_latex(file: SourceFile) -> bool:
    return file.location.suffix.lower() == ".tex"


def _bytes(file: SourceFile, root: Path) -> bytes:
    """What is parsed and hashed: the file, or a LaTeX document with its parts."""
    if _is_latex(file):
        return flatten(file.location, root, max_bytes=MAX_FILE_BYTES)
    return read_bytes(file.location, root)


def _sidecar_bytes(path: Path, root: Path) -> bytes:
    try:
        return read_bytes(path, root)
    except QuarantineError as error:
        raise QuarantineError(f"its sidecar {path.name} {error}") from error


def _parts(files: Sequence[SourceFile]) -> dict[tuple[str, str], str]:
    """LaTeX files that another one takes in: root and path to the path of that one."""
    by_root: dict[str, dict[str, Path]] = {}
    for file in files:
        if _is_latex(file):
            by_root.setdefault(file.root, {})[file.path] = file.location
    return {
        (root, part): main
        for root, locations in by_root.items()
        if Path(root).is_dir()
        for part, main in parts_of(locations, Path(root)).items()
    }
