"""The stages of reading a PDF, one after the other."""

from collections import Counter
from collections.abc import Sequence

import pypdfium2 as pypdfium

from ....index.blocks import BlockKind
from ....index.errors import QuarantineError
from ....index.types import Kind
from ...parsed import Parsed
from .assemble import assemble
from .columns import Column, find_columns, find_gutters, turned_column
from .contents import put_away_contents
from .draft import Draft
from .extract import extract, opened, require_readable
from .figures import in_parts
from .flow import joined_over_breaks
from .front import Front, find_front, front_height, is_prose, read_meta
from .furniture import without_furniture
from .headings import Mark, find_headings
from .joining import Vocabulary
from .outline import read_outline
from .page import Line, Page
from .paragraphs import split_column
from .pictures import body_text, without_overhang, without_text
from .references import mark_references
from .regions import Label, label_lines
from .tables import has_prose_cells


def parse_pdf(data: bytes) -> Parsed:
    """A PDF file.

    Raises:
        QuarantineError: it is empty, damaged, encrypted, a scan, or its text has no Unicode values.
    """
    with opened(data) as document:
        found = extract(document)
        require_readable(found)
        outline = read_outline(document)
        declared = _declared(document)
    pages, stamps = without_furniture(found.pages)
    gutters = find_gutters(pages)
    body = body_text(pages)
    pages = [without_overhang(without_text(page, body), gutter) for page, gutter in zip(pages, gutters, strict=True)]
    columns = _columns(pages, gutters)
    body_size = _body_size(columns)
    first = [column for column in columns if column.page == pages[0].number and not column.turned]
    front = find_front(columns, declared.get("Title", ""), body_size) if columns else Front()
    labels = _labels(pages, columns, body_size)
    marks = find_headings(columns, outline, labels, body_size, front.title, front.body)
    drafts = _drafts(columns, labels, marks, front)
    drafts = joined_over_breaks(mark_references(drafts))
    vocabulary = Vocabulary(line.text for column in columns for line in column.lines)
    text, blocks, layout = assemble(drafts, pages, vocabulary)
    if not text:
        raise QuarantineError("it has no text besides running heads; nothing in it can be indexed")
    meta = read_meta(front, [line for column in first for line in column.lines], stamps, declared)
    return Parsed(text, blocks, meta, tuple(found.warnings), Kind.PAPER, layout)


def _declared(document: pypdfium.PdfDocument) -> dict[str, str]:
    """The file's own metadata."""
    try:
        return document.get_metadata_dict(skip_empty=True)
    except (pypdfium.PdfiumError, UnicodeError):
        # Metadata in a broken encoding says nothing.
        return {}


def _columns(pages: Sequence[Page], gutters: Sequence[float | None]) -> list[Column]:
    found: list[Column] = []
    for page, gutter in zip(pages, gutters, strict=True):
        front = front_height(page) if page is pages[0] else 0.0
        found += find_columns(page, gutter, front) + turned_column(page)
    return found


def _body_size(columns: Sequence[Column]) -> float:
    """The font size of most characters."""
    sizes: Counter[float] = Counter()
    for column in columns:
        for line in column.lines:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _labels(pages: Sequence[Page], columns: Sequence[Column], body_size: float) -> dict[Line, Label]:
    by_page: dict[int, list[Column]] = {}
    for column in columns:
        by_page.setdefault(column.page, []).append(column)
    labels: dict[Line, Label] = {}
    for page in pages:
        labels |= label_lines(page, by_page.get(page.number, []), body_size)
    return labels


def _drafts(columns: Sequence[Column], labels: dict[Line, Label], marks: dict[Line, Mark], front: Front) -> list[Draft]:
    for line in front.title:
        marks.pop(line, None)
    if front.title:
        marks[front.title[0]] = Mark(1, "", len(front.title))
    unlabelled = {line: label for line, label in labels.items() if line not in marks and line not in front.title}
    drafts = [draft for column in columns for draft in split_column(column, unlabelled, marks)]
    behind = set(front.below) if front.body is not None else set[Line]()
    for draft in drafts:
        fronted = draft.kind is not BlockKind.HEADING and behind.issuperset(draft.lines)
        if fronted and not is_prose(draft.lines):
            draft.kind = BlockKind.METADATA
        turned = draft.column is not None and draft.column.turned
        prose_table = draft.kind is BlockKind.TABLE and has_prose_cells(draft.lines)
        if (draft.kind is BlockKind.FIGURE and not turned) or prose_table:
            draft.lines = in_parts(draft.lines)
    put_away_contents(drafts)
    return drafts
