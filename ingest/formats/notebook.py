"""Jupyter notebooks (nbformat 3 and 4) to typed blocks: what a reader sees of them, nothing is run.

Markdown cells go through the Markdown parser, so their headings, tables and formulas are blocks of their own; code
cells and what they printed follow. Pictures, HTML and widgets are left out: where an output has several forms, its
plain text is the one that is kept. Attachments stand outside the sources and never reach the text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ...index.blocks import Block, BlockKind
from ...index.errors import QuarantineError
from ...index.types import Kind
from ..metadata import DocumentMeta, merge, read_front_matter
from ..normalise import canonical_text, decode
from ..parsed import Parsed
from .markdown import parse_markdown
from .plain import plain_blocks

MAX_OUTPUT = 4000
"""Longest output of a cell that is kept, in code points: training logs run to megabytes."""

# Colours and cursor movements of a terminal: control sequences (ECMA-48), and window titles that end in BEL or ST.
_ESCAPES = re.compile(r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,2048}(?:\x07|\x1b\\)|\x1b[@-Z\\^_]")
_DATA_URI = re.compile(r"data:[\w.+-]{1,60}/[\w.+-]{1,60};base64,[A-Za-z0-9+/=]+")
_HEADING_LEVELS = range(1, 7)


@dataclass(slots=True)
class _Pages:
    """The text so far, cell by cell, a blank line apart, with its blocks and what was left out."""

    parts: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    length: int = 0
    cut: int = 0
    metas: list[DocumentMeta] = field(default_factory=list)

    def append(self, text: str, blocks: list[Block]) -> None:
        """Add a text with its blocks, whose spans count from its start."""
        if self.parts:
            self.parts.append("\n\n")
            self.length += 2
        shift = self.length
        self.parts.append(text)
        self.length += len(text)
        self.blocks += [replace(block, start=block.start + shift, end=block.end + shift) for block in blocks]

    def append_whole(self, kind: BlockKind, text: str) -> None:
        """Add a text that is one block."""
        text = canonical_text(text).strip("\n").rstrip()
        if text.strip():
            self.append(text, [Block(kind, 0, len(text))])


def parse_notebook(data: bytes) -> Parsed:
    """A notebook.

    Raises:
        QuarantineError: it is no JSON, no notebook, of an unknown version, nested too deeply, or empty.
    """
    pages = _Pages()
    for cell in _cells(_load(decode(data))):
        _cell(pages, cell)
    text = "".join(pages.parts)
    if not text:
        raise QuarantineError("none of its cells holds any text; nothing in it can be indexed")
    warnings: tuple[str, ...] = ()
    if pages.cut:
        warnings = (f"outputs of {pages.cut} cells were cut after {MAX_OUTPUT} characters",)
    return Parsed(text, pages.blocks, merge(*pages.metas), warnings, Kind.GUIDE)


def _load(source: str) -> dict[str, Any]:
    try:
        notebook = json.loads(source)
    except json.JSONDecodeError as error:
        raise QuarantineError(
            f"it is no notebook: its JSON breaks in line {error.lineno} ({error.msg}); save it again in Jupyter"
        ) from error
    except RecursionError as error:
        raise QuarantineError("its JSON is nested too deeply for a notebook; save it again in Jupyter") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise QuarantineError(f"its JSON holds an unreadable value ({error}); save it again in Jupyter") from error
    if not isinstance(notebook, dict):
        raise QuarantineError(f"its JSON is a {type(notebook).__name__}, not a notebook; save it again in Jupyter")
    return notebook


def _cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells of a notebook of version 4, or of the sheets of version 3."""
    version = notebook.get("nbformat")
    if version == 4:
        sheets = [notebook]
    elif version == 3:
        sheets = notebook.get("worksheets")
    else:
        raise QuarantineError(
            f"its nbformat is {_shown(version)}, known are 3 and 4; convert it with: jupyter nbconvert --to notebook"
        )
    for sheet in sheets if isinstance(sheets, list) else [None]:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise QuarantineError("it has no list of cells as a notebook has; save it again in Jupyter")
        yield from cells


def _cell(pages: _Pages, cell: dict[str, Any]) -> None:
    kind = cell.get("cell_type")
    # Version 3 has code in `input`.
    source = _text(cell.get("source", cell.get("input")))
    if kind == "markdown":
        _markdown(pages, source)
    elif kind == "heading":  # version 3
        level = cell.get("level")
        level = level if isinstance(level, int) and level in _HEADING_LEVELS else 1
        _markdown(pages, f"{'#' * level} {' '.join(source.split())}")
    elif kind == "code":
        pages.append_whole(BlockKind.CODE, source)
        outputs = cell.get("outputs")
        _outputs(pages, outputs if isinstance(outputs, list) else [])
    else:
        text = _trimmed(source)
        if text:
            pages.append(text, plain_blocks(text))


def _markdown(pages: _Pages, source: str) -> None:
    text = _trimmed(_DATA_URI.sub("", source))
    if not text:
        return
    if not pages.parts:
        pages.metas.append(read_front_matter(text)[0])  # Quarto's and fastpages' first cell
    pages.append(text, parse_markdown(text))


def _outputs(pages: _Pages, outputs: list[Any]) -> None:
    """What a cell printed, each run of streams as one block, together at most `MAX_OUTPUT` characters."""
    texts = [_output(output) for output in outputs if isinstance(output, dict)]
    printed = _ESCAPES.sub("", "\n".join(text.strip("\n") for text in texts if text.strip()))
    # A progress bar returns to the start of its line and prints over it.
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in printed.split("\n"))
    text = canonical_text("\n".join(lines))
    if len(text) > MAX_OUTPUT:
        pages.cut += 1
        text = text[:MAX_OUTPUT].rpartition("\n")[0] or text[:MAX_OUTPUT]
    pages.append_whole(BlockKind.OUTPUT, text)


def _output(output: dict[str, Any]) -> str:
    """The text of one output, empty where it has none; version 3 keeps `text` beside the other forms."""
    kind = output.get("output_type")
    if kind in ("error", "pyerr"):
        return _text(output.get("traceback"), "\n") or f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"
    if kind == "stream":
        return _text(output.get("text"))
    data = output.get("data")
    return _text(data.get("text/plain")) if isinstance(data, dict) else _text(output.get("text"))


def _text(value: object, joint: str = "") -> str:
    """A multi-line string, which notebooks write as a string or as a list of lines."""
    if isinstance(value, list):
        return joint.join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _trimmed(source: str) -> str:
    return canonical_text(source).strip("\n").rstrip()


def _shown(value: object) -> str:
    shown = repr(value) if isinstance(value, (int, str, float, type(None))) else type(value).__name__
    return shown if len(shown) <= 40 else shown[:39] + "…"
