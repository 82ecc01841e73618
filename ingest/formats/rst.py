"""reStructuredText to typed blocks, with docutils as the parser.

Documents come from anywhere, so nothing in them may read files, run code or reach the network: inclusion and raw
directives are off, no configuration file is read. Sphinx's roles and directives are read for their text, because most
reStructuredText is written for Sphinx.
"""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self, cast

from docutils import nodes
from docutils.core import publish_doctree
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser, directives
from docutils.parsers.rst.languages import en
from docutils.utils import new_document
from pydantic import ValidationError

from ...index.blocks import BlockKind
from ...index.errors import QuarantineError
from ...index.types import Kind
from ..metadata import DocumentMeta
from ..normalise import canonical_text, decode, require_text
from ..parsed import Parsed
from .flow import Flow, pipe_rows
from .sphinx_markup import SphinxInliner, register_directives

MAX_CHARS = 1_000_000
"""Longest document: docutils needs a second for some 50,000 characters, and more than linear time for some markup."""

_SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "input_encoding": "unicode",
    "line_length_limit": 1 << 31,
    "report_level": 3,
    "halt_level": 6,
    "warning_stream": False,
}
_SKIPPED = (
    nodes.comment, nodes.substitution_definition, nodes.target, nodes.pending, nodes.raw,
    nodes.meta, nodes.decoration, nodes.transition, nodes.label, nodes.colspec,
)  # fmt: skip
_LABELS = (nodes.term, nodes.classifier, nodes.field_name, nodes.option_group)
_BULLET = "-"


def parse_rst(data: bytes) -> Parsed:
    """A reStructuredText file.

    Raises:
        QuarantineError: it is no text, too long or too deeply nested, or has nothing to read in it.
    """
    source = require_text(canonical_text(decode(data)))
    if len(source) > MAX_CHARS:
        raise QuarantineError(
            f"it has {len(source)} characters of reStructuredText, more than {MAX_CHARS}; split it into several files"
        )
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
    probe, english = new_document("", get_default_settings(Parser())), cast(Any, en)
    register_directives(source, lambda name: directives.directive(name, english, probe)[0] is not None)
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
        if isinstance(node, _SKIPPED) or not isinstance(node, nodes.Element) or _is_contents(node):
            return
        handler = next(
            (self._HANDLERS[base] for base in type(node).__mro__ if base in self._HANDLERS), _Walk._container
        )
        handler(self, node, kind)

    def _section(self, node: nodes.Element, kind: BlockKind) -> None:
        self._depth += 1
        self.children(node, kind)
        self._depth -= 1

    def _code(self, node: nodes.Element, kind: BlockKind) -> None:
        self.flow.say(BlockKind.CODE, node.astext())

    def _formula(self, node: nodes.Element, kind: BlockKind) -> None:
        self.flow.say(BlockKind.FORMULA, f"$$\n{node.astext().strip()}\n$$")

    def _picture(self, node: nodes.Element, kind: BlockKind) -> None:
        self.flow.say(BlockKind.FIGURE, node.get("alt", ""))

    def _docinfo(self, node: nodes.Element, kind: BlockKind) -> None:
        self.flow.say(BlockKind.METADATA, "\n".join(_docinfo_line(field) for field in node.children))

    def _line_block(self, node: nodes.Element, kind: BlockKind) -> None:
        self.flow.say(kind, "\n".join(_lines(node)))

    def _message(self, node: nodes.Element, kind: BlockKind) -> None:
        """What docutils could not read: its complaint is of no use here, the source that it quotes is."""
        for child in node.children:
            if isinstance(child, nodes.literal_block):
                self.flow.say(BlockKind.PARAGRAPH, child.astext())

    def _container(self, node: nodes.Element, kind: BlockKind) -> None:
        if isinstance(node, nodes.TextElement):
            self.flow.say(_TEXT_KINDS.get(type(node), kind), _prose(node))
        elif isinstance(node, nodes.Admonition):
            if not isinstance(node, nodes.admonition):
                self.flow.say(kind, f"{node.tagname.title()}:")
            self.children(node, kind)
        else:
            self.children(node, BlockKind.QUOTE if isinstance(node, nodes.block_quote) else kind)

    def _title(self, node: nodes.Element, kind: BlockKind) -> None:
        parent = node.parent
        if isinstance(parent, nodes.document):
            self.flow.say(BlockKind.HEADING, _prose(node), level=1 + isinstance(node, nodes.subtitle))
        elif isinstance(parent, nodes.section):
            self.flow.say(BlockKind.HEADING, _prose(node), level=self._titles + self._depth)
        else:
            self.flow.say(BlockKind.PARAGRAPH, _prose(node))

    def _list(self, node: nodes.Element, kind: BlockKind) -> None:
        first = node.get("start", 1)
        for position, item in enumerate(node.children):
            marker = f"{first + position}." if isinstance(node, nodes.enumerated_list) else _BULLET
            self.flow.open_item(marker)
            self._item(item, kind)
            self.flow.close_item()
        self.flow.end_list()

    def _item(self, node: nodes.Node, kind: BlockKind) -> None:
        """An item of a list; a term, a field or an option leads into the first paragraph of what is said of it."""
        labels = [child for child in node.children if isinstance(child, _LABELS)]
        bodies = [child for child in node.children if not isinstance(child, _LABELS)]
        if labels:
            label = " ".join(_prose(child) for child in labels)
            rest = [part for body in bodies for part in body.children]
            lead = _prose(rest.pop(0)) if rest and isinstance(rest[0], nodes.paragraph) else ""
            self.flow.say(BlockKind.LIST, f"{label}: {lead}" if lead or rest else label)
            bodies = rest
        for body in bodies:
            self._node(body, kind)

    def _table(self, node: nodes.Element, kind: BlockKind) -> None:
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

    def _note(self, node: nodes.Element, kind: BlockKind) -> None:
        label = "".join(f"[{child.astext()}] " for child in node.children if isinstance(child, nodes.label))
        body = " ".join(_prose(child) for child in node.children if not isinstance(child, nodes.label))
        is_footnote = isinstance(node, nodes.footnote)
        self.flow.say(BlockKind.FOOTNOTE if is_footnote else BlockKind.REFERENCE_LIST, label + body)

    _HANDLERS: ClassVar[dict[type, Callable[[Self, nodes.Element, BlockKind], None]]] = {
        nodes.section: _section,
        nodes.title: _title,
        nodes.subtitle: _title,
        nodes.literal_block: _code,
        nodes.doctest_block: _code,
        nodes.math_block: _formula,
        nodes.table: _table,
        nodes.image: _picture,
        nodes.footnote: _note,
        nodes.citation: _note,
        nodes.docinfo: _docinfo,
        nodes.line_block: _line_block,
        nodes.system_message: _message,
        nodes.bullet_list: _list,
        nodes.enumerated_list: _list,
        nodes.definition_list: _list,
        nodes.field_list: _list,
        nodes.option_list: _list,
    }


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


def _lines(block: nodes.Element) -> Iterator[str]:
    for child in block.children:
        if isinstance(child, nodes.line_block):
            yield from _lines(child)
        else:
            yield _prose(child)


def _cells(row: Any) -> list[str]:
    cells: list[str] = []
    for entry in row.children:
        cells.append(_prose(entry))
        # A cell over several columns is followed by empty ones, so that what stands below one another stays so.
        cells += [""] * entry.get("morecols", 0)
    return cells


def _docinfo_line(field: Any) -> str:
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
