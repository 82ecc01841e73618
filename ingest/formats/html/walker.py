"""The walk over the part of a page that is its document.

Text gathers in a buffer until something begins that stands on lines of its own; then the buffer is a block. What kind
of block depends on where the walk is: in a quotation, a caption, a footnote, a list of references. What an element
does beyond that is a handler's business; the modules beside this one have them.
"""

import re
from collections.abc import Callable
from typing import Self

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from ..flow import Flow
from .content import BLOCK_TAGS
from .formula import displayed, is_raw, tidy

Handler = Callable[["Walker", HtmlElement, BlockKind], None]
"""What is done with an element, in place of walking it, where text is of a kind."""

_SPACE = re.compile(r"\s+")

_GROUPS = frozenset({"section", "div", "ol", "ul", "dl", "aside", "table"})
_REFERENCE_NAMES = frozenset(
    {"ltx_bibliography", "references", "bibliography", "reflist", "csl-bib-body", "citation", "citation-list"}
)
_NOTE_NAMES = frozenset({"footnotes", "footnote", "footnote-list", "endnotes"})


class Walker:
    """The walk's buffer, and what it has to remember between one element and the next.

    Recursion is as deep as the tree, which `tree` bounds.

    Attributes:
        flow: the blocks so far.
        in_references: whether the last heading announced references.
    """

    def __init__(self, handler_of: Callable[[HtmlElement], Handler | None]) -> None:
        self.flow = Flow()
        self.in_references = False
        self._handler_of = handler_of
        self._pieces: list[str] = []
        self._lead = ""
        self._notes: list[str] = []
        self._spoken = False  # whether the buffer holds more than what pictures say

    def element(self, element: HtmlElement, kind: BlockKind) -> None:
        """Walk an element; `kind` is what text is at this place."""
        handler = self._handler_of(element)
        if handler is not None:
            handler(self, element, kind)
            return
        within = kind_within(element, kind)
        if element.tag in BLOCK_TAGS:
            self.flush(kind)
            self.children(element, within)
            self.flush(within)
        else:
            self.children(element, within)

    def children(self, element: HtmlElement, kind: BlockKind) -> None:
        """Walk what is in an element."""
        self.say(element.text)
        for child in element:
            self.element(child, kind)
            self.say(child.tail)

    def say(self, text: str | None) -> None:
        """Add running text; white space in a page's source is a blank."""
        if text:
            self._pieces.append(_SPACE.sub(" ", text))
            self._spoken = self._spoken or not text.isspace()

    def show(self, picture: str) -> None:
        """Add what stands for a picture; alone in its block, it is a figure."""
        self._pieces.append(f" {picture} ")

    def end_line(self) -> None:
        """Begin a new line within the block."""
        self._pieces.append("\n")

    def lead(self, text: str) -> None:
        """Keep a label, such as a term or `Lemma 1.`, to begin the next block with."""
        self._lead = f"{self._lead} {text}".strip()

    def note(self, text: str) -> None:
        """Keep a footnote until the block that it is of has ended."""
        self._notes.append(text)

    def flush(self, kind: BlockKind) -> None:
        """End the block that is in the buffer."""
        if not self._pieces:
            return
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        text = "\n".join(line for line in lines if line)
        self._pieces.clear()
        spoken, self._spoken = self._spoken, False
        if not text:
            return
        if is_raw(text):
            kind, text = BlockKind.FORMULA, displayed(tidy(text))
        elif kind is BlockKind.PARAGRAPH:
            kind = BlockKind.REFERENCE_LIST if self.in_references else kind if spoken else BlockKind.FIGURE
        if self._lead and kind is not BlockKind.FORMULA:
            text, self._lead = f"{self._lead} {text}", ""
        self.add(kind, text)

    def add(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        """Add a block, and the footnotes that stood within it."""
        if self._lead:
            lead, self._lead = self._lead, ""
            self.flow.say(BlockKind.PARAGRAPH, lead)
        self.flow.say(kind, text, level=level)
        if self._notes and not self.flow.in_item:
            for note in self._notes:
                self.flow.say(BlockKind.FOOTNOTE, note)
            self._notes.clear()

    def finish(self) -> Self:
        """End what is open."""
        self.flush(BlockKind.PARAGRAPH)
        self.add(BlockKind.FOOTNOTE, "")
        self.flow.finish()
        return self

    def text_of(self, element: HtmlElement) -> str:
        """What an element says, on one line; footnotes within it follow the block that this becomes part of."""
        inner = Walker(self._handler_of)
        inner.children(element, BlockKind.PARAGRAPH)
        self._notes += inner._notes
        inner._notes.clear()
        return " ".join(inner.finish().flow.builder.text.split())


def kind_within(element: HtmlElement, kind: BlockKind) -> BlockKind:
    """What text is inside an element that stands where text is `kind`."""
    tag = element.tag
    if tag == "blockquote":
        return BlockKind.QUOTE
    if tag in ("figcaption", "caption"):
        return BlockKind.CAPTION
    if tag in _GROUPS and element.attrib:
        names = {*element.get("class", "").split(), element.get("id", "").lower()}
        role = element.get("role")
        if names & _REFERENCE_NAMES or role in ("doc-bibliography", "doc-biblioentry"):
            return BlockKind.REFERENCE_LIST
        if names & _NOTE_NAMES or role in ("doc-endnotes", "doc-footnote"):
            return BlockKind.FOOTNOTE
    return kind
