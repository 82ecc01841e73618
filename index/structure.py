"""What a loader found in a document besides its text, in the form in which a generation stores it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .blocks import Block, BlockKind
from .layout import Layout
from .practices import Practice, practice_from_json, practice_to_json


@dataclass(frozen=True, slots=True)
class Structure:
    """Blocks, pages and practices of a document as JSON, parsed when somebody asks.

    Attributes:
        blocks: an array of [kind, start, end, level, title], in order.
        layout: `Layout.to_json`, or None for formats without pages.
        practices: an array of practices.
    """

    blocks: str = "[]"
    layout: str | None = None
    practices: str = "[]"


def structure_of(blocks: Sequence[Block], layout: Layout | None, practices: Sequence[Practice]) -> Structure:
    """The stored form."""
    return Structure(
        json.dumps([[b.kind, b.start, b.end, b.level, b.title] for b in blocks], separators=(",", ":")),
        layout.to_json() if layout else None,
        json.dumps([practice_to_json(practice) for practice in practices], separators=(",", ":")),
    )


def blocks_of(structure: Structure) -> list[Block]:
    """Blocks, in order."""
    return [Block(BlockKind(kind), *rest) for kind, *rest in json.loads(structure.blocks)]


def layout_of(structure: Structure) -> Layout | None:
    """Pages and boxes, or None for formats without pages."""
    return Layout.from_json(structure.layout) if structure.layout else None


def practices_of(structure: Structure) -> list[Practice]:
    """Practices of a registry, in order."""
    return [practice_from_json(form) for form in json.loads(structure.practices)]
