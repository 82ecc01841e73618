"""From a file's bytes to a document and its blocks, by the file's suffix."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from ..index.errors import QuarantineError
from ..index.types import Document, DocumentInfo, Kind, Status
from .blocks import Block, BlockKind
from .markdown import parse_markdown, title_of
from .metadata import DocumentMeta, merge, read_front_matter
from .normalise import canonical_text, decode, require_text

LOADER_VERSION = "1"
"""Raise it whenever the same bytes would give another text, other blocks or other metadata."""


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A document, its blocks, and what its author should know about it, in words."""

    document: Document
    blocks: tuple[Block, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a format's parser finds: canonical text, its blocks, declared metadata, warnings."""

    text: str
    blocks: list[Block]
    meta: DocumentMeta
    warnings: tuple[str, ...] = ()
    kind: Kind = Kind.OTHER


def _markdown(data: bytes) -> Parsed:
    return _parsed_markdown(data, mdx=False)


def _mdx(data: bytes) -> Parsed:
    return _parsed_markdown(data, mdx=True)


def _parsed_markdown(data: bytes, *, mdx: bool) -> Parsed:
    text = require_text(canonical_text(decode(data)))
    meta, warnings = read_front_matter(text)
    return Parsed(text, parse_markdown(text, mdx=mdx), meta, warnings, Kind.GUIDE)


PARSERS: dict[str, Callable[[bytes], Parsed]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".mdx": _mdx,
}
"""The registry: a new format is a line here and a function from bytes to `Parsed`."""

SUFFIXES = frozenset(PARSERS)


def load(
    path_or_name: str,
    data: bytes,
    *,
    document_id: str,
    source: str,
    sidecar: DocumentMeta | None,
    flags: DocumentMeta,
) -> LoadedDocument:
    """Read a document; the sidecar's word goes before the front matter's, and that before the flags'.

    Raises:
        QuarantineError: the format is unknown, or the file is empty, not text, or has nothing to read in it.
    """
    name = PurePath(path_or_name)
    parser = PARSERS.get(name.suffix.lower())
    if parser is None:
        raise QuarantineError(f"its format {name.suffix!r} is not supported; known are {', '.join(PARSERS)}")
    parsed = parser(data)
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
    return LoadedDocument(Document(info, parsed.text), tuple(parsed.blocks), parsed.warnings)
