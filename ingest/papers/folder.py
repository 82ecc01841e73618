"""The folder of papers.

    2106.09685.pdf              named after its identifier, or `sha256-….pdf` after its contents
    2106.09685.pdf.meta.yaml    its sidecar, which ingestion reads; yours to edit
    provenance.json             of each paper: checksum, origin, date, licence
    2106.09685.pdf.part         a download that was interrupted

A name is made from an identifier or a checksum and nothing else. A file is never overwritten: a PDF is put in place by
a rename, after its sidecar and its record are on the disk, so that a paper that is there is known.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

import yaml
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...index.errors import QuarantineError
from ..discover import SIDECAR_SUFFIX
from ..metadata import DocumentMeta, read_sidecar
from .download import sha256_of
from .durable import move_durably, write_durably
from .errors import LibraryError, PaperError

PROVENANCE = "provenance.json"
PART_SUFFIX = ".part"
_FORMAT = 1
# What goes into the folder goes through this: no slash, no leading dot, nothing special to a file system or a shell.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\.pdf")
_SHA256 = r"^[0-9a-f]{64}$"


class PaperRecord(BaseModel):
    """Where a paper came from.

    Attributes:
        origin: fetched from arXiv, or added from the user's disk.
        source: address it was fetched from, or the name that the added file had.
        recorded: when, in UTC, as `2025-01-31T12:00:00Z`.
        licence: address of its licence; None where it is not known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=_SHA256)
    bytes: int = Field(ge=0)
    origin: Literal["fetched", "added"]
    source: str
    recorded: str
    arxiv_id: str | None = None
    version: int | None = None
    licence: str | None = None


class _Provenance(BaseModel):
    """The file `provenance.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    papers: dict[str, PaperRecord]


class State(StrEnum):
    """How a paper stands to its record."""

    ABSENT = "absent"
    RECORDED = "recorded"
    VERIFIED = "verified"
    CHANGED = "changed"
    MISSING = "missing"
    UNRECORDED = "unrecorded"


class Library:
    """A folder of papers and what its provenance says; `open_library` makes one that may be written to.

    Raises:
        LibraryError: the provenance is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records = _read_provenance(folder)

    @property
    def records(self) -> Mapping[str, PaperRecord]:
        """Records by file name."""
        return self._records

    def names(self) -> list[str]:
        """File names of all papers, recorded or in the folder, in order."""
        there = self.folder.iterdir() if self.folder.is_dir() else ()
        pdfs = {path.name for path in there if path.suffix.lower() == ".pdf" and not path.name.startswith(".")}
        return sorted(pdfs | self._records.keys())

    def path(self, name: str) -> Path:
        """Where a paper lies."""
        return self.folder / name

    def part(self, name: str) -> Path:
        """Where a download of it gathers."""
        return self.folder / (_checked(name) + PART_SUFFIX)

    def parts(self) -> list[Path]:
        """Downloads that were interrupted, in order."""
        return sorted(self.folder.glob(f"*.pdf{PART_SUFFIX}"))

    def state(self, name: str, *, verify: bool) -> State:
        """How a paper stands to its record; without `verify` only its size is compared."""
        path, record = self.path(name), self._records.get(name)
        # A dangling link is something that is there, too: nothing may be put in its place.
        if not path.exists() and not path.is_symlink():
            return State.ABSENT if record is None else State.MISSING
        if record is None:
            return State.UNRECORDED
        if not path.is_file() or path.stat().st_size != record.bytes:
            return State.CHANGED
        if not verify:
            return State.RECORDED
        return State.VERIFIED if sha256_of(path) == record.sha256 else State.CHANGED

    def same_contents(self, sha256: str) -> str | None:
        """Name of a paper that is there with these contents."""
        same = (name for name, record in self._records.items() if record.sha256 == sha256)
        return next((name for name in same if self.path(name).is_file()), None)

    def sidecar(self, name: str) -> Path:
        """Where a paper's metadata lies."""
        return self.folder / (name + SIDECAR_SUFFIX)

    def meta(self, name: str) -> DocumentMeta | None:
        """What a paper's sidecar says; None where there is none or it cannot be read."""
        try:
            return read_sidecar(self.sidecar(name)) if self.sidecar(name).is_file() else None
        except QuarantineError:
            return None

    def put(self, arrived: Path, name: str, record: PaperRecord, meta: DocumentMeta) -> None:
        """Put a complete file of this folder in its place, with its sidecar and its record; call with the lock held.

        A sidecar that is there already stays.

        Raises:
            PaperError: something lies in that place already.
        """
        target = self.path(_checked(name))
        if arrived != target and (target.exists() or target.is_symlink()):
            raise PaperError(f"{str(target)!r} is there already and was not overwritten; move it away first")
        self.write_sidecar(name, meta)
        self._records[name] = record
        provenance = _Provenance(format=_FORMAT, papers=dict(sorted(self._records.items())))
        write_durably(self.folder / PROVENANCE, (provenance.model_dump_json(indent=2) + "\n").encode())
        if arrived != target:
            move_durably(arrived, target)

    def write_sidecar(self, name: str, meta: DocumentMeta) -> None:
        """Write a paper's sidecar unless it has one."""
        sidecar = self.sidecar(name)
        if not sidecar.exists() and not sidecar.is_symlink():
            write_durably(sidecar, sidecar_text(meta).encode())


def sidecar_text(meta: DocumentMeta) -> str:
    """A sidecar that says this and no more."""
    said = meta.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=1000)


def new_record(path: Path, **said: object) -> PaperRecord:
    """The record of a file as it is now."""
    facts = {
        "sha256": sha256_of(path),
        "bytes": path.stat().st_size,
        "recorded": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    return PaperRecord.model_validate(facts | said)


@contextmanager
def open_library(folder: Path) -> Iterator[Library]:
    """The library in a folder, which is created if need be, for one writer at a time.

    Raises:
        LibraryError: the folder cannot be written, another process writes to it, or its provenance is damaged.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise LibraryError(f"another process is adding papers to {str(folder)!r}; wait until it is done") from None
    except OSError as error:
        raise LibraryError(
            f"cannot write to {str(folder)!r} ({error.strerror}); name another folder with --to"
        ) from error
    try:
        yield Library(folder)
    finally:
        lock.release()


def _checked(name: str) -> str:
    """A name that is safe in a folder; that it is not is a fault of ours, since no name comes from outside."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no file name for a paper")
    return name


def _read_provenance(folder: Path) -> dict[str, PaperRecord]:
    path = folder / PROVENANCE
    try:
        records = _Provenance.model_validate_json(path.read_bytes()).papers
        for name in records:
            _checked(name)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise LibraryError(f"{str(path)!r} cannot be read ({error.strerror}); check its permissions") from error
    except (ValidationError, ValueError) as error:
        raise LibraryError(
            f"{str(path)!r} is damaged; move it away, and register the papers anew with: "
            f"sota-rag papers add {shlex.quote(str(folder))} --to {shlex.quote(str(folder))}"
        ) from error
    return records
