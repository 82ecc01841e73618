"""The flow of a structured document (HTML, reStructuredText) as text: paragraphs, lists with markers, tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...index.blocks import BlockKind
from ..parsed import TextBuilder

_MAX_INDENT = 12
"""Columns; deeper lists are not indented further, or a hostile one would grow with the square of its depth."""

_LIST_TEXT = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.QUOTE})


@dataclass(slots=True)
class _Item:
    """An open list item; its marker is shown once, before its first text."""

    marker: str
    indent: int
    shown: bool = False


@dataclass(slots=True)
class Flow:
    """Text that grows as a document is walked; lines of a list are held back until it ends, and are one block."""

    builder: TextBuilder = field(default_factory=TextBuilder)
    _items: list[_Item] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    @property
    def in_item(self) -> bool:
        """Whether a list item is open."""
        return bool(self._items)

    def open_item(self, marker: str) -> None:
        """Begin a list item, within the one that is open."""
        outer = self._items[-1] if self._items else None
        indent = outer.indent + len(outer.marker) + 1 if outer else 0
        self._items.append(_Item(marker, min(indent, _MAX_INDENT)))

    def close_item(self) -> None:
        """End the innermost item; with the outermost one may end its list, which `say` or `finish` notices."""
        self._items.pop()

    def end_list(self) -> None:
        """End a list; one within another goes on with it."""
        if not self._items:
            self._flush()

    def say(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        """Add text in reading form; prose within a list item becomes lines of the list, a heading loses its rank."""
        if not text or text.isspace():
            return
        if not self._items:
            self._flush()
            self.builder.add(kind, text, level=level)
            return
        if kind in _LIST_TEXT or kind is BlockKind.HEADING:
            self._add_lines(text.strip())
            return
        self._flush()
        marker = self._marker() if kind in (BlockKind.REFERENCE_LIST, BlockKind.FOOTNOTE) else ""
        self.builder.add(kind, f"{marker} {text.strip()}" if marker else text)

    def finish(self) -> TextBuilder:
        """End whatever is open, and hand over what was built."""
        self._items.clear()
        self._flush()
        return self.builder

    def _add_lines(self, text: str) -> None:
        item = self._items[-1]
        fresh, marker = not item.shown, self._marker()
        head = " " * item.indent + marker + " " * bool(marker)
        pad = " " * min(item.indent + len(item.marker) + 1, _MAX_INDENT)
        if self._lines and not fresh:
            self._lines.append("")
        first, *rest = text.split("\n")
        self._lines.append((head if fresh else pad) + first)
        self._lines += [pad + line for line in rest]

    def _marker(self) -> str:
        """The innermost item's marker if it has not been shown; those around it are then past showing."""
        marker = "" if self._items[-1].shown else self._items[-1].marker
        for item in reversed(self._items):
            if item.shown:
                break
            item.shown = True
        return marker

    def _flush(self) -> None:
        if self._lines:
            self.builder.add(BlockKind.LIST, "\n".join(self._lines))
            self._lines.clear()


def pipe_rows(rows: Sequence[Sequence[str]], *, header_rows: int) -> str:
    """A table as Markdown rows: cells on one line, `|` escaped, a rule below the header; empty rows left out."""
    kept = [(number < header_rows, row) for number, row in enumerate(rows) if any(row)]
    lines: list[str] = []
    for position, (header, row) in enumerate(kept):
        lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |")
        last_header = header and (position + 1 == len(kept) or not kept[position + 1][0])
        if last_header and position + 1 < len(kept):
            lines.append("|" + "---|" * len(row))
    return "\n".join(lines)
