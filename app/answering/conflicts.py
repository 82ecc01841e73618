"""Passages that contradict each other on a number or on what is current."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ...index import DocumentInfo
from .number_conflicts import compare_numbers
from .sentences import Candidate
from .statements import Statement, statement
from .status_conflicts import compare_status, declared

MIN_COSINE = 0.75
"""Least cosine of two sentences that speak of the same thing."""
MOST_STATEMENTS = 300
"""Sentences that are held against each other, best hits first."""
MOST_PAIRS = 400
"""Pairs that are looked at, nearest first."""


class ConflictKind(StrEnum):
    """What two passages disagree on."""

    NUMBER = "number"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Side:
    """One of two sentences that disagree.

    Attributes:
        passage_id: the passage that it stands in.
        document: that passage's document.
        start: first code point of the quote in the document's canonical text.
        end: one past the last.
        quote: verbatim.
        published: of the document, as an ISO date of any precision, or None.
        says: what it says where the other one says something else, such as `175 billion`.
        scope: words by which it limits what it says and the other one does not; empty where there are none.
    """

    passage_id: str
    document: DocumentInfo
    start: int
    end: int
    quote: str
    published: str | None
    says: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sentences of different documents that cannot both hold, or hold each within a scope of its own.

    Attributes:
        kind: what they disagree on.
        left: the older one.
        right: the newer one.
        what: the disagreement in words, such as `96 layers against 48 layers`.
    """

    kind: ConflictKind
    left: Side
    right: Side
    what: str

    @property
    def scoped(self) -> bool:
        """Whether each may hold within its scope; otherwise they contradict each other."""
        return bool(self.left.scope or self.right.scope)


def find_conflicts(
    found: Sequence[Candidate],
    vectors: NDArray[np.float32],
    *,
    about: Collection[int] | None = None,
    limit: int = 3,
    min_cosine: float = MIN_COSINE,
) -> list[Conflict]:
    """Disagreements between sentences of different documents; contradictions first, then those with scopes.

    Built to be right rather than complete: two sentences are held against each other only where they are nearly equal
    in their words and names, and speak of the world rather than of their own document.

    Args:
        found: sentences of the retrieved passages, in hit order.
        vectors: their unit vectors, shape (n, dimension).
        about: positions of the sentences that the answer rests on; one of each pair must be among them. None for all.
        limit: conflicts at most.
        min_cosine: least cosine of two sentences that speak of the same thing.
    """
    conflicts: dict[tuple[str, ...], Conflict] = {}
    for left, right in _pairs(found, vectors, about, min_cosine):
        conflict = _number(left, right) or _status(left, right)
        if conflict:
            conflicts.setdefault(_identity(conflict), conflict)
    for old, new in declared(found, about):
        sides = _side(found[old], "superseded"), _side(found[new], "current")
        what = f"superseded in {_titled(sides[0])}, replaced in {_titled(sides[1])}"
        conflict = Conflict(ConflictKind.STATUS, *sides, what)
        conflicts.setdefault(_identity(conflict), conflict)
    ordered = sorted(conflicts.values(), key=lambda conflict: conflict.scoped)  # stable: nearest pairs first
    return ordered[:limit]


def _pairs(
    found: Sequence[Candidate], vectors: NDArray[np.float32], about: Collection[int] | None, min_cosine: float
) -> Iterator[tuple[Statement, Statement]]:
    """Statements of different documents that are near each other, the nearest first; the older one on the left."""
    made = [(place, said) for place, candidate in enumerate(found) if (said := statement(candidate))]
    made = made[:MOST_STATEMENTS]
    if len(made) < 2:
        return
    places = [place for place, _ in made]
    near = vectors[places] @ vectors[places].T
    rows, columns = np.nonzero(np.triu(near >= min_cosine, k=1))
    order = np.lexsort((columns, rows, -near[rows, columns]))
    wanted = None if about is None else set(about)
    looked = 0
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        one, other = made[row][1], made[column][1]
        if one.candidate.hit.document.id == other.candidate.hit.document.id:
            continue
        if wanted is not None and not wanted & {places[row], places[column]}:
            continue
        if looked == MOST_PAIRS:
            return
        looked += 1
        yield (one, other) if _age(one.candidate) <= _age(other.candidate) else (other, one)


def _number(left: Statement, right: Statement) -> Conflict | None:
    difference = compare_numbers(left, right)
    if difference is None:
        return None
    sides = (
        _side(left.candidate, difference.left, difference.left_scope),
        _side(right.candidate, difference.right, difference.right_scope),
    )
    return Conflict(ConflictKind.NUMBER, *sides, f"{difference.left} against {difference.right}")


def _status(left: Statement, right: Statement) -> Conflict | None:
    difference = compare_status(left, right)
    if difference is None:
        return None
    sides = _side(left.candidate, difference.left), _side(right.candidate, difference.right)
    return Conflict(ConflictKind.STATUS, *sides, f"{difference.left} against {difference.right}")


def _side(candidate: Candidate, says: str, scope: str = "") -> Side:
    document = candidate.hit.document
    return Side(
        candidate.hit.passage.id,
        document,
        candidate.start,
        candidate.end,
        candidate.text,
        document.published,
        says,
        scope,
    )


def _age(candidate: Candidate) -> tuple[str, str, int]:
    document = candidate.hit.document
    return document.published or "9999", document.id, candidate.start


def _titled(side: Side) -> str:
    return f"{side.document.title!r}"


def _identity(conflict: Conflict) -> tuple[str, ...]:
    """One for all sentence pairs of two documents that disagree in the same way."""
    return conflict.kind, conflict.left.document.id, conflict.right.document.id, conflict.what
