"""A block in the making: the lines it consists of, before its text has been put together."""

from dataclasses import dataclass, field

from ....index.blocks import BlockKind
from .columns import Column
from .page import Line


@dataclass(slots=True)
class Draft:
    """Lines that make a block.

    Attributes:
        kind: what it is.
        lines: in reading order.
        column: where it stands; a block that goes on in the next column keeps its first.
        level: a heading's level from 1.
        title: a heading's title as its outline has it, or empty.
        indented: whether its first line is, which begins a paragraph even behind a column's end.
    """

    kind: BlockKind
    lines: list[Line] = field(default_factory=list)
    column: Column | None = None
    level: int = 0
    title: str = ""
    indented: bool = False

    @property
    def size(self) -> float:
        """Font size of its first line."""
        return self.lines[0].size
