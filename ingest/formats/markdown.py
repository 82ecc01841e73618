"""Markdown and MDX to typed blocks.

markdown-it-py finds the blocks; only their lines are used, so its inline parsing is switched off, except for
headings. It sees the file without its front matter and with blank lines in place of what is not Markdown (see
`regions`). Every line that is not blank ends up in a block: what the parser leaves over becomes a paragraph.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ...index.blocks import Block, BlockKind
from ...index.types import Kind
from ..metadata import front_matter_span, read_front_matter
from ..normalise import canonical_text, decode, require_text
from ..parsed import Parsed
from ..sentences import trim
from .footnotes import footnote_plugin
from .formulas import formula_plugin
from .regions import Region, find_regions, is_module_syntax, readable
from .toml_front_matter import read_toml, toml_span

# Inline parsing of a hostile heading is quadratic. A longer one is no heading: a stray line of `=` or `-` below a
# paragraph makes the whole of it one, and it would then name the document and stand before all its passages.
_MAX_HEADING = 300

_LEAVES = {
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
    "html_block": BlockKind.HTML,
    "math_block": BlockKind.FORMULA,
    "footnote": BlockKind.FOOTNOTE,
    "hr": BlockKind.METADATA,
    "table_open": BlockKind.TABLE,
    "paragraph_open": BlockKind.PARAGRAPH,
    "heading_open": BlockKind.HEADING,
}
_CONTAINERS = {"list_item_open": BlockKind.LIST, "blockquote_open": BlockKind.QUOTE}
_CONTAINER_ENDS = ("list_item_close", "blockquote_close")

_MAY_BE_UNREAD = (BlockKind.PARAGRAPH, BlockKind.HTML, BlockKind.QUOTE)

_HEADING_ANCHOR = re.compile(r"\s*(?:\[\[[^][]*\]\]|\{[#.:][^{}]*\})\s*$")
# d2l marks what its slides show: [**Title**]. A link's text in bold is not meant.
_SLIDE_MARK = re.compile(r"[\[(]\*\*([^*]*)\*\*[\])](?!\()")
# A `>` that starts a line is a quote to the parser: `<iframe ...` and `></iframe>` come apart.
_TAG = re.compile(r"<(?:[A-Za-z/!][^<>]*)?(?:>|\Z)")
_JSX_EXPRESSION = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A block in lines; level and raw title for headings."""

    kind: BlockKind
    first: int
    last: int
    level: int = 0
    title: str = ""


