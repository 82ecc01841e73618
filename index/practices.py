"""Recommendations with a history: what was the practice, since when, and what took its place."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .analysis import terms
from .history import MOST_ENDS, follow

if TYPE_CHECKING:
    from .practice_problems import Problem

_ARXIV = re.compile(
    r"(?:https?://(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:\s*)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)


class PracticeStatus(StrEnum):
    """Where a recommendation stands, as its registry says."""

    STANDARD = "standard"
    EXPERIMENTAL = "experimental"
    DEPRECATED = "deprecated"
    ATTIC = "attic"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Practice:
    """A recommendation of a practice registry, as written there; nothing is resolved yet.

    Attributes:
        id: as the registry has it, or derived from its source; duplicates are a matter for `corpus lint`.
        document_id: the registry it stands in; empty until the document has its id.
        start: first code point of its entry in the registry's canonical text.
        end: one past the last.
        statement: the recommendation, or the title of the work that an entry is about.
        topic: the registry's own term, or empty.
        title: title of the source, or empty.
        arxiv_id: of the source, or None.
        year: of the source, or None.
        status: as declared; an entry in the attic is `attic`.
        reason: why it was put away, or empty.
        superseded_by: targets as written: practice ids, arXiv ids or titles.
        see_also: further targets as written.
        work: whether the entry is about a work as a whole; what it declares then holds for every practice of that work.
        status_word: the declared status where it is none of the known ones, else empty.
        documents: ids of documents that state it, as the registry says; they may be missing.
        put_away_on: when it, or its work, was put away: a year, a month (`2021-03`) or a day; or empty.
        confidence: how sure the registry is of it: `low`, `medium` or `high`; empty where it does not say.
        returns: a former practice that came back in this one, as written, or empty.
    """

    id: str
    document_id: str
    start: int
    end: int
    statement: str
    topic: str = ""
    title: str = ""
    arxiv_id: str | None = None
    year: int | None = None
    status: PracticeStatus = PracticeStatus.UNKNOWN
    reason: str = ""
    superseded_by: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    work: bool = False
    status_word: str = ""
    documents: tuple[str, ...] = ()
    put_away_on: str = ""
    confidence: str = ""
    returns: str = ""

    @property
    def key(self) -> str:
        """Unique within an index, even where a registry gives an id twice."""
        return f"{self.document_id}#{self.id}@{self.start}"

    @property
    def work_key(self) -> str | None:
        """What joins the practices of one work, in whatever registry they stand: its arXiv id, else its title."""
        if self.arxiv_id:
            return f"arxiv:{self.arxiv_id}"
        return f"title:{title_key(self.title)}" if self.title else None

    @property
    def put_away(self) -> bool:
        """Whether it is no longer recommended."""
        return bool(self.superseded_by) or self.status in (PracticeStatus.ATTIC, PracticeStatus.DEPRECATED)


def arxiv_key(text: str) -> str | None:
    """The arXiv id without version that a text consists of, be it bare, with `arXiv:` or a link; else None."""
    found = _ARXIV.fullmatch(text.strip())
    return found.group(1).lower() if found else None


def title_key(title: str) -> str:
    """A title as it is compared: white space and case do not count."""
    return " ".join(title.split()).casefold()


def practice_to_json(practice: Practice) -> dict[str, object]:
    """The practice as a JSON object."""
    return asdict(practice)


def practice_from_json(form: dict[str, Any]) -> Practice:
    """Read what `practice_to_json` wrote, now or before practices had documents, a date, a confidence and a return."""
    tuples = {key: tuple(form[key]) for key in ("superseded_by", "see_also")}
    tuples["documents"] = tuple(form.get("documents", ()))
    return Practice(**{**form, **tuples, "status": PracticeStatus(form["status"])})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a practice that was put away stands once everything is resolved.

    Attributes:
        practice: what was put away.
        reason: why, as its entry says, or that of its work.
        successors: one group for each current successor: the practices of a work, or the one that was named; those
            that share most words with what was put away, and why, come first. Empty without a resolvable successor.
    """

    practice: Practice
    reason: str
    successors: tuple[tuple[Practice, ...], ...] = ()


