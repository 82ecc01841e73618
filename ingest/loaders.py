"""From a file's bytes to a document and its blocks, by the file's suffix."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import PurePath

from ..index.blocks import Block, BlockKind
from ..index.errors import QuarantineError
from ..index.layout import Layout
from ..index.practices import Practice
from ..index.types import Document, DocumentInfo, Status
from .metadata import DocumentMeta, merge
from .parsed import Parsed

LOADER_VERSION = "6"
"""Raise it whenever the same bytes would give another text, other blocks or other metadata."""

FORMATS = {
    ".md": "markdown:parse_md",
    ".markdown": "markdown:parse_md",
    ".mdx": "markdown:parse_mdx",
    ".pdf": "pdf:parse_pdf",
    ".html": "html:parse_html",
    ".htm": "html:parse_html",
    ".xhtml": "html:parse_html",
    ".tex": "latex:parse_latex",
    ".ipynb": "notebook:parse_notebook",
    ".rst": "rst:parse_rst",
    ".txt": "plain:parse_plain",
    ".yaml": "registry:parse_registry",
    ".yml": "registry:parse_registry",
}
"""The registry: a new format is a line here and, in `formats`, a module with a function from bytes to `Parsed`."""

SUFFIXES = frozenset(FORMATS)


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A document with what was found in it: blocks, pages, practices, and what its author should know, in words."""

    document: Document
    blocks: tuple[Block, ...]
    warnings: tuple[str, ...] = ()
    layout: Layout | None = None
    practices: tuple[Practice, ...] = ()


@cache
def parser_of(suffix: str) -> Callable[[bytes], Parsed]:
    """The parser of a suffix such as `.pdf`; its library is imported only now."""
    module, _, function = FORMATS[suffix].partition(":")
    return getattr(import_module(f".formats.{module}", __package__), function)


def load(
    path_or_name: str,
    data: bytes,
    *,
    document_id: str,
    source: str,
    sidecar: DocumentMeta | None,
    flags: DocumentMeta,
) -> LoadedDocument:
    """Read a document; the sidecar's word goes before the document's own, and that before the flags'.

    Raises:
        QuarantineError: the format is unknown, or the file is empty, damaged, or has nothing to read in it.
        IgnoredError: the file is sound but is no document.
    """
    name = PurePath(path_or_name)
    if name.suffix.lower() not in FORMATS:
        raise QuarantineError(f"its format {name.suffix!r} is not supported; known are {', '.join(FORMATS)}")
    parsed = parser_of(name.suffix.lower())(data)
    if all(block.kind is BlockKind.METADATA for block in parsed.blocks):
        raise QuarantineError("it holds metadata or markup only; nothing in it can be indexed")
    meta = merge(sidecar, parsed.meta, flags)
    info = DocumentInfo(
        id=document_id,
        source=source,
        title=meta.title or title_of(parsed.blocks) or name.stem,
        kind=meta.kind or parsed.kind,
        published=meta.published,
        status=meta.status or Status.UNKNOWN,
        authors=meta.authors,
        arxiv_id=meta.arxiv_id,
        sha256=hashlib.sha256(parsed.text.encode()).hexdigest(),
    )
    practices = tuple(replace(practice, document_id=document_id) for practice in parsed.practices)
    return LoadedDocument(Document(info, parsed.text), tuple(parsed.blocks), parsed.warnings, parsed.layout, practices)


def title_of(blocks: list[Block]) -> str | None:
    """Title of the first heading of level 1, else of the first heading, else None."""
    headings = [block for block in blocks if block.kind is BlockKind.HEADING and block.title]
    first = [block for block in headings if block.level == 1] or headings
    return first[0].title if first else None
