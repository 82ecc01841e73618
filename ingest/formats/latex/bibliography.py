r"""Entries of bibliographies: `\bibitem`, as BibTeX and people write it, and `\entry`, as biblatex does."""

import re

from ....index.blocks import BlockKind
from .numbering import SECTIONS
from .reader import Command, Reader

# What biblatex says of a name: family={Vaswani}, or family={{Vaswani}} in older versions.
_FAMILY = re.compile(r"family=\{\{?([^{}]{1,100})")
_READ = frozenset("title journaltitle booktitle eventtitle publisher year eprint doi".split())


def _item(reader: Reader) -> None:
    reader.flow.end_paragraph()
    reader.tokens.option()
    key = reader.tokens.word()
    reader.flow.prefix = f"[{key}] " if key else ""


def _entry(reader: Reader) -> None:
    if not reader.paper or BlockKind.REFERENCE_LIST not in reader.flow.containers:
        reader.paper = True
        reader.flow.end_paragraph()
        reader.heading("References", SECTIONS.index("section"))
        reader.flow.containers.append(BlockKind.REFERENCE_LIST)
    reader.flow.end_paragraph()
    reader.flow.prefix = f"[{reader.tokens.word()}] "
    reader.tokens.argument()
    reader.tokens.argument()


def _names(reader: Reader) -> None:
    role = reader.tokens.word()
    reader.tokens.argument()
    reader.tokens.argument()
    families = _FAMILY.findall("".join(reader.tokens.argument()))
    if role == "author" and families:
        reader.flow.write(", ".join(families) + ". ")


def _field(reader: Reader) -> None:
    name = reader.tokens.word()
    said = reader.tokens.argument()
    if name in _READ and said:
        reader.tokens.push(["{", *said, "}", ". "])


def _end(reader: Reader) -> None:
    reader.flow.end_paragraph()


def _end_list(reader: Reader) -> None:
    reader.flow.end_paragraph()
    if reader.flow.containers and reader.flow.containers[-1] is BlockKind.REFERENCE_LIST:
        reader.flow.containers.pop()


BIBLIOGRAPHY: dict[str, Command] = {
    "\\bibitem": _item,
    "\\entry": _entry,
    "\\name": _names,
    "\\field": _field,
    "\\endentry": _end,
    **dict.fromkeys(("\\enddatalist", "\\endsortlist"), _end_list),
}
"""By control word."""
