"""What environments do, and what becomes of code."""

import re
from collections.abc import Callable
from functools import partial

from ....index.blocks import BlockKind
from .lexer import ALGORITHM_ENVIRONMENTS, Literal
from .mathematics import DISPLAYED
from .numbering import SECTIONS
from .reader import Frame, ItemList, Reader
from .tables import SPECIFICATIONS, Table

Opener = Callable[[Reader, str], None]

_THEOREMS = {
    name: name.capitalize()
    for name in (
        "theorem lemma corollary proposition definition remark example assumption conjecture claim proof"
    ).split()
} | {"thm": "Theorem", "lem": "Lemma", "cor": "Corollary", "prop": "Proposition", "defn": "Definition"}

# What is nested is captured and copied by each level.
_MAX_OPEN = 200
_OPTION_LINE = re.compile(r"[ \t]*+(?:\[[^][]{0,2000}\])?[ \t]*+(?:\{[^{}\n]{0,200}\})?[ \t]*+\n?")
_CODE_CAPTION = re.compile(r"\\caption(?:\[[^][\n]{0,500}\])?\{((?:[^{}]|\{[^{}]{0,500}\}){0,3000})\}\n?")
_CODE_MARKUP = re.compile(
    r"[ \t]*+\\(?:(?:begin|end)\{algorithmic\*?\}(?:\[\w*\])?|label\{[^{}\n]*\}|(?:centering|small|footnotesize)\b)"
    r"[ \t]*+\n?"
)
_TRUE_COMMENT = re.compile(r"(?<!\\)%[^\n]*+")


def begin(reader: Reader) -> None:
    r"""`\begin{name}`: an environment opens."""
    name = reader.tokens.word()
    if len(reader.frames) >= _MAX_OPEN:
        reader.warn(f"environments nested deeper than {_MAX_OPEN} were left out, their content kept")
        return
    if opener := ENVIRONMENTS.get(name):
        opener(reader, name)
    elif name in DISPLAYED:
        reader.mathematics(name)
    elif name in reader.tokens.environments:
        reader.tokens.begin_environment(name)
    elif theorem := reader.theorems.get(name) or _THEOREMS.get(name.rstrip("*")):
        _theorem(reader, name, theorem)
    else:
        # Unknown: its body is read, its options are not.
        reader.tokens.option()
        reader.flow.end_paragraph()
        reader.open(Frame(name, reader.flow.end_paragraph))


def literal(reader: Reader, token: Literal) -> None:
    """Code: a block of its own, or a piece of a line."""
    if not token.environment:
        reader.flow.write(token)
    elif token.environment == "verb":
        reader.flow.write(f"`{token}`")
    elif token.environment in ALGORITHM_ENVIRONMENTS:
        _algorithm(reader, token)
    else:
        options = _OPTION_LINE.match(token)
        after = options.end() if options and token.environment not in ("verbatim", "verbatim*", "alltt") else 0
        reader.flow.block(BlockKind.CODE, str(token[after:]))


def _algorithm(reader: Reader, token: Literal) -> None:
    options = _OPTION_LINE.match(token)
    body = _TRUE_COMMENT.sub("", token[options.end() if options else 0 :])
    caption = _CODE_CAPTION.search(body)
    number = reader.numbers.step("algorithm")
    for found in re.finditer(r"\\label\{([^{}\n]{1,200})\}", body):
        reader.numbers.label(found.group(1))
    if caption:
        body = body[: caption.start()] + body[caption.end() :]
        said = " ".join(caption.group(1).split())
        reader.flow.block(BlockKind.CAPTION, f"Algorithm {number}: {said}")
    reader.flow.block(BlockKind.CODE, _CODE_MARKUP.sub("", body))


def _theorem(reader: Reader, name: str, shown: str) -> None:
    reader.flow.end_paragraph()
    reader.numbers.unnumbered()
    said = reader.tokens.option()
    reader.open(Frame(name, reader.flow.end_paragraph))
    reader.flow.write(shown)
    if said:
        reader.tokens.push([Literal(" ("), "{", *said, "}", Literal("). ")])
    else:
        reader.flow.write(". ")


def _document(reader: Reader, name: str) -> None:
    """The preamble ends; nothing in it was text."""
    reader.begin_document()
    reader.open(Frame(name))


