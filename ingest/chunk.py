"""Documents to passages: contiguous spans that follow the structure and fit the encoder's window.

A passage is encoded with its heading path in front, so the path counts toward the window. Sections (see
`sections`) are packed into passages of even size (`pack`); a block that alone exceeds the window is broken at
the gentlest boundary that its kind offers (`split`).
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise

from ..index.blocks import Block, BlockKind
from ..index.errors import SettingsError
from ..index.layout import Layout
from ..index.types import HEADING_SEPARATOR, Document, Passage, Role, passage_id
from .heading_path import path_clipper
from .pack import Unit, effective_size, pack, size_of
from .sections import Group, group, outline
from .split import Count, split_all
from .table_context import table_contexts

CHUNKER_VERSION = 3
"""Part of the fingerprint; raise it whenever the same document would be cut differently."""

# Costs of a passage boundary, in the unit of `pack`: a pair that belongs together is only parted by force.
_FORCE = 4.0
_CONTEXT_TOKENS = 48
_CONTINUED = 0.5
_IN_LIST = 0.05
_PROSE = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.QUOTE})
_ROLES = {
    BlockKind.FOOTNOTE: Role.FOOTNOTE,
    BlockKind.FIGURE: Role.FIGURE,
    BlockKind.REFERENCE_LIST: Role.REFERENCES,
}


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How documents are cut; sizes in word pieces, special tokens not counted.

    Attributes:
        max_tokens: the encoder's window less its special tokens; heading path and text stay within it.
        target_tokens: passages of a section are of even size, at most this, as far as its blocks allow.
        heading_tokens: the most that a heading path may take.
        min_tokens: sections below it are joined with their neighbours.
    """

    max_tokens: int = 254
    target_tokens: int = 200
    heading_tokens: int = 64
    min_tokens: int = 32

    def __post_init__(self) -> None:
        if self.heading_tokens < 16 or self.max_tokens < self.heading_tokens + 16:
            raise SettingsError(
                f"heading_tokens {self.heading_tokens!r} must be at least 16, and max_tokens "
                f"{self.max_tokens!r} at least 16 more"
            )
        if not 0 <= self.min_tokens <= self.target_tokens or not self.target_tokens:
            raise SettingsError(
                f"target_tokens {self.target_tokens!r} must be positive, and min_tokens {self.min_tokens!r} "
                "from 0 to target_tokens"
            )

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of the settings and of the chunker's version."""
        said = json.dumps({"version": CHUNKER_VERSION, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def chunk(
    document: Document,
    blocks: Sequence[Block],
    count: Count,
    settings: ChunkSettings,
    layout: Layout | None = None,
) -> list[Passage]:
    """Passages of a document, in order, deterministic, in linear time; no passage mixes roles.

    Args:
        document: with the canonical text that the blocks' spans refer to.
        blocks: sorted and not overlapping.
        count: word pieces of each string, special tokens not counted.
        settings: sizes.
        layout: where the text stands on pages, for paged formats.

    Returns:
        Passages whose `contextual_text` has at most `settings.max_tokens` word pieces; none if no block says
        anything.
    """
    kept = [block for block in blocks if block.kind is not BlockKind.METADATA]
    if not kept:
        return []
    prepared = _Prepared(document, kept, count, settings, layout)
    reserve = 0
    while True:
        passages = prepared.passages(reserve)
        excess = max(passage.token_count for passage in passages) - settings.max_tokens
        if excess <= 0:
            return passages
        # Word pieces of parts add up to those of the whole for WordPiece; other tokenizers may be a few off.
        reserve += excess
        assert reserve <= settings.max_tokens - settings.heading_tokens, f"{document.info.id}: {excess} too many"


class _Prepared:
    """A document with everything counted that packing needs."""

    def __init__(
        self, document: Document, kept: list[Block], count: Count, settings: ChunkSettings, layout: Layout | None
    ) -> None:
        self._document = document
        self._layout = layout
        self._kept = kept
        self._count = count
        self._settings = settings
        text = document.text
        gaps = ["", *(text[before.end : after.start].strip() for before, after in pairwise(kept))]
        titles = list(dict.fromkeys([document.info.title, *(block.title for block in kept)]))
        strings = [*(text[block.start : block.end] for block in kept), *gaps, *titles, HEADING_SEPARATOR]
        counts = count(strings)
        sizes, between = counts[: len(kept)], counts[len(kept) : 2 * len(kept)]
        self._pieces = dict(zip(titles, counts[2 * len(kept) : -1], strict=True))
        self._contexts = table_contexts(text, kept, count, _context_limit(settings))
        self._clip = path_clipper(self._pieces, counts[-1], settings.heading_tokens, count)
        self._roles = _roles(kept)
        changes = [False, *(before is not after for before, after in pairwise(self._roles))]
        self._units = [
            Unit(block.start, block.end, pieces, gap, cut, apart)
            for block, pieces, gap, cut, apart in zip(kept, sizes, between, _cuts(text, kept), changes, strict=True)
        ]

    def passages(self, reserve: int) -> list[Passage]:
        """Passages when `reserve` pieces of the window are left free."""
        settings = self._settings
        window = settings.max_tokens - reserve
        sections = outline(self._document.info.title, self._kept)
        room = min(settings.target_tokens, window - settings.heading_tokens)
        groups = group(sections, self._size, settings.min_tokens, room)
        paths = [self._clip(member.path) for member in groups]
        budgets = [self._less_context(member, window - size) for member, (_, size) in zip(groups, paths, strict=True)]
        found: list[tuple[tuple[str, ...], int, int]] = []
        for (path, _), units, budget in zip(paths, self._runs(groups, budgets), budgets, strict=True):
            target = min(settings.target_tokens, budget)
            found += [(path, *span) for span in pack(units, target, budget, settings.min_tokens)]
        return self._built(found)

    def _less_context(self, member: Group, budget: int) -> int:
        """The budget, less what the caption and header row take that the parts of a table too large for it carry."""
        tables = [index for index in member.blocks if index in self._contexts and self._exceeds(index, budget)]
        return budget - max((self._contexts[index][1] for index in tables), default=0)

    def _exceeds(self, index: int, budget: int) -> bool:
        unit = self._units[index]
        return effective_size(unit.pieces, unit.end - unit.start) > budget

    def _size(self, blocks: Sequence[int]) -> int:
        return size_of([self._units[index] for index in blocks])

    def _runs(self, groups: Sequence[Group], budgets: Sequence[int]) -> list[list[Unit]]:
        """The units of each group, its oversized blocks broken up."""
        oversized = {
            index: budget
            for member, budget in zip(groups, budgets, strict=True)
            for index in member.blocks
            if self._exceeds(index, budget)
        }
        parts = split_all(
            self._document.text,
            [(self._kept[index], self._units[index].pieces, budget) for index, budget in oversized.items()],
            self._count,
        )
        broken = dict(zip(oversized, parts, strict=True))
        return [self._run(member.blocks, broken) for member in groups]

    def _run(self, blocks: Sequence[int], broken: dict[int, list[Unit]]) -> list[Unit]:
        """Units of some blocks; what follows a table that was broken up does not join its last rows."""
        run: list[Unit] = []
        after_table = False
        for index in blocks:
            first, *rest = self._parts(index, broken)
            run += [replace(first, apart=first.apart or after_table), *rest]
            after_table = index in broken and self._kept[index].kind is BlockKind.TABLE
        return run

    def _parts(self, index: int, broken: dict[int, list[Unit]]) -> list[Unit]:
        whole = self._units[index]
        if index not in broken:
            return [whole]
        first, *rest = broken[index]
        return [Unit(first.start, first.end, first.pieces, whole.gap, whole.cut, whole.apart), *rest]

    def _built(self, found: Sequence[tuple[tuple[str, ...], int, int]]) -> list[Passage]:
        info, text, layout = self._document.info, self._document.text, self._layout
        starts = [block.start for block in self._kept]
        bare = [
            Passage(
                passage_id(info.id, ordinal),
                info.id,
                ordinal,
                start,
                end,
                text[start:end],
                path,
                page=layout.page_at(start) if layout else None,
                role=self._roles[place],
                context=self._contexts[place][0] if place in self._contexts and start > starts[place] else "",
            )
            for ordinal, (path, start, end) in enumerate(found)
            for place in [bisect_right(starts, start) - 1]
        ]
        counts = self._count([passage.contextual_text for passage in bare])
        return [replace(passage, token_count=pieces) for passage, pieces in zip(bare, counts, strict=True)]


def _context_limit(settings: ChunkSettings) -> int:
    """The most that a cut table's caption and header row may take of a passage, in word pieces."""
    return min(_CONTEXT_TOKENS, (settings.max_tokens - settings.heading_tokens) // 4)


def _roles(blocks: Sequence[Block]) -> list[Role]:
    """Role of each block; a heading has that of what follows it."""
    roles: list[Role] = []
    following = Role.BODY
    for block in reversed(blocks):
        if block.kind is not BlockKind.HEADING:
            following = _ROLES.get(block.kind, Role.BODY)
        roles.append(following)
    return roles[::-1]


def _cuts(text: str, blocks: Sequence[Block]) -> list[float]:
    """Cost of a passage boundary before each block."""
    costs = [0.0]
    for before, after in pairwise(blocks):
        prose = before.kind in _PROSE
        introduces = prose and text.endswith(":", before.start, before.end)
        if introduces or before.kind is BlockKind.HEADING or (prose and after.kind is BlockKind.FORMULA):
            costs.append(_FORCE)
        elif before.kind is BlockKind.FORMULA and text[after.start].islower():
            costs.append(_CONTINUED)  # "where x is …"
        elif before.kind is BlockKind.LIST and after.kind is BlockKind.LIST:
            costs.append(_IN_LIST)
        else:
            costs.append(0.0)
    return costs
