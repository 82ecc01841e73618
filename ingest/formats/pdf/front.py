"""The front of a paper: title, authors, arXiv identifier, year."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ....index.types import Kind
from ...metadata import DocumentMeta
from .columns import Column
from .joining import one_line
from .outline import key_of, letters
from .page import Line, Page

_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE)
_NEW_STYLE = re.compile(r"(\d{2})(\d{2})\.\d{4,5}")
_OLD_STYLE = re.compile(r".*/(\d{2})(\d{2})\d{3}")
_AFFILIATION = re.compile(
    r"universit|institut|college|school|laborator|\blabs?\b|research|google|deepmind|microsoft|openai|facebook|meta\b|"
    r"department|center|centre|academy|inc\.|corp|@|http|equal|corresponding|author|china|usa|\d{4}|work done|street",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+|\s{2,}|\s+&\s+")
_MARKS = re.compile(r"[\d⁰¹²³⁴-⁹*∗†‡§¶♠♣♥♦⋆⋄#^,]+|\b[a-z]\b$")
_NAME = re.compile(r"[^\W\d_][\w.’'\-]*(?:\s+[^\W\d_][\w.’'\-]*){1,4}")
_RUN_IN = re.compile(r"abstract\s?[.:—–-]", re.IGNORECASE)
_FRONT_SHARE = 0.6
_MAX_TITLE_LINES = 6
_MAX_FRONT = 200
_ABSTRACT = frozenset({"abstract", "summary", "introduction"})


@dataclass(frozen=True, slots=True)
class Front:
    """Where a paper's title stands, and the line with which its text begins."""

    title: tuple[Line, ...] = ()
    body: Line | None = None


def front_height(page: Page) -> float:
    """The height above which a first page's text goes across its columns: that of its abstract."""
    for run in page.runs:
        begins = letters(run.text) == "abstract" or _RUN_IN.match(run.text)
        if begins and run.baseline < _FRONT_SHARE * page.height:
            return run.box.y0 - 1
    return 0.0


def find_front(columns: Sequence[Column], declared: str, body_size: float) -> Front:
    """Title and beginning of the text on the first page.

    Args:
        columns: of the first page, in reading order.
        declared: the title in the file's metadata, or empty.
        body_size: font size of the running text.
    """
    lines = [line for column in columns for line in column.lines]
    if not lines:
        return Front()
    title = _declared_title(lines, declared) or _largest_title(lines, body_size)
    if not title:
        return Front()
    after = lines.index(title[-1]) + 1
    body = next((line for line in lines[after:] if _begins_text(line)), None)
    if body is None:
        body = next((line for line in lines[after : after + _MAX_FRONT] if _is_running(line, columns)), None)
    return Front(title, body)


def _begins_text(line: Line) -> bool:
    text = letters(line.text)
    return key_of(line.text) in _ABSTRACT or bool(_RUN_IN.match(line.text)) or text in _ABSTRACT


def _is_running(line: Line, columns: Sequence[Column]) -> bool:
    """A line of the first paragraph, for papers whose abstract has no heading."""
    column = next(column for column in columns if line in column.lines)
    index = column.lines.index(line)
    following = column.lines[index : index + 4]
    return len(following) == 4 and all(
        one.box.width > 0.75 * (column.right - column.left) and len(one.text) > 40 and not _is_names(one)
        for one in following
    )


def _is_names(line: Line) -> bool:
    words = [word for word in line.text.split() if word[0].isalpha()]
    return sum(word[0].isupper() for word in words) > 0.6 * len(words)


def _declared_title(lines: Sequence[Line], declared: str) -> tuple[Line, ...]:
    """The lines that together read as the title in the file's metadata."""
    wanted = letters(declared)
    if len(wanted) < 5:
        return ()
    for index, first in enumerate(lines[:40]):
        key = ""
        for count, line in enumerate(lines[index : index + _MAX_TITLE_LINES]):
            key += letters(line.text)
            if key == wanted:
                return tuple(lines[index : index + count + 1])
            if not wanted.startswith(key):
                break
        if not wanted.startswith(letters(first.text) or "\0"):
            continue
    return ()


def _largest_title(lines: Sequence[Line], body_size: float) -> tuple[Line, ...]:
    """The lines in the largest font among the first ones."""
    candidates = [line for line in lines[:60] if sum(sign.isalpha() for sign in line.text) >= 4]
    if not candidates:
        return ()
    largest = max(line.size for line in candidates)
    if largest < 1.1 * body_size:
        return ()
    first = next(line for line in candidates if line.size >= 0.97 * largest)
    start = lines.index(first)
    title = [first]
    for line in lines[start + 1 : start + _MAX_TITLE_LINES]:
        if line.size < 0.93 * largest or line.baseline - title[-1].baseline > 2.2 * largest:
            break
        title.append(line)
    return tuple(title)


def read_meta(front: Front, lines: Sequence[Line], stamps: Sequence[str], declared: Mapping[str, str]) -> DocumentMeta:
    """What the paper says of itself.

    Args:
        front: title and beginning of the text.
        lines: between the two.
        stamps: texts on the side of the first page.
        declared: the file's own metadata.
    """
    said = " ".join([*stamps, *(f"{declared.get(key, '')}" for key in ("Subject", "Keywords", "arXivID", "DOI"))])
    found = _ARXIV.search(said)
    arxiv_id = found.group(1) if found else None
    title = one_line(" ".join(line.text for line in front.title)) or None
    authors = _declared_authors(declared.get("Author", "")) or _authors(lines)
    published = _published(arxiv_id)
    try:
        return DocumentMeta(title=title, kind=Kind.PAPER, published=published, authors=authors, arxiv_id=arxiv_id)
    except ValidationError:
        # A hostile date or identifier; the rest is still true.
        return DocumentMeta(title=title, kind=Kind.PAPER, authors=authors)


def _published(arxiv_id: str | None) -> str | None:
    """Month of the first version, which an arXiv identifier begins with."""
    if arxiv_id is None:
        return None
    new = _NEW_STYLE.fullmatch(arxiv_id)
    found = new or _OLD_STYLE.fullmatch(arxiv_id)
    if not found or not 1 <= int(found.group(2)) <= 12:
        return None
    year = int(found.group(1))
    return f"{2000 + year if new or year < 91 else 1900 + year}-{found.group(2)}"


def _declared_authors(text: str) -> tuple[str, ...]:
    names = [one_line(name) for name in re.split(r"\s*;\s*|\s*,\s*|\s+and\s+|(?<=[a-z]{3})\.\s+", text)]
    return tuple(name for name in names if _NAME.fullmatch(name))


def _authors(lines: Sequence[Line]) -> tuple[str, ...]:
    """Names between title and text: what reads like a name and not like an affiliation."""
    found: list[str] = []
    for line in lines:
        if _AFFILIATION.search(line.text):
            continue
        pieces = [piece for run in line.runs for piece in _SEPARATORS.split(_MARKS.sub("  ", run.text))]
        names = [one_line(piece) for piece in pieces]
        names = [name for name in names if name]
        good = [name for name in names if _NAME.fullmatch(name) and name[0].isupper()]
        if good and len(good) >= 0.6 * len(names):
            found += good
    return tuple(dict.fromkeys(found))
