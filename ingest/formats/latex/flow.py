"""Where the words go while LaTeX is read: paragraphs, what holds them, and blocks, not yet canonical text."""

from dataclasses import dataclass, field

from ....index.blocks import BlockKind

# Marks within text still being put together. They are noncharacters, which the source is rid of before.
LINE_BREAK = "\ufdd0"
REFERENCE = "\ufdd1"
REFERENCE_END = "\ufdd2"
AUTHOR_BREAK = "\ufdd3"
MARKS = str.maketrans("", "", "".join(map(chr, range(0xFDD0, 0xFDF0))))
"""Translation that removes the marks."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A block whose references are still to be resolved; level 0 for all but headings."""

    kind: BlockKind
    raw: str
    level: int = 0
    title: str = ""


@dataclass(slots=True)
class Flow:
    """Text as it comes in.

    Attributes:
        blocks: finished, in order.
        containers: the kinds that paragraphs get from what they stand in, innermost last.
        prefix: what the next paragraph begins with, such as a bullet.
        aside: footnotes and floats, which stand behind the paragraph they interrupt.
    """

    blocks: list[Draft] = field(default_factory=list)
    containers: list[BlockKind] = field(default_factory=list)
    prefix: str = ""
    aside: list[Draft] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)
    _captures: list[list[str]] = field(default_factory=list)
    _floats: list[tuple[list[str], list[Draft], list[Draft], list[BlockKind]]] = field(default_factory=list)

    @property
    def inline(self) -> bool:
        """Whether text is being captured for a title, a cell, a note: blocks cannot stand there."""
        return bool(self._captures)

    def write(self, text: str) -> None:
        """Add text to the paragraph, or to what is being captured."""
        self._words.append(text)

    def capture(self) -> None:
        """Collect what is written from now on apart, until `captured`."""
        self._captures.append(self._words)
        self._words = []

    def captured(self) -> str:
        """What was written since `capture`, on one line but for explicit line breaks."""
        text = tidy(self._words)
        self._words = self._captures.pop()
        return text

    def begin_float(self, kind: BlockKind) -> None:
        """Collect blocks apart, paragraphs of the given kind: a figure may stand in the middle of a sentence."""
        self._floats.append((self._words, self.blocks, self.aside, self.containers))
        self._words, self.blocks, self.aside, self.containers = [], [], [], [kind]

    def end_float(self) -> None:
        """Put the float's blocks behind the paragraph around it."""
        self.end_paragraph()
        found = self.blocks
        self._words, self.blocks, self.aside, self.containers = self._floats.pop()
        self.aside += found
        if not self.inline and not tidy(self._words):
            self.end_paragraph()

    def interrupt(self) -> None:
        """End a paragraph that goes on behind a displayed formula; what stands aside still waits."""
        text = tidy(self._words)
        self._words.clear()
        if not text:
            return
        kind = self.containers[-1] if self.containers else BlockKind.PARAGRAPH
        self.blocks.append(Draft(kind, (self.prefix + text).replace(LINE_BREAK, "\n")))
        self.prefix = ""

    def end_paragraph(self) -> None:
        """End a paragraph, if one is begun; within captured text it is a space."""
        if self.inline:
            self._words.append(" ")
            return
        self.interrupt()
        self.blocks += self.aside
        self.aside.clear()

    def block(self, kind: BlockKind, raw: str, *, level: int = 0, title: str = "") -> None:
        """Add a block of its own; a formula interrupts a paragraph, all else ends it."""
        if self.inline:
            self._words.append(f" {raw} ")
            return
        if kind is BlockKind.FORMULA:
            self.interrupt()
        else:
            self.end_paragraph()
        self.blocks.append(Draft(kind, raw, level, title))


def tidy(words: list[str]) -> str:
    """The words on one line, white space single, explicit line breaks kept as marks."""
    lines = (" ".join(line.split()) for line in "".join(words).split(LINE_BREAK))
    return LINE_BREAK.join(line for line in lines if line)
