"""reStructuredText to typed blocks, with docutils as the parser.

Documents come from anywhere, so nothing in them may read files, run code or reach the network: inclusion and raw
directives are off, no configuration file is read. Sphinx's roles and directives are read for their text, because most
reStructuredText is written for Sphinx.
"""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

from docutils import nodes
from pydantic import ValidationError

from ...index.blocks import BlockKind
from ...index.errors import QuarantineError
from ...index.types import Kind
from ..metadata import DocumentMeta
from ..normalise import canonical_text, decode, require_text
from ..parsed import Parsed
from .flow import Flow, pipe_rows
from .rst_prose import SKIPPED, Prose
from .rst_tree import ERROR, read_tree
from .sphinx_markup import MAX_INLINE, SphinxInliner

MAX_CHARS = 1_000_000
"""Longest document: docutils needs a second for some 100,000 to 400,000 characters."""

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
    inliner = SphinxInliner()
    try:
        document = read_tree(source, inliner)
        walk = _Walk(document)
        walk.children(document, BlockKind.PARAGRAPH)
    except RecursionError as error:
        raise QuarantineError("its markup is nested too deeply; flatten its innermost lists or quotes") from error
    built = walk.flow.finish()
    if not built.blocks:
        raise QuarantineError("it holds no text besides directives and comments; nothing in it can be indexed")
    return Parsed(built.text, built.blocks, walk.meta(), _warnings(inliner), kind=Kind.GUIDE)


def _warnings(inliner: SphinxInliner) -> tuple[str, ...]:
    warnings: list[str] = []
    if inliner.unread:
        warnings.append(
            f"markup was not read in {inliner.unread} of its paragraphs, which are longer than {MAX_INLINE} characters"
        )
    if inliner.left_out:
        names = ", ".join(f"{name!r} ({count})" for name, count in sorted(inliner.left_out.items()))
        warnings.append(f"directives that bring in other files or raw markup were left out: {names}")
    return tuple(warnings)


def _titles(document: nodes.document) -> Iterator[nodes.Node]:
    return (child for child in document.children if isinstance(child, (nodes.title, nodes.subtitle)))


class _Walk:
    """Takes a document tree to its flow; depth is that of the tree, which docutils' own recursion bounds."""

    def __init__(self, document: nodes.document) -> None:
        self.flow = Flow()
        self._document = document
        self._titles = len(list(_titles(document)))
        self._prose = Prose(document)
        self._depth = 0

    def children(self, node: nodes.Element, kind: BlockKind) -> None:
        """Walk what is in a node; `kind` is what a paragraph is there."""
        for child in node.children:
            self._node(child, kind)

    def meta(self) -> DocumentMeta:
        """What the document says of itself."""
        found: dict[str, Any] = {"title": next((self._prose.of(title) for title in _titles(self._document)), None)}
        infos = (child for child in self._document.children if isinstance(child, nodes.docinfo))
        for child in next((info.children for info in infos), ()):
            if isinstance(child, (nodes.author, nodes.authors)):
                parts = [child] if isinstance(child, nodes.author) else child.children
                found["authors"] = (*found.get("authors", ()), *(self._prose.of(part) for part in parts))
            elif isinstance(child, nodes.date):
                found["published"] = self._prose.of(child)
        try:
            return DocumentMeta.from_mapping(found)
        except ValidationError:
            found.pop("published", None)  # the one field that may be malformed: `:Date: $Date$`
            return DocumentMeta.from_mapping(found)

    def _node(self, node: nodes.Node, kind: BlockKind) -> None:
        if isinstance(node, SKIPPED) or not isinstance(node, nodes.Element) or _is_contents(node):
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
        self.flow.say(BlockKind.METADATA, "\n".join(self._docinfo_line(field) for field in node.children))

    def _line_block(self, node: nodes.Element, kind: BlockKind) -> None:
        self.flow.say(kind, "\n".join(self._lines(node)))

    def _message(self, node: nodes.Element, kind: BlockKind) -> None:
        """What docutils could not read: its complaint is of no use here, the source that it quotes is."""
        if node["level"] < ERROR:
            return
        for child in node.children:
            if isinstance(child, nodes.literal_block):
                self.flow.say(BlockKind.PARAGRAPH, child.astext())

    def _container(self, node: nodes.Element, kind: BlockKind) -> None:
        if isinstance(node, nodes.TextElement):
            self.flow.say(_TEXT_KINDS.get(type(node), kind), self._prose.of(node))
        elif isinstance(node, nodes.Admonition):
            if not isinstance(node, nodes.admonition):
                self.flow.say(kind, f"{node.tagname.title()}:")
            self.children(node, kind)
        else:
            self.children(node, BlockKind.QUOTE if isinstance(node, nodes.block_quote) else kind)

    def _title(self, node: nodes.Element, kind: BlockKind) -> None:
        parent = node.parent
        if isinstance(parent, nodes.document):
            self.flow.say(BlockKind.HEADING, self._prose.of(node), level=1 + isinstance(node, nodes.subtitle))
        elif isinstance(parent, nodes.section):
            self.flow.say(BlockKind.HEADING, self._prose.of(node), level=self._titles + self._depth)
        else:
            self.flow.say(BlockKind.PARAGRAPH, self._prose.of(node))

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
            label = " ".join(self._prose.of(child) for child in labels)
            rest = [part for body in bodies for part in body.children]
            lead = self._prose.of(rest.pop(0)) if rest and isinstance(rest[0], nodes.paragraph) else ""
            self.flow.say(BlockKind.LIST, f"{label}: {lead}" if lead or rest else label)
            bodies = rest
        for body in bodies:
            self._node(body, kind)

    def _table(self, node: nodes.Element, kind: BlockKind) -> None:
        rows: list[list[str]] = []
        header_rows = 0
        for child in node.children:
            if isinstance(child, nodes.title):
                self.flow.say(BlockKind.CAPTION, self._prose.of(child))
                continue
            for part in child.children:
                if isinstance(part, (nodes.thead, nodes.tbody)):
                    found = [self._cells(row) for row in part.children]
                    header_rows += len(found) if isinstance(part, nodes.thead) else 0
                    rows += found
        self.flow.say(BlockKind.TABLE, pipe_rows(rows, header_rows=header_rows))

    def _note(self, node: nodes.Element, kind: BlockKind) -> None:
        label = "".join(f"[{child.astext()}] " for child in node.children if isinstance(child, nodes.label))
        body = " ".join(self._prose.of(child) for child in node.children if not isinstance(child, nodes.label))
        is_footnote = isinstance(node, nodes.footnote)
        self.flow.say(BlockKind.FOOTNOTE if is_footnote else BlockKind.REFERENCE_LIST, label + body)

    def _lines(self, block: nodes.Element) -> Iterator[str]:
        for child in block.children:
            if isinstance(child, nodes.line_block):
                yield from self._lines(child)
            else:
                yield self._prose.of(child)

    def _cells(self, row: Any) -> list[str]:
        cells: list[str] = []
        for entry in row.children:
            cells.append(self._prose.of(entry))
            # A cell over several columns is followed by empty ones, so that what stands below one another stays so.
            cells += [""] * entry.get("morecols", 0)
        return cells

    def _docinfo_line(self, field: Any) -> str:
        if isinstance(field, nodes.field):
            return f"{self._prose.of(field.children[0])}: {self._prose.of(field.children[1])}"
        return f"{field.tagname.title()}: {self._prose.of(field)}"

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
