"""Breaking a block that alone exceeds the window: at the gentlest boundary that its kind offers.

A table breaks at rows; code at blank lines, then lines; a list item at lines, then sentences; prose at sentence
ends, and before that at line ends where its lines are not wrapped; anything at white space, and at last between
characters.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from ..index.blocks import Block, BlockKind
from .pack import CHARACTERS_PER_PIECE, Unit, effective_size
from .sentences import sentence_spans

Count = Callable[[Sequence[str]], list[int]]
"""Word pieces of each string, special tokens not counted."""


class _Boundary(Enum):
    BLANK_LINE = auto()
    ROW = auto()
    UNWRAPPED_LINE = auto()
    LINE = auto()
    SENTENCE = auto()
    SPACE = auto()
    CHARACTER = auto()


_LINES = (_Boundary.LINE, _Boundary.SPACE, _Boundary.CHARACTER)
_LADDERS = {
    BlockKind.TABLE: (_Boundary.ROW, _Boundary.SPACE, _Boundary.CHARACTER),
    BlockKind.FORMULA: _LINES,
    BlockKind.HTML: _LINES,
    BlockKind.CODE: (_Boundary.BLANK_LINE, *_LINES),
    BlockKind.LIST: (_Boundary.LINE, _Boundary.SENTENCE, _Boundary.SPACE, _Boundary.CHARACTER),
}
_PROSE = (_Boundary.SENTENCE, _Boundary.SPACE, _Boundary.CHARACTER)
# Nobody wraps lines at more characters: a line that has more is a paragraph, and so are its neighbours.
_WRAPPED = 200

# Rather between blocks than inside one, and rather at a sentence end than inside a sentence.
_COSTS = {
    _Boundary.BLANK_LINE: 0.1,
    _Boundary.ROW: 0.1,
    _Boundary.UNWRAPPED_LINE: 0.0,
    _Boundary.LINE: 0.2,
    _Boundary.SENTENCE: 0.1,
    _Boundary.SPACE: 0.5,
    _Boundary.CHARACTER: 0.5,
}
# The head of a table, its rule and its first row are parted by force only.
_HEAD_ROWS = 3
_HEAD_COST = 4.0
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span, its word pieces, and the boundaries still to be tried on it."""

    unit: Unit
    ladder: tuple[_Boundary, ...]


def split_all(text: str, oversized: Sequence[tuple[Block, int, int]], count: Count) -> list[list[Unit]]:
    """For each (block, its word pieces, budget) the units that it breaks into, each within its budget.

    All blocks go down their ladders together, so that `count` is called once a rung and not once a block.
    """
    state = [[_Piece(Unit(block.start, block.end, pieces), _ladder(text, block))] for block, pieces, _ in oversized]
    budgets = [budget for _, _, budget in oversized]
    while any(not _fits(piece, budget) for pieces, budget in zip(state, budgets, strict=True) for piece in pieces):
        parts = [
            [part for piece in pieces for part in _descend(text, piece, budget)]
            for pieces, budget in zip(state, budgets, strict=True)
        ]
        unknown = [part.unit for pieces in parts for part in pieces if part.unit.pieces < 0]
        counts = iter(count([text[unit.start : unit.end] for unit in unknown]))
        state = [
            [
                replace(part, unit=replace(part.unit, pieces=next(counts))) if part.unit.pieces < 0 else part
                for part in pieces
            ]
            for pieces in parts
        ]
    return [[piece.unit for piece in pieces] for pieces in state]


def _ladder(text: str, block: Block) -> tuple[_Boundary, ...]:
    """The boundaries of a block, the gentlest first."""
    if block.kind is BlockKind.PARAGRAPH and any(
        end - start > _WRAPPED for start, end in _lines(text, block.start, block.end)
    ):
        return (_Boundary.UNWRAPPED_LINE, *_PROSE)
    return _LADDERS.get(block.kind, _PROSE)


def _fits(piece: _Piece, budget: int) -> bool:
    unit = piece.unit
    return unit.end - unit.start <= 1 or effective_size(unit.pieces, unit.end - unit.start) <= budget


def _descend(text: str, piece: _Piece, budget: int) -> list[_Piece]:
    """The piece itself if it fits, else its parts at the next boundary it has, with pieces -1 for uncounted."""
    if _fits(piece, budget):
        return [piece]
    unit, ladder = piece.unit, piece.ladder
    while True:
        boundary, ladder = ladder[0], ladder[1:] or (_Boundary.CHARACTER,)
        spans = list(_cut(text, unit.start, unit.end, boundary, budget))
        if len(spans) > 1:
            break
    parts: list[_Piece] = []
    for index, (start, end) in enumerate(spans):
        # Two halves of a word count differently when they are joined again, so they never are.
        apart = boundary is _Boundary.CHARACTER and index > 0
        in_head = boundary is _Boundary.ROW and index < _HEAD_ROWS
        part = Unit(start, end, -1, cut=_HEAD_COST if in_head else _COSTS[boundary], apart=apart)
        parts.append(_Piece(part if index else replace(part, cut=unit.cut, apart=unit.apart), ladder))
    return parts


def _cut(text: str, start: int, end: int, boundary: _Boundary, budget: int) -> Iterator[tuple[int, int]]:
    match boundary:
        case _Boundary.BLANK_LINE:
            yield from _paragraphs(text, start, end)
        case _Boundary.ROW | _Boundary.UNWRAPPED_LINE | _Boundary.LINE:
            yield from _lines(text, start, end)
        case _Boundary.SENTENCE:
            yield from sentence_spans(text, start, end)
        case _Boundary.SPACE:
            yield from (found.span() for found in _WORD.finditer(text, start, end))
        case _Boundary.CHARACTER:
            # As long as the budget ever allows; what has too many pieces then is halved.
            longest = budget * CHARACTERS_PER_PIECE
            step = longest if end - start > longest else (end - start + 1) // 2
            yield from ((first, min(first + step, end)) for first in range(start, end, step))


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Lines that are not blank, with their indentation and without white space at their end."""
    while start < end:
        newline = text.find("\n", start, end)
        stop = end if newline < 0 else newline
        width = len(text[start:stop].rstrip())
        if width:
            yield start, start + width
        start = stop + 1


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of lines between blank lines."""
    run: tuple[int, int] | None = None
    for first, last in _lines(text, start, end):
        if run and "\n" in text[run[1] : first].partition("\n")[2]:
            yield run
            run = None
        run = (run[0] if run else first, last)
    if run:
        yield run
