"""The front of a paper: title, authors, arXiv identifier, year."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ....index.types import Kind
from ...metadata import DocumentMeta
from .asides import CAPTION
from .columns import Column
from .joining import one_line
from .outline import key_of, letters
from .page import Line, Page
from .paragraphs import BULLET
from .published import is_date, published_on
from .tables import cells
from .title import find_title
from .titles import candidate_at, is_section

_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE)
_AFFILIATION = re.compile(
    r"universit|institut|college|school|laborator|\blabs?\b|research|google|deepmind|microsoft|openai|facebook|meta\b|"
    r"department|center|centre|academy|inc\.|\bcorp|\bltd\b|\bllc\b|gmbh|@|http|equal|corresponding|author|\bchina\b|\busa\b|\d{4}|"
    r"work done|street",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+|\s{2,}|\s+&\s+")
_MARKS = re.compile(r"[\d⁰¹²³⁴-⁹*∗†‡§¶♠♣♥♦⋆⋄#^,]+|\b[a-z]\b$")
_NAME = re.compile(r"[^\W\d_][\w.’'\-]*(?:\s+[^\W\d_][\w.’'\-]*){1,4}")
_RUN_IN = re.compile(r"abstract\s?[.:—–-]", re.IGNORECASE)
_PROPER_NAME = re.compile(
    r"[^\W\d_a-z][\w.’'\-]*(?:\s+(?:[^\W\d_a-z][\w.’'\-]*|van|von|de|den|der|del|della|di|da|dos|du|la|le|el|al|bin|ibn|ben|ter|zu)){1,4}"
)
_PLACE_OF_WORK = re.compile(r"@\w|universit|\binstitut|\bcollege\b|laborator|\bdepartment of\b", re.IGNORECASE)
_NOTE_MARK = re.compile(r"[*∗†‡§¶]")
_FRONT_SHARE = 0.6
_MIN_SENTENCE = 60
_MIN_PROSE = 300
_NAME_GAP = 0.3
_LOWER = 0.6
_SENTENCE_END = re.compile(r"[a-z)\]]\.(?:\s|$)")
_MAX_FRONT = 200


@dataclass(frozen=True, slots=True)
class Front:
    """Where a paper's title stands, and what is between it and the text.

    Attributes:
        title: its lines, possibly none.
        body: the line with which the text begins behind authors and their addresses; None where nothing speaks for
            authors, and all but the title is text.
        below: the lines between title and text, authors or not.
    """

    title: tuple[Line, ...] = ()
    body: Line | None = None
    below: tuple[Line, ...] = ()


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
        columns: of the document, in reading order.
        declared: the title in the file's metadata, or empty.
        body_size: font size of the running text.
    """
    first = [column for column in columns if column.page == columns[0].page and not column.turned]
    lines = [line for column in first for line in column.lines]
    title = find_title(lines, declared, body_size)
    if not title:
        return Front()
    after = lines.index(title[-1]) + 1
    end = _end_at_abstract(lines, after, first)
    if end is not None:
        return Front(title, lines[end], tuple(lines[after:end]))
    end = _end_at_text(lines, after, columns, body_size)
    below = tuple(lines[after:end])
    if end == len(lines) or not _names_authors(below):
        return Front(title, None, below)
    return Front(title, lines[end], below)


def _end_at_abstract(lines: Sequence[Line], after: int, columns: Sequence[Column]) -> int | None:
    """Where the abstract's heading stands, or prose before it; None without such a heading."""
    named = next((index for index in range(after, len(lines)) if _begins_abstract(lines[index])), None)
    if named is None:
        return None
    for index in range(after, min(after + _MAX_FRONT, named)):
        if _is_running(lines[index], columns) and is_prose(lines[index:named]):
            return index
    return named


def _end_at_text(lines: Sequence[Line], after: int, columns: Sequence[Column], body_size: float) -> int:
    """The first line that is a section's heading, an item of a list, or of a sentence."""
    first = [column for column in columns if column.page == columns[0].page and not column.turned]
    looks = Counter(_look(line) for column in columns for line in column.lines)
    limit = min(after + _MAX_FRONT, len(lines))
    for index in range(after, limit):
        line = lines[index]
        if _begins_text(line, first):
            return index
        # Names may be as bold as headings, but no other line looks like them.
        named = looks[_look(line)] == 1 and any(map(_PROPER_NAME.fullmatch, _names_on(line)))
        if not named and _heads_text(line, first, body_size):
            return index
    return limit


