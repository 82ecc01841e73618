"""From the part of a page that is its document to blocks, in one walk.

Text gathers in a buffer until something begins that stands on lines of its own; then the buffer is a block. What kind
of block depends on where the walk is: in a quotation, a caption, a footnote, a list of references.
"""

import re
from collections.abc import Callable
from typing import Any

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from ...parsed import TextBuilder
from ..flow import Flow
from .content import is_formula_script
from .formula import displayed, inline, is_display, math_source, tidy
from .scripts import subscript, superscript
from .tables import is_layout, is_row, rows_of, table_text

_BLOCKS = frozenset(
    "address article aside body caption center dd details dir div dl dt fieldset figure footer form header hgroup hr html "
    "legend li main menu nav ol p section summary table tbody td template tfoot th thead tr ul".split()
)
_SPACE = re.compile(r"\s+")
_REFERENCES = frozenset({"references", "bibliography", "works cited", "literature cited", "literature"})
_RAW_DISPLAY = re.compile(r"\\\[.*\\\]|\$\$.+\$\$|\\begin\{(equation|align|gather)\*?\}.*\\end\{\1\*?\}", re.DOTALL)
_FILE_NAME = re.compile(r"\S*\.\w{2,4}|refer to caption|image|figure|img|logo|icon", re.IGNORECASE)


def walk(main: HtmlElement) -> TextBuilder:
    """The blocks of a pruned element of bounded depth."""
    walker = _Walk()
    walker.element(main, BlockKind.PARAGRAPH)
    walker.flush(BlockKind.PARAGRAPH)
    walker.say_notes()
    return walker.flow.finish()


