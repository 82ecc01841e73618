"""Two statements of what is recommended, one of which no longer holds."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ...index import Kind, Status
from ...index.analysis import terms
from ...index.types import Relation
from .sentences import Candidate
from .statements import Statement, opening

MIN_SHARED = 2
"""Least words, names aside, that two recommendations have in common."""
MIN_COVERAGE = 0.75
"""Least share of a practice's content words that a sentence stating it holds."""
_MIN_WORDS = 3

_RECOMMENDS = re.compile(
    r"\b(?:standard|default|recommend(?:ed|s)?|state[- ]of[- ]the[- ]art|best|preferred|go-to|de facto|"
    r"most (?:common|popular|widely)|currently|today|nowadays|best practice)\b",
    re.IGNORECASE,
)
# Words of the past, and of a contrast: whoever sets a practice against another one does not recommend it as it is.
_HEDGED = re.compile(
    r"\b(?:was|were|had|used to|formerly|until|once|no longer|replaced|superseded|deprecated|obsolete|outdated|"
    r"instead of|rather than|whereas|unlike|in contrast)\b",
    re.IGNORECASE,
)
_GONE = (Status.SUPERSEDED, Status.HISTORICAL)


@dataclass(frozen=True, slots=True)
class StatusDifference:
    """What two statements recommend, by the names and words in which they differ."""

    left: str
    right: str


def compare_status(left: Statement, right: Statement) -> StatusDifference | None:
    """What a superseded and a current document recommend in the same words; None where that is not so.

    Both must speak of what is standard, recommended or best, in the present, and differ in one name alone.
    """
    statuses = left.candidate.hit.document.status, right.candidate.hit.document.status
    if Status.CURRENT not in statuses or not any(status in _GONE for status in statuses):
        return None
    if left.turns != right.turns or not (_recommends(left) and _recommends(right)):
        return None
    shared = left.words.keys() & right.words.keys()
    ours = [key for key in left.words if key not in shared]
    theirs = [key for key in right.words if key not in shared]
    if len(shared) < MIN_SHARED or len(ours) != 1 or len(theirs) != 1:
        return None
    if ours[0] not in left.names | {opening(left)} or theirs[0] not in right.names | {opening(right)}:
        return None
    return StatusDifference(left.words[ours[0]], right.words[theirs[0]])


def declared(found: Sequence[Candidate], about: Collection[int] | None) -> Iterator[tuple[int, int]]:
    """Positions of a sentence that states a superseded practice as current, and of one that states its successor.

    What superseded what is declared in a registry and marked on the hits. A registry's own entries say themselves that
    they were put away, so they are no such sentence.
    """
    stating: dict[tuple[str, str], int] = {}
    for place, candidate in enumerate(found):
        mark = candidate.hit.practice
        if mark and mark.relation is Relation.SUCCESSOR and _states(candidate.text, mark.statement):
            stating.setdefault((mark.practice_id, mark.statement), place)
    for place, candidate in enumerate(found):
        mark = candidate.hit.practice
        if not mark or mark.relation is not Relation.SUPERSEDED or candidate.hit.document.kind is Kind.REGISTRY:
            continue
        if _HEDGED.search(candidate.text) or not _states(candidate.text, mark.statement):
            continue
        for other in mark.other:
            new = stating.get((other.id, other.title))
            if new is None or found[new].hit.document.id == candidate.hit.document.id:
                continue
            if about is None or place in about or new in about:
                yield place, new
                break


def _recommends(said: Statement) -> bool:
    text = said.candidate.text
    return bool(_RECOMMENDS.search(text)) and not _HEDGED.search(text)


def _states(text: str, practice: str) -> bool:
    wanted = set(terms(practice))
    return len(wanted) >= _MIN_WORDS and len(wanted & set(terms(text))) >= MIN_COVERAGE * len(wanted)
