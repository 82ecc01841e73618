"""Lists: of items, of terms, of footnotes and of references."""

from collections.abc import Iterator

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from .walker import Walker, kind_within

_BULLET = "-"
_ENTRIES = frozenset({BlockKind.FOOTNOTE, BlockKind.REFERENCE_LIST})
_LONG_PARTS = frozenset("p div pre table dl ul ol section".split())


def items(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """An `ol` or `ul`: of footnotes or references one block an item, otherwise lines with markers."""
    walker.flush(kind)
    within = kind_within(element, kind)
    if within is BlockKind.PARAGRAPH and walker.in_references:
        within = BlockKind.REFERENCE_LIST
    ordered = element.tag == "ol"
    number = _number(element.get("start"), 1)
    walker.say(element.text)
    for child in element:
        if child.tag != "li":
            walker.element(child, within)
            walker.say(child.tail)
            continue
        walker.flush(within)
        number = _number(child.get("value"), number)
        if within in _ENTRIES:
            text = walker.text_of(child)
            walker.add(within, f"[{number}] {text}" if ordered and text else text)
        else:
            walker.flow.open_item(_marker(child, f"{number}." if ordered else _BULLET))
            walker.children(child, within)
            walker.flush(within)
            walker.flow.close_item()
        walker.say(child.tail)
        number += 1
    walker.flush(within)
    walker.flow.end_list()


def _number(value: str | None, otherwise: int) -> int:
    value = (value or "").strip()
    return int(value) if value.isdecimal() and len(value) <= 6 else otherwise


def _marker(item: HtmlElement, given: str) -> str:
    """LaTeXML writes an item's number before it; taken for the marker, it is emptied."""
    for child in item:
        if "ltx_tag_item" in child.get("class", "").split():
            tag = " ".join("".join(child.itertext()).split())
            child.clear(keep_tail=True)
            return tag if any(character.isalnum() for character in tag) else _BULLET
    return given


def definitions(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `dl`: short ones are a list; those that describe an interface at length are text like any other."""
    walker.flush(kind)
    within = kind_within(element, kind)
    if within in _ENTRIES:
        _labelled(walker, element, within)
    elif _at_length(element) or _has_strays(element):
        walker.children(element, within)
        walker.flush(within)
    else:
        _terms(walker, element, within)
    walker.flow.end_list()


def _parts(element: HtmlElement) -> Iterator[HtmlElement]:
    """The `dt` and `dd` of a list, which may be in pairs within `div`."""
    for child in element:
        if child.tag == "div":
            yield from (part for part in child if part.tag in ("dt", "dd"))
        elif child.tag in ("dt", "dd"):
            yield child


def _at_length(element: HtmlElement) -> bool:
    for part in _parts(element):
        if "sig" in part.get("class", "").split() or sum(child.tag in _LONG_PARTS for child in part) > 1:
            return True
    return False


def _has_strays(element: HtmlElement) -> bool:
    """Whether there is text between the parts, or an element that is no part."""
    texts = [element.text, *(child.tail for child in element)]
    return any(text and not text.isspace() for text in texts) or any(
        child.tag not in ("dt", "dd", "div", "template", "wbr") for child in element
    )


def _terms(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """One item for a term with its meanings: `- term: meaning`."""
    open_ = False
    for part in _parts(element):
        if open_ and part.tag == "dt":
            walker.flow.close_item()
        if part.tag == "dt" or not open_:
            walker.flow.open_item(_BULLET)
            open_ = True
        if part.tag == "dt":
            term = walker.text_of(part)
            walker.lead(f"{term.rstrip(':')}:" if _has_meaning(part) and term else term)
        else:
            walker.children(part, kind)
            walker.flush(kind)
    walker.add(kind, "")
    if open_:
        walker.flow.close_item()


def _has_meaning(term: HtmlElement) -> bool:
    following = term.getnext()
    return following is not None and following.tag == "dd"


def _labelled(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """Footnotes or citations of docutils, the label in the `dt`."""
    label = ""
    for part in _parts(element):
        if part.tag == "dt":
            label = f"[{walker.text_of(part).strip('[]')}]"
        else:
            walker.add(kind, f"{label} {walker.text_of(part)}")


def entry(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A footnote or a reference by itself."""
    walker.flush(kind)
    walker.add(kind_within(element, kind), walker.text_of(element))
