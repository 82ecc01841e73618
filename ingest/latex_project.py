r"""LaTeX documents of several files: which files are parts of which, and a document with its parts spliced in.

A project's parts are no documents of their own: `sections/method.tex` is found through the paper that takes it in.
Only the commands that take in files are looked for, outside comments and code, in one pass over each file; nothing
else of LaTeX is understood here.

A file that cannot be taken in leaves `\PackageWarning{sota-rag}{…}` in its place, a command that LaTeX itself has
and `formats.latex` passes on as a warning to the document's author.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ..index.errors import QuarantineError
from .files import open_regular
from .formats.latex.encoding import declared_codec, decode_latex
from .formats.latex.inputs import Reference, Scan, find_inputs

MAX_DEPTH = 16
"""Files taken in by files taken in by …; TeX's own limit is 15."""

_BEGIN, _END = "\\begin{document}", "\\end{document}"
_MAX_FILES = 2_000
_MAX_PART = 64 * 1024 * 1024


def parts_of(files: Mapping[str, Path], root: Path) -> dict[str, str]:
    r"""Which LaTeX files are parts of which documents.

    A file with `\documentclass` is a document, unless another one takes it in by `\subfile`. Any other file is a
    part of the first document, by name, that reaches it; a file that none reaches, and no other file takes in, is a
    document of its own, and so is one file of each circle that nothing else reaches. So each file is a document or a
    part of one, never neither.

    Args:
        files: the `.tex` files of one root: where each is read, by its name (its POSIX path below the root).
        root: the folder; nothing outside it is looked at.

    Returns:
        For each part the name of its document. Files that cannot be read or decoded are left to whoever reads them.
    """
    scans: dict[str, Scan] = {}
    for name in sorted(files):
        try:
            scans[name] = find_inputs(decode_latex(_read(files[name])))
        except (OSError, QuarantineError):
            continue
    names = {os.path.realpath(files[name]): name for name in sorted(files, reverse=True)}
    project = _Project(root, names)
    owner: dict[str, str] = {}
    subfiles: set[str] = set()
    taken: set[str] = set()
    for name, scan in scans.items():
        for reference, target in project.targets(files[name], files[name], scan):
            if target != name:
                taken.add(target)
                subfiles |= {target} if reference.subfile else set()
    documents = [name for name, scan in scans.items() if scan.is_document and name not in subfiles]
    unclaimed = [name for name in scans if name not in taken]
    # Documents first, then what nobody takes in, then what only circles hold together.
    for main in dict.fromkeys([*documents, *unclaimed, *scans]):
        if main not in owner:
            owner[main] = main
            _claim(main, files, scans, project, owner, set(documents))
    return {name: main for name, main in owner.items() if name != main}


def _claim(
    main: str,
    files: Mapping[str, Path],
    scans: Mapping[str, Scan],
    project: "_Project",
    owner: dict[str, str],
    documents: set[str],
) -> None:
    """Give a document all files that it reaches and that have no owner yet."""
    waiting = [main]
    while waiting:
        name = waiting.pop()
        for _, target in project.targets(files[name], files[main], scans[name]):
            if target in scans and target not in owner and target not in documents:
                owner[target] = main
                waiting.append(target)


class _TooLargeError(QuarantineError):
    """The whole is too large, which leaving out a part cannot mend."""


@dataclass(slots=True)
class _Project:
    """Finds the files that references name.

    Attributes:
        root: real path of the folder that nothing leaves.
        names: known files, by real path.
    """

    root: Path
    names: Mapping[str, str]

    def targets(self, file: Path, main: Path, scan: Scan) -> Iterator[tuple[Reference, str]]:
        """References of a file to known files."""
        for reference in scan.references:
            for candidate in _candidates(reference, file, main, None):
                if name := self.names.get(os.path.realpath(candidate)):
                    yield reference, name
                    break


def flatten(main: Path, root: Path, *, max_bytes: int) -> bytes:
    r"""A document with the files that it takes in spliced in, as UTF-8.

    `\input`, `\include`, `\subfile`, `\import` and `\subimport` are replaced by the content of their file, also
    within such a file, down to `MAX_DEPTH`; `\bibliography` by the `.bbl` file that lies beside the main file and has
    its name. Of a subfile only what stands between `\begin{document}` and `\end{document}` is taken. Names are
    looked for from the folder of the main file, then of the file that names them.

    What is missing, lies outside `root` (by its path or through a symbolic link), takes in itself, is nested too
    deep or is no text becomes a warning in the result (see the module), so the bytes differ once it can be read.
    A file is in UTF-8, or in the encoding that it or the main file declares with `inputenc`.

    Args:
        main: the document.
        root: the folder that nothing is read from outside.
        max_bytes: the most that the result may have.

    Raises:
        QuarantineError: the main file is no text, or the document is larger than `max_bytes`.
        OSError: the main file cannot be read.
    """
    data = _read(main, max_bytes)
    flattening = _Flattening(main, Path(os.path.realpath(root)), max_bytes, declared_codec(data))
    flattening.splice(decode_latex(data), main, None, (os.path.realpath(main),))
    return "".join(flattening.parts).encode()


