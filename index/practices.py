"""Recommendations with a history: what was the practice, since when, and what took its place."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


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

    @property
    def put_away(self) -> bool:
        """Whether it is no longer recommended."""
        return bool(self.superseded_by) or self.status in (PracticeStatus.ATTIC, PracticeStatus.DEPRECATED)


def practice_to_json(practice: Practice) -> dict[str, object]:
    """The practice as a JSON object."""
    return asdict(practice)


def practice_from_json(form: dict[str, Any]) -> Practice:
    """Read what `practice_to_json` wrote."""
    tuples = {key: tuple(form[key]) for key in ("superseded_by", "see_also")}
    return Practice(**{**form, **tuples, "status": PracticeStatus(form["status"])})
