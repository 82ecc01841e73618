"""Practice registries in YAML: what is recommended, since when, and what was put away.

Two shapes are known, and one file may hold both: years that map to lists of works (`title`, `arxiv_id`, `sota`,
`attic`, …), and a list of `recommendations` (`id`, `recommendation`, `source`, `status`, …). The canonical text is
written from them for a reader: a section a work, so that every entry can be found and cited like any other text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from ...index.blocks import BlockKind
from ...index.errors import IgnoredError, QuarantineError
from ...index.practices import Practice, PracticeStatus, arxiv_key
from ...index.types import Kind
from ..metadata import DocumentMeta
from ..normalise import canonical_text, decode, require_text
from ..parsed import Parsed, TextBuilder
from .registry_entry import Entry, one_line
from .yaml_tree import Tree, read_tree

_KNOWN = (
    "years that map to lists of works with a title, and a list under 'recommendations' whose entries have "
    "a 'recommendation'"
)
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_LIST = "recommendations"
_ABOUT = frozenset({"metadata", "topics", "title", "name", "description"})
_MOST_WARNINGS = 20
_LONGEST_ID = 80

_LABELS = {
    PracticeStatus.STANDARD: "Recommended",
    PracticeStatus.EXPERIMENTAL: "Experimental",
    PracticeStatus.DEPRECATED: "Deprecated",
    PracticeStatus.ATTIC: "Was recommended",
    PracticeStatus.UNKNOWN: "Stated",
}


def parse_registry(data: bytes) -> Parsed:
    """A practice registry in YAML; linear in its length.

    Nothing odd inside it is fatal: what cannot be used is left out and named in the warnings.

    Raises:
        QuarantineError: it is no text, no YAML, nested too deeply, too long, or a registry without entries.
        IgnoredError: it is YAML, but no practice registry.
    """
    tree, found = read_tree(require_text(canonical_text(decode(data))))
    if not isinstance(tree, dict) or not _is_registry(tree):
        raise IgnoredError(f"is YAML but no practice registry; known are {_KNOWN}")
    writer = _Writer(list(found), _titles(tree))
    years = [key for key in tree if _YEAR.fullmatch(key)]
    recommendations = tree.get(_LIST, [])
    meta = _meta(tree, years, writer.warnings)
    writer.page.add(BlockKind.HEADING, meta.title or "Practice registry", level=1)
    for key, value in tree.items():
        if key in years:
            for place, entry in enumerate(value if isinstance(value, list) else [value], start=1):
                writer.work(entry, key, f"work {place} of {key}")
        elif key not in _ABOUT and key != _LIST:
            writer.warnings.append(f"{key[:40]!r} is neither a year nor {_LIST!r}; left out")
    writer.recommendations(recommendations if isinstance(recommendations, list) else [])
    if not writer.practices:
        raise QuarantineError("is a practice registry without a single entry; add one or remove the file")
    practices = tuple(sorted(writer.practices, key=lambda practice: (practice.start, -practice.end)))
    return Parsed(writer.page.text, writer.page.blocks, meta, _few(writer.warnings), Kind.REGISTRY, practices=practices)


@dataclass(slots=True)
class _Writer:
    """The text and the practices so far."""

    warnings: list[str]
    titles: Mapping[str, str]
    page: TextBuilder = field(default_factory=TextBuilder)
    practices: list[Practice] = field(default_factory=list)
    _ids: dict[str, int] = field(default_factory=dict)

    def work(self, tree: Tree, year: str, name: str) -> None:
        """A work of a year: its section, itself as a practice, and one for each line it recommends."""
        if isinstance(tree, str):
            tree = {"title": tree}
        if not isinstance(tree, dict) or not any(tree.values()):
            self.warnings.append(f"{name} is empty or no mapping; left out")
            return
        entry = Entry(tree, name, self.warnings.append)
        arxiv_id = entry.arxiv_id()
        title = entry.text("title") or (f"arXiv {arxiv_id}" if arxiv_id else "")
        if not title:
            self.warnings.append(f"{name} has neither a title nor an arXiv id")
            title = f"Untitled {name}"
        when = entry.year(year)
        identity = self._derived(arxiv_id or title)
        # Without a year, a date directly in the entry is that of the work.
        attic, status = entry.attic(dated=bool(tree.get("year"))), entry.status(PracticeStatus.UNKNOWN)
        if attic.given and status is not PracticeStatus.DEPRECATED:
            status = PracticeStatus.ATTIC
        topics = entry.lines("topics", "topic")
        start = self._heading(f"{title} ({when})" if when else title)
        about = Practice(
            identity, "", start, start, title, ", ".join(topics), title, arxiv_id, when, status, attic.reason,
            attic.superseded_by, attic.see_also, work=True, status_word=entry.unknown_status(),
            put_away_on=attic.date,
        )  # fmt: skip
        authors = entry.lines("first_author", "authors", "author")
        self._facts(("By", authors), ("arXiv", [arxiv_id] if arxiv_id else []), ("Topics", topics))
        proven, maybe, experimental = entry.sota()
        recommended = PracticeStatus.EXPERIMENTAL if experimental else PracticeStatus.STANDARD
        for statements, standing in ((proven, recommended), (maybe, PracticeStatus.EXPERIMENTAL)):
            for statement in statements:
                self._statement(about, statement, PracticeStatus.ATTIC if about.put_away else standing)
        if not proven and not maybe and experimental and status is PracticeStatus.UNKNOWN:
            status = PracticeStatus.EXPERIMENTAL
        self._list("Key takeaways", entry.lines("key_takeaways", "takeaways"))
        self._list("Historical impact", entry.lines("historical_impact"))
        for note in entry.lines("note", "notes"):
            self.page.add(BlockKind.PARAGRAPH, f"Note: {_sentence(note)}")
        self._facts(("Models", entry.lines("models")), *entry.rest())
        if about.put_away:
            lead = f"Put away{_when(about.put_away_on)}"
            self.page.add(BlockKind.PARAGRAPH, f"{lead}: {self._why(about, successors=True)}".strip())
        self.practices.append(replace(about, status=status, end=self.page.blocks[-1].end))

    def recommendations(self, trees: list[Tree]) -> None:
        """Recommendations, grouped by source, or by topic where none is given."""
        groups: dict[str, list[Entry]] = {}
        for place, tree in enumerate(trees, start=1):
            tree = {"recommendation": tree} if isinstance(tree, str) else tree
            if not isinstance(tree, dict):
                self.warnings.append(f"recommendation {place} is no mapping; left out")
                continue
            entry = Entry(tree, f"recommendation {tree.get('id') or place}"[:80], self.warnings.append)
            if not entry.statement():
                self.warnings.append(f"{entry.name} says nothing; left out")
                continue
            groups.setdefault(entry.group(), []).append(entry)
        for title, entries in groups.items():
            self._source(title, entries)

    def _source(self, title: str, entries: list[Entry]) -> None:
        first = entries[0].source()
        arxiv_id, when = first.arxiv_id(), first.year("")
        shown = first.text("paper", "title") or title
        self._heading(f"{shown} ({when})" if when and str(when) not in shown else shown)
        topics = list(dict.fromkeys(topic for entry in entries for topic in entry.lines("topic", "topics")))
        self._facts(
            ("By", [] if first.text("paper") else first.lines("first_author", "authors", "author")),
            ("arXiv", [arxiv_id] if arxiv_id else []),
            ("Topics", topics),
            ("Evidence", _union(entries, "supporting_evidence")),
            ("Implementations", _union(entries, "implementations")),
        )
        for entry in entries:
            statement, attic = entry.statement(), entry.attic()
            status = entry.status(PracticeStatus.ATTIC if attic.given else PracticeStatus.UNKNOWN)
            about = Practice(
                entry.text("id") or self._derived(f"{arxiv_id or shown}/{statement}"[:_LONGEST_ID]), "", 0, 0,
                statement, ", ".join(entry.lines("topic", "topics")), first.text("paper", "title"), arxiv_id, when,
                status, attic.reason, attic.superseded_by, attic.see_also, status_word=entry.unknown_status(),
                documents=tuple(entry.lines("documents")), put_away_on=attic.date, confidence=entry.confidence(),
                returns=entry.text("returns"),
            )  # fmt: skip
            entry.lines("topic_id")
            rest = " ".join(f"{label}: {_sentence(', '.join(said))}" for label, said in entry.rest() if said)
            why = self._why(about) if about.put_away or about.see_also or about.returns or about.confidence else ""
            self._item(about, f"{why} {rest}".strip())

    def _statement(self, work: Practice, statement: str, status: PracticeStatus) -> None:
        place = self._ids[work.id] = self._ids.get(work.id, 1) + 1
        about = Practice(
            f"{work.id}/{place - 1}", "", 0, 0, statement, work.topic, work.title, work.arxiv_id, work.year, status,
            put_away_on=work.put_away_on,
        )  # fmt: skip
        self._item(about, "")

    def _item(self, about: Practice, why: str) -> None:
        block = self.page.add(BlockKind.LIST, f"- {self._said(about)} {why}".rstrip())
        if block is not None:
            self.practices.append(replace(about, start=block.start, end=block.end))

    def _said(self, about: Practice) -> str:
        """Its statement, in one sentence with what took its place, so that neither is quoted without the other."""
        label = _LABELS[about.status]
        if about.status is PracticeStatus.DEPRECATED:
            label += _when(about.put_away_on)
        elif about.put_away and about.put_away_on:
            label += f" until {about.put_away_on}"
        if not about.superseded_by:
            return f"{label}: {_sentence(about.statement)}"
        return f"{label}: {about.statement.rstrip('.')}; superseded by: {self._successors(about)}"

    def _why(self, about: Practice, *, successors: bool = False) -> str:
        """Reason and doubt, and what else it points at."""
        parts = [_sentence(about.reason)] if about.reason else []
        if about.confidence:
            parts.append(f"Confidence: {_sentence(about.confidence)}")
        if about.returns:
            parts.append(f"A former practice that returned: {_sentence(self._named(about.returns))}")
        if successors and about.superseded_by:
            parts.append(f"Superseded by: {self._successors(about)}")
        if about.see_also:
            parts.append(f"See also: {_sentence('; '.join(map(self._named, about.see_also)))}")
        return " ".join(parts)

    def _successors(self, about: Practice) -> str:
        return _sentence("; ".join(map(self._named, about.superseded_by)))

    def _named(self, target: str) -> str:
        """The statement that this registry has for the id of an entry; a work by its title and its arXiv id."""
        title = self.titles.get(arxiv_key(target) or "")
        return f"{title} ({target})" if title else self.titles.get(target, "").rstrip(".") or target

    def _heading(self, title: str) -> int:
        block = self.page.add(BlockKind.HEADING, title, level=2)
        return block.start if block else self.page.blocks[-1].end

    def _facts(self, *facts: tuple[str, list[str]]) -> None:
        """A line of facts; it ends without a full stop, for it is no sentence that an answer should quote."""
        said = [f"{label}: {', '.join(values)}" for label, values in facts if values]
        self.page.add(BlockKind.PARAGRAPH, " · ".join(said))

    def _list(self, label: str, items: list[str]) -> None:
        if items:
            self.page.add(BlockKind.PARAGRAPH, f"{label}:")
        for item in items:
            self.page.add(BlockKind.LIST, f"- {item}")

    def _derived(self, wanted: str) -> str:
        """An id made of an arXiv id or a title; the second such entry gets a number."""
        self._ids[f"={wanted}"] = count = self._ids.get(f"={wanted}", 0) + 1
        return wanted if count == 1 else f"{wanted}~{count}"


def _is_registry(tree: Mapping[str, Tree]) -> bool:
    recommendations = tree.get(_LIST)
    if isinstance(recommendations, list) and any(
        isinstance(e, dict) and "recommendation" in e for e in recommendations
    ):
        return True
    return any(True for _ in _works(tree))


def _works(tree: Mapping[str, Tree]) -> Iterator[dict[str, Tree]]:
    """Entries under years that have a title."""
    for key, value in tree.items():
        if _YEAR.fullmatch(key) and isinstance(value, list):
            yield from (entry for entry in value if isinstance(entry, dict) and entry.get("title"))


def _titles(tree: Mapping[str, Tree]) -> dict[str, str]:
    """Title of each work by its arXiv id, and statement of each recommendation by its id; the first that claims it."""
    titles: dict[str, str] = {}
    for entry in _works(tree):
        key = arxiv_key(one_line(entry.get("arxiv_id", "")))
        if key:
            titles.setdefault(key, one_line(entry["title"]))
    recommendations = tree.get(_LIST)
    for about in recommendations if isinstance(recommendations, list) else ():
        if isinstance(about, dict):
            read = Entry(about, "", lambda _: None)  # what is odd in it is told when it is written
            if identity := read.text("id"):
                titles.setdefault(identity, read.statement())
    return titles


def _meta(tree: Mapping[str, Tree], years: list[str], warnings: list[str]) -> DocumentMeta:
    about = tree.get("metadata")
    about = about if isinstance(about, dict) else {}
    title = one_line(about.get("title") or about.get("name") or tree.get("title") or tree.get("name") or "")
    if not title:
        span = f"{min(years)}–{max(years)}" if years else "recommendations"
        title = f"Practice registry, {span}"
    said = one_line(about.get("last_updated") or about.get("date") or "")
    try:
        return DocumentMeta.from_mapping({"title": title, "published": said or None})
    except ValidationError:
        warnings.append(f"metadata: last_updated {said[:40]!r} is no date; ignored")
        return DocumentMeta(title=title)


def _union(entries: list[Entry], *names: str) -> list[str]:
    return list(dict.fromkeys(line for entry in entries for line in entry.lines(*names)))


def _when(date: str) -> str:
    """A year, a month or a day as it follows a verb."""
    return f" {'on' if date.count('-') == 2 else 'in'} {date}" if date else ""


def _sentence(text: str) -> str:
    """With a full stop, so that an answer can quote it."""
    return text if text.endswith((".", "!", "?", ":", "…")) else f"{text}."


def _few(warnings: list[str]) -> tuple[str, ...]:
    if len(warnings) <= _MOST_WARNINGS:
        return tuple(warnings)
    return (*warnings[:_MOST_WARNINGS], f"and {len(warnings) - _MOST_WARNINGS} more of the kind")
