"""Runs of words that documents share with texts they were not to copy from, and documents that are nearly the same.

Both compare word n-grams ("shingles", Broder 1997, "On the resemblance and containment of documents").
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from ..index.blocks import Block, BlockKind

RUN_WORDS = 10
"""A shared run of so many words is no coincidence."""
SHINGLE_WORDS = 5
NEAR_DUPLICATE = 0.5
"""Resemblance from which two documents are called nearly the same."""

_PROSE = frozenset(
    {BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.QUOTE, BlockKind.CAPTION, BlockKind.FOOTNOTE, BlockKind.TABLE}
)
# Inline code and formulas, and the targets of links, are cut out; a run does not reach across them.
_APART = re.compile(r"`[^`\n]+`|\$[^$\n]+\$|\]\([^)\n]*\)|https?://\S+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_BREAK = "\0"
# Documents are compared by the shingles whose hash this divides.
_SKETCH_SHARE = 4
_LEAST_SKETCH = 12


@dataclass(frozen=True, slots=True)
class Words:
    """A text as its words, in lower case.

    Attributes:
        words: the words; a word of one null character where a run must end.
        starts: code point at which each begins.
        written: as written.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedRun:
    """Consecutive words that a document has in common with a source.

    Attributes:
        start: code point in the document's text where the run begins.
        words: how many words it has.
        text: the words, as the document writes them.
        source: name of the text that has them too.
    """

    start: int
    words: int
    text: str
    source: str


def words_of(text: str, blocks: Sequence[Block] | None = None) -> Words:
    """The words of a text; with blocks only those of its prose and tables, and no run reaches from one to the next.

    Args:
        text: canonical text.
        blocks: its blocks; without them, the whole text counts.
    """
    parts = [(0, len(text))] if blocks is None else [(b.start, b.end) for b in blocks if b.kind in _PROSE]
    words: list[str] = []
    starts: list[int] = []
    written: list[str] = []

    def add(word: str, start: int) -> None:
        words.append(word.casefold().replace("’", "'"))
        starts.append(start)
        written.append(word)

    for begin, end in parts:
        cuts = [(cut.start(), cut.end()) for cut in _APART.finditer(text, begin, end)]
        for low, high in zip([begin, *(stop for _, stop in cuts)], [*(first for first, _ in cuts), end], strict=True):
            for found in _WORD.finditer(text, low, high):
                add(found.group(), found.start())
            add(_BREAK, high)
    return Words(tuple(words), tuple(starts), tuple(written))


def shared_runs(
    documents: Iterable[tuple[str, Words]],
    sources: Iterable[tuple[str, str]],
    *,
    least: int = RUN_WORDS,
    titles: Iterable[str] = (),
) -> dict[str, list[SharedRun]]:
    """Runs of words that documents share with sources, by document; a document's in the order of its text.

    A run that is a title, or mostly names and numbers (fewer than half of its words are written small), is none.

    Args:
        documents: name and words of each.
        sources: name and text of each; read once, in order, and not kept.
        least: words that make a run.
        titles: titles of works; what they cover does not count.
    """
    ours = list(documents)
    grams: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for number, (_, words) in enumerate(ours):
        for place, gram in _grams(words.words, least):
            grams[gram].append((number, place))
    known = {gram for title in titles for gram in _title_grams(title, least)}
    found: list[dict[int, str]] = [{} for _ in ours]
    for name, text in sources:
        for _, gram in _grams(words_of(text).words, least):
            for number, place in grams.get(gram, ()) if gram not in known else ():
                found[number].setdefault(place, name)
    return {
        name: runs
        for (name, words), places in zip(ours, found, strict=True)
        if (runs := list(_joined(words, places, least)))
    }


def near_duplicates(documents: Sequence[tuple[str, Words]]) -> list[tuple[str, str, float]]:
    """Pairs of documents that resemble each other, with their resemblance in [NEAR_DUPLICATE, 1]; in their order.

    Resemblance is the Jaccard coefficient of the documents' sets of five-word shingles, estimated on the quarter of
    them whose hash divides by four; a document of few words is not compared.
    """
    holders: dict[int, list[int]] = defaultdict(list)
    sizes: list[int] = []
    for number, (_, words) in enumerate(documents):
        hashes = {crc32(" ".join(gram).encode()) for _, gram in _grams(words.words, SHINGLE_WORDS)}
        sketch = [value for value in hashes if value % _SKETCH_SHARE == 0]
        sizes.append(len(sketch))
        for value in sketch if len(sketch) >= _LEAST_SKETCH else ():
            holders[value].append(number)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for numbers in holders.values():
        for place, second in enumerate(numbers):
            for first in numbers[:place]:
                shared[first, second] += 1
    found: list[tuple[str, str, float]] = []
    for (first, second), both in sorted(shared.items()):
        resemblance = both / (sizes[first] + sizes[second] - both)
        if resemblance >= NEAR_DUPLICATE:
            found.append((documents[first][0], documents[second][0], resemblance))
    return found


def _grams(words: Sequence[str], size: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    for place in range(len(words) - size + 1):
        gram = tuple(words[place : place + size])
        if _BREAK not in gram:
            yield place, gram


def _title_grams(title: str, size: int) -> Iterator[tuple[str, ...]]:
    return (gram for _, gram in _grams(words_of(title).words, size))


def _joined(words: Words, places: dict[int, str], least: int) -> Iterator[SharedRun]:
    """The runs of a document; overlapping n-grams of one become one."""
    groups: list[list[int]] = []
    for place in sorted(places):
        if groups and place == groups[-1][-1] + 1:
            groups[-1].append(place)
        else:
            groups.append([place])
    for group in groups:
        yield from _run(words, group[0], group[-1] + least, places[group[0]])


def _run(words: Words, begin: int, end: int, source: str) -> Iterator[SharedRun]:
    written = words.written[begin:end]
    small = sum(word[:1].islower() for word in written)
    if 2 * small >= len(written):
        yield SharedRun(words.starts[begin], len(written), " ".join(written), source)