def _look(line: Line) -> tuple[str, int]:
    return line.style, round(2 * line.size)


def is_prose(lines: Sequence[Line]) -> bool:
    """Whether lines are sentences rather than names and addresses: long, several, mostly in lower case."""
    text = " ".join(line.text for line in lines)
    words = [word for word in text.split() if word[0].isalpha()]
    lower = sum(word.islower() for word in words)
    return len(text) > _MIN_PROSE and lower > _LOWER * len(words) and len(_SENTENCE_END.findall(text)) >= 2


def _begins_abstract(line: Line) -> bool:
    return letters(line.text) == "abstract" or key_of(line.text) == "abstract" or bool(_RUN_IN.match(line.text))


def _begins_text(line: Line, columns: Sequence[Column]) -> bool:
    if is_date(line.text):
        return False
    if is_section(line.text) or BULLET.match(line.text) or CAPTION.match(line.text):
        return True
    return _is_running(line, columns) or _is_of_sentence(line)


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


def _is_of_sentence(line: Line) -> bool:
    """Whether it is long and mostly in lower case."""
    words = [word for word in line.text.split() if word[0].isalpha()]
    lower = sum(word.islower() for word in words)
    return len(line.text) > _MIN_SENTENCE and not _NOTE_MARK.search(line.text) and lower > _LOWER * len(words)


def _names_authors(lines: Sequence[Line]) -> bool:
    """Whether something between title and text tells of authors: an address, a place of work, or names in a row."""
    rows = [(line, [name for name in _names_on(line) if _PROPER_NAME.fullmatch(name)]) for line in lines]
    if any(_PLACE_OF_WORK.search(line.text) or len(names) >= 2 for line, names in rows):
        return True
    # A single name is easily something else: nothing but a date may stand beside it.
    rows = [(line, names) for line, names in rows if not is_date(line.text)]
    return len(rows) == 1 and bool(rows[0][1])


def _heads_text(line: Line, columns: Sequence[Column], body_size: float) -> bool:
    """Whether a line looks like a heading with text below it."""
    column = next(column for column in columns if line in column.lines)
    index = column.lines.index(line)
    found = candidate_at(column, index, body_size)
    below = column.lines[index + found.lines : index + found.lines + 1] if found else []
    return any(_begins_text(one, columns) for one in below)


def read_meta(
    front: Front,
    first_page: Sequence[Line],
    stamps: Sequence[str],
    declared: Mapping[str, str],
) -> DocumentMeta:
    """What the paper says of itself.

    Args:
        front: title and beginning of the text.
        first_page: all lines of the first page.
        stamps: texts on the side of the first page.
        declared: the file's own metadata.
    """
    said = " ".join([*stamps, *(f"{declared.get(key, '')}" for key in ("Subject", "Keywords", "arXivID", "DOI"))])
    found = _ARXIV.search(said)
    arxiv_id = found.group(1) if found else None
    title = one_line(" ".join(line.text for line in front.title)) or None
    authors = _declared_authors(declared.get("Author", "")) or (_authors(front.below) if front.body else ())
    published = published_on(arxiv_id, (line.text for line in front.below), (line.text for line in first_page))
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
    return tuple(dict.fromkeys(name for line in lines for name in _names_on(line)))


def _names_on(line: Line) -> list[str]:
    """The names on a line if it has hardly anything else."""
    if _AFFILIATION.search(line.text):
        return []
    pieces = [piece for cell in cells(line, _NAME_GAP) for piece in _SEPARATORS.split(_MARKS.sub("  ", cell.text))]
    names = [one_line(piece) for piece in pieces]
    names = [name for name in names if any(sign.isalpha() for sign in name)]
    good = [name for name in names if _NAME.fullmatch(name) and name[0].isupper()]
    # What stands more than once on a line is where the authors work.
    return good if good and len(good) >= 0.6 * len(names) and len(set(names)) == len(names) else []
