"""reStructuredText to typed blocks, with docutils as the parser.

Documents come from anywhere, so nothing in them may read files, run code or reach the network: inclusion and raw
directives are off, no configuration file is read. Sphinx's roles and directives are read for their text, because most
reStructuredText is written for Sphinx.
"""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Parser, directives
from docutils.parsers.rst.languages import en
from docutils.utils import new_document
from docutils.frontend import get_default_settings
from pydantic import ValidationError

from ...index.blocks import BlockKind
from ...index.errors import QuarantineError
from ...index.types import Kind
from ..metadata import DocumentMeta
from ..normalise import canonical_text, decode, require_text
from ..parsed import Parsed
from .flow import Flow, pipe_rows
from .sphinx_markup import SphinxInliner, register_directives

_SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "input_encoding": "unicode",
    "line_length_limit": 1 << 31,
    "report_level": 5,
    "halt_level": 6,
    "warning_stream": False,
}
_SKIPPED = (
    nodes.comment, nodes.substitution_definition, nodes.target, nodes.system_message, nodes.pending, nodes.raw,
    nodes.meta, nodes.decoration, nodes.transition, nodes.label, nodes.colspec,
)  # fmt: skip
_BULLET = "-"


def parse_rst(data: bytes) -> Parsed:
    """A reStructuredText file.

    Raises:
        QuarantineError: it is no text, is nested too deeply, or has nothing to read in it.
    """
    source = require_text(canonical_text(decode(data)))
    try:
        document = _doctree(source)
        walk = _Walk(len(list(_titles(document))))
        walk.children(document, BlockKind.PARAGRAPH)
    except RecursionError as error:
        raise QuarantineError("its markup is nested too deeply; flatten its innermost lists or quotes") from error
    built = walk.flow.finish()
    if not built.blocks:
        raise QuarantineError("it holds no text besides directives and comments; nothing in it can be indexed")
    return Parsed(built.text, built.blocks, _meta(document), kind=Kind.GUIDE)


def _doctree(source: str) -> nodes.document:
    probe = new_document("", get_default_settings(Parser))
    probe.reporter.report_level = 5
    register_directives(source, lambda name: directives.directive(name, en, probe)[0] is not None)
    return publish_doctree(source, parser=Parser(inliner=SphinxInliner()), settings_overrides=_SETTINGS)


def _titles(document: nodes.document) -> Iterator[nodes.Node]:
    return (child for child in document.children if isinstance(child, (nodes.title, nodes.subtitle)))


