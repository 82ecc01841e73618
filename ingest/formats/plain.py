"""Plain text to typed blocks: paragraphs, and what can safely be told from their look.

The text stays as it is, hard line breaks included; blocks are runs of its lines. A line is a heading only where it is
underlined, or numbered, short and alone: a wrongly found heading hides a sentence and names a section after it.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ...index.blocks import Block, BlockKind
from ...index.types import Kind
from ..normalise import canonical_text, decode, require_text
from ..parsed import Parsed

_MAX_TITLE = 100
_CODE_INDENT = 4
_UNDERLINES = {"=": 1, "-": 2, "~": 3}
# A section's number, such as 1. or 2.3.1, and its title; a leading page number or year has more digits.
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})\.?[ \t]+(?P<title>[^\W\d_].*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+•–]|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \t]+\S")
_ENDS_A_SENTENCE = (".", ",", ";", ":", "!", "?")
_DOT_LEADER = re.compile(r"\.(?:[ \t]?\.){2}")
_CODE_SIGN = re.compile(r"[={}<>;_\\|$#\[\]]|\w\(|^\s*(?:>>>|\.\.\.|//)")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a text with where each starts; the last start is the text's end."""

    lines: Sequence[str]
    starts: Sequence[int]

    def block(self, kind: BlockKind, first: int, last: int, level: int = 0, title: str = "") -> Block:
        """Lines first to last, the latter not included."""
        end = self.starts[last - 1] + len(self.lines[last - 1])
        return Block(kind, self.starts[first], end, level, title)

    def lines_in(self, block: Block, first: int) -> int:
        """How many lines a block takes up that begins with the given one."""
        return bisect_left(self.starts, block.end, first) - first


def parse_plain(data: bytes) -> Parsed:
    """A text file.

    Raises:
        QuarantineError: it is empty, or not text.
    """
    text = require_text(canonical_text(decode(data)))
    return Parsed(text, plain_blocks(text), kind=Kind.OTHER)


def plain_blocks(text: str) -> list[Block]:
    """Blocks of canonical text, one or more for each run of lines without a blank one, in linear time."""
    lines = text.split("\n")
    source = _Lines(lines, [0, *accumulate(len(line) + 1 for line in lines)])
    runs = list(_runs(lines))
    margin = _margin(lines, runs)
    blocks: list[Block] = []
    for position, (first, last) in enumerate(runs):
        following = runs[position + 1] if position + 1 < len(runs) else None
        blocks += _run(source, first, last, following, margin)
    return blocks


def _runs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First line, and the one past the last, of each run of lines that are not blank."""
    first: int | None = None
    for number, line in enumerate(lines):
        blank = not line or line.isspace()
        if blank and first is not None:
            yield first, number
        if blank:
            first = None
        elif first is None:
            first = number
    if first is not None:
        yield first, len(lines)


def _margin(lines: Sequence[str], runs: Sequence[tuple[int, int]]) -> int:
    """The indentation of most lines: RFCs indent all their text."""
    indents: Counter[int] = Counter()
    for first, last in runs:
        indents[min(_indent(line) for line in lines[first:last])] += last - first
    return min(indents, key=lambda indent: (-indents[indent], indent))


def _run(source: _Lines, first: int, last: int, following: tuple[int, int] | None, margin: int) -> Iterator[Block]:
    heading = _underlined(source, first, last) or _numbered(source, first, last, following)
    if heading:
        yield heading
        first += source.lines_in(heading, first)
        if first == last:
            return
    lines = source.lines[first:last]
    if _is_code(lines, margin):
        yield source.block(BlockKind.CODE, first, last)
        return
    items = [number for number, line in enumerate(lines) if _ITEM.match(line)]
    # One line that begins like an item may be chance in hard-wrapped prose, unless the run begins with it.
    if not items or (items[0] > 0 and len(items) == 1):
        yield source.block(BlockKind.PARAGRAPH, first, last)
        return
    if items[0] > 0:
        yield source.block(BlockKind.PARAGRAPH, first, first + items[0])
    yield source.block(BlockKind.LIST, first + items[0], last)


def _underlined(source: _Lines, first: int, last: int) -> Block | None:
    """A heading that opens the run: a title over a rule of `=`, `-` or `~` of about its length, or between two."""
    overlined = last - first >= 3 and _rule(source.lines[first]) is not None
    top = first + overlined
    if last - top < 2:
        return None
    title, sign = source.lines[top].strip(), _rule(source.lines[top + 1])
    if sign is None or len(title) > _MAX_TITLE or not any(character.isalpha() for character in title):
        return None
    if overlined and _rule(source.lines[first]) != sign:
        return None
    if len(source.lines[top + 1].strip()) * 2 < len(title) or "|" in title or _ITEM.match(title + " x"):
        return None
    return source.block(BlockKind.HEADING, first, top + 2, _UNDERLINES[sign], " ".join(title.split()))


def _rule(line: str) -> str | None:
    """The sign that the whole line repeats, three times at least."""
    line = line.strip()
    return line[0] if len(line) >= 3 and line[0] in _UNDERLINES and line == line[0] * len(line) else None


def _numbered(source: _Lines, first: int, last: int, following: tuple[int, int] | None) -> Block | None:
    """A heading that is a run by itself: `2.1 Methods`, with text below it and no further number beside it."""
    line = source.lines[first]
    found = _NUMBERED.fullmatch(line) if last - first == 1 and len(line) <= _MAX_TITLE else None
    if not found or following is None:
        return None
    number, title = found["number"], found["title"].rstrip()
    if title.endswith(_ENDS_A_SENTENCE) or _DOT_LEADER.search(title) or not title[0].isupper():
        return None
    # Items of a list, or lines of a table of contents, follow one another; a section's text stands between headings.
    below = _NUMBERED.match(source.lines[following[0]])
    if below and not below["number"].startswith(number + "."):
        return None
    return source.block(BlockKind.HEADING, first, last, number.count(".") + 1, " ".join(line.split()))


def _is_code(lines: Sequence[str], margin: int) -> bool:
    """Whether lines are indented like code, and most of them look like it; a quotation is indented as well."""
    if min(_indent(line) for line in lines) < margin + _CODE_INDENT:
        return False
    return 2 * sum(bool(_CODE_SIGN.search(line)) for line in lines) >= len(lines)


def _indent(line: str) -> int:
    """Columns of white space before the first character; a tab counts as four."""
    head = line[: len(line) - len(line.lstrip())]
    return len(head) + 3 * head.count("\t")
