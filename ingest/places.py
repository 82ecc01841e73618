"""Places in a document, named as its author would."""

import re
from bisect import bisect_left
from functools import cached_property

from ..index.structure import layout_of
from ..index.types import Document
from .entries import Entry
from .findings import Finding

_LINES = frozenset({".md", ".markdown", ".mdx", ".txt"})
"""Formats whose canonical text has the lines of the file."""


class Places:
    """Names places in a document as its author would: by line where the file has them, by page where it has those."""

    def __init__(self, entry: Entry, document: Document) -> None:
        self._id, self._text = document.info.id, document.text
        self._layout = layout_of(entry.structure)
        self._has_lines = entry.file.location.suffix.lower() in _LINES

    @cached_property
    def _line_ends(self) -> list[int]:
        return [found.start() for found in re.finditer("\n", self._text)]

    def finding(self, code: str, start: int, message: str) -> Finding:
        """A finding at a code point of the canonical text."""
        line = bisect_left(self._line_ends, start) + 1 if self._has_lines else None
        page = self._layout.page_at(start) if self._layout else None
        return Finding(code, self._id, message, line, page, start)
