"""Blocks to canonical text, with the place of each line on its page."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ....index.blocks import Block, BlockKind
from ....index.layout import Layout, PageSpan
from ...normalise import canonical_text
from .draft import Draft
from .joining import Piece, Vocabulary, join_formula, join_lines, join_rows, one_line
from .page import Box, Page
from .tables import cells

_LINE_BY_LINE = frozenset({BlockKind.CODE, BlockKind.FIGURE, BlockKind.METADATA})


@dataclass(slots=True)
class Assembled:
    """Text that grows block by block, a blank line apart, and where it stands."""

    blocks: list[Block] = field(default_factory=list)
    spans: list[PageSpan] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, draft: Draft, text: str, pieces: Sequence[Piece], pages: Sequence[Page]) -> None:
        """Append a block; one without text leaves no trace."""
        if not text:
            return
        if self.parts:
            self.parts.append("\n\n")
            self.length += 2
        start = self.length
        heading = draft.kind is BlockKind.HEADING
        title = one_line(text).rstrip("—–: ") if heading else ""
        self.blocks.append(Block(draft.kind, start, start + len(text), max(1, draft.level) if heading else 0, title))
        self.parts.append(text)
        self.length += len(text)
        for piece in pieces:
            box = pages[piece.page - 1].frame.displayed(piece.box)
            self.spans.append(PageSpan(start + piece.start, start + piece.end, piece.page, *_rounded(box)))


def assemble(drafts: Sequence[Draft], pages: Sequence[Page], vocabulary: Vocabulary) -> tuple[str, list[Block], Layout]:
    """Canonical text, its blocks, and the boxes of its lines."""
    built = Assembled()
    for draft in drafts:
        built.add(draft, *text_of(draft, vocabulary), pages)
    text = "".join(built.parts)
    assert canonical_text(text) == text, "every line is canonical, and no two compose"
    sizes = tuple((round(page.frame.width, 2), round(page.frame.height, 2)) for page in pages)
    return text, built.blocks, Layout(sizes, tuple(built.spans))


def text_of(draft: Draft, vocabulary: Vocabulary) -> tuple[str, list[Piece]]:
    """A block's text, and its lines' places in it."""
    if draft.kind is BlockKind.TABLE:
        return join_rows(draft.lines, [cells(line) for line in draft.lines])
    if draft.kind is BlockKind.FORMULA:
        return join_formula(draft.lines)
    return join_lines(draft.lines, vocabulary, "\n" if draft.kind in _LINE_BY_LINE else " ")


def _rounded(box: Box) -> tuple[float, float, float, float]:
    return round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2)