class Practices:
    """The practices of all registries of an index, with everything resolved that they declare.

    What an entry about a work declares holds for every practice of that work, in whatever registry it stands.

    Args:
        practices: with their documents' ids set.
    """

    def __init__(self, practices: Iterable[Practice]) -> None:
        self.all = tuple(sorted(practices, key=lambda p: (p.document_id, p.start, -p.end, p.id)))
        self.by_key = {practice.key: practice for practice in self.all}
        self._by_work: dict[str, list[Practice]] = {}
        for practice in self.all:
            if practice.work_key:
                self._by_work.setdefault(practice.work_key, []).append(practice)
        self._declarers = {
            key: declarer
            for key, members in self._by_work.items()
            if (declarer := next((member for member in members if member.work and member.put_away), None))
        }
        self._named = self._names()
        self._edges: dict[str, dict[str, None]] = {}
        for practice in self.all:
            node = self.node(practice)
            for target in practice.superseded_by:
                self._edges.setdefault(node, {}).update(
                    (found, None) for found in self.targets(target) if found != node
                )
        self._first = {node: place for place, node in reversed(list(enumerate(map(self.node, self.all))))}
        oldest_first = sorted(self._edges, key=lambda node: (self._year(node), self._first[node]))
        self._ends, self.cycles = follow({node: list(targets) for node, targets in self._edges.items()}, oldest_first)
        self._standings: dict[str, Standing | None] = {}

    def node(self, practice: Practice) -> str:
        """What declarations are attached to: a work as a whole, or a practice with a successor of its own."""
        work = practice.work_key
        if work and not practice.superseded_by and work in self._declarers:
            return work
        return work if work and practice.work else practice.key

    def members(self, node: str) -> tuple[Practice, ...]:
        """The practices that a node stands for."""
        return tuple(self._by_work[node]) if node in self._by_work else (self.by_key[node],)

    def targets(self, target: str) -> tuple[str, ...]:
        """The nodes that a target names: by arXiv id in any spelling, by practice id, or by exact title."""
        arxiv_id, title = arxiv_key(target), title_key(target)
        if arxiv_id and f"arxiv:{arxiv_id}" in self._by_work:
            return (f"arxiv:{arxiv_id}",)
        return tuple(self._named.get(target.strip()) or self._named.get(f"title:{title}", ()))

    def resolve(self, target: str) -> tuple[Practice, ...]:
        """The practices that a target names; none for a dangling one."""
        return tuple(practice for node in self.targets(target) for practice in self.members(node))

    def ends(self, practice: Practice) -> tuple[str, ...]:
        """The nodes of a practice's current successors, at most `MOST_ENDS`; none for one in use."""
        if self.declarer(practice) is None:
            return ()
        node = self.node(practice)
        return tuple(end for end in self._ends.get(node, ()) if end != node)

    def declarer(self, practice: Practice) -> Practice | None:
        """The entry that put a practice away: its own, or that of its work; None for one in use."""
        if practice.put_away and (practice.reason or practice.superseded_by):
            return practice
        declared = self._declarers.get(practice.work_key or "")
        return declared or (practice if practice.put_away else None)

    def standing(self, practice: Practice) -> Standing | None:
        """Where a practice stands that was put away; None for one in use."""
        if practice.key not in self._standings:
            self._standings[practice.key] = self._standing(practice)
        return self._standings[practice.key]

    def _standing(self, practice: Practice) -> Standing | None:
        declarer = self.declarer(practice)
        if declarer is None:
            return None
        said = set(terms(f"{practice.statement} {practice.title} {declarer.reason}"))
        groups = []
        for end in self.ends(practice):
            others = [other for other in self.members(end) if other is not practice]
            others.sort(key=lambda p: (-len(said & set(terms(p.statement))), not p.work, p.key))
            groups.append(tuple(others))
        return Standing(practice, declarer.reason, tuple(filter(None, groups)))

    def involved(self) -> list[Practice]:
        """Practices that were put away, and their current successors, in order."""
        put_away = [practice for practice in self.all if self.declarer(practice)]
        keys = {practice.key for practice in put_away}
        ends = {end for practice in put_away for end in self.ends(practice)}
        keys |= {practice.key for end in ends for practice in self.members(end)}
        return [practice for practice in self.all if practice.key in keys]

    def problems(self) -> "list[Problem]":
        """Everything that a registry's author should look at; nothing of it is fatal."""
        from .practice_problems import find_problems

        return find_problems(self)

    def _names(self) -> dict[str, dict[str, None]]:
        """Nodes by practice id and by title, at most `MOST_ENDS` each."""
        named: dict[str, dict[str, None]] = {}
        for practice in self.all:
            node = self.node(practice)
            whole = practice.work_key or node
            for name, found in (
                (practice.id, node),
                (f"title:{title_key(practice.title)}", whole),
                (f"title:{title_key(practice.statement)}", node),
            ):
                nodes = named.setdefault(name, {})
                if len(nodes) < MOST_ENDS:
                    nodes[found] = None
        return named

    def _year(self, node: str) -> int:
        years = [practice.year for practice in self.members(node) if practice.year is not None]
        return min(years, default=9999)
