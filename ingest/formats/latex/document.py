r"""A LaTeX document, its inputs spliced in (see `latex_project.flatten`), to readable text and blocks.

The lexer makes tokens, the macros of the document are expanded while they are read, the reader writes paragraphs
and blocks, and what labels stand for is filled in last. All of it takes linear time and no recursion.
"""

import re
from collections.abc import Callable
from itertools import pairwise

from ....index.blocks import BlockKind
from ....index.errors import QuarantineError
from ....index.types import Kind
from ...normalise import canonical_text
from ...parsed import Parsed, TextBuilder
from .commands import COMMANDS
from .definitions import DEFINERS
from .encoding import decode_latex
from .environments import literal
from .flow import LINE_BREAK, MARKS, Draft
from .lexer import Lexed, lex
from .macros import Tokens
from .reader import Reader

_MAX_WARNINGS = 20
_FRONT_ENDS = re.compile(r"\\begin\s{0,9}\{abstract\}|\\section\b|\\chapter\b")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*+")


def parse_latex(data: bytes) -> Parsed:
    """A LaTeX document.

    What cannot be understood costs a warning. Formulas stay LaTeX, with the document's own macros expanded.

    Raises:
        QuarantineError: the bytes are no text, nothing in them can be read, or the macros grow without bounds.
    """
    source = canonical_text(decode_latex(data)).translate(MARKS)
    warnings: dict[str, None] = {}

    def warn(said: str) -> None:
        if len(warnings) < _MAX_WARNINGS:
            warnings[said] = None

    lexed = lex(source)
    _lexical_warnings(lexed, warn)
    reader = Reader(Tokens(lexed.tokens, DEFINERS, COMMANDS.__contains__, warn), COMMANDS, literal, warn)
    if any(before == "\\begin" and name == "document" for before, name in pairwise(lexed.tokens)):
        reader.flow.capture()  # the preamble says nothing
    reader.read()
    drafts = reader.flow.blocks
    builder = _built(reader, drafts)
    if not builder.blocks:
        raise QuarantineError("nothing in it can be read as LaTeX text; check that it is a LaTeX document")
    meta = reader.front.meta(_COMMENT.sub("", _front(source)))
    kind = Kind.PAPER if reader.paper else Kind.OTHER
    return Parsed(builder.text, builder.blocks, meta, tuple(warnings), kind)


def _built(reader: Reader, drafts: list[Draft]) -> TextBuilder:
    builder = TextBuilder()

    def shown(raw: str) -> str:
        return reader.numbers.resolved(raw).replace(LINE_BREAK, "\n").translate(MARKS)

    if reader.front.title:
        builder.add(BlockKind.HEADING, shown(reader.front.title), level=1)
    first = 2 if reader.front.title else 1
    used = sorted({draft.level for draft in drafts if draft.kind is BlockKind.HEADING})
    levels = {level: first + place for place, level in enumerate(used)}
    for draft in drafts:
        raw = shown(draft.raw)
        if draft.kind is BlockKind.HEADING:
            builder.add(draft.kind, raw, level=levels[draft.level], title=shown(draft.title))
        else:
            builder.add(draft.kind, raw)
    return builder


def _front(source: str) -> str:
    found = _FRONT_ENDS.search(source)
    return source[: found.start() if found else 20_000]


def _lexical_warnings(lexed: Lexed, warn: Callable[[str], None]) -> None:
    if lexed.unbalanced:
        warn(f"{lexed.unbalanced} braces have no partner and were left out")
    if lexed.too_deep:
        warn("braces nested deeper than 100 were left out")
    for name in lexed.unclosed:
        warn(f"\\begin{{{name}}} has no end; its content was read as text")
