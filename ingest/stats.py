"""What an index holds, in numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from ..index.blocks import ATOMIC, Block, BlockKind
from ..index.store import FileState, PassageStore
from ..index.structure import blocks_of
from ..index.types import DocumentInfo, Passage

HISTOGRAM_STEP = 32
_EXTREMES = 5


@dataclass(frozen=True, slots=True)
class Atomic:
    """Blocks of a kind that should stay whole.

    Attributes:
        count: how many there are.
        cut: how many of them were larger than the encoder's window and lie in several passages.
    """

    count: int
    cut: int


@dataclass(frozen=True, slots=True)
class CorpusStats:
    """Counts and sizes; mappings are by descending count where the keys have no order of their own.

    Attributes:
        generation: the index's.
        documents: how many.
        passages: how many.
        characters: code points of all canonical texts.
        tokens: word pieces of all passages, heading paths included.
        kinds: documents by kind.
        formats: documents by suffix.
        statuses: documents by declared status.
        years: documents by year, None for undated ones, oldest first.
        token_quantiles: p5, p50 and p95 of the passages' word pieces; empty without passages.
        histogram: passages by word pieces, the key is the lower bound of a class of `HISTOGRAM_STEP`.
        roles: passages by role.
        text_shares: share of the text in each block kind, 0 to 1.
        headings: headings by level.
        atomic: tables, code and formulas.
        files: source files by state.
        reasons: for quarantined and ignored files, how many were set aside for a reason.
        duplicates: pairs of a file's id and the id of the document with the same text.
        largest: document ids with their passages, largest first.
        smallest: the same, smallest first.
        oldest: the earliest publication date and its document, None if none is dated.
        newest: the latest.
        undated: ids of documents without a date.
    """

    generation: str
    documents: int
    passages: int
    characters: int
    tokens: int
    kinds: Mapping[str, int]
    formats: Mapping[str, int]
    statuses: Mapping[str, int]
    years: Mapping[int | None, int]
    token_quantiles: tuple[float, ...]
    histogram: Mapping[int, int]
    roles: Mapping[str, int]
    text_shares: Mapping[str, float]
    headings: Mapping[int, int]
    atomic: Mapping[str, Atomic]
    files: Mapping[str, int]
    reasons: Mapping[str, int]
    duplicates: tuple[tuple[str, str], ...]
    largest: tuple[tuple[str, int], ...]
    smallest: tuple[tuple[str, int], ...]
    oldest: tuple[str, str] | None
    newest: tuple[str, str] | None
    undated: tuple[str, ...]


def corpus_stats(generation: str, store: PassageStore) -> CorpusStats:
    """Count everything in one pass over a generation's store."""
    infos, files = store.documents(), store.files()
    passages: dict[str, list[Passage]] = {info.id: [] for info in infos}
    for passage in store.all_passages():
        passages[passage.document_id].append(passage)
    every = [passage for own in passages.values() for passage in own]
    sizes = np.array([passage.token_count for passage in every], dtype=np.int64)
    blocks = {key: blocks_of(structure) for key, structure in store.structures().items()}
    aside = [record for record in files if record.state in (FileState.QUARANTINED, FileState.IGNORED)]
    by_size = sorted(((info.id, len(passages[info.id])) for info in infos), key=lambda pair: (-pair[1], pair[0]))
    dated = sorted((info.published, info.id) for info in infos if info.published)
    return CorpusStats(
        generation=generation,
        documents=len(infos),
        passages=len(every),
        characters=sum(len(store.document(info.id).text) for info in infos),
        tokens=int(sizes.sum()),
        kinds=_counted(info.kind for info in infos),
        formats=_counted(PurePosixPath(info.id).suffix.lower() or "none" for info in infos),
        statuses=_counted(info.status for info in infos),
        years=_by_year(infos),
        token_quantiles=tuple(np.quantile(sizes, (0.05, 0.5, 0.95)).tolist()) if len(sizes) else (),
        histogram=dict(sorted(Counter((sizes // HISTOGRAM_STEP * HISTOGRAM_STEP).tolist()).items())),
        roles=_counted(passage.role for passage in every),
        text_shares=_text_shares(blocks.values()),
        headings=dict(
            sorted(Counter(b.level for own in blocks.values() for b in own if b.kind is BlockKind.HEADING).items())
        ),
        atomic=_atomic(blocks, passages),
        files=_counted(record.state for record in files),
        reasons=_counted(f"{record.state}: {record.detail}" for record in aside),
        duplicates=tuple((r.document_id, r.detail) for r in files if r.state == FileState.DUPLICATE),
        largest=tuple(by_size[:_EXTREMES]),
        smallest=tuple(by_size[::-1][:_EXTREMES]),
        oldest=dated[0] if dated else None,
        newest=dated[-1] if dated else None,
        undated=tuple(info.id for info in infos if not info.published),
    )


def cut_blocks(blocks: Sequence[Block], passages: Iterable[Passage]) -> set[int]:
    """Starts of the blocks that lie in several passages; in linear time."""
    starts = iter(sorted(passage.start for passage in passages))
    start = next(starts, None)
    cut: set[int] = set()
    for block in blocks:
        while start is not None and start <= block.start:
            start = next(starts, None)
        if start is not None and start < block.end:
            cut.add(block.start)
    return cut


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(((str(key), n) for key, n in Counter(values).items()), key=lambda pair: (-pair[1], pair[0])))


def _by_year(infos: Iterable[DocumentInfo]) -> dict[int | None, int]:
    years = Counter(info.year for info in infos)
    return dict(sorted(years.items(), key=lambda pair: (pair[0] is None, pair[0] or 0)))


def _text_shares(documents: Iterable[Sequence[Block]]) -> dict[str, float]:
    sizes: Counter[str] = Counter()
    for blocks in documents:
        for block in blocks:
            sizes[str(block.kind)] += block.end - block.start
    total = sum(sizes.values())
    return {kind: size / total for kind, size in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0]))}


def _atomic(blocks: Mapping[str, Sequence[Block]], passages: Mapping[str, Sequence[Passage]]) -> dict[str, Atomic]:
    counts: Counter[BlockKind] = Counter()
    cuts: Counter[BlockKind] = Counter()
    for key, own in blocks.items():
        cut = cut_blocks(own, passages[key])
        for block in own:
            if block.kind in ATOMIC:
                counts[block.kind] += 1
                cuts[block.kind] += block.start in cut
    return {str(kind): Atomic(counts[kind], cuts[kind]) for kind in sorted(ATOMIC)}
