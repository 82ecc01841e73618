"""From a page's source to a tree of bounded depth, so that what walks it may call itself.

lxml was chosen by measurement over selectolax, html5lib and trafilatura: it reads in linear time whatever is unclosed
or wrongly nested. Its two traps are
depth, for below 2,048 levels it drops the rest of the page without a word, and elements with thousands of attributes;
a survey, which costs little because no tree is built, finds both.
"""

import re
from collections import Counter
from collections.abc import Mapping

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] (compiled, without stubs)
from lxml.html import HtmlElement, HTMLParser

from ....index.errors import QuarantineError

MAX_DEPTH = 200
"""Levels of elements; browsers stop at 512, real pages stay below 60."""

_PART = 1 << 16
_MAX_ATTRIBUTES = 1000
"""Of one element: the tree is built in time quadratic in them."""

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s<>/]*+)[^<>]*+>")


class _TooDeepError(Exception):
    """Stops the survey of a page whose elements nest deeper than `MAX_DEPTH`."""


class _Survey:
    """What the parser tells of a page before a tree is made of it, with the methods that lxml calls."""

    def __init__(self) -> None:
        self._depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooDeepError
        if len(attributes) > _MAX_ATTRIBUTES:
            raise QuarantineError(
                f"its element {tag[:40]!r} has {len(attributes)} attributes, more than {_MAX_ATTRIBUTES}; remove them"
            )

    def end(self, tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        pass


def parse_tree(source: str) -> tuple[HtmlElement, bool]:
    """The root, no more than `MAX_DEPTH` levels deep, and whether deeper markup was dropped to make it so.

    The text within markup that is dropped is kept.

    Raises:
        QuarantineError: there is no element in it, or one with thousands of attributes.
    """
    source = source.replace("\0", "")  # which would end the page
    if not _too_deep(source):
        return _parse(source), False
    source = _flattened(source)
    if _too_deep(source):
        source = _TAG.sub(" ", source)  # closing tags that close nothing kept the count down
    return _parse(source), True


def _too_deep(source: str) -> bool:
    parser = HTMLParser(target=_Survey(), encoding="utf-8", huge_tree=True)
    try:
        # In parts, because an exception does not stop the parser before the end of what it was given.
        data = _bytes(source)
        for first in range(0, len(data), _PART):
            parser.feed(data[first : first + _PART])
        parser.close()
    except _TooDeepError:
        return True
    except etree.XMLSyntaxError as error:
        raise QuarantineError("it has no content; nothing in it can be indexed") from error
    return False


def _parse(source: str) -> HtmlElement:
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(_bytes(source), parser)
    except etree.XMLSyntaxError as error:
        raise QuarantineError("it has no content; nothing in it can be indexed") from error
    if root is None:
        raise QuarantineError("it has no content; nothing in it can be indexed")
    return root


def _bytes(source: str) -> bytes:
    """What lxml is given: it refuses text with an XML declaration."""
    return source.encode("utf-8", "replace")


def _flattened(source: str) -> str:
    """The source without the tags that would nest deeper than half of `MAX_DEPTH`; their text stays, set apart."""
    limit = MAX_DEPTH // 2  # the parser adds levels of its own, such as tbody
    open_names: list[str] = []
    counts: Counter[str] = Counter()
    dropped: Counter[str] = Counter()

    def tag(found: re.Match[str]) -> str:
        closing, name = found[1], found[2].lower()
        if name in _VOID:
            return found[0]
        if not closing:
            if len(open_names) >= limit:
                dropped[name] += 1
                return " "
            open_names.append(name)
            counts[name] += 1
        elif dropped[name]:
            dropped[name] -= 1
            return " "
        elif counts[name]:
            while (last := open_names.pop()) != name:
                counts[last] -= 1
            counts[name] -= 1
        return found[0]

    return _TAG.sub(tag, source)
