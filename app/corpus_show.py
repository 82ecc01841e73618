"""A document as it was read and cut, in lines for a terminal."""

from collections.abc import Iterator, Sequence
from itertools import chain

from ..index.blocks import Block, BlockKind
from ..index.layout import PageSpan
from ..index.types import DocumentInfo, Passage
from .corpus_lookup import Subject
from .terminal import excerpt, line_width, table

_KIND, _PAGE = 16, 8
"""Columns of a block's kind and page."""


def listing_lines(documents: Sequence[DocumentInfo], passages: Sequence[int]) -> list[str]:
    """Every document of an index, a line each."""
    wide = max((len(info.id) for info in documents), default=0)
    return [
        f"{info.id:<{wide}}  {count:>5}  {excerpt(info.title, max(20, line_width() - wide - 9))}"
        for info, count in zip(documents, passages, strict=True)
    ]


def head_lines(subject: Subject) -> list[str]:
    """What is known of the document as a whole."""
    info, text = subject.document.info, subject.document.text
    pages = f"{len(subject.layout.sizes):,} pages, " if subject.layout else ""
    tokens = sum(passage.token_count for passage in subject.passages)
    size = (
        f"{len(text):,} characters, {pages}{len(subject.blocks):,} blocks, "
        f"{len(subject.passages):,} passages of {tokens:,} tokens"
    )
    rows = [
        ("title", info.title),
        ("kind", info.kind),
        ("date", info.published or "none"),
        ("status", info.status),
        ("authors", "; ".join(info.authors)),
        ("arXiv", info.arxiv_id or ""),
        ("source", info.source if info.source != info.id else ""),
        ("size", size),
        ("from", subject.origin),
        *(("warning", warning) for warning in subject.warnings),
    ]
    return [info.id, *table((label, value) for label, value in rows if value)]


def cut_lines(subject: Subject, *, blocks: bool = True, passages: bool = True, full: bool = False) -> Iterator[str]:
    """Blocks in order, with a rule where each passage begins.

    Args:
        subject: the document.
        blocks: whether there is a line for each block.
        passages: whether there is a rule for each passage.
        full: whether a rule is followed by the passage's text.
    """
    coming = chain(subject.passages if passages else (), [None])
    passage = next(coming)

    def rule(at: Passage) -> Iterator[str]:
        yield from ("", passage_line(at))
        if full:
            yield from (f"  {line}".rstrip() for line in at.text.split("\n"))

    for block in subject.blocks if blocks else ():
        while passage is not None and passage.start <= block.start:
            yield from rule(passage)
            passage = next(coming)
        yield _block_line(block, subject)
        while passage is not None and passage.start < block.end:
            # The block alone exceeds the window.
            yield from rule(passage)
            yield _line(subject, passage.start, block.end, f"… {block.kind}")
            passage = next(coming)
    while passage is not None:
        yield from rule(passage)
        passage = next(coming)


def at_lines(subject: Subject, offset: int) -> list[str]:
    """The block and the passage around an offset, and where they stand on their page."""
    text = subject.document.text
    block, passage = around(subject.blocks, offset), around(subject.passages, offset)
    line = text.count("\n", 0, offset) + 1
    lines = [f"offset {offset:,} of {len(text):,}, line {line:,} of the text: {_marked(text, offset)}"]
    for name, found in (("block", block), ("passage", passage)):
        lines.append("")
        if found is None:
            lines.append(f"{name}: none, nothing of it is {'text' if name == 'block' else 'searched'} there")
            continue
        lines.append(_block_line(found, subject) if isinstance(found, Block) else passage_line(found))
        lines += [f"  {line}".rstrip() for line in text[found.start : found.end].split("\n")]
        if subject.layout:
            lines += ["", *(region_line(region) for region in subject.layout.regions(found.start, found.end))]
    return lines


def around(spans: Sequence[Block] | Sequence[Passage], offset: int) -> Block | Passage | None:
    """The block or passage that holds an offset."""
    return next((span for span in spans if span.start <= offset < span.end), None)


def passage_line(passage: Passage) -> str:
    """The rule at the beginning of a passage."""
    page = f" · p. {passage.page}" if passage.page else ""
    line = (
        f"── passage {passage.ordinal} · {passage.start:,}–{passage.end:,} · {passage.token_count} tokens{page} · "
        f"{passage.role}"
    )
    path = " > ".join(passage.heading_path)
    room = line_width() - len(line) - 3
    return (
        f"{line} · {path if len(path) <= room else '…' + path[len(path) - room + 1 :]}" if path and room > 12 else line
    )


def region_line(region: PageSpan) -> str:
    """A rectangle in points from the page's upper left corner."""
    return f"  p. {region.page}  x {region.x0:.1f}–{region.x1:.1f}  y {region.y0:.1f}–{region.y1:.1f} pt"


def _block_line(block: Block, subject: Subject) -> str:
    kind = f"{block.kind} {block.level}" if block.level else str(block.kind)
    # Nobody reads metadata: it is in no passage.
    return _line(subject, block.start, block.end, f"{kind} ×" if block.kind is BlockKind.METADATA else kind)


def _line(subject: Subject, start: int, end: int, kind: str) -> str:
    text, layout = subject.document.text, subject.layout
    wide = len(f"{len(text):,}")
    page = f"{f'p. {layout.page_at(start)}':<{_PAGE}}" if layout else ""
    lead = f"  {start:>{wide},}–{end:<{wide},}  {kind:<{_KIND}}{page}"
    # Of a block only the head is copied: it may be megabytes long.
    head = text[start : min(end, start + 8 * line_width())]
    return f"{lead}{excerpt(head, max(20, line_width() - len(lead)))}".rstrip()


def _marked(text: str, offset: int) -> str:
    """The words around an offset, which is marked."""
    before, after = text[max(0, offset - 30) : offset], text[offset : offset + 30]
    return f"…{' '.join(before.split(' '))}⟦{after[:1]}⟧{after[1:]}…".replace("\n", "⏎")
