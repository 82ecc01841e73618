"""The manifest of a generation: what it holds, who made it, and every file's size and sha256."""

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import DamagedIndexError, FormatVersionError
from .models import file_sha256
from .remedies import ingest_command, repair_command

FORMAT_VERSION = 2
MANIFEST = "manifest.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEntry(_Frozen):
    """Size in bytes and hex sha256 of one file."""

    size: int
    sha256: str


class EncoderEntry(_Frozen):
    """Which encoder made the vectors."""

    id: str
    fingerprint: str
    dimension: int
    window: int


class Counts(_Frozen):
    """How much a generation holds."""

    documents: int
    passages: int
    duplicates: int = 0
    quarantined: int = 0
    ignored: int = 0


class Manifest(_Frozen):
    """Everything needed to open a generation and to know what made it."""

    format: Literal[2] = FORMAT_VERSION
    generation: str = Field(pattern=r"^\d{6,}$")
    parent: str | None
    created: str
    software: str
    encoder: EncoderEntry
    chunker: str
    analyzer: str
    bm25: dict[str, float]
    roots: tuple[str, ...]
    flags: dict[str, dict[str, Any]] = {}
    counts: Counts
    files: dict[str, FileEntry]


def read_manifest(folder: Path, expected_sha256: str | None = None) -> Manifest:
    """Read and check a generation's manifest.

    Raises:
        DamagedIndexError: it is missing, altered or not a manifest.
        FormatVersionError: it has another format version.
    """
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _damaged(path, "cannot be read") from error
    if expected_sha256 is not None and hashlib.sha256(data).hexdigest() != expected_sha256:
        raise _damaged(path, "was altered after it was published")
    try:
        version = _Version.model_validate_json(data)
    except ValidationError as error:
        raise _damaged(path, "is not a manifest") from error
    if version.format != FORMAT_VERSION:
        command = ingest_command(folder.parent.parent, version.paths, rebuild=True)
        raise FormatVersionError(
            f"{str(folder)!r} has index format {version.format}, this software reads {FORMAT_VERSION}; "
            f"rebuild it (encoded passages are reused) with: {command}"
        )
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise _damaged(path, "is not a manifest") from error


class _Version(BaseModel):
    """What is readable of a manifest of any version."""

    format: int
    roots: Any = None

    @property
    def paths(self) -> list[str]:
        """What it was made from, if it says so in the way of all versions so far."""
        roots = self.roots if isinstance(self.roots, list) else []
        return [root for root in roots if isinstance(root, str)]


def _damaged(path: Path, what: str) -> DamagedIndexError:
    # INDEX/generations/000042/manifest.json
    index = path.parents[2]
    return DamagedIndexError(f"index file {str(path)!r} {what}; mend it with: {repair_command(index)}")


def inventory(folder: Path) -> dict[str, FileEntry]:
    """Size and sha256 of every file below a folder, by POSIX path, the manifest left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {
        path.relative_to(folder).as_posix(): FileEntry(size=path.stat().st_size, sha256=file_sha256(path))
        for path in paths
    }


def damaged_files(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Files that do not match the manifest: path to what is wrong; empty when all is well."""
    found: dict[str, str] = {}
    for name, entry in manifest.files.items():
        path = folder / name
        try:
            if path.stat().st_size != entry.size:
                found[name] = f"has {path.stat().st_size} bytes instead of {entry.size}"
            elif file_sha256(path) != entry.sha256:
                found[name] = "has other content than was published"
        except OSError:
            found[name] = "is missing or cannot be read"
    return found
