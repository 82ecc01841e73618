"""Which files there are to ingest; a listing either succeeds whole or fails loudly."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..index.errors import IngestError
from .loaders import SUFFIXES

SIDECAR_SUFFIX = ".meta.yaml"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that can be ingested.

    Attributes:
        root: absolute path of the folder (or single file) that was given.
        path: POSIX path below the root; the file's name when the root is the file itself.
        location: where to read it.
    """

    root: str
    path: str
    location: Path

    @property
    def document_id(self) -> str:
        """Name of the root, then the path below it."""
        name = Path(self.root).name
        return self.path if Path(self.root) == self.location else f"{name}/{self.path}"

    @property
    def sidecars(self) -> tuple[Path, Path]:
        """Where its metadata may lie beside it, the more specific name first."""
        return (
            self.location.with_name(self.location.name + SIDECAR_SUFFIX),
            self.location.with_name(self.location.stem + SIDECAR_SUFFIX),
        )


def discover(paths: Iterable[Path]) -> list[SourceFile]:
    """List the files of all given folders and files, ordered by document id.

    Hidden files and folders are left out, and so are symbolic links that lead out of the folder.

    Raises:
        IngestError: a path does not exist or cannot be listed, a given file has an unknown format, or two files
            would have the same document id.
    """
    found: dict[str, SourceFile] = {}
    for path in dict.fromkeys(Path(path).resolve() for path in paths):
        for file in _below(path):
            other = found.setdefault(file.document_id, file)
            if other.location != file.location:
                raise IngestError(
                    f"{str(other.location)!r} and {str(file.location)!r} would both be known as "
                    f"{file.document_id!r}; ingest their common parent folder instead"
                )
    return [found[key] for key in sorted(found)]


def _below(root: Path) -> list[SourceFile]:
    if root.is_file():
        if root.suffix.lower() not in SUFFIXES:
            known = ", ".join(sorted(SUFFIXES))
            raise IngestError(f"{str(root)!r} has no known format; known are: {known}")
        return [SourceFile(str(root), root.name, root)]
    if not root.is_dir():
        raise IngestError(
            f"{str(root)!r} does not exist; nothing was changed, correct the path, "
            "or drop it from the index with --forget"
        )
    files: list[SourceFile] = []
    labels: set[str] = set()
    for folder, subfolders, names in os.walk(root, onerror=_fail):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if name.startswith(".") or name.endswith(SIDECAR_SUFFIX) or path.suffix.lower() not in SUFFIXES:
                continue
            # realpath, unlike Path.resolve, does not stumble over links that run in a circle.
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
                continue
            label = _label(path.relative_to(root).as_posix())
            while label in labels:
                label = f"{label.removesuffix(path.suffix)}~{path.suffix}"
            labels.add(label)
            files.append(SourceFile(str(root), label, path))
    return files


def _label(name: str) -> str:
    """A name that can be stored and printed: bytes that are not UTF-8 spelled out, control characters as pictures."""
    return "".join(
        chr(0x2400 + ord(character)) if character < " " else character if character.isprintable() else "\ufffd"
        for character in name.encode("utf-8", "backslashreplace").decode()
    )


def _fail(error: OSError) -> None:
    raise IngestError(
        f"cannot list {str(error.filename)!r} ({error.strerror}); nothing was changed, mend it and run again"
    ) from error
