"""Cutting a run of units into passages of even size: an exact optimum by dynamic programming.

The window bounds how far back a passage can reach, and units below a grain size are joined first, so the time
is linear in the number of units.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil, inf

CHARACTERS_PER_PIECE = 8
"""WordPiece maps a run of over 100 characters to one piece, so 8 characters count as one piece at least."""


def effective_size(pieces: int, characters: int) -> int:
    """Size of a text for packing: its word pieces, and never less than an eighth of its characters."""
    return max(pieces, ceil(characters / CHARACTERS_PER_PIECE))


@dataclass(frozen=True, slots=True)
class Unit:
    """A span that packing does not cut.

    Attributes:
        start: first code point.
        end: one past the last.
        pieces: word pieces of the span.
        gap: word pieces between the unit before and this one: metadata, rules, definitions.
        cut: cost of a passage boundary before this unit; 0 costs nothing, 1 as much as an empty passage.
        apart: whether a boundary before this unit is compulsory.
    """

    start: int
    end: int
    pieces: int
    gap: int = 0
    cut: float = 0.0
    apart: bool = False


def size_of(units: Sequence[Unit]) -> int:
    """Effective size of the span from the first unit to the last, gaps between them included."""
    if not units:
        return 0
    pieces = sum(unit.pieces + unit.gap for unit in units) - units[0].gap
    return effective_size(pieces, units[-1].end - units[0].start)


def pack(units: Sequence[Unit], target: int, budget: int, minimum: int) -> list[tuple[int, int]]:
    """Spans of passages that together hold all units, none of effective size over `budget`.

    Of all ways to cut, the one with the least sum of squared deviations from an even size of at most `target`,
    of the units' cut costs, and of 1 for each passage below `minimum`. A single unit over the budget stays
    whole: split it before.
    """
    if not units:
        return []
    units = _coalesce(units, max(4, target // 12), budget)
    total = size_of(units)
    if total <= target and not any(unit.apart for unit in units[1:]):
        return [(units[0].start, units[-1].end)]
    even = total / ceil(total / target)
    ends = list(accumulate(unit.pieces + unit.gap for unit in units))
    best = [0.0]
    previous = [0]
    for last, unit in enumerate(units):
        least, chosen = inf, last
        for first in range(last, -1, -1):
            opening = units[first]
            pieces = ends[last] - ends[first] + opening.pieces
            size = effective_size(pieces, unit.end - opening.start)
            if size > budget and first < last:
                break
            cost = best[first] + ((size - even) / even) ** 2 + (size < minimum)
            cost += opening.cut if first and not opening.apart else 0.0
            if cost < least:
                least, chosen = cost, first
            if opening.apart:
                break
        best.append(least)
        previous.append(chosen)
    spans: list[tuple[int, int]] = []
    last = len(units)
    while last:
        first = previous[last]
        spans.append((units[first].start, units[last - 1].end))
        last = first
    return spans[::-1]


def _coalesce(units: Sequence[Unit], grain: int, budget: int) -> list[Unit]:
    """Join neighbours that are tiny together, so that a thousand one-word lines do not cost a thousand steps."""
    joined: list[Unit] = []
    for unit in units:
        if joined and not unit.apart:
            pieces = joined[-1].pieces + unit.gap + unit.pieces
            if effective_size(pieces, unit.end - joined[-1].start) <= min(grain, budget):
                joined[-1] = replace(joined[-1], end=unit.end, pieces=pieces)
                continue
        joined.append(unit)
    return joined
