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
from .published import published_on
from .tables import cells

_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE)
_AFFILIATION = re.compile(
    r"universit|institut|college|school|laborator|\blabs?\b|research|google|deepmind|microsoft|openai|facebook|meta\b|"
    r"department|center|centre|academy|inc\.|\bcorp|@|http|equal|corresponding|author|\bchina\b|\busa\b|\d{4}|"
    r"work done|street",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+|\s{2,}|\s+&\s+")
_MARKS = re.compile(r"[\d⁰¹²³⁴-⁹*∗†‡§¶♠♣♥♦⋆⋄#^,]+|\b[a-z]\b$")
_NAME = re.compile(r"[^\W\d_][\w.’'\-]*(?:\s+[^\W\d_][\w.’'\-]*){1,4}")
_RUN_IN = re.compile(r"abstract\s?[.:—–-]", re.IGNORECASE)
_FRONT_SHARE = 0.6
_MAX_TITLE_LINES = 6
_MIN_PROSE = 300
_NAME_GAP = 0.3
_LOWER = 0.6
_SENTENCE_END = re.compile(r"[a-z)\]]\.(?:\s|$)")
_SUBTITLE, _SUBTITLE_OF_BODY = 0.8, 1.3
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
    named = next((index for index in range(after, len(lines)) if _begins_text(lines[index])), None)
    # An abstract without a heading of its own stands before the introduction.
    for index in range(after, min(after + _MAX_FRONT, len(lines) if named is None else named)):
        if _is_running(lines[index], columns) and (named is None or is_prose(lines[index:named])):
            return Front(title, lines[index])
    return Front(title, None if named is None else lines[named])


def is_prose(lines: Sequence[Line]) -> bool:
    """Whether lines are sentences rather than names and addresses: long, several, mostly in lower case."""
    text = " ".join(line.text for line in lines)
    words = [word for word in text.split() if word[0].isalpha()]
    lower = sum(word.islower() for word in words)
    return len(text) > _MIN_PROSE and lower > _LOWER * len(words) and len(_SENTENCE_END.findall(text)) >= 2


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
        subtitle = (
            line.style == first.style
            and line.size >= max(_SUBTITLE * largest, _SUBTITLE_OF_BODY * body_size)
            and "," not in line.text
        )
        if line.baseline - title[-1].baseline > 2.2 * largest or not (line.size >= 0.93 * largest or subtitle):
            break
        title.append(line)
    return tuple(title)


def read_meta(
    front: Front,
    lines: Sequence[Line],
    first_page: Sequence[Line],
    stamps: Sequence[str],
    declared: Mapping[str, str],
) -> DocumentMeta:
    """What the paper says of itself.

    Args:
        front: title and beginning of the text.
        lines: between the two.
        first_page: all lines of the first page.
        stamps: texts on the side of the first page.
        declared: the file's own metadata.
    """
    said = " ".join([*stamps, *(f"{declared.get(key, '')}" for key in ("Subject", "Keywords", "arXivID", "DOI"))])
    found = _ARXIV.search(said)
    arxiv_id = found.group(1) if found else None
    title = one_line(" ".join(line.text for line in front.title)) or None
    authors = _declared_authors(declared.get("Author", "")) or _authors(lines)
    published = published_on(arxiv_id, (line.text for line in lines), (line.text for line in first_page))
    try:
        return DocumentMeta(title=title, kind=Kind.PAPER, published=published, authors=authors, arxiv_id=arxiv_id)
    except ValidationError:
        # A hostile date or identifier; the rest is still true.
        return DocumentMeta(title=title, kind=Kind.PAPER, authors=authors)


def _declared_authors(text: str) -> tuple[str, ...]:
    names = [one_line(name) for name in re.split(r"\s*;\s*|\s*,\s*|\s+and\s+|(?<=[a-z]{3})\.\s+", text)]
    return tuple(name for name in names if _NAME.fullmatch(name))


def _authors(lines: Sequence[Line]) -> tuple[str, ...]:
    """Names between title and text: what reads like a name and not like an affiliation."""
    found: list[str] = []
    for line in lines:
        if _AFFILIATION.search(line.text):
            continue
        pieces = [piece for cell in cells(line, _NAME_GAP) for piece in _SEPARATORS.split(_MARKS.sub("  ", cell.text))]
        names = [one_line(piece) for piece in pieces]
        names = [name for name in names if any(sign.isalpha() for sign in name)]
        good = [name for name in names if _NAME.fullmatch(name) and name[0].isupper()]
        # What stands more than once on a line is where the authors work.
        if good and len(good) >= 0.6 * len(names) and len(set(names)) == len(names):
            found += good
    return tuple(dict.fromkeys(found))
