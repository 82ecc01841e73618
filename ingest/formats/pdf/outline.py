"""The document's own outline (its bookmarks): titles, levels and pages."""

import re
import unicodedata
from dataclasses import dataclass

import pypdfium2 as pypdfium

_MAX_ENTRIES = 2000
_MAX_DEPTH = 8
_NUMBER = re.compile(
    r"(?:(?:appendix|section|chapter|part)\s+)?(?:\d{1,2}(?:\.\d{1,3}){0,4}|[A-Z](?:\.\d{1,3}){0,4}|[IVX]{1,5})[.:)]?\s+(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A bookmark: its title on one line, its level from 1, and the 1-based page it leads to, 0 if none."""

    title: str
    level: int
    page: int


def read_outline(document: pypdfium.PdfDocument) -> list[Entry]:
    """Entries in order; a broken or circular outline ends where it breaks."""
    found: list[Entry] = []
    try:
        for bookmark in document.get_toc(max_depth=_MAX_DEPTH):
            title = " ".join(bookmark.get_title().split())
            destination = bookmark.get_dest()
            page = destination.get_index() if destination else None
            if title:
                found.append(Entry(title[:500], bookmark.level + 1, 0 if page is None else page + 1))
            if len(found) >= _MAX_ENTRIES:
                break
    except (pypdfium.PdfiumError, ValueError, UnicodeError):
        # The outline only helps; the text is whole without it.
        return found
    return found


def key_of(title: str) -> str:
    """What is left of a title to compare by: letters and digits, without case, accents and section number."""
    plain = _NUMBER.sub("", title, count=1) if _NUMBER.match(title) else title
    return letters(plain) or letters(title)


def letters(text: str) -> str:
    """Letters and digits without case and accents."""
    folded = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in folded.casefold() if sign.isalnum())


def number_of(title: str) -> str | None:
    """The section number at a title's beginning, such as `3.1` or `A`, or None."""
    found = _NUMBER.match(title)
    return found.group().strip().rstrip(".:)").split()[-1] if found else None
