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
from .formats.latex.encoding import declared_codec, decode_latex

MAX_DEPTH = 16
"""Files taken in by files taken in by …; TeX's own limit is 15."""

_MAX_FILES = 2_000
_MAX_PART = 64 * 1024 * 1024

_CODE = "verbatim|Verbatim|lstlisting|minted|comment|filecontents"
_COMMAND = re.compile(
    rf"""(?P<escaped>\\[\\%])
      | (?P<comment>%[^\n]*+)
      | (?P<code>\\begin\{{(?P<name>(?:{_CODE})\*?)\}})
      | \\(?P<import>(?:sub)?(?:import|inputfrom|includefrom))\*?[ \t]*+\{{(?P<folder>[^{{}}\n]*+)\}}[ \t]*+
            \{{(?P<file>[^{{}}\n]*+)\}}
      | \\(?P<command>input|include|subfile|subfileinclude)[ \t]*+\{{(?P<path>[^{{}}\n]*+)\}}
      | \\input[ \t]++(?P<bare>[^\s{{}}\\%]++)
      | \\bibliography[ \t]*+\{{(?P<bibliography>[^{{}}]*+)\}}
      | (?P<printed>\\printbibliography\b)
      | (?P<class>\\documentclass\b)
      | (?P<end>\\endinput\b)""",
    re.VERBOSE,
)
_BODY = re.compile(r"\\begin\{document\}(.*)\\end\{document\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A command that takes in a file.

    Attributes:
        start: where the command begins in its file.
        end: one past its last character.
        name: the file as written, without a folder of its own.
        folder: the folder that `\\import` names, else None.
        relative: whether that folder is meant from the file that names it, not from the main one.
        subfile: whether a document of its own may be taken in.
    """

    start: int
    end: int
    name: str
    folder: str | None = None
    relative: bool = False
    subfile: bool = False


@dataclass(frozen=True, slots=True)
class _Scan:
    """What a file takes in, and what it is."""

    text: str
    references: tuple[_Reference, ...]
    bibliographies: tuple[tuple[int, int], ...]
    is_document: bool
    end: int


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
    scans: dict[str, _Scan] = {}
    for name in sorted(files):
        try:
            scans[name] = _scan(_read(files[name]))
        except (OSError, QuarantineError):
            continue
    names = {os.path.realpath(files[name]): name for name in reversed(sorted(files))}
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
    scans: Mapping[str, _Scan],
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


@dataclass(slots=True)
class _Project:
    """Finds the files that references name.

    Attributes:
        root: real path of the folder that nothing leaves.
        names: known files, by real path.
    """

    root: Path
    names: Mapping[str, str]

    def targets(self, file: Path, main: Path, scan: _Scan) -> Iterator[tuple[_Reference, str]]:
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
    size: int = 0
    files: int = 0

    def add(self, text: str) -> None:
        self.size += len(text.encode("utf-8", "surrogatepass"))
        if self.size > self.max_bytes:
            raise QuarantineError(
                f"with the files that it takes in it is larger than {self.max_bytes} bytes; split it, or leave some out"
            )
        self.parts.append(text)

    def splice(self, text: str, file: Path, folder: Path | None, trail: tuple[str, ...]) -> None:
        """Add a file's text with its references replaced; `trail` holds the real paths of the files around it."""
        scan = _scanned(text)
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

    def _take_in(self, reference: _Reference, file: Path, folder: Path | None, trail: tuple[str, ...]) -> None:
        shown = PurePosixPath(reference.folder or "", reference.name).as_posix()
        inside = False
        for candidate in _candidates(reference, file, self.main, folder):
            real = Path(os.path.realpath(candidate))
            if not real.is_relative_to(self.root):
                continue
            inside = True
            if real.is_file():
                self._take_in_file(shown, real, _import_folder(reference, file, self.main) or folder, trail)
                return
        self._warn(shown, "it does not exist" if inside else "it lies outside of the ingested folder")

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
                text = decode_latex(_read(real, self.max_bytes), self.codec)
            except (OSError, QuarantineError) as error:
                self._warn(shown, str(error) if isinstance(error, QuarantineError) else "it cannot be read")
                return
            body = _BODY.search(text)
            self.splice(body.group(1) if body else text, real, folder, (*trail, str(real)))

    def _bibliography(self, command: str) -> None:
        """The `.bbl` file that LaTeX would read; without one the bibliography is simply not there."""
        path = self.main.with_suffix(".bbl")
        real = Path(os.path.realpath(path))
        if real.is_relative_to(self.root) and real.is_file():
            try:
                self.add(decode_latex(_read(real, self.max_bytes), self.codec))
                return
            except OSError:
                self._warn(path.name, "it cannot be read")
            except QuarantineError as error:
                self._warn(path.name, str(error))
        self.add(command)

    def _warn(self, name: str, reason: str) -> None:
        said = re.sub(r"[{}%\\]", "?", f"{name} was not taken in: {reason}")
        self.add(f"\\PackageWarning{{sota-rag}}{{{said}}}")


def _read(path: Path, max_bytes: int = _MAX_PART) -> bytes:
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise QuarantineError(f"it is larger than {max_bytes} bytes")
    return data


def _scan(data: bytes) -> _Scan:
    return _scanned(decode_latex(data))


def _scanned(text: str) -> _Scan:
    """The references of a file, without those in comments and in code, in one pass."""
    references: list[_Reference] = []
    bibliographies: list[tuple[int, int]] = []
    unclosed: set[str] = set()
    is_document = False
    position, end = 0, len(text)
    while found := _COMMAND.search(text, position):
        position = found.end()
        if name := found.group("name"):
            # What has no end here has none further on.
            closing = text.find(f"\\end{{{name}}}", position) if name not in unclosed else -1
            position = closing if closing >= 0 else position
            unclosed |= {name} if closing < 0 else set()
        elif found.group("end"):
            end = found.start()
            break
        elif found.group("class"):
            is_document = True
        elif found.group("bibliography") is not None or found.group("printed"):
            bibliographies.append(found.span())
        elif reference := _reference(found):
            references.append(reference)
    return _Scan(text, tuple(references), tuple(bibliographies), is_document, end)


def _reference(found: re.Match[str]) -> _Reference | None:
    command = found.group("import")
    if command:
        folder, name = found.group("folder").strip(), found.group("file").strip()
        return _Reference(*found.span(), name, folder, relative=command.startswith("sub")) if name else None
    name = (found.group("path") or found.group("bare") or "").strip().strip('"')
    subfile = (found.group("command") or "").startswith("subfile")
    return _Reference(*found.span(), name, subfile=subfile) if name else None


def _import_folder(reference: _Reference, file: Path, main: Path) -> Path | None:
    if reference.folder is None:
        return file.parent if reference.subfile else None
    return (file if reference.relative else main).parent / reference.folder


def _candidates(reference: _Reference, file: Path, main: Path, folder: Path | None) -> Iterator[Path]:
    """Where a reference may lead, most likely first; `folder` is that of the `\\import` around the file."""
    if "\0" in reference.name or "\\" in reference.name:
        return  # a macro in a path
    imported = None if reference.subfile else _import_folder(reference, file, main)
    bases = [imported] if imported else [base for base in (folder, main.parent, file.parent) if base]
    for base in dict.fromkeys(bases):
        for suffix in ("", ".tex") if reference.name.endswith((".tex", ".bbl", ".tikz", ".txt")) else (".tex", ""):
            yield base / (reference.name + suffix)
