"""Regions of a Markdown file that are not Markdown: JSX, imports, admonition fences, tab marks, HTML tables.

They are whole lines. Markdown is parsed as if they were blank, so that what stands between them is seen for what
it is: a heading right below a tag, a list within a component. Code and formulas are skipped: a tag in there is text.

Where a region has no end within reach it is none, and neither is anything else of its sort before that point. So a
file of unclosed tags costs no more than one pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...index.blocks import BlockKind

_REACH = 20_000
"""The most characters that a tag, an expression or an import may have."""

_SHARED = r"""
    ^(?:[ \t]|(?:[-*+]|\d{1,9}[.)])(?=[ \t])|>)*+(?P<fence>`{3,}+(?=[^`\n]*$)|~{3,}+)
  | ^[ \t]*+(?P<formula>\$\$|\\\[|\\begin\{)
  | ^[ \t]*+(?P<colons>:{3,}+)[ \t]*+(?P<title>[^\n]*+)
  | ^(?P<mark>(?::(?:begin_tab|end_tab|label|eqlabel|width|height|bibliography):(?:`[^`\n]*`|[\w, -]*+)[ \t]*+)++$)
  | ^[ ]{0,3}(?P<raw><(?:table|script|style|svg|!--)(?=[\s>]|(?<=--)))
"""
_JSX = r"""
  | ^[ \t]*+(?P<raw_jsx><(?:table|script|style|svg|pre)(?=[\s>]))
  | ^[ \t]*+(?P<tag><(?=[A-Za-z/>])|\{)
  | ^(?P<esm>(?:import|export)\b)
"""
_MARKDOWN = re.compile(_SHARED, re.VERBOSE | re.MULTILINE)
_MDX = re.compile(_SHARED + _JSX, re.VERBOSE | re.MULTILINE)

_ESM = re.compile(
    r"import\s(?:[\w*{},$\s]{1,2000}?\bfrom\s{0,9})?\s{0,9}[\"']"
    r"|export\s(?:(?:default|const|let|var|function|class|async)\b|[{*])"
)
# What an admonition's opening may hold besides its title: its type, its attributes.
_ADMONITION = re.compile(r"(?:\{[^{}\n]*\}|[\w-]+)?[ \t]*(?:\{[^{}\n]*\})?")
_JS = re.compile(r"\\.|[\"'`{}<>]|/\*|\*/|//|\n")
# Attributes of a tag, and keys of a quiz in JSX, that hold words for the reader.
_READABLE = re.compile(r"\b(?:(?:alt|title|caption|label|summary)\s?=\s?\{?|(?:text|explain)\s?:\s?)([\"'`])\W{0,9}\w")


@dataclass(frozen=True, slots=True)
class Region:
    """Whole lines that are not Markdown, as code points: from the start of the first to the end of the last."""

    kind: BlockKind
    start: int
    end: int


def find_regions(text: str, start: int, *, mdx: bool) -> list[Region]:
    """Regions of canonical text from an offset on, in order, in linear time."""
    return list(_Scanner(text, _MDX if mdx else _MARKDOWN).regions(start))


def readable(markup: str) -> bool:
    """Whether the attributes of a tag hold words for the reader."""
    return _READABLE.search(markup) is not None


def is_module_syntax(text: str) -> bool:
    """Whether a text begins with an import or an export of JavaScript."""
    return _ESM.match(text) is not None


class _Scanner:
    def __init__(self, text: str, candidates: re.Pattern[str]) -> None:
        self._text = text
        self._candidates = candidates
        self._blank = -1  # the next blank line, once looked for
        self._no_tag_before = 0
        self._no_formula_before: dict[str, int] = {}
        self._endless: set[str] = set()  # closing marks that do not occur any more

    def regions(self, position: int) -> Iterator[Region]:
        text = self._text
        while found := self._candidates.search(text, position):
            sort = found.lastgroup or ""
            start = text.rfind("\n", 0, found.start(sort)) + 1
            position = self._line_end(found.end())
            if sort == "fence":
                position = self._fence_end(found.group("fence"), position)
            elif sort == "formula":
                position = self._formula_end(found.group("formula"), found.end())
            elif sort in ("colons", "title"):
                title = _ADMONITION.sub("", found.group("title"), count=1).strip("[] \t")
                yield Region(BlockKind.PARAGRAPH if title else BlockKind.METADATA, start, position)
            elif sort == "mark":
                yield Region(BlockKind.METADATA, start, position)
            else:
                kind, end = self._markup(sort, found, start)
                if end:
                    yield Region(kind, start, end)
                    position = end

    def _markup(self, sort: str, found: re.Match[str], start: int) -> tuple[BlockKind, int]:
        """Kind and end of HTML, JSX or an import; no end where it is none after all."""
        text = self._text
        if sort == "esm":
            return BlockKind.METADATA, self._module_end(start) if _ESM.match(text, start) else 0
        if sort == "tag":
            end = self._jsx_end(found.start("tag"))
            kind = BlockKind.HTML if end and _READABLE.search(text, start, end) else BlockKind.METADATA
            return kind, end
        name = found.group(sort)[1:]
        closing = "-->" if name == "!--" else f"</{name}>"
        end = self._find(closing, found.end())
        if end < 0 or (name == "!--" and text[end + 3 : self._line_end(end)].strip()):
            return BlockKind.METADATA, 0
        return BlockKind.HTML if name in ("table", "pre") else BlockKind.METADATA, self._line_end(end)

    def _line_end(self, position: int) -> int:
        end = self._text.find("\n", position)
        return len(self._text) if end < 0 else end

    def _find(self, mark: str, position: int) -> int:
        if mark in self._endless:
            return -1
        end = self._text.find(mark, position)
        if end < 0:
            self._endless.add(mark)
        return end

    def _next_blank(self, position: int) -> int:
        """The next blank line; looked for once for all positions before it."""
        if self._blank < position:
            end = self._text.find("\n\n", position)
            self._blank = len(self._text) if end < 0 else end
        return self._blank

    def _fence_end(self, fence: str, position: int) -> int:
        closing = re.compile(rf"^[ \t>]*+{fence[0]}{{{len(fence)},}}+[ \t]*+$", re.MULTILINE)
        found = closing.search(self._text, position)
        return found.end() if found else len(self._text)

    def _formula_end(self, opening: str, position: int) -> int:
        closing = {"$$": "$$", "\\[": "\\]"}.get(opening, "\\end{")
        if position < self._no_formula_before.get(closing, 0):
            return self._line_end(position)
        blank = self._next_blank(position)
        end = self._text.find(closing, position, blank)
        if end < 0:
            self._no_formula_before[closing] = blank
        return self._line_end(position if end < 0 else end)

    def _jsx_end(self, position: int) -> int:
        """End of the line on which tags and expressions end, if nothing else stands on it; else 0."""
        text = self._text
        while True:
            end = self._tag_end(position)
            if not end:
                return 0
            line_end = self._line_end(end)
            rest = text[end:line_end].lstrip()
            if not rest:
                return line_end
            if rest[0] != "{" and not (rest[0] == "<" and (rest[1:2].isalpha() or rest[1:2] in ("/", ">"))):
                return 0
            position = line_end - len(rest)

    def _tag_end(self, position: int) -> int:
        """One past the `>` of a tag or the `}` of an expression that opens at a position; 0 if it has none."""
        text = self._text
        within_reach = position >= self._no_tag_before
        limit = min(len(text), position + _REACH) if within_reach else self._line_end(position)
        end = _closing(text, position, limit)
        if not end and within_reach:
            self._no_tag_before = limit
        return end

    def _module_end(self, start: int) -> int:
        """The line on which the brackets of an import or export are closed, and the indented lines below it."""
        text = self._text
        limit = min(len(text), start + _REACH) if start >= self._no_tag_before else self._line_end(start)
        first = end = self._line_end(start)
        open_ = _open_brackets(text[start:end])
        while end < limit:
            next_end = self._line_end(end + 1)
            line = text[end + 1 : next_end]
            if open_ <= 0 and not line.startswith((" ", "\t")):
                return end
            open_ += _open_brackets(line)
            end = next_end
        if open_ > 0:
            self._no_tag_before = max(self._no_tag_before, limit)
            return first
        return end


def _open_brackets(line: str) -> int:
    return sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))


def _closing(text: str, start: int, limit: int) -> int:
    """One past the end of the tag or expression at `start`, or 0; strings, braces and comments may hold anything."""
    expression = text[start] == "{"
    depth, quote = 0, ""
    for found in _JS.finditer(text, start + (not expression), limit):
        mark = found.group()
        if quote:
            quote = "" if mark == quote else quote
        elif mark in ("/*", "//") and depth:
            quote = {"/*": "*/", "//": "\n"}[mark]
        elif mark in ("'", '"', "`") and (depth or text[found.start() - 1] == "="):
            quote = mark
        elif mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth <= 0 and expression:
                return found.end()
        elif mark == ">" and not depth:
            return found.end()
        elif (mark == "<" and not depth) or (text.startswith("\n\n", found.start()) and not depth):
            return 0
    return 0
