"""Code, exactly as written."""

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from .formula import inline, math_source
from .walker import Walker

_LINE_CLASSES = frozenset({"token-line", "code-line", "view-line", "react-code-line"})


def code(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `pre`, with or without the markup of a highlighter."""
    walker.flush(kind)
    walker.add(BlockKind.CODE, code_text(element))


def code_text(element: HtmlElement) -> str:
    """Text exactly as written, without LaTeXML's line numbers; formulas as their source."""
    pieces: list[str] = []
    _gather(element, pieces)
    # Blogs keep indentation with hard blanks, which no interpreter takes.
    return "".join(pieces).replace("\xa0", " ")


def _gather(element: HtmlElement, pieces: list[str]) -> None:
    """Collect the text of an element; no piece is empty, so that the last one tells whether a line has ended."""
    if element.text:
        pieces.append(element.text)
    for child in element:
        if child.tag == "br":
            pieces.append("\n")
        elif child.tag == "math":
            pieces.append(inline(math_source(child)))
        elif isinstance(child.tag, str) and "ltx_tag_listingline" not in child.get("class", ""):
            if _starts_line(child) and pieces and not pieces[-1].endswith("\n"):
                pieces.append("\n")
            _gather(child, pieces)
        if child.tail:
            pieces.append(child.tail)


def _starts_line(element: HtmlElement) -> bool:
    """Whether an element of a highlighter is a line, or the second version of the whole code."""
    if element.tag == "code":
        return element.getprevious() is not None
    return element.tag == "div" or bool(_LINE_CLASSES.intersection(element.get("class", "").split()))
