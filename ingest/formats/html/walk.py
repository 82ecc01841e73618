"""Which handler an element has, by its class, its role or its tag."""

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from ...parsed import TextBuilder
from . import code, formula_handlers, inline, latexml, lists, tables
from .walker import Handler, Walker

_REFERENCES = frozenset({"references", "bibliography", "works cited", "literature cited", "literature"})
_LEVELS = {f"h{level}": level for level in range(1, 7)}


def walk(main: HtmlElement) -> TextBuilder:
    """The blocks of a pruned element of bounded depth."""
    walker = Walker(_handler)
    walker.element(main, BlockKind.PARAGRAPH)
    return walker.finish().flow.builder


def _heading(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    walker.flush(kind)
    text = walker.text_of(element)
    names = element.get("class", "").split()
    if latexml.RUN_IN.intersection(names):
        walker.lead(text)
        return
    level = _LEVELS.get(element.tag) or _LEVELS.get(f"h{element.get('aria-level', '')}", 2)
    if level == 6 and "ltx_title" in names:
        level = 2  # LaTeXML gives the lowest rank to what has no number, such as the abstract
    walker.in_references = text.casefold().lstrip("0123456789. ").rstrip(" :") in _REFERENCES
    walker.add(BlockKind.HEADING, text, level=level)


def _label(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """The title of a box: `Warning: …`."""
    walker.flush(kind)
    text = walker.text_of(element)
    walker.lead(f"{text.rstrip(':')}:" if text else "")


def _separate(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    walker.flush(kind)


def _block(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    walker.flush(kind)
    walker.children(element, kind)
    walker.flush(kind)


def _header(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """The top of an article: its headings are wanted, its byline, badges and buttons are not."""
    walker.flush(kind)
    for heading in element.iter(*_LEVELS):
        _heading(walker, heading, kind)


_BY_TAG: dict[str, Handler] = {
    **dict.fromkeys(_LEVELS, _heading),
    "br": inline.line_break,
    "q": inline.quotation,
    "sup": inline.superscript,
    "sub": inline.subscript,
    "img": inline.picture,
    "pre": code.code,
    "d-code": code.code,
    "math": formula_handlers.formula,
    "script": formula_handlers.script,
    "d-math": formula_handlers.source,
    "ul": lists.items,
    "ol": lists.items,
    "menu": lists.items,
    "dl": lists.definitions,
    "table": tables.table,
    "hr": _separate,
    "template": _separate,
    "header": _header,
    "d-footnote": latexml.note,
}
_BY_CLASS: dict[str, Handler] = {
    "ltx_note": latexml.note,
    "ltx_equation": latexml.equations,
    "ltx_equationgroup": latexml.equations,
    "ltx_listing": latexml.listing,
    "ltx_authors": latexml.byline,
    "ltx_dates": latexml.byline,
    "ltx_tabular": tables.table,
    "ltx_p": _block,
    "katex-display": formula_handlers.displayed_math,
    "math": formula_handlers.delimited,
    "arithmatex": formula_handlers.delimited,
    "admonition-title": _label,
    "footnote-ref": inline.note_reference,
    "footnote-reference": inline.note_reference,
}
_BY_ROLE: dict[str, Handler] = {
    "heading": _heading,
    "doc-noteref": inline.note_reference,
    "doc-footnote": lists.entry,
    "doc-biblioentry": lists.entry,
}


def _handler(element: HtmlElement) -> Handler | None:
    tag = element.tag
    if not isinstance(tag, str):
        return _separate
    if element.attrib:
        for name in element.get("class", "").split():
            if name in _BY_CLASS and tag != "img":
                return _BY_CLASS[name]
        role = element.get("role")
        if role in _BY_ROLE and tag not in ("ol", "ul", "li"):
            return _BY_ROLE[role]
        if tag == "mjx-container" and element.get("display") == "true":
            return formula_handlers.displayed_math
    return _BY_TAG.get(tag)
