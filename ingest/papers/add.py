"""PDFs that are on disk already into the folder of papers.

A file is copied (or hard-linked: ingestion leaves out symbolic links that lead out of a folder), hashed as it arrived,
and put in place under the name of its arXiv identifier or, without one, of its checksum.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from ...index.errors import UsageError
from ...index.types import Kind
from ..discover import discover
from ..metadata import DocumentMeta, merge
from .arxiv_id import ArxivId
from .download import PDF_MAGIC
from .durable import flush_file
from .errors import PaperError, UnreachableError
from .fetch import Catalogue, document_meta
from .folder import Library, State, new_record
from .outcome import Done, Outcome

_ARRIVING = ".arriving"
# Readers of PDF look for its mark this far.
_MAGIC_WITHIN = 1024
_SHA256_SHOWN = 16


def list_pdfs(paths: Iterable[Path]) -> list[Path]:
    """Files as given, and the PDFs below folders, hidden ones left out.

    Raises:
        UsageError: a path does not exist, or a folder holds no PDF.
        IngestError: a folder cannot be listed.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = [file.location for file in discover([path]) if file.location.suffix.lower() == ".pdf"]
            if not below:
                raise UsageError(f"{str(path)!r} holds no PDF; name a folder that does, or a file")
            files += below
        elif path.is_file():
            files.append(path)
        else:
            raise UsageError(f"{str(path)!r} does not exist; correct the path")
    return list(dict.fromkeys(files))


def add_papers(
    files: Iterable[Path],
    library: Library,
    *,
    paper: ArxivId | None = None,
    given: DocumentMeta = DocumentMeta(),
    link: bool = False,
    catalogue: Catalogue | None = None,
) -> list[Outcome]:
    """Add PDFs; one that fails does not keep the others.

    Args:
        files: PDFs, as `list_pdfs` lists them.
        library: where to.
        paper: identifier of the only file; by default the one that a file's name begins with.
        given: metadata that go before all other, of the only file.
        link: hard-link instead of copying.
        catalogue: asked for metadata and licences of the files that have an identifier; None asks nobody.

    Raises:
        UnreachableError: the catalogue cannot be asked; nothing was changed.
    """
    papers = {file: paper or ArxivId.from_file_stem(file.stem) for file in files}
    if catalogue:
        try:
            catalogue.look_up([found for found in dict.fromkeys(papers.values()) if found])
        except UnreachableError as error:
            raise UnreachableError(f"{error}; nothing was changed: leave out --lookup to add without it") from error
    outcomes = []
    for file, found in papers.items():
        try:
            outcomes.append(_add(file, found, library, given, link, catalogue))
        except PaperError as error:
            outcomes.append(Outcome(str(file), Done.FAILED, detail=str(error)))
        except OSError as error:
            outcomes.append(Outcome(str(file), Done.FAILED, detail=f"cannot be read or copied ({error.strerror})"))
    return outcomes


def _add(
    file: Path, paper: ArxivId | None, library: Library, given: DocumentMeta, link: bool, catalogue: Catalogue | None
) -> Outcome:
    _require_pdf(file)
    inside = file.resolve().parent == library.folder.resolve()
    arrived = file if inside else library.path(_ARRIVING)
    try:
        if not inside:
            _arrive(file, arrived, link=link)
        record = new_record(arrived, origin="added", source=file.name)
        name = paper.file_name if paper else f"sha256-{record.sha256[:_SHA256_SHOWN]}.pdf"
        if inside and file.name != name:
            raise PaperError(f"it lies in the folder of papers already; rename it to {name!r} there and add it again")
        same = library.same_contents(record.sha256)
        if same is not None:
            detail = "" if same == name else f"the same file as {same}"
            done = Done.UNCHANGED if same == name else Done.DUPLICATE
            return Outcome(str(file), done, same, library.records[same], detail=detail)
        _require_free(library, name, inside, given)
        looked_up = licence = None
        if paper:
            record = record.model_copy(update={"arxiv_id": paper.paper, "version": paper.version})
            if catalogue:
                looked_up = document_meta(catalogue.metadata(paper))
                licence = catalogue.licence(paper)
        meta = merge(given, looked_up, DocumentMeta(kind=Kind.PAPER, arxiv_id=paper.paper if paper else None))
        record = record.model_copy(update={"licence": licence})
        library.put(library.path(name) if inside else arrived, name, record, meta)
        detail = f"taken for arXiv {paper}" if paper else ""
        return Outcome(str(file), Done.ADDED, name, record, meta.title, detail)
    finally:
        if not inside:
            arrived.unlink(missing_ok=True)


def _require_pdf(file: Path) -> None:
    with file.open("rb") as opened:
        if PDF_MAGIC not in opened.read(_MAGIC_WITHIN):
            raise PaperError("it is no PDF; sota-rag ingest reads other formats where they lie")


def _require_free(library: Library, name: str, inside: bool, given: DocumentMeta) -> None:
    path, state = str(library.path(name)), library.state(name, verify=False)
    if not inside and state not in (State.ABSENT, State.MISSING):
        raise PaperError(f"{path!r} is there already with other contents and was not overwritten; move it away first")
    if given != DocumentMeta() and library.sidecar(name).exists():
        raise PaperError(f"its sidecar {str(library.sidecar(name))!r} is there already; edit that file instead")


def _arrive(file: Path, arrived: Path, *, link: bool) -> None:
    arrived.unlink(missing_ok=True)
    if not link:
        shutil.copyfile(file, arrived)
        flush_file(arrived)
        return
    try:
        os.link(file.resolve(), arrived)
    except OSError as error:
        raise PaperError(f"it cannot be linked from there ({error.strerror}); leave out --link to copy it") from error