def _abstract(reader: Reader, name: str) -> None:
    reader.paper = True
    reader.tokens.option()
    reader.flow.end_paragraph()
    reader.heading("Abstract" if name == "abstract" else "Acknowledgments", SECTIONS.index("section"))
    reader.open(Frame(name, reader.flow.end_paragraph))


def _list(reader: Reader, name: str) -> None:
    reader.tokens.option()
    _contained(reader, name, BlockKind.LIST, ItemList(name))


def _quote(reader: Reader, name: str) -> None:
    _contained(reader, name, BlockKind.QUOTE, None)


def _bibliography(reader: Reader, name: str) -> None:
    reader.paper = True
    reader.tokens.argument()
    reader.flow.end_paragraph()
    reader.heading("References", SECTIONS.index("section"))
    _contained(reader, name, BlockKind.REFERENCE_LIST, None)


def _contained(reader: Reader, name: str, kind: BlockKind, items: ItemList | None) -> None:
    """An environment that gives its paragraphs a kind."""
    flow = reader.flow
    flow.end_paragraph()
    flow.containers.append(kind)
    if items:
        reader.lists.append(items)

    def close() -> None:
        flow.end_paragraph()
        flow.prefix = ""
        if flow.containers:
            flow.containers.pop()
        if items:
            reader.lists.remove(items)

    reader.open(Frame(name, close))


def _float(reader: Reader, name: str, *, counter: str) -> None:
    """A figure or a table, which may stand in the middle of a sentence."""
    tokens = reader.tokens
    tokens.option()
    if name.startswith(("wrap", "sub")):
        while tokens.peek() in ("{", "["):
            tokens.option()
            tokens.argument()
    reader.floats.append("" if name.startswith("sub") else counter)
    inline = reader.flow.inline
    if not inline:
        reader.flow.begin_float(BlockKind.FIGURE if counter == "figure" else BlockKind.PARAGRAPH)

    def close() -> None:
        reader.floats.pop()
        if not inline:
            reader.flow.end_float()

    reader.open(Frame(name, close))


def _table(reader: Reader, name: str, *, arguments: int) -> None:
    tokens = reader.tokens
    tokens.option()
    for _ in range(arguments):
        tokens.argument()
    table = Table()
    reader.flow.capture()

    def close() -> None:
        table.end_cell(reader.flow.captured())
        table.end_row()
        if reader.flow.inline:
            reader.flow.write(f" {table.in_line()} ")
        elif table.rows:
            reader.flow.block(BlockKind.TABLE if table.columns > 1 else BlockKind.PARAGRAPH, table.written())

    reader.open(Frame(name, close, table))


def _boxed(reader: Reader, name: str) -> None:
    """A box that is there for looks; its arguments are sizes."""
    tokens = reader.tokens
    while tokens.option() is not None:
        pass
    if name not in ("center", "flushleft", "flushright", "subequations"):
        tokens.argument()
    reader.flow.end_paragraph()
    reader.open(Frame(name, reader.flow.end_paragraph))


def _hidden(reader: Reader, name: str) -> None:
    """An environment that nobody reads, though commands in it count, such as a list of authors."""
    reader.flow.capture()

    def close() -> None:
        reader.flow.captured()

    reader.open(Frame(name, close))


_LISTS = "itemize enumerate description compactitem compactenum inparaenum inparaitem tasks".split()

ENVIRONMENTS: dict[str, Opener] = {
    "document": _document,
    **dict.fromkeys(("abstract", "ack", "acks", "acknowledgments", "acknowledgements"), _abstract),
    **dict.fromkeys([*_LISTS, *(f"{name}*" for name in _LISTS)], _list),
    **dict.fromkeys(("quote", "quotation", "verse", "displayquote", "epigraph"), _quote),
    "thebibliography": _bibliography,
    **dict.fromkeys(
        "figure figure* wrapfigure sidewaysfigure sidewaysfigure* subfigure SCfigure teaserfigure".split(),
        partial(_float, counter="figure"),
    ),
    **dict.fromkeys(
        ("table", "table*", "wraptable", "sidewaystable", "sidewaystable*", "subtable", "margintable"),
        partial(_float, counter="table"),
    ),
    **{name: partial(_table, arguments=arguments) for name, arguments in SPECIFICATIONS.items()},
    **dict.fromkeys(("minipage", "adjustbox", "multicols", "spacing", "center", "flushleft", "flushright",
                     "subequations"), _boxed),
    "icmlauthorlist": _hidden,
}  # fmt: skip
"""What opens an environment, by name."""
