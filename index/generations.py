"""Generations on disk: one writer, atomic publication, collection of old ones.

    INDEX/CURRENT             the published generation's id and its manifest's sha256, replaced by rename
    INDEX/LOCK                held by the one writer, released by the system when it dies
    INDEX/cache/              vectors by hash, outside any generation
    INDEX/generations/000042  a complete generation, never changed after it was published
    INDEX/staging-*           one being written; only the lock's holder touches it

Everything is written and flushed in staging, renamed into place, and only then does CURRENT name it. A process
killed at any moment leaves CURRENT at a complete generation.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from .errors import DamagedIndexError, IndexBusyError, MissingIndexError, UnwritableError
from .manifest import MANIFEST, Manifest, read_manifest
from .remedies import ingest_command, repair_command

KEEP_GENERATIONS = 3
_GENERATION = re.compile(r"\d{6,}")


@dataclass(frozen=True, slots=True)
class Current:
    """What CURRENT says: generation id, and the sha256 of its manifest."""

    generation: str
    manifest_sha256: str


def generation_folder(index: Path, generation: str) -> Path:
    """Folder of a generation."""
    return index / "generations" / generation


def current_file(index: Path) -> Path:
    """The file that names the published generation."""
    return index / "CURRENT"


def vector_cache_file(index: Path) -> Path:
    """The vector cache, shared by all generations."""
    return index / "cache" / "vectors.sqlite"


def read_current(index: Path) -> Current:
    """Which generation is published.

    Raises:
        MissingIndexError: there is no index at that path.
        DamagedIndexError: CURRENT cannot be understood.
    """
    try:
        data = json.loads(current_file(index).read_text(encoding="utf-8"))
        generation, sha256 = data["generation"], data["manifest_sha256"]
        if not _GENERATION.fullmatch(generation):
            raise ValueError(generation)
    except (FileNotFoundError, NotADirectoryError):
        if published(index):
            raise MissingIndexError(
                f"{str(current_file(index))!r} is missing, though generations are there; "
                f"mend it with: {repair_command(index)}"
            ) from None
        raise MissingIndexError(f"no index at {str(index)!r}; build one with: {ingest_command(index)}") from None
    except PermissionError as error:
        raise DamagedIndexError(f"{str(current_file(index))!r} cannot be read; check its permissions") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedIndexError(
            f"{str(current_file(index))!r} is damaged; mend it with: {repair_command(index)}"
        ) from error
    return Current(generation, sha256)


def published(index: Path) -> list[str]:
    """Ids of the complete generations on disk, oldest first."""
    folder = index / "generations"
    if not folder.is_dir():
        return []
    return sorted((p.name for p in folder.iterdir() if _GENERATION.fullmatch(p.name)), key=int)


@contextmanager
def writer_lock(index: Path) -> Iterator[None]:
    """Hold the index's one write lock; create the folder if need be, and clear what a dead writer left.

    Raises:
        UnwritableError: the folder cannot be created or written.
        IndexBusyError: another process holds the lock.
    """
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock = FileLock(index / "LOCK", timeout=0)
        lock.acquire()
    except Timeout:
        raise IndexBusyError(
            f"another process is writing to {str(index)!r}; wait until it is done, or name another --index"
        ) from None
    except OSError as error:
        raise UnwritableError(
            f"cannot write to {str(index)!r} ({error.strerror}); name another folder with --index"
        ) from error
    try:
        for leftover in index.glob("staging-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield
    finally:
        lock.release()


def new_staging(index: Path) -> tuple[str, Path]:
    """Id for the next generation and an empty folder to write it in; call with the lock held."""
    generation = f"{int(published(index)[-1]) + 1 if published(index) else 1:06d}"
    staging = index / f"staging-{generation}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    return generation, staging


def publish(index: Path, staging: Path, manifest: Manifest) -> None:
    """Make a complete staging folder the current generation; call with the lock held."""
    data = manifest.model_dump_json(indent=2).encode()
    (staging / MANIFEST).write_bytes(data)
    for path in staging.rglob("*"):
        _flush(path)
    _flush(staging)
    target = generation_folder(index, manifest.generation)
    target.parent.mkdir(exist_ok=True)
    staging.rename(target)
    _flush(target.parent)
    point_current_at(index, manifest.generation)


def point_current_at(index: Path, generation: str) -> None:
    """Atomically let CURRENT name a generation that is complete on disk."""
    from .models import file_sha256

    sha256 = file_sha256(generation_folder(index, generation) / MANIFEST)
    temporary = index / "CURRENT.new"
    temporary.write_text(json.dumps({"generation": generation, "manifest_sha256": sha256}) + "\n", encoding="utf-8")
    _flush(temporary)
    temporary.replace(current_file(index))
    _flush(index)


def collect(index: Path, keep: int = KEEP_GENERATIONS) -> list[str]:
    """Delete all but the newest generations and the current one; call with the lock held. Returns the deleted ids."""
    current = read_current(index).generation
    older = [generation for generation in published(index) if generation != current]
    doomed = older[: max(0, len(older) - (keep - 1))]
    for generation in doomed:
        shutil.rmtree(generation_folder(index, generation), ignore_errors=True)
    return doomed


def read_current_manifest(index: Path) -> Manifest:
    """Manifest of the published generation, checked against CURRENT."""
    current = read_current(index)
    return read_manifest(generation_folder(index, current.generation), current.manifest_sha256)


def _flush(path: Path) -> None:
    """Force a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
