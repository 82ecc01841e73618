"""Runs of words that documents share with texts they were not to copy from, and documents that are nearly the same.

Both compare word n-grams ("shingles", Broder 1997, "On the resemblance and containment of documents"). Scripts that
write no spaces (Chinese, Japanese, Thai) are not covered, and where vowels are combining signs (Devanagari) a written
word counts as several.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import ceil
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
# Inline code and formulas, and the targets of links, are cut out; a run does not reach across them. As in Pandoc, what
# stands between two prices is no formula. Each alternative ends before the next place where it could begin.
_APART = re.compile(r"`[^`\n]+`|\$(?=\S)[^$\n]++(?<=\S)\$(?!\d)|\]\([^()\n]*\)|https?://\S+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_BREAK = "\0"
# Documents are compared by the shingles whose hash this divides.
_SKETCH_SHARE = 4
_LEAST_SKETCH = 12
# Sources that are remembered for one n-gram: what thousands of them share costs no more than its length.
_MOST_SOURCES = 4

_Gram = tuple[str, ...]


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

    Of each source its longest runs are told, but none that lies within the run of another. A run whose words are mostly
    names and numbers (more than half of them begin with a capital or a digit) is none, and neither is one that has
    fewer than `least` words beside titles. What stands in many sources is told of the first few.

    Args:
        documents: name and words of each.
        sources: name and text of each; read once, in order, and not kept.
        least: words that make a run.
        titles: titles of works; their words do not count, if they are at least `least`.
    """
    rest = iter(sources)
    first = next(rest, None)
    if first is None:
        return {}
    ours = list(documents)
    held: dict[_Gram, tuple[int, ...]] = {gram: () for _, words in ours for _, gram in _grams(words.words, least)}
    names: list[str] = []
    for number, (name, text) in enumerate(chain([first], rest)):
        names.append(name)
        for _, gram in _grams(words_of(text).words, least):
            holders = held.get(gram)
            if holders is not None and number not in holders and len(holders) < _MOST_SOURCES:
                held[gram] = (*holders, number)
    known = {gram for title in titles for _, gram in _grams(words_of(title).words, least)}
    found: dict[str, list[SharedRun]] = {}
    for key, words in ours:
        runs = [_told(words, begin, end, names[source]) for begin, end, source in _spans(words, held, known, least)]
        if runs:
            found[key] = runs
    return found


def near_duplicates(documents: Sequence[tuple[str, Words]]) -> list[tuple[str, str, float]]:
    """Pairs of documents that resemble each other, with their resemblance in [NEAR_DUPLICATE, 1]; in their order.

    Resemblance is the Jaccard coefficient of the documents' sets of five-word shingles, estimated on the quarter of
    them whose hash divides by four; a document of few words is not compared.
    """
    sketches = [_sketch(words) for _, words in documents]
    found: list[tuple[str, str, float]] = []
    for first, second in sorted(_candidates(sketches)):
        both = len(sketches[first] & sketches[second])
        resemblance = both / (len(sketches[first]) + len(sketches[second]) - both)
        if resemblance >= NEAR_DUPLICATE:
            found.append((documents[first][0], documents[second][0], resemblance))
    return found


def _sketch(words: Words) -> set[int]:
    """Hashes of a document's shingles that stand for all of them; empty where these are too few to compare."""
    hashes = (crc32(" ".join(gram).encode()) for _, gram in _grams(words.words, SHINGLE_WORDS))
    sketch = {value for value in hashes if value % _SKETCH_SHARE == 0}
    return sketch if len(sketch) >= _LEAST_SKETCH else set()


def _candidates(sketches: Sequence[set[int]]) -> set[tuple[int, int]]:
    """Every pair of numbers of sketches that may resemble each other, and few others, the lower number first.

    Prefix filtering (Xiao et al. 2008, "Efficient similarity joins for near duplicate detection"): a sketch of n values
    shares at least share·n of them with any that resembles it, and 2·share/(1+share)·n with any as large. So the two
    have one in common among their rarest, and what all documents share is never looked up.
    """
    share = Fraction(NEAR_DUPLICATE)
    counts = Counter(chain.from_iterable(sketches))
    holders: dict[int, list[int]] = defaultdict(list)
    pairs: set[tuple[int, int]] = set()
    for number in sorted(range(len(sketches)), key=lambda number: len(sketches[number])):
        rarest = sorted(sketches[number], key=lambda value: (counts[value], value))
        size = len(rarest)
        for value in rarest[: size - ceil(share * size) + 1]:
            pairs.update((min(number, other), max(number, other)) for other in holders[value])
        # The ones to come are as large or larger.
        for value in rarest[: size - ceil(2 * share / (1 + share) * size) + 1]:
            holders[value].append(number)
    return pairs


def _grams(words: Sequence[str], size: int) -> Iterator[tuple[int, _Gram]]:
    for place in range(len(words) - size + 1):
        gram = tuple(words[place : place + size])
        if _BREAK not in gram:
            yield place, gram


def _spans(
    words: Words, held: dict[_Gram, tuple[int, ...]], known: Collection[_Gram], least: int
) -> Iterator[tuple[int, int, int]]:
    """First word, end and source of each run of a document, by its first word."""
    runs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    counts = [True] * len(words.words)
    for place, gram in _grams(words.words, least):
        if gram in known:
            counts[place : place + least] = [False] * least
        for source in held[gram]:
            own, end = runs[source], place + least
            if own and own[-1][1] == end - 1:
                own[-1] = (own[-1][0], end)
            else:
                own.append((place, end))
    spans = [(begin, end, source) for source, own in runs.items() for begin, end in own]
    reached = 0
    for begin, end, source in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
        if end > reached and sum(counts[begin:end]) >= least and 2 * _ordinary(words, begin, end) >= end - begin:
            reached = end
            yield begin, end, source


def _ordinary(words: Words, begin: int, end: int) -> int:
    """How many words are neither a name nor a number; in a script without capitals, all but numbers."""
    return sum(not (word[0].isupper() or word[0].isdigit()) for word in words.written[begin:end])


def _told(words: Words, begin: int, end: int, source: str) -> SharedRun:
    return SharedRun(words.starts[begin], end - begin, " ".join(words.written[begin:end]), source)
