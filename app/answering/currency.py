"""Notes that keep an answer from presenting as current what was put away."""

from collections.abc import Iterable, Sequence

from ...index import Hit
from ...index.types import Counterpart, PracticeMark, Relation
from .types import Citation


def practice_notes(citations: Sequence[Citation], hits: Iterable[Hit]) -> list[str]:
    """A sentence for each practice that was superseded or put away and is cited, in marker order.

    Args:
        citations: of the answer.
        hits: the passages behind it; a successor that is not cited is named by its rank among them.
    """
    passages = {hit.rank: hit.passage.id for hit in hits}
    markers = {citation.passage_id: citation.marker for citation in reversed(citations)}
    told: dict[PracticeMark, list[int]] = {}
    for citation in citations:
        if citation.practice and citation.practice.relation is not Relation.SUCCESSOR:
            told.setdefault(citation.practice, []).append(citation.marker)
    notes: list[str] = []
    for mark, cited in told.items():
        pointers = [_pointer(other, passages, markers) for other in mark.other]
        see = f"; see {', '.join(pointers)}" if mark.relation is Relation.SUPERSEDED and pointers else ""
        shown = " and ".join(f"[{marker}]" for marker in cited)
        verb = "passage {} describes" if len(cited) == 1 else "passages {} describe"
        notes.append(f"{verb.format(shown)} a practice that {_fate(mark)}{see}")
    return notes


def _fate(mark: PracticeMark) -> str:
    what = "was superseded" if mark.relation is Relation.SUPERSEDED else "is no longer recommended"
    return f"{what}: {mark.reason.removesuffix('.')}" if mark.reason else what


def _pointer(other: Counterpart, passages: dict[int, str], markers: dict[str, int]) -> str:
    marker = markers.get(passages.get(other.rank or 0, ""))
    if marker is not None:
        return f"[{marker}]"
    where = f", passage {other.rank} of those found" if other.rank else ""
    return f"{other.title!r}{where}"