@dataclass(slots=True)
class _Lines:
    """Line starts of a text, and what has been claimed so far."""

    text: str
    starts: list[int]
    blocks: list[Block] = field(default_factory=list)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Lines first to last, the latter not included, without blank lines at either end."""
        start, end = self.starts[first], self.starts[last]
        trimmed_start, trimmed_end = trim(self.text, start, end)
        if trimmed_start >= trimmed_end:
            return start, start
        start = max(start, self.text.rfind("\n", start, trimmed_start) + 1)
        newline = self.text.find("\n", trimmed_end, end)
        return start, end if newline < 0 else newline

    def add(self, block: Block) -> None:
        """Add a block; metadata right below metadata is one block."""
        before = self.blocks[-1] if self.blocks else None
        if before and block.kind is before.kind is BlockKind.METADATA and before.end + 1 == block.start:
            self.blocks[-1] = replace(before, end=block.end)
        else:
            self.blocks.append(block)


def parse_md(data: bytes) -> Parsed:
    """A Markdown file."""
    return _parsed(data, mdx=False)


def parse_mdx(data: bytes) -> Parsed:
    """An MDX file: Markdown with JSX between."""
    return _parsed(data, mdx=True)


def _parsed(data: bytes, *, mdx: bool) -> Parsed:
    text = require_text(canonical_text(decode(data)))
    meta, warnings = read_toml(text) if toml_span(text) else read_front_matter(text)
    return Parsed(text, parse_markdown(text, mdx=mdx), meta, warnings, Kind.GUIDE)


def parse_markdown(text: str, *, mdx: bool = False) -> list[Block]:
    """Leaf blocks of canonical text, sorted and not overlapping, in linear time.

    Each line that is not blank lies in a block. With `mdx`, tags do not swallow the Markdown between them, and
    imports, exports and expressions are metadata.
    """
    lines = _Lines(text, [0, *accumulate(len(line) + 1 for line in text.split("\n"))])
    lines.starts[-1] = len(text)  # no newline behind the last line
    front_matter = front_matter_span(text) or toml_span(text)
    first = 0
    if front_matter:
        lines.blocks.append(Block(BlockKind.METADATA, *front_matter))
        first = bisect_left(lines.starts, front_matter[1])
    regions = find_regions(text, lines.starts[first], mdx=mdx)
    parser = _parser(mdx, "[^" in text)
    environment: dict[str, Any] = {}
    tokens = parser.parse(_blanked(text, lines.starts[first], regions), environment)
    claims = list(_leaves(tokens, first))
    claims += [_Leaf(BlockKind.METADATA, begin + first, end + first) for begin, end in _definitions(environment)]
    claims += [
        _Leaf(region.kind, bisect_left(lines.starts, region.start), bisect_left(lines.starts, region.end))
        for region in regions
    ]
    reached = first
    for leaf in sorted(claims, key=lambda leaf: leaf.first):
        begin = max(leaf.first, reached)
        if begin >= leaf.last:
            continue
        _leftovers(lines, reached, begin)
        reached = leaf.last
        start, end = lines.span(begin, reached)
        if start < end:
            lines.add(_block(parser, leaf, text, start, end, mdx))
    _leftovers(lines, reached, len(lines.starts) - 1)
    return lines.blocks


def _blanked(text: str, start: int, regions: list[Region]) -> str:
    """The text from an offset on, with as many lines, those of the regions blank."""
    parts: list[str] = []
    for region in regions:
        parts += [text[start : region.start], "\n" * text.count("\n", region.start, region.end)]
        start = region.end
    return "".join([*parts, text[start:]])


@cache
def _parser(mdx: bool, footnotes: bool) -> MarkdownIt:
    """The parser for a dialect; a rule that is not needed would still be asked at every line."""
    md = MarkdownIt("commonmark").enable("table").use(formula_plugin)
    if footnotes:
        md.use(footnote_plugin)
    md.core.ruler.disable(["inline", "text_join"])
    if mdx:
        md.block.ruler.disable(["html_block", "code"])  # MDX has neither
    return md


def _leaves(tokens: list[Token], offset: int) -> Iterator[_Leaf]:
    """The tokens that hold text, `offset` lines further down; in a list or a quote, paragraphs belong to it."""
    containers: list[BlockKind] = []
    table_depth = -1
    opened: int | None = None  # line of a bullet or `>` that no leaf has followed yet
    for position, token in enumerate(tokens):
        if table_depth >= 0:
            table_depth = -1 if token.type == "table_close" else table_depth
        elif token.type in _CONTAINERS and token.map:
            containers.append(_CONTAINERS[token.type])
            opened = token.map[0] + offset if opened is None else opened
        elif token.type in _CONTAINER_ENDS:
            containers.pop()
            opened = None
        elif token.type in _LEAVES and token.map:
            kind, first, last = _LEAVES[token.type], token.map[0] + offset, token.map[1] + offset
            table_depth = token.level if kind is BlockKind.TABLE else -1
            # A bullet may stand alone on the line above its item.
            first, opened = (first if opened is None else min(opened, first)), None
            if containers and kind in (BlockKind.PARAGRAPH, BlockKind.HEADING):
                yield _Leaf(containers[-1], first, last)
            elif kind is BlockKind.HEADING:
                yield _Leaf(kind, first, last, int(token.tag[1:]), tokens[position + 1].content)
            else:
                yield _Leaf(kind, first, last)


def _block(parser: MarkdownIt, leaf: _Leaf, text: str, start: int, end: int, mdx: bool) -> Block:
    if leaf.kind is BlockKind.HEADING and len(leaf.title) > _MAX_HEADING:
        return Block(BlockKind.PARAGRAPH, start, end)
    if leaf.kind is BlockKind.HEADING:
        return Block(leaf.kind, start, end, leaf.level, _plain(parser, leaf.title))
    unread = leaf.kind in _MAY_BE_UNREAD and _unread(text[start:end], mdx)
    return Block(BlockKind.METADATA if unread else leaf.kind, start, end)


def _leftovers(lines: _Lines, first: int, last: int) -> None:
    """Cover the lines that no leaf claimed; bare container marks (`>`, `-`) go to the block above."""
    blocks = lines.blocks
    open_block = False
    for line in range(first, last):
        if not lines.text[lines.starts[line] : lines.starts[line + 1]].strip():
            open_block = False
            continue
        start, end = lines.span(line, line + 1)
        bare = not any(character.isalnum() for character in lines.text[start:end])
        adjacent = bool(blocks) and blocks[-1].end + 1 == start
        if adjacent and (open_block or (bare and blocks[-1].kind is not BlockKind.HEADING)):
            blocks[-1] = replace(blocks[-1], end=end)
        else:
            is_html = lines.text.startswith("<", start)
            blocks.append(Block(BlockKind.HTML if is_html else BlockKind.PARAGRAPH, start, end))
            open_block = True


def _definitions(environment: dict[str, Any]) -> list[list[int]]:
    """Lines of link reference definitions."""
    known = [*environment.get("references", {}).values(), *environment.get("duplicate_refs", ())]
    return [reference["map"] for reference in known]


def _plain(parser: MarkdownIt, raw: str) -> str:
    """A heading without its markup and without the anchor some renderers read from its end."""
    tokens: list[Token] = []
    raw = _SLIDE_MARK.sub(r"\1", _HEADING_ANCHOR.sub("", raw))
    parser.inline.parse(raw, parser, {}, tokens)
    return " ".join("".join(_words(tokens)).split())


def _words(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "image":
            yield from _words(token.children or [])
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.type != "html_inline":
            yield token.content


def _unread(text: str, mdx: bool) -> bool:
    """Whether nothing in a block is there to be read: imports, comments, bare tags, inlined images."""
    if mdx and is_module_syntax(text):
        return True
    if text.startswith("<") or (mdx and text.startswith(("{", ">"))):
        if readable(text):
            return False
        text = _TAG.sub("", _without(text, "<!--", "-->"))
        text = _JSX_EXPRESSION.sub("", text) if mdx else text
    elif "](data:" in text:
        text = _without(text, "](data:", ")")
    else:
        return False
    return not any(character.isalnum() for character in text)


def _without(text: str, opening: str, closing: str) -> str:
    """The text without what lies between the marks; a regular expression would take quadratic time."""
    head, *rest = text.split(opening)
    return head + "".join(part.partition(closing)[2] if closing in part else part for part in rest)
