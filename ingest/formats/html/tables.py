"""The grid of a table, and whether it is one: tables also lay pages out and number formulas."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from ..flow import pipe_rows
from .walker import Walker, kind_within

_MAX_COLUMNS = 100
_MAX_ROWSPAN = 50
_REPEATED = 40
"""Longest cell, in code points, that is said again in each of the rows it spans."""

_NOT_IN_CELLS = frozenset("table pre h1 h2 h3 h4 h5 h6 blockquote figure".split())
_ENTRIES = frozenset({BlockKind.FOOTNOTE, BlockKind.REFERENCE_LIST})
_PARTS = frozenset({"thead", "tbody", "tfoot"})


@dataclass(slots=True)
class _Spanning:
    """A cell that reaches into rows below: how many more, and what it says there."""

    rows: int
    text: str


def table(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `table`, of data or of the page's layout, or of footnotes as older docutils has them."""
    walker.flush(kind)
    within = kind_within(element, kind)
    if within in _ENTRIES:
        for row in rows_of(element):
            walker.add(within, " ".join(walker.text_of(cell) for cell in row if is_cell(cell)))
        return
    if is_layout(element):
        walker.children(element, kind)
        walker.flush(kind)
        return
    for caption in element.iterfind("caption"):
        walker.add(BlockKind.CAPTION, walker.text_of(caption))
    walker.add(BlockKind.TABLE, table_text(element, walker.text_of))


def is_row(element: HtmlElement) -> bool:
    """Whether it is a table's row; LaTeXML writes tables within a line as spans."""
    return element.tag == "tr" or "ltx_tr" in element.get("class", "").split()


def is_cell(element: HtmlElement) -> bool:
    """Whether it is a cell."""
    return element.tag in ("td", "th") or "ltx_td" in element.get("class", "").split()


def rows_of(table: HtmlElement) -> Iterator[HtmlElement]:
    """The rows of a table itself, not of those within it."""
    for child in table:
        if is_row(child):
            yield child
        elif child.tag in _PARTS or "ltx_tbody" in child.get("class", "") or "ltx_thead" in child.get("class", ""):
            yield from (row for row in child if is_row(row))


def is_layout(table: HtmlElement) -> bool:
    """Whether a table only places things on the page: it has one column, or cells that hold a document's parts."""
    if table.get("role") in ("presentation", "none"):
        return True
    if _has_strays(table):
        return True
    columns = max((sum(is_cell(cell) for cell in row) for row in rows_of(table)), default=0)
    return columns < 2 or any(True for _ in _inner(table))


def _has_strays(table: HtmlElement) -> bool:
    """Whether there is text outside the cells, which only a broken table has."""
    parts = [table, *(part for part in table if part.tag in _PARTS), *rows_of(table)]
    texts = (text for part in parts for text in (part.text, *(child.tail for child in part)))
    return any(text and not text.isspace() for text in texts)


def _inner(table: HtmlElement) -> Iterator[HtmlElement]:
    return (element for element in table.iterdescendants() if element.tag in _NOT_IN_CELLS)


def table_text(table: HtmlElement, say: Callable[[HtmlElement], str]) -> str:
    """A table as rows between pipes; `say` gives the text of a cell."""
    rows: list[list[str]] = []
    header_rows = 0
    spanning: dict[int, _Spanning] = {}
    for element in rows_of(table):
        cells = [cell for cell in element if is_cell(cell)]
        row = _row(cells, spanning, say)
        if header_rows == len(rows) and _is_header(element, cells):
            header_rows += 1
        rows.append(row)
    width = max((len(row) for row in rows), default=0)
    return pipe_rows([row + [""] * (width - len(row)) for row in rows], header_rows=header_rows)


def _row(cells: list[HtmlElement], spanning: dict[int, _Spanning], say: Callable[[HtmlElement], str]) -> list[str]:
    row: list[str] = []

    def fill() -> None:
        while (above := spanning.get(len(row))) is not None:
            above.rows -= 1
            if above.rows == 0:
                del spanning[len(row)]
            row.append(above.text)

    for cell in cells:
        fill()
        text = say(cell)
        rows = _span(cell, "rowspan", _MAX_ROWSPAN)
        columns = min(_span(cell, "colspan", _MAX_COLUMNS), max(1, _MAX_COLUMNS - len(row)))
        for part in [text] + [""] * (columns - 1):
            if rows > 1 and len(row) < _MAX_COLUMNS:
                spanning[len(row)] = _Spanning(rows - 1, part if len(part) <= _REPEATED else "")
            row.append(part)
    fill()
    return row


def _span(cell: HtmlElement, name: str, most: int) -> int:
    value = cell.get(name, "").strip()
    return max(1, min(int(value), most)) if value.isdecimal() and len(value) <= 6 else 1


def _is_header(row: HtmlElement, cells: list[HtmlElement]) -> bool:
    parent = row.getparent()
    within_head = parent is not None and (parent.tag == "thead" or "ltx_thead" in parent.get("class", ""))
    return within_head or (bool(cells) and all(cell.tag == "th" for cell in cells))
