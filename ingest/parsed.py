"""What a format's parser finds, and how the ones that make their own text put it together."""

from dataclasses import dataclass, field

from ..index.blocks import Block, BlockKind
from ..index.layout import Layout
from ..index.practices import Practice
from ..index.types import Kind
from .metadata import DocumentMeta
from .normalise import canonical_text


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser finds in the bytes of a file.

    Attributes:
        text: canonical text (see `normalise`); every offset counts its code points.
        blocks: sorted, not overlapping, together holding every character of the text that is not white space.
        meta: what the document says of itself.
        warnings: what was ignored or cut, in words for the document's author.
        kind: what such a file is unless it says otherwise.
        layout: where the text stands on pages, for paged formats.
        practices: what a practice registry recommends; spans refer to `text`.
    """

    text: str
    blocks: list[Block]
    meta: DocumentMeta = field(default_factory=DocumentMeta)
    warnings: tuple[str, ...] = ()
    kind: Kind = Kind.OTHER
    layout: Layout | None = None
    practices: tuple[Practice, ...] = ()


@dataclass(slots=True)
class TextBuilder:
    """Canonical text that grows block by block, for formats whose source is not what a person reads.

    Blocks are a blank line apart, so the text of each can be normalised by itself: NFC never joins across a newline.
    """

    blocks: list[Block] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _length: int = 0

    def add(self, kind: BlockKind, raw: str, *, level: int = 0, title: str = "") -> Block | None:
        """Append a block; nothing happens, and None is returned, when a reader would see nothing of it.

        Args:
            kind: what it is.
            raw: its text, not yet canonical; white space around it is dropped, a code block's indentation kept.
            level: a heading's level from 1.
            title: a heading's plain title; its text on one line when not given.
        """
        text = canonical_text(raw).rstrip().lstrip("\n")
        if kind is not BlockKind.CODE:
            text = text.lstrip()
        if not text:
            return None
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        if kind is BlockKind.HEADING:
            level, title = level or 1, " ".join(canonical_text(title or text).split())
        block = Block(kind, self._length, self._length + len(text), level, title)
        self._parts.append(text)
        self._length = block.end
        self.blocks.append(block)
        return block

    @property
    def text(self) -> str:
        """The canonical text so far."""
        return "".join(self._parts)
