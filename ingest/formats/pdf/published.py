"""When a paper appeared: the month in its arXiv identifier, or a date or a venue's year printed on its first page."""

import re
from collections.abc import Iterable

_NEW_STYLE = re.compile(r"(\d{2})(\d{2})\.\d{4,5}")
_OLD_STYLE = re.compile(r".*/(\d{2})(\d{2})\d{3}")
_MONTHS: tuple[str, ...] = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DATE = re.compile(
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)? )?({'|'.join(_MONTHS)}) (?:\d{{1,2}}(?:st|nd|rd|th)?,? ?)?((?:19|20)\d{{2}})\.?"
)
_VENUE = re.compile(
    r"(?:\d{1,3}(?:st|nd|rd|th) (?:\w+ ){0,4}?Conference |Proceedings of |Published as a |Published in )"
    r"[^.]{0,120}?\b((?:19|20)\d{2})\b"
)


def published_on(arxiv_id: str | None, front: Iterable[str], first_page: Iterable[str]) -> str | None:
    """Year, or year and month, of a paper's appearance; None where nothing says so.

    Args:
        arxiv_id: its arXiv identifier, if it has one.
        front: the lines between its title and its text, of which one may be a date.
        first_page: the lines of its first page, of which one may begin with the name of a venue.
    """
    if arxiv_id is not None and (month := _submitted(arxiv_id)):
        return month
    for text in front:
        if found := _DATE.fullmatch(text.strip()):
            return f"{found.group(2)}-{_MONTHS.index(found.group(1)) + 1:02d}"
    return next((found.group(1) for text in first_page if (found := _VENUE.match(text.strip()))), None)


def is_date(text: str) -> bool:
    """Whether a line is a date and nothing else."""
    return bool(_DATE.fullmatch(text.strip()))


def _submitted(arxiv_id: str) -> str | None:
    """Month of the first version, which an arXiv identifier begins with."""
    new = _NEW_STYLE.fullmatch(arxiv_id)
    found = new or _OLD_STYLE.fullmatch(arxiv_id)
    if not found or not 1 <= int(found.group(2)) <= 12:
        return None
    year = int(found.group(1))
    return f"{2000 + year if new or year < 91 else 1900 + year}-{found.group(2)}"
