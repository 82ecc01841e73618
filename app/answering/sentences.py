"""The sentences of a passage that could stand in an answer."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ...index import Hit, Passage
from ...index.blocks import Block, BlockKind
from ...ingest.sentences import sentence_spans

MIN_WORDS, MAX_WORDS = 5, 70

_PROSE = {BlockKind.PARAGRAPH, BlockKind.LIST, BlockKind.QUOTE, BlockKind.FOOTNOTE}
_BULLET = re.compile(r"[ \t]*(?:>[ \t]*)*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?")
_QUOTE_MARKS = re.compile(r"(?:>[ \t]*)+")
_WORD = re.compile(r"[^\W\d_]{2,}")
# A sentence that starts like this speaks of something named before it.
_LEANING = re.compile(
    r"(?:this|that|these|those|it|its|they|their|them|he|she|his|her|such|both|here|there|then|thus|hence|also|"
    r"however|therefore|moreover|furthermore|otherwise|instead|consequently|similarly|likewise|and|but|or|so|"
    r"another|the (?:former|latter|same|above|other)|in (?:this|that|these|those|such|both|contrast|addition)|"
    r"for (?:this|that|example|instance)|as a result|on the other hand|by contrast)\b",
    re.IGNORECASE,
)
# The last alternative is a quote mark inside a sentence; a verbatim quote cannot leave it out.
_MARKUP = re.compile(
    r"^\s*(?:[:|<{}$]|\\begin|!\[|import |export )|[|]\s*$|</?[A-Za-z][^>]*>|\{\{|:(?:label|numref|eqref):|"
    r"\n[ \t]*>"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a retrieved passage.

    Attributes:
        hit: the passage it stands in.
        start: first code point in the document's canonical text.
        end: one past the last.
        text: verbatim.
        leans: whether it refers back to the sentence before it.
        before: position in the candidate list of that sentence, where it is in the same block.
    """

    hit: Hit
    start: int
    end: int
    text: str
    leans: bool
    before: int | None


def candidates(hits: Iterable[Hit], blocks_of: Callable[[str], Sequence[Block]]) -> list[Candidate]:
    """Readable prose sentences of the hits' passages, in hit order; no headings, tables, code or formulas.

    Args:
        hits: best first.
        blocks_of: typed blocks of a document by its id; a document without any is read as one paragraph.
    """
    found: list[Candidate] = []
    known: dict[str, Sequence[Block]] = {}
    for hit in hits:
        passage = hit.passage
        if passage.document_id not in known:
            known[passage.document_id] = blocks_of(passage.document_id)
        blocks = known[passage.document_id]
        for spans in _prose(passage, blocks):
            before: int | None = None
            for start, end in spans:
                text = passage.text[start:end]
                if not readable(text):
                    before = None
                    continue
                leans = bool(_LEANING.match(text.lstrip("*_`\"'(")))
                found.append(Candidate(hit, passage.start + start, passage.start + end, text, leans, before))
                before = len(found) - 1
    return found


def readable(text: str) -> bool:
    """Whether a sentence can be shown by itself: prose of a fair length that ends, and is no question."""
    words = len(_WORD.findall(text))
    ends = text.rstrip("*_`\"')]”’").endswith((".", "!"))
    whole = text.count("**") % 2 == 0 and text.count("(") <= text.count(")")  # not cut within a pair
    return ends and whole and MIN_WORDS <= words <= MAX_WORDS and not _MARKUP.search(text)


def _prose(passage: Passage, blocks: Sequence[Block]) -> Iterator[list[tuple[int, int]]]:
    """Sentence spans of each prose block of a passage, in its text, list bullets and quote marks left out."""
    text = passage.text
    for kind, start, end in _parts(passage, blocks):
        if kind in _PROSE:
            bullet = _BULLET.match(text, start, end)
            spans = sentence_spans(text, bullet.end() if bullet else start, end)
            yield [(_past_quote_marks(text, start, end), end) for start, end in spans]


def _parts(passage: Passage, blocks: Sequence[Block]) -> Iterator[tuple[BlockKind, int, int]]:
    """The blocks that a passage holds, or the parts of them that lie in it: kind, start and end in its text."""
    if not blocks:
        yield BlockKind.PARAGRAPH, 0, len(passage.text)
    first = bisect_right(blocks, passage.start, key=lambda block: block.end)
    for block in islice(blocks, first, None):
        if block.start >= passage.end:
            return
        yield block.kind, max(block.start, passage.start) - passage.start, min(block.end, passage.end) - passage.start


def _past_quote_marks(text: str, start: int, end: int) -> int:
    """Where a sentence starts once the quote marks are passed that open its line."""
    opens_line = not text[text.rfind("\n", 0, start) + 1 : start].strip()
    marks = _QUOTE_MARKS.match(text, start, end) if opens_line else None
    return marks.end() if marks else start
