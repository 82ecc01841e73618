"""From a page's source to a tree of bounded depth, so that what walks it may call itself.

lxml was chosen by measurement over selectolax, html5lib and trafilatura: it reads in linear time whatever is unclosed
or wrongly nested. Its one trap is depth: below 2,048 levels it drops the rest of the page without a word.
"""

import re
from collections import Counter

from lxml import etree
from lxml.html import HtmlElement, HTMLParser

from ....index.errors import QuarantineError

MAX_DEPTH = 200
"""Levels of elements; browsers stop at 512, real pages stay below 60."""

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s<>/]*+)[^<>]*+>")


def parse_tree(source: str) -> tuple[HtmlElement, bool]:
    """The root, no more than `MAX_DEPTH` levels deep, and whether deeper markup was dropped to make it so.

    The text within markup that is dropped is kept.

    Raises:
        QuarantineError: there is no element in it.
    """
    root, complete = _parse(source)
    if complete and _depth_within(root, MAX_DEPTH):
        return root, False
    root, complete = _parse(_flattened(source))
    if not complete or not _depth_within(root, MAX_DEPTH):
        root, _ = _parse(_TAG.sub(" ", source))  # closing tags that close nothing kept the count down
    return root, True


def _parse(source: str) -> tuple[HtmlElement, bool]:
    """The root, and whether the parser read to the end."""
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    # As bytes: lxml refuses text with an XML declaration. NUL would end the page.
    data = source.replace("\0", "").encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise QuarantineError("it has no content; nothing in it can be indexed") from error
    if root is None:
        raise QuarantineError("it has no content; nothing in it can be indexed")
    return root, not any(entry.level == etree.ErrorLevels.FATAL for entry in parser.error_log)


def _depth_within(root: HtmlElement, limit: int) -> bool:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limit:
            return False
    return True


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
