"""What only LaTeXML writes, the converter behind arXiv's and ar5iv's pages: notes, numbered formulas, listings."""

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from .code import code_text
from .formula import displayed, math_source
from .walker import Walker

RUN_IN = frozenset({"ltx_title_theorem", "ltx_title_proof", "ltx_title_keywords", "ltx_title_classification"})
"""Classes of titles that stand in the first line of a text rather than above it."""

_NOTE_MARKS = frozenset({"ltx_note_mark", "ltx_tag_note"})


def note(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A footnote, in the middle of the sentence that it is of."""
    names = element.get("class", "").split()
    mark = ""
    for part in element.iter("sup", "span"):
        classes = part.get("class", "").split()
        if "ltx_note_type" in classes or _NOTE_MARKS.intersection(classes):
            mark = mark or ("" if "ltx_note_type" in classes else _words(part))
            part.clear(keep_tail=True)
    walker.say(f"[{mark}]" if mark else "")
    body = walker.text_of(element)
    if body and "ltx_role_footnotemark" not in names:
        walker.note(f"[{mark}] {body}" if mark else body)


def equations(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """The table around displayed formulas; lines up to a number belong together."""
    walker.flush(kind)
    lines: list[str] = []
    for row in element.iter("tr"):
        sources = [math_source(math) for math in row.iter("math")]
        if not sources:
            walker.add(kind, walker.text_of(row))
            continue
        lines.append(" ".join(source for source in sources if source))
        number = next((_words(tag) for tag in row.iter("span") if _is(tag, "ltx_tag_equation")), "")
        if number:
            walker.add(BlockKind.FORMULA, displayed(" \\\\ ".join(lines), number))
            lines.clear()
    if lines:
        walker.add(BlockKind.FORMULA, displayed(" \\\\ ".join(lines)))


def listing(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A program or an algorithm, line by line."""
    walker.flush(kind)
    lines = [line for line in element.iter("div") if _is(line, "ltx_listingline")]
    if lines:
        walker.add(BlockKind.CODE, "\n".join(code_text(line).strip("\n") for line in lines))
    else:
        walker.children(element, kind)
        walker.flush(kind)


def byline(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """Authors with their addresses: read for the metadata, not as text."""
    walker.flush(kind)
    walker.add(BlockKind.METADATA, walker.text_of(element))


def _words(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _is(element: HtmlElement, name: str) -> bool:
    return name in element.get("class", "").split()
