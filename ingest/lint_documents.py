"""Checks of one document by itself."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from ..index.blocks import Block, BlockKind
from ..index.structure import blocks_of
from ..index.types import Document, DocumentInfo, Kind, Role, Status
from .entries import Entry
from .findings import Finding
from .places import Places

_MARKDOWN = frozenset({".md", ".markdown"})
_FRAGMENT_TOKENS = 32
_FRAGMENT_SHARE, _FRAGMENTS = 0.25, 4
_LONG_SECTION_CHARS = 20_000
# A document of a page or so needs no headings.
_PLAIN_PASSAGES = 4
# A document may well quote one of them.
_GARBLED, _GARBLED_SHARE = 5, 0.0005
_GARBAGE = re.compile("[\ufffd\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff]")
# The first submission of an id in the new scheme is the month that it names; a publisher's date may be years later.
_ARXIV_MONTH = re.compile(r"(\d\d)(\d\d)\.\d{4,5}")
_YEARS_LATER = 4
# A target in angle brackets or without spaces, perhaps followed by a title; never across lines.
_LINK = re.compile(
    r"\]\((?:<([^<>\n]{1,1000})>|([^\s()<>]{1,1000}))"
    r"(?:[ \t]+(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|\([^()\n]{0,200}\)))?[ \t]*\)"
)
# Possessive, and from the first backtick only: a long run of them costs no more than its length.
_CODE_SPAN = re.compile(r"(?<!`)(`++)[^`\n]{1,1000}\1")
_NO_FILE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|/|\{|<", re.IGNORECASE)


def document_findings(entry: Entry, document: Document, *, roots: Collection[Path]) -> Iterator[Finding]:
    """What is to be said of a document.

    Args:
        entry: its file.
        document: the document.
        roots: folders in which the targets of its links are looked for; what leads out of them is not looked at.
    """
    blocks, place = blocks_of(entry.structure), Places(entry, document)
    yield from _metadata(entry, document.info, blocks)
    yield from _structure(entry, document, blocks, place)
    yield from _garbled(document, place)
    if roots and entry.file.location.suffix.lower() in _MARKDOWN:
        yield from _links(entry, document, blocks, place, roots)


def _metadata(entry: Entry, info: DocumentInfo, blocks: Sequence[Block]) -> Iterator[Finding]:
    for warning in entry.warnings:
        code = "metadata-ignored" if warning.startswith("front matter") else "reading"
        yield Finding(code, info.id, warning)
    if info.title == PurePosixPath(entry.file.path).stem and not any(block.title == info.title for block in blocks):
        yield Finding("no-title", info.id, f"is called {info.title!r} for want of a title")
    if not info.published:
        yield Finding("no-date", info.id, "has no date")
    if info.status is Status.UNKNOWN and info.kind is not Kind.REGISTRY:
        yield Finding("no-status", info.id, "has no status")
    born = arxiv_year(info.arxiv_id or "")
    if info.year and born and not born <= info.year <= born + _YEARS_LATER:
        message = f"is dated {info.published}, and its arXiv id {info.arxiv_id} was given in {born}"
        yield Finding("year-against-arxiv", info.id, message)


def arxiv_year(arxiv_id: str) -> int | None:
    """Year in which an arXiv id was given; None for one that is none.

    Since April 2007 ids are YYMM.NNNNN; before, ARCHIVE/YYMMNNN from 1991 on.
    """
    if found := _ARXIV_MONTH.fullmatch(arxiv_id):
        return 2000 + int(found.group(1)) if 1 <= int(found.group(2)) <= 12 else None
    digits = arxiv_id.rpartition("/")[2]
    if "/" not in arxiv_id or not digits[:2].isdecimal():
        return None
    short = int(digits[:2])
    return 1900 + short if short > 90 else 2000 + short


def _structure(entry: Entry, document: Document, blocks: Sequence[Block], place: Places) -> Iterator[Finding]:
    info = document.info
    body = [passage for passage in entry.passages if passage.role is Role.BODY]
    short = [passage for passage in body if passage.token_count < _FRAGMENT_TOKENS]
    if len(short) >= _FRAGMENTS and len(short) > _FRAGMENT_SHARE * len(body):
        message = f"{len(short)} of {len(body)} passages have fewer than {_FRAGMENT_TOKENS} tokens"
        yield place.finding("fragments", short[0].start, message)
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    if not headings and len(body) >= _PLAIN_PASSAGES:
        yield Finding("no-headings", info.id, f"has no heading in {len(body)} passages")
    bounds = [*(block.start for block in headings), len(document.text)]
    titles = [block.title for block in headings]
    for title, (start, end) in zip(titles, pairwise(bounds), strict=True):
        if end - start > _LONG_SECTION_CHARS:
            yield place.finding("long-section", start, f"section {title!r} has {end - start:,} characters")


def _garbled(document: Document, place: Places) -> Iterator[Finding]:
    found = list(_GARBAGE.finditer(document.text))
    if len(found) >= _GARBLED and len(found) > _GARBLED_SHARE * len(document.text):
        kinds = ", ".join(f"U+{ord(char):04X}" for char in sorted({match.group() for match in found})[:4])
        message = f"{len(found):,} of {len(document.text):,} characters are no text ({kinds})"
        yield place.finding("garbled-text", found[0].start(), message)


def _links(
    entry: Entry, document: Document, blocks: Sequence[Block], place: Places, roots: Collection[Path]
) -> Iterator[Finding]:
    """Links to files below a root that are not there."""
    location = entry.file.location
    text = document.text
    for block in blocks:
        if block.kind in (BlockKind.CODE, BlockKind.METADATA, BlockKind.HTML, BlockKind.FORMULA):
            continue
        # Blanks of the same length keep the offsets.
        prose = _CODE_SPAN.sub(lambda span: " " * len(span.group()), text[block.start : block.end])
        for link in _LINK.finditer(prose):
            written = link.group(1) or link.group(2)
            if not _NO_FILE.match(written) and _is_broken(written, location.parent, roots):
                yield place.finding("broken-link", block.start + link.start(), f"link to {written!r}")


def _is_broken(written: str, folder: Path, roots: Collection[Path]) -> bool:
    name = unquote(written.partition("#")[0].partition("?")[0])
    if not name or "\0" in name:
        return False
    # Lexically, before the disk is asked: the text of a document decides about no file outside the corpus.
    target = Path(os.path.normpath(folder / name))
    if not any(target.is_relative_to(root) for root in roots):
        return False
    try:
        return not target.exists()
    except OSError:
        # A name that the file system cannot even hold.
        return True