class _Walk:
    """Takes a document tree to its flow; depth is that of the tree, which docutils' own recursion bounds."""

    def __init__(self, titles: int) -> None:
        self.flow = Flow()
        self._titles = titles
        self._depth = 0

    def children(self, node: nodes.Element, kind: BlockKind) -> None:
        """Walk what is in a node; `kind` is what a paragraph is there."""
        for child in node.children:
            self._node(child, kind)

    def _node(self, node: nodes.Node, kind: BlockKind) -> None:
        if isinstance(node, _SKIPPED) or _is_contents(node):
            return
        if isinstance(node, nodes.section):
            self._depth += 1
            self.children(node, kind)
            self._depth -= 1
        elif isinstance(node, (nodes.title, nodes.subtitle)):
            self._title(node)
        elif isinstance(node, (nodes.literal_block, nodes.doctest_block)):
            self.flow.say(BlockKind.CODE, node.astext())
        elif isinstance(node, nodes.math_block):
            self.flow.say(BlockKind.FORMULA, f"$$\n{node.astext().strip()}\n$$")
        elif isinstance(node, nodes.table):
            self._table(node)
        elif isinstance(node, nodes.image):
            self.flow.say(BlockKind.FIGURE, node.get("alt", ""))
        elif isinstance(node, (nodes.footnote, nodes.citation)):
            self._note(node)
        elif isinstance(node, nodes.docinfo):
            self.flow.say(BlockKind.METADATA, "\n".join(_docinfo_line(field) for field in node.children))
        elif isinstance(node, nodes.line_block):
            self.flow.say(kind, "\n".join(_lines(node)))
        elif isinstance(node, nodes.Sequential) or isinstance(node, (nodes.field_list, nodes.definition_list)):
            self._list(node, kind)
        elif isinstance(node, nodes.Element):
            self._container(node, kind)

    def _container(self, node: nodes.Element, kind: BlockKind) -> None:
        if isinstance(node, nodes.TextElement):
            self.flow.say(_TEXT_KINDS.get(type(node), kind), _prose(node))
        elif isinstance(node, nodes.Admonition):
            if not isinstance(node, nodes.admonition):
                self.flow.say(kind, f"{node.tagname.title()}:")
            self.children(node, kind)
        else:
            self.children(node, BlockKind.QUOTE if isinstance(node, nodes.block_quote) else kind)

    def _title(self, node: nodes.Element) -> None:
        parent = node.parent
        if isinstance(parent, nodes.document):
            self.flow.say(BlockKind.HEADING, _prose(node), level=1 + isinstance(node, nodes.subtitle))
        elif isinstance(parent, nodes.section):
            self.flow.say(BlockKind.HEADING, _prose(node), level=self._titles + self._depth)
        else:
            self.flow.say(BlockKind.PARAGRAPH, _prose(node))

    def _list(self, node: nodes.Element, kind: BlockKind) -> None:
        number = node.get("start", 1)
        for position, item in enumerate(node.children):
            if isinstance(node, nodes.enumerated_list):
                self._item(f"{number + position}.", item, kind)
            elif isinstance(node, nodes.bullet_list):
                self._item(_BULLET, item, kind)
            else:
                self._item(_BULLET, item, kind)
        self.flow.end_list()

    def _item(self, marker: str, node: nodes.Node, kind: BlockKind) -> None:
        self.flow.open_item(marker)
        if isinstance(node, nodes.option_list_item):
            self.flow.say(BlockKind.LIST, f"{_prose(node[0])}: {_prose(node[1])}")
        elif isinstance(node, nodes.field):
            name, body = node.children[0], node.children[1]
            lead = body.children[0] if body.children and isinstance(body.children[0], nodes.paragraph) else None
            self.flow.say(BlockKind.LIST, f"{_prose(name)}: {_prose(lead) if lead is not None else ''}".strip())
            for child in body.children[lead is not None :]:
                self._node(child, kind)
        elif isinstance(node, nodes.Element):
            self.children(node, kind)
        self.flow.close_item()

    def _table(self, node: nodes.table) -> None:
        rows: list[list[str]] = []
        header_rows = 0
        for child in node.children:
            if isinstance(child, nodes.title):
                self.flow.say(BlockKind.CAPTION, _prose(child))
                continue
            for part in child.children:
                if isinstance(part, (nodes.thead, nodes.tbody)):
                    found = [_cells(row) for row in part.children]
                    header_rows += len(found) if isinstance(part, nodes.thead) else 0
                    rows += found
        self.flow.say(BlockKind.TABLE, pipe_rows(rows, header_rows=header_rows))

    def _note(self, node: nodes.Element) -> None:
        label = "".join(f"[{child.astext()}] " for child in node.children if isinstance(child, nodes.label))
        body = " ".join(_prose(child) for child in node.children if not isinstance(child, nodes.label))
        kind = BlockKind.FOOTNOTE if isinstance(node, nodes.footnote) else BlockKind.REFERENCE_LIST
        self.flow.say(kind, label + body)


_TEXT_KINDS = {nodes.caption: BlockKind.CAPTION, nodes.attribution: BlockKind.QUOTE, nodes.rubric: BlockKind.PARAGRAPH}


def _is_contents(node: nodes.Node) -> bool:
    return isinstance(node, nodes.topic) and "contents" in node.get("classes", ())


def _prose(node: nodes.Node) -> str:
    """Text of a node on one line; formulas keep their dollars, pictures are their alternative text."""
    return " ".join("".join(_pieces(node)).split())


def _pieces(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.math):
        yield f"${node.astext()}$"
    elif isinstance(node, (nodes.footnote_reference, nodes.citation_reference)):
        yield f"[{node.astext()}]"
    elif isinstance(node, nodes.image):
        yield node.get("alt", "")
    elif isinstance(node, nodes.Element) and not isinstance(node, _SKIPPED):
        for child in node.children:
            yield from _pieces(child)
        if not isinstance(node, nodes.Inline):
            yield " "


def _lines(block: nodes.line_block) -> Iterator[str]:
    for child in block.children:
        if isinstance(child, nodes.line_block):
            yield from _lines(child)
        else:
            yield _prose(child)


def _cells(row: nodes.Element) -> list[str]:
    cells: list[str] = []
    for entry in row.children:
        cells.append(_prose(entry))
        # A cell over several columns is followed by empty ones, so that what stands below one another stays so.
        cells += [""] * entry.get("morecols", 0)
    return cells


def _docinfo_line(field: nodes.Node) -> str:
    if isinstance(field, nodes.field):
        return f"{_prose(field.children[0])}: {_prose(field.children[1])}"
    return f"{field.tagname.title()}: {_prose(field)}"


def _meta(document: nodes.document) -> DocumentMeta:
    found: dict[str, Any] = {"title": next((_prose(title) for title in _titles(document)), None)}
    for info in document.findall(nodes.docinfo):
        for child in info.children:
            if isinstance(child, (nodes.author, nodes.authors)):
                parts = [child] if isinstance(child, nodes.author) else child.children
                found["authors"] = (*found.get("authors", ()), *(_prose(part) for part in parts))
            elif isinstance(child, nodes.date):
                found["published"] = _prose(child)
        break
    try:
        return DocumentMeta.from_mapping(found)
    except ValidationError:
        del found["published"]  # the one field that may be malformed: `:Date: $Date$`
        return DocumentMeta.from_mapping(found)
