"""Typed blocks: what every loader emits, the one chunker works on, and a reader is shown."""

from dataclasses import dataclass
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block is. `metadata` is whatever nobody reads: front matter, imports, labels, running heads."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"
    FORMULA = "formula"
    QUOTE = "quote"
    CAPTION = "caption"
    FOOTNOTE = "footnote"
    FIGURE = "figure"
    OUTPUT = "output"
    HTML = "html"
    METADATA = "metadata"
    REFERENCE_LIST = "reference_list"


ATOMIC = frozenset({BlockKind.TABLE, BlockKind.CODE, BlockKind.FORMULA})
"""Kinds that lose their meaning when cut; the chunker cuts them only when they alone exceed the window."""


@dataclass(frozen=True, slots=True)
class Block:
    """A leaf of a document's structure.

    Attributes:
        kind: what it is.
        start: first code point in the canonical text.
        end: one past the last; whole lines, without the trailing newline.
        level: a heading's level from 1, else 0.
        title: a heading's plain text without markup, else empty.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    title: str = ""