class _Walk:
    """The walk's buffer, and what it has to remember between one element and the next."""

    def __init__(self) -> None:
        self.flow = Flow()
        self._pieces: list[str] = []
        self._notes: list[str] = []
        self._spoken = False  # whether the buffer holds more than what pictures say
        self._in_references = False

    def element(self, element: HtmlElement, kind: BlockKind) -> None:
        """Walk an element; `kind` is what text is at this place."""
        handler = _handler(element)
        if handler is not None:
            handler(self, element, kind)
            return
        within = kind_within(element, kind)
        if element.tag in _BLOCKS:
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

    def flush(self, kind: BlockKind) -> None:
        """End the block that is in the buffer."""
        if not self._pieces:
            return
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        text = "\n".join(line for line in lines if line)
        self._pieces.clear()
        spoken, self._spoken = self._spoken, False
        if text:
            if kind is BlockKind.PARAGRAPH and not spoken:
                kind = BlockKind.FIGURE
            elif is_raw_formula(text):
                kind, text = BlockKind.FORMULA, displayed(tidy(text))
            elif kind is BlockKind.PARAGRAPH and self._in_references:
                kind = BlockKind.REFERENCE_LIST
            self.flow.say(kind, text)
        if self._notes and not self.flow.in_item:
            self.say_notes()

    def say_notes(self) -> None:
        """Footnotes that stood within the text before."""
        for note in self._notes:
            self.flow.say(BlockKind.FOOTNOTE, note)
        self._notes.clear()

    def text_of(self, element: HtmlElement) -> str:
        """What an element says, on one line; footnotes within it come after the block."""
        inner = _Walk()
        inner.children(element, BlockKind.PARAGRAPH)
        self._notes += inner._notes
        inner._notes.clear()
        inner.flush(BlockKind.PARAGRAPH)
        return " ".join(inner.flow.finish().text.split())

    def heading(self, element: HtmlElement, kind: BlockKind) -> None:
        self.flush(kind)
        names = element.get("class", "").split()
        text = self.text_of(element)
        if "ltx_title_theorem" in names or "ltx_title_proof" in names:
            self.flow.say(BlockKind.PARAGRAPH, text)
            return
        level = element.get("aria-level", "") if element.tag not in _HEADINGS else element.tag[1]
        rank = int(level) if level.isdecimal() and len(level) == 1 else 2
        # LaTeXML gives h6 to whatever has no number.
        rank = 2 if rank == 6 and "ltx_title" in names else max(1, rank)
        self._in_references = text.casefold().lstrip("0123456789. ").rstrip(" :") in _REFERENCES
        self.flow.say(BlockKind.HEADING, text, level=rank)

    def line_break(self, element: HtmlElement, kind: BlockKind) -> None:
        self._pieces.append("\n")

    def rule(self, element: HtmlElement, kind: BlockKind) -> None:
        self.flush(kind)

    def quotation(self, element: HtmlElement, kind: BlockKind) -> None:
        self._pieces.append("“")
        self.children(element, kind)
        self._pieces.append("”")

    def superscript(self, element: HtmlElement, kind: BlockKind) -> None:
        text = self.text_of(element)
        links = [link for link in element.iter("a") if link.get("href", "").startswith("#")]
        if links and len(text) <= 8:
            self.say(text if text.startswith("[") else f"[{text}]")
        else:
            self.say(superscript(text))

    def subscript(self, element: HtmlElement, kind: BlockKind) -> None:
        self.say(subscript(self.text_of(element)))

    def picture(self, element: HtmlElement, kind: BlockKind) -> None:
        alt = " ".join(element.get("alt", "").split())
        names = element.get("class", "")
        if alt and re.search(r"\b(?:math|tex|latex)\b", names):
            self.say(inline(tidy(alt)))
        elif len(alt) >= 5 and not _FILE_NAME.fullmatch(alt):
            self._pieces.append(f" {alt} ")

    def code(self, element: HtmlElement, kind: BlockKind) -> None:
        self.flush(kind)
        self.flow.say(BlockKind.CODE, code_text(element))

    def formula(self, element: HtmlElement, kind: BlockKind) -> None:
        source = tidy(element.text or "") if element.tag == "script" else math_source(element)
        if source and is_display(element):
            self.flush(kind)
            self.flow.say(BlockKind.FORMULA, displayed(source))
        elif source:
            self.say(inline(source))

    def script(self, element: HtmlElement, kind: BlockKind) -> None:
        if is_formula_script(element):
            self.formula(element, kind)

    def displayed_math(self, element: HtmlElement, kind: BlockKind) -> None:
        """A box around a formula that stands alone, as KaTeX and MathJax 3 have it."""
        sources = [math_source(math) for math in element.iter("math")]
        if not sources:
            self.children(element, kind)
            return
        self.flush(kind)
        for source in sources:
            self.flow.say(BlockKind.FORMULA, displayed(source) if source else "")

    def tex(self, element: HtmlElement, kind: BlockKind) -> None:
        r"""Source between `\(` and `\)` or `\[` and `\]`, perhaps with its number."""
        number = " ".join("".join(mark.itertext()).strip() for mark in element if "eqno" in mark.get("class", ""))
        raw = "".join(element.itertext()).strip().removeprefix(number).strip()
        if raw.startswith(("\\[", "$$")):
            self.flush(kind)
            self.flow.say(BlockKind.FORMULA, displayed(tidy(raw), number))
        elif raw.startswith("\\("):
            self.say(inline(tidy(raw)))
        else:
            self.children(element, kind)

    def equations(self, element: HtmlElement, kind: BlockKind) -> None:
        """LaTeXML's table around numbered formulas; lines up to a number belong together."""
        self.flush(kind)
        lines: list[str] = []
        for row in (row for row in element.iter("tr") if is_row(row)):
            sources = [math_source(math) for math in row.iter("math")]
            if not sources:
                self.flow.say(kind, self.text_of(row))
                continue
            lines.append(" ".join(source for source in sources if source))
            number = next((" ".join("".join(mark.itertext()).split()) for mark in row.iter("span")
                           if "ltx_tag_equation" in mark.get("class", "")), "")  # fmt: skip
            if number:
                self.flow.say(BlockKind.FORMULA, displayed(" \\\\ ".join(lines), number))
                lines.clear()
        if lines:
            self.flow.say(BlockKind.FORMULA, displayed(" \\\\ ".join(lines)))

    def note(self, element: HtmlElement, kind: BlockKind) -> None:
        """LaTeXML's footnote, in the middle of the sentence that it is of."""
        marks = [mark for mark in element.iter("sup", "span")
                 if {"ltx_note_mark", "ltx_tag_note"} & set(mark.get("class", "").split())]  # fmt: skip
        mark = " ".join("".join(marks[0].itertext()).split()) if marks else ""
        for found in marks:
            found.clear(keep_tail=True)
        body = self.text_of(element)
        self.say(f"[{mark}]" if mark else "")
        self._notes.append(f"[{mark}] {body}" if mark else body)

    def items(self, element: HtmlElement, kind: BlockKind) -> None:
        """A list: of footnotes or references one block an item, otherwise lines with markers."""
        self.flush(kind)
        kind = kind_within(element, kind)
        if kind is BlockKind.PARAGRAPH and self._in_references:
            kind = BlockKind.REFERENCE_LIST
        number = _number(element.get("start"), 1)
        for child in element:
            if child.tag != "li":
                self.element(child, kind)
                continue
            number = _number(child.get("value"), number)
            ordered = element.tag == "ol"
            if kind in (BlockKind.FOOTNOTE, BlockKind.REFERENCE_LIST):
                text = self.text_of(child)
                self.flow.say(kind, f"[{number}] {text}" if ordered and text else text)
            else:
                self.flow.open_item(_marker(child, f"{number}." if ordered else "-"))
                self.children(child, kind)
                self.flush(kind)
                self.flow.close_item()
            number += 1
        self.flow.end_list()

    def definitions(self, element: HtmlElement, kind: BlockKind) -> None:
        """Terms with what they mean: items of a list, except where they describe an interface at length."""
        self.flush(kind)
        names = element.get("class", "").split()
        if "citation" in names or "footnote" in names:
            entry = BlockKind.REFERENCE_LIST if "citation" in names else BlockKind.FOOTNOTE
            label = ""
            for child in element.iter("dt", "dd"):
                if child.tag == "dt":
                    label = f"[{self.text_of(child).strip('[]')}]"
                else:
                    self.flow.say(entry, f"{label} {self.text_of(child)}")
            return
        if any("sig" in term.get("class", "").split() for term in element.iterfind("dt")):
            self.children(element, kind)
            self.flush(kind)
            return
        open_ = False
        for child in element.iter("dt", "dd") if False else _terms(element):
            if child.tag == "dt" or not open_:
                if open_:
                    self.flow.close_item()
                self.flow.open_item("-")
                open_ = True
            self.children(child, kind)
            self.flush(kind)
        if open_:
            self.flow.close_item()
        self.flow.end_list()

    def table(self, element: HtmlElement, kind: BlockKind) -> None:
        self.flush(kind)
        if is_layout(element):
            self.children(element, kind_within(element, kind))
            self.flush(kind)
            return
        for caption in element.iterfind("caption"):
            self.flow.say(BlockKind.CAPTION, self.text_of(caption))
        self.flow.say(BlockKind.TABLE, table_text(element, self.text_of))
        if not self.flow.in_item:
            self.say_notes()

    def entry(self, element: HtmlElement, kind: BlockKind) -> None:
        """A footnote or a reference by itself."""
        self.flush(kind)
        self.flow.say(kind_within(element, kind), self.text_of(element))

    def listing(self, element: HtmlElement, kind: BlockKind) -> None:
        """LaTeXML's program or algorithm, line by line."""
        self.flush(kind)
        lines = [line for line in element.iter("div") if "ltx_listingline" in line.get("class", "").split()]
        self.flow.say(BlockKind.CODE, "\n".join(code_text(line).strip("\n") for line in lines))

    def byline(self, element: HtmlElement, kind: BlockKind) -> None:
        self.flush(kind)
        self.flow.say(BlockKind.METADATA, self.text_of(element))

    def nothing(self, element: HtmlElement, kind: BlockKind) -> None:
        self.flush(kind)
