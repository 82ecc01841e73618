"""A document's table of contents repeats its headings; nobody should be answered with it."""

import re
from collections.abc import Sequence

from ....index.blocks import BlockKind
from .draft import Draft
from .front import is_prose
from .outline import key_of
from .page import Line

_TITLES = frozenset({"contents", "tableofcontents"})
_PAGE = re.compile(r"(?:\d{1,4}|[ivxl]{1,6})$")
_LEADERS = re.compile(r"(?:[.·…_] ?){4,}\s*(?:\d{1,4}|[ivxl]{1,6})$")
_ENDING = 0.3
"""Share of lines that end with the number of a page below the heading of a table of contents."""
_LED = 0.6
"""Share of lines that dots lead to the number of a page where no such heading stands."""


def put_away_contents(drafts: Sequence[Draft]) -> None:
    """What a table of contents consists of becomes metadata, prose excepted."""
    section: list[Draft] = []
    inside = False
    for draft in drafts:
        if draft.kind is BlockKind.HEADING:
            _put_away(section)
            section = []
            inside = key_of(" ".join(line.text for line in draft.lines)) in _TITLES
        elif inside:
            section.append(draft)
        elif len(draft.lines) > 1 and _share(_LEADERS, draft.lines) >= _LED:
            draft.kind = BlockKind.METADATA
    _put_away(section)


def _put_away(section: Sequence[Draft]) -> None:
    if section and _share(_PAGE, [line for draft in section for line in draft.lines]) >= _ENDING:
        for draft in section:
            if not is_prose(draft.lines):
                draft.kind = BlockKind.METADATA


def _share(pattern: re.Pattern[str], lines: Sequence[Line]) -> float:
    """Share of lines in which a pattern is found; it is looked for in their last characters only."""
    return sum(1 for line in lines if pattern.search(line.text[-40:])) / len(lines)
