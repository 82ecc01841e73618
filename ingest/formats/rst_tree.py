"""From reStructuredText source to docutils' tree, without what makes docutils slow.

Garbage collection walks the whole growing tree again and again, and some transforms search all siblings of a node for
each of them or expand substitutions without end. Here no garbage is collected meanwhile, and only the transforms of a
document's head are run.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser, directives, states
from docutils.parsers.rst.languages import en
from docutils.readers import standalone
from docutils.statemachine import StringList, string2lines
from docutils.transforms.frontmatter import DocInfo, DocTitle
from docutils.transforms.references import Footnotes
from docutils.utils import new_document

from ...index.errors import QuarantineError
from .sphinx_markup import SphinxInliner, register_directives

ERROR = 3
"""Level from which docutils' complaints say that something was not read; those below are matters of style."""

_SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "line_length_limit": 1 << 31,
    "report_level": ERROR,
    "halt_level": 6,
    "warning_stream": False,
}
_MAX_COLUMNS = 1000
"""Widest table, in columns: docutils takes time that grows with the square of their number."""

_MAX_SYMBOLS = 10
"""Longest label of a `[*]_` footnote: docutils' grow with their number, all together with its square."""


def read_tree(source: str, inliner: SphinxInliner) -> nodes.document:
    """The tree of a document with its title, its bibliographic fields and the numbers of its footnotes.

    References are left as they stand. Substitutions are as well; their definitions are in `substitution_defs`.

    Raises:
        QuarantineError: it has a table of very many columns.
        RecursionError: the markup is nested too deeply for docutils.
    """
    options = get_default_settings(Parser(), standalone.Reader())
    for name, value in _SETTINGS.items():
        setattr(options, name, value)
    document, english = new_document("", options), cast(Any, en)
    register_directives(source, lambda name: directives.directive(name, english, document)[0] is not None)
    lines = string2lines(source, tab_width=options.tab_width, convert_whitespace=True)
    _require_narrow_tables(lines)
    machine = states.RSTStateMachine(state_classes=states.state_classes, initial_state="Body")
    with _no_collection():
        machine.run(StringList(lines, ""), document, inliner=inliner)
        for transform in (DocTitle, DocInfo):
            transform(document).apply()
        _number_footnotes(document)
    return document


def _require_narrow_tables(lines: list[str]) -> None:
    for number, line in enumerate(lines, 1):
        border = line.strip()
        separator = {"+-": "+", "==": " ", "= ": " "}.get(border[:2])
        if separator and len(border) > _MAX_COLUMNS and not border.strip("+-= "):
            columns = len(border.replace(separator, " ").split())
            if columns > _MAX_COLUMNS:
                raise QuarantineError(
                    f"line {number} begins a table of {columns} columns, more than {_MAX_COLUMNS}; split the table"
                )


@contextmanager
def _no_collection() -> Iterator[None]:
    """No cyclic garbage collection meanwhile: there is next to none, and each would walk the whole growing tree."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _number_footnotes(document: nodes.document) -> None:
    """Labels for `[#]_`, `[#name]_` and `[*]_`, with docutils' numbers; a reference without a footnote has none."""
    unnamed: list[str] = []
    number = 0
    for footnote in document.autofootnotes:
        number += 1
        while str(number) in document.nameids:
            number += 1
        footnote.insert(0, nodes.label("", str(number)))
        for name in footnote["names"]:
            for reference in document.footnote_refs.get(name, ()):
                reference += nodes.Text(str(number))
        if not footnote["names"] and not footnote["dupnames"]:
            unnamed.append(str(number))
    pending = [reference for reference in document.autofootnote_refs if not reference.hasattr("refname")]
    for reference, label in zip(pending, unnamed, strict=False):
        reference += nodes.Text(label)
    symbols = [_symbol(position) for position, _ in enumerate(document.symbol_footnotes)]
    for footnote, label in zip(document.symbol_footnotes, symbols, strict=True):
        footnote.insert(0, nodes.label("", label))
    for reference, label in zip(document.symbol_footnote_refs, symbols, strict=False):
        reference += nodes.Text(label)


def _symbol(position: int) -> str:
    repetitions, index = divmod(position, len(Footnotes.symbols))
    return Footnotes.symbols[index] * min(repetitions + 1, _MAX_SYMBOLS)
