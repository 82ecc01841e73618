"""Document text as inert HTML that keeps every character: escaped, laid out by block, with one span marked.

No link, image or tag of the document comes to life: Markdown's marks stay visible as the characters they are,
and only their look changes (a formula or code in its own type, a table in columns). So the text content of the
HTML is the passage, letter for letter, and the text inside its `<mark>` elements is the quote.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

_FENCE = re.compile(r" {0,3}(`{3}|~{3}|\$\$)")
_HEADING = re.compile(r" {0,3}#{1,6}\s")
_ITEM = re.compile(r"(\s*)(?:[-*+]|\d{1,3}[.)])\s")
_INLINE = re.compile(
    r"(?P<code>`[^`\n]+`)|(?P<strong>\*\*[^*\n]+\*\*)"
    r"|(?P<math>\$(?=\S)[^$\n]+(?<=\S)\$(?!\d))"  # "$5 and $10" is no formula
)
_INLINE_MARKS = {"code": 1, "strong": 2, "math": 1}
_DEEPEST_ITEM = 6


@dataclass(frozen=True, slots=True)
class _Block:
    kind: str
    start: int
    end: int
    depth: int = 0


def passage_html(text: str, marked: tuple[int, int] | None = None) -> str:
    """A passage by blocks.

    Args:
        text: document text, of any content.
        marked: span to mark, in code points of `text`.
    """
    inner = "".join(
        f'<div class="rag-{block.kind}"{_indent(block)}>{_pieces_html(text, block, marked)}</div>'
        for block in _blocks(text)
    )
    return f'<div class="rag-passage">{inner}</div>'


def sentence_html(text: str) -> str:
    """One sentence, without a block of its own."""
    return f"<bdi>{_pieces_html(text, _Block('prose', 0, len(text)), None)}</bdi>"


def _indent(block: _Block) -> str:
    return f' style="margin-left:{min(block.depth, _DEEPEST_ITEM) * 0.6 + 1.2:.1f}em"' if block.kind == "item" else ""


def _blocks(text: str) -> Iterator[_Block]:
    """Consecutive spans that cover the text."""
    current = _Block("prose", 0, 0)
    fence: str | None = None
    after_blank = False
    for line in text.splitlines(keepends=True):
        start, end = current.end, current.end + len(line)
        blank = not line.strip()
        if fence is not None:
            found = replace(current, end=end)
            fence = None if line.lstrip().startswith(fence) else fence
        elif blank:
            found = replace(current, end=end)
        elif opening := _FENCE.match(line):
            found = _Block("code", start, end)
            closed_at_once = opening[1] == "$$" and line.rstrip().endswith("$$") and len(line.strip()) > 2
            fence = None if closed_at_once else opening[1]
        else:
            found = _line(line, start, end, current, after_blank)
        if found.start and found.start == start:
            yield current
        current, after_blank = found, blank
    if current.end:
        yield current


def _line(line: str, start: int, end: int, current: _Block, after_blank: bool) -> _Block:
    """The block a line belongs to: a new one, or the current one grown."""
    fresh, depth = after_blank, 0
    if _HEADING.match(line):
        kind, fresh = "heading", True
    elif line.lstrip().startswith("|"):
        kind = "table"
    elif item := _ITEM.match(line):
        kind, fresh, depth = "item", True, len(item[1].expandtabs(4))
    else:
        # A line below a list item without a blank line between continues it.
        kind = "item" if current.kind == "item" and not after_blank else "prose"
    if fresh or kind != current.kind:
        return _Block(kind, start, end, depth)
    return replace(current, end=end)


def _pieces_html(text: str, block: _Block, marked: tuple[int, int] | None) -> str:
    first, last = marked or (0, 0)
    html = []
    for start, end, style in _pieces(text, block):
        for left, right in ((start, min(end, first)), (max(start, first), min(end, last)), (max(start, last), end)):
            if left >= right:
                continue
            piece = escape(text[left:right])
            piece = f'<span class="rag-{style}">{piece}</span>' if style else piece
            html.append(f"<mark>{piece}</mark>" if first <= left and right <= last else piece)
    return "".join(html)


def _pieces(text: str, block: _Block) -> Iterator[tuple[int, int, str]]:
    """Consecutive spans of a block, each with the style it is shown in."""
    position = block.start
    if block.kind in {"prose", "item", "heading"}:
        for found in _INLINE.finditer(text, block.start, block.end):
            style = found.lastgroup or ""
            width = _INLINE_MARKS[style]
            start, end = found.span()
            yield position, start, ""
            yield start, start + width, "dim"
            yield start + width, end - width, f"inline-{style}"
            yield end - width, end, "dim"
            position = end
    yield position, block.end, ""
