"""One entry of a practice registry, read field by field with whatever shape each has."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ...index.practices import PracticeStatus, arxiv_key
from .yaml_tree import Tree

Warn = Callable[[str], None]

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"", "false", "no", "off", "0"})
_STATUSES = frozenset(status.value for status in PracticeStatus)
_YEARS = range(1800, 2101)
_STATEMENT = ("recommendation", "statement", "practice", "text")
_SOURCE = ("paper", "arxiv_id", "year", "first_author")
_CONFIDENCES = ("low", "medium", "high")
_DATE = re.compile(r"(?:18|19|20)[0-9]{2}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Attic:
    """That, why and when an entry was put away; targets as written, the date as a year, a month or a day."""

    given: bool
    reason: str = ""
    superseded_by: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    date: str = ""


@dataclass(slots=True)
class Entry:
    """A mapping of a registry; remembers which of its fields were read.

    Attributes:
        tree: the mapping.
        name: what a warning calls it.
        warn: takes a warning.
    """

    tree: Mapping[str, Tree]
    name: str
    warn: Warn
    _read: set[str] = field(default_factory=set)

    def text(self, *names: str) -> str:
        """The first of the fields that says something, on one line."""
        return next(iter(self.lines(*names)), "")

    def lines(self, *names: str) -> list[str]:
        """What the first of the fields that is given says, an item a line."""
        self._read.update(names)
        for name in names:
            if self.tree.get(name):
                found, whole = lines_of(self.tree[name])
                if not whole:
                    self.warn(f"{self.name}: {name} holds nested values; they are left out")
                return found
        return []

    def arxiv_id(self) -> str | None:
        """The arXiv id without version; None, with a warning where what is given is none."""
        said = self.text("arxiv_id", "arxiv")
        found = arxiv_key(said)
        if said and found is None:
            self.warn(f"{self.name}: {said[:_LONGEST_NAME]!r} is no arXiv identifier such as 2106.09685; ignored")
        return found

    def year(self, otherwise: str) -> int | None:
        """The year of publication; that of the surrounding list where none is given."""
        said = self.text("year", "date", "published")
        number = said[:4] if said[:4].isdecimal() and not said[4:5].isdecimal() else ""
        if number and int(number) in _YEARS:
            return int(number)
        if said:
            self.warn(f"{self.name}: the year {said[:_LONGEST_NAME]!r} is none; ignored")
        return int(otherwise) if otherwise else None

    def status(self, otherwise: PracticeStatus) -> PracticeStatus:
        """Where it stands, as declared; `otherwise` where nothing is."""
        word = self.text("status").casefold()
        if not word:
            return otherwise
        return PracticeStatus(word) if word in _STATUSES else PracticeStatus.UNKNOWN

    def unknown_status(self) -> str:
        """The declared status where it is no known one, else empty."""
        word = self.text("status")
        if not word or word.casefold() in _STATUSES:
            return ""
        self.warn(f"{self.name}: unknown status {word[:_LONGEST_NAME]!r}; known are {', '.join(PracticeStatus)}")
        return word[:_LONGEST_NAME]

    def confidence(self) -> str:
        """How sure its registry is of it: `low`, `medium`, `high`, or empty."""
        word = self.text("confidence")
        if not word or word.casefold() in _CONFIDENCES:
            return word.casefold()
        self.warn(
            f"{self.name}: unknown confidence {word[:_LONGEST_NAME]!r}; known are {', '.join(_CONFIDENCES)}; ignored"
        )
        return ""

    def attic(self, *, dated: bool = True) -> Attic:
        """What is said under `attic`, or directly in the entry.

        Args:
            dated: whether a `date` beside an `attic` without fields says when; else it is that of the source.
        """
        self._read.add("attic")
        said = self.tree.get("attic", "")
        inner, words = self, []
        if isinstance(said, dict):
            inner = Entry(said, f"{self.name}: attic", self.warn)
        else:
            words = self.lines("attic")
        given = bool(said) and not (len(words) == 1 and words[0].casefold() in _FALSE)
        reason = inner.text("reason") or " ".join(word for word in words if word.casefold() not in _TRUE | _FALSE)
        targets = tuple(inner.lines("superseded_by")), tuple(inner.lines("see_also"))
        date = inner._date() if inner is not self or (given and dated) else ""
        if inner is not self:
            for label, _ in inner.rest():
                self.warn(f"{inner.name}: unknown field {label!r}; left out")
        return Attic(given, reason, *targets, date)

    def _date(self) -> str:
        """A year, a month or a day; empty, with a warning where what is given is none."""
        said = self.text("date")
        if not said or _DATE.fullmatch(said):
            return said
        self.warn(f"{self.name}: the date {said[:_LONGEST_NAME]!r} is no year, month (2021-03) or day; ignored")
        return ""

    def sota(self) -> tuple[list[str], list[str], bool]:
        """What is proven, what may be, and whether the whole work is called experimental."""
        proven, maybe = self.lines("sota", "recommendations"), self.lines("sota_maybe")
        said = self.lines("experimental")
        if len(said) == 1 and said[0].casefold() in _TRUE | _FALSE:
            return proven, maybe, said[0].casefold() in _TRUE
        return proven, [*maybe, *said], False

    def statement(self) -> str:
        """The recommendation itself."""
        return self.text(*_STATEMENT)

    def source(self) -> "Entry":
        """Where a recommendation comes from; the entry itself where it names no source."""
        self._read.update(("source", *_SOURCE))
        said = self.tree.get("source")
        if isinstance(said, dict):
            return Entry(said, f"{self.name}: source", self.warn)
        own = {key: value for key, value in self.tree.items() if key in _SOURCE}
        if isinstance(said, str) and said:
            own.setdefault("paper", said)
        return Entry(own, f"{self.name}: source", self.warn)

    def group(self) -> str:
        """What a recommendation is grouped by: its source's arXiv id or title, or else its topic."""
        source = self.source()
        said = one_line(source.tree.get("arxiv_id", "")) or one_line(source.tree.get("paper", ""))
        return said or one_line(source.tree.get("title", "")) or self.text("topic", "topics") or "Recommendations"

    def rest(self) -> Iterator[tuple[str, list[str]]]:
        """Fields that nobody read, by a readable name."""
        for name in self.tree:
            if name not in self._read:
                yield name.replace("_", " ").strip().capitalize()[:_LONGEST_NAME], self.lines(name)


def one_line(tree: Tree) -> str:
    """A scalar's text on one line; empty for lists and mappings."""
    return " ".join(tree.split()) if isinstance(tree, str) else ""


def lines_of(tree: Tree) -> tuple[list[str], bool]:
    """Scalars of a scalar, a list or a mapping, each on one line, and whether that is all there is.

    A mapping becomes lines of `key: value`; inside a list it is as a rule a line with an unquoted colon.
    """
    found, whole = [], True
    for item in tree if isinstance(tree, list) else [tree]:
        pairs = item.items() if isinstance(item, dict) else [("", item)]
        for key, value in pairs:
            whole = whole and isinstance(value, str)
            line = one_line(value)
            if line:
                found.append(f"{key}: {line}" if key else line)
    return found, whole
