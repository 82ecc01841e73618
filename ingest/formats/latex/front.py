"""What the title page says: title, authors, date and arXiv number."""

import re
from dataclasses import dataclass, field

from ...metadata import DocumentMeta
from .flow import AUTHOR_BREAK, LINE_BREAK

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DATES = (
    re.compile(r"(?P<year>\d{4})-(?P<number>\d{2})(?:-(?P<day>\d{2}))?"),
    re.compile(r"(?P<month>[A-Za-z]{3,9})\.?\s{1,3}(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s{1,3}(?P<year>\d{4})"),
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?\s{1,3}(?P<month>[A-Za-z]{3,9})\.?,?\s{1,3}(?P<year>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]{3,9})\.?,?\s{1,3}(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})"),
)
_ARXIV = re.compile(r"arxiv(?:\.org/abs/|:)\s{0,3}(\d{4}\.\d{4,5})", re.IGNORECASE)
_MARKS = re.compile(r"\$[^$]{0,80}\$|[*†‡§¶∗⋆♠♣♥♦]+|(?<=[^\W\d])\d[\d,]*")
_SEPARATOR = re.compile(rf"{AUTHOR_BREAK}|,\s|;|\sand\s|\s&\s")
_INSTITUTION = re.compile(
    r"\b(?:universit|institut|laborator|research|department|school|college|inc\b|google|openai|deepmind|microsoft|"
    r"meta ai|facebook|lab\b|labs\b|center|centre|academy|corp|faculty)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Front:
    """What was found so far; authors as captured, with marks between and within them."""

    title: str = ""
    authors: list[str] = field(default_factory=list)
    date: str = ""

    def meta(self, front_text: str) -> DocumentMeta:
        """The document's metadata; `front_text` is the source up to its first section."""
        numbers = {found.group(1) for found in _ARXIV.finditer(front_text)}
        return DocumentMeta(
            title=self.title.replace(LINE_BREAK, " ") or None,
            authors=tuple(dict.fromkeys(name for block in self.authors for name in _names(block))),
            published=published(self.date),
            # Two of them: at least one is somebody else's.
            arxiv_id=numbers.pop() if len(numbers) == 1 else None,
        )


def published(said: str) -> str | None:
    """An ISO date, if a date is all that is said."""
    for pattern in _DATES:
        found = pattern.fullmatch(said.strip())
        if not found:
            continue
        parts = found.groupdict()
        month = _MONTHS.get((parts.get("month") or "").lower()) or int(parts.get("number") or 0)
        date = parts["year"] + (f"-{month:02d}" if month else "")
        if parts.get("day"):
            date += f"-{int(parts['day']):02d}"
        try:
            return DocumentMeta.from_mapping({"published": date}).published
        except ValueError:
            return None
    return None


def _names(block: str) -> list[str]:
    names: list[str] = []
    for author in block.split(AUTHOR_BREAK):
        for line in author.split(LINE_BREAK):
            found = [_MARKS.sub("", name).strip(" ,.") for name in _SEPARATOR.split(line)]
            people = [name for name in found if _is_name(name)]
            names += people
            # What stands below a name is where that person works, unless the list goes on.
            if people and not line.rstrip().endswith(","):
                break
    return names


def _is_name(text: str) -> bool:
    words = text.split()
    return (
        1 <= len(words) <= 6
        and len(text) <= 80
        and text[0].isalpha()
        and text[0].isupper() | (words[-1][0].isupper())
        and not any(character.isdigit() or character in "@{}\\/:=" for character in text)
        and not _INSTITUTION.search(text)
    )
