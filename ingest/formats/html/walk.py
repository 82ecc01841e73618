"""From the part of a page that is its document to blocks, in one walk.

Text gathers in a buffer until something begins that stands on lines of its own; then the buffer is a block. What kind
of block depends on where the walk is: in a quotation, a caption, a footnote, a list of references.
"""

import re
from collections.abc import Callable
from typing import Any

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from ...parsed import TextBuilder
from ..flow import Flow
from .content import is_formula_script
from .formula import displayed, inline, is_display, math_source, tidy
from .scripts import subscript, superscript
from .tables import is_layout, is_row, rows_of, table_text

_BLOCKS = frozenset(
    "address article aside body caption center dd details dir div dl dt fieldset figure footer form header hgroup hr html "
    "legend li main menu nav ol p section summary table tbody td template tfoot th thead tr ul".split()
)
_SPACE = re.compile(r"\s+")
_REFERENCES = frozenset({"references", "bibliography", "works cited", "literature cited", "literature"})
_RAW_DISPLAY = re.compile(r"\\\[.*\\\]|\$\$.+\$\$|\\begin\{(equation|align|gather)\*?\}.*\\end\{\1\*?\}", re.DOTALL)
_FILE_NAME = re.compile(r"\S*\.\w{2,4}|refer to caption|image|figure|img|logo|icon", re.IGNORECASE)


def walk(main: HtmlElement) -> TextBuilder:
    """The blocks of a pruned element of bounded depth."""
    walker = _Walk()
    walker.element(main, BlockKind.PARAGRAPH)
    walker.flush(BlockKind.PARAGRAPH)
    walker.say_notes()
    return walker.flow.finish()