@dataclass(slots=True)
class _Flattening:
    """A document being put together."""

    main: Path
    root: Path
    max_bytes: int
    codec: str | None
    parts: list[str] = field(default_factory=list)
    written: int = 0
    read: int = 0
    files: int = 0

    def add(self, text: str) -> None:
        """Add text to the result."""
        self.written += len(text.encode())
        self._check(self.written)
        self.parts.append(text)

    def _read(self, path: Path) -> str:
        data = _read(path, self.max_bytes)
        self.read += len(data)
        self._check(self.read)
        return decode_latex(data, self.codec)

    def _check(self, size: int) -> None:
        if size > self.max_bytes:
            raise _TooLargeError(
                f"with the files that it takes in it is larger than {self.max_bytes} bytes; split it, or leave some out"
            )

    def splice(self, text: str, file: Path, folder: Path | None, trail: tuple[str, ...]) -> None:
        """Add a file's text with its references replaced; `trail` holds the real paths of the files around it."""
        scan = find_inputs(text)
        replaced = sorted(
            [*((reference.start, reference.end, reference) for reference in scan.references)]
            + [(start, end, None) for start, end in scan.bibliographies],
            key=lambda found: found[:2],
        )
        position = 0
        for start, end, reference in replaced:
            self.add(text[position:start])
            position = end
            if reference is None:
                self._bibliography(text[start:end])
            else:
                self._take_in(reference, file, folder, trail)
        self.add(text[position : scan.end])

    def _take_in(self, reference: Reference, file: Path, folder: Path | None, trail: tuple[str, ...]) -> None:
        shown = PurePosixPath(reference.folder or "", reference.name).as_posix()
        outside = False
        for candidate in _candidates(reference, file, self.main, folder):
            real = Path(os.path.realpath(candidate))
            if not real.is_relative_to(self.root):
                outside = True
            elif _is_file(real):
                self._take_in_file(shown, real, _import_folder(reference, file, self.main) or folder, trail)
                return
        self._warn(shown, "it lies outside of the ingested folder" if outside else "it does not exist")

    def _take_in_file(self, shown: str, real: Path, folder: Path | None, trail: tuple[str, ...]) -> None:
        self.files += 1
        if str(real) in trail:
            self._warn(shown, "it takes in itself")
        elif len(trail) > MAX_DEPTH:
            self._warn(shown, f"files are nested deeper than {MAX_DEPTH}")
        elif self.files > _MAX_FILES:
            self._warn(shown, f"more than {_MAX_FILES} files are taken in")
        else:
            try:
                text = self._read(real)
            except _TooLargeError:
                raise
            except (OSError, QuarantineError) as error:
                self._warn(shown, str(error) if isinstance(error, QuarantineError) else "it cannot be read")
                return
            self.splice(_body(text), real, folder, (*trail, str(real)))

    def _bibliography(self, command: str) -> None:
        """The `.bbl` file that LaTeX would read; without one the bibliography is simply not there."""
        path = self.main.with_suffix(".bbl")
        real = Path(os.path.realpath(path))
        if real.is_relative_to(self.root) and _is_file(real):
            try:
                self.add(self._read(real))
                return
            except _TooLargeError:
                raise
            except OSError:
                self._warn(path.name, "it cannot be read")
            except QuarantineError as error:
                self._warn(path.name, str(error))
        self.add(command)

    def _warn(self, name: str, reason: str) -> None:
        said = re.sub(r"[{}%\\]", "?", f"{name} was not taken in: {reason}")
        self.add(f"\\PackageWarning{{sota-rag}}{{{said}}}")


def _body(text: str) -> str:
    """What a file adds to a document: of a document of its own what stands in its body."""
    start, end = text.find(_BEGIN), text.rfind(_END)
    return text[start + len(_BEGIN) : end] if 0 <= start < end else text


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _read(path: Path, max_bytes: int = _MAX_PART) -> bytes:
    with open_regular(path) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise QuarantineError(f"it is larger than {max_bytes} bytes")
    return data


def _import_folder(reference: Reference, file: Path, main: Path) -> Path | None:
    if reference.folder is None:
        return file.parent if reference.subfile else None
    return (file if reference.relative else main).parent / reference.folder


def _candidates(reference: Reference, file: Path, main: Path, folder: Path | None) -> Iterator[Path]:
    r"""Where a reference may lead, most likely first; `folder` is that of the `\import` around the file."""
    if "\0" in reference.name or "\\" in reference.name:
        return  # a macro in a path
    imported = None if reference.subfile else _import_folder(reference, file, main)
    bases = [imported] if imported else [base for base in (folder, main.parent, file.parent) if base]
    for base in dict.fromkeys(bases):
        for suffix in ("", ".tex") if reference.name.endswith((".tex", ".bbl", ".tikz", ".txt")) else (".tex", ""):
            yield base / (reference.name + suffix)
