"""Lines to running text: hyphens at line ends taken out, and where each line ends up in the text."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...normalise import canonical_text
from .page import Box, Line, Run
from .script import LARGE_SIGNS, SCRIPT_SIZE

_LAST_WORD = re.compile(r"([^\W\d_]+)-$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SPACES = re.compile(r"\s+")
_ADDRESS = re.compile(r"(?:https?://|www\.|doi\.org/)\S*$")
# Before these a hyphen is spelled more often than not.
_COMPOUND_BEFORE = frozenset(
    "self non multi cross co well so semi state high low long short one two three few zero".split()
)
_PREFIXES = frozenset("over under inter super hyper auto counter back down fore with".split())

_WHOLE_WORD = 4
"""Letters from which two words that the document has are taken for such; shorter ones are syllables as well."""
_LIMITED = LARGE_SIGNS - {"√"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A line's share of a block's text.

    Attributes:
        start: first code point within the block.
        end: one past the last.
        page: 1-based.
        box: in the frame of the page's runs.
    """

    start: int
    end: int
    page: int
    box: Box


class Vocabulary:
    """The words of a document, which tell whether a hyphen at a line's end belongs to the word."""

    def __init__(self, texts: Iterable[str]) -> None:
        """From a document's lines, in order."""
        self._words: Counter[str] = Counter()
        self._leads: set[str] = set()
        broken = False
        for text in texts:
            words = [word.casefold() for word in _WORD.findall(text)]
            # What a line's end has cut in two says nothing about either spelling.
            hyphen = text.endswith("-")
            whole = words[broken : len(words) - hyphen]
            self._words.update(whole)
            self._leads.update(word.split("-", 1)[0] for word in whole if "-" in word)
            broken = hyphen

    def joins(self, before: str, after: str) -> bool:
        """Whether the document writes the two as one word, and does so at least as often as with a hyphen."""
        before, after = before.casefold(), after.casefold()
        joined = self._words[before + after]
        return 0 < joined >= self._words[f"{before}-{after}"]

    def keeps_hyphen(self, before: str, after: str) -> bool:
        """Whether `before-after` is spelled with the hyphen."""
        before, after = before.casefold(), after.casefold()
        joined, hyphened = self._words[before + after], self._words[f"{before}-{after}"]
        if joined or hyphened:
            return hyphened > joined
        words = before in self._words and after in self._words and min(len(before), len(after)) >= _WHOLE_WORD
        # What leads other compounds and is a word by itself, such as "fine", unless it is a prefix as well.
        leads = before in self._leads and before in self._words and before not in _PREFIXES
        lead = leads and min(len(before), len(after)) >= _WHOLE_WORD
        return words or lead or (before in _COMPOUND_BEFORE and after in self._words)


def join_lines(lines: Sequence[Line], vocabulary: Vocabulary, separator: str = " ") -> tuple[str, list[Piece]]:
    """Canonical text of lines read one after the other, and each line's place in it."""
    parts: list[str] = []
    pieces: list[Piece] = []
    length = 0
    for line in lines:
        text = one_line(line.text)
        if not text:
            continue
        if parts:
            kept = _without_hyphen(parts[-1], text, vocabulary) if separator == " " else None
            if kept is None:
                parts.append(separator)
                length += len(separator)
            elif kept != parts[-1]:
                length -= 1
                last = pieces[-1]
                parts[-1] = kept
                pieces[-1] = Piece(last.start, length, last.page, last.box)
        parts.append(text)
        pieces.append(Piece(length, length + len(text), line.page, line.box))
        length += len(text)
    return "".join(parts), pieces


def one_line(text: str) -> str:
    """Canonical, on one line, single spaces."""
    return _SPACES.sub(" ", canonical_text(text)).strip()


def _without_hyphen(before: str, after: str, vocabulary: Vocabulary) -> str | None:
    """What is left of a line when the next follows without a space; None when a space belongs between them."""
    if not before.endswith("-") or before.endswith((" -", "--")) or before == "-":
        return None
    first = _FIRST_WORD.match(after)
    last = _LAST_WORD.search(before)
    address = _ADDRESS.search(before)
    if address or not first or not last:
        return before if address or after[0].isalnum() else None
    if not after[0].islower() and not vocabulary.joins(last.group(1), first.group()):
        # A name's hyphen, unless the name is known as one word, such as OpenReview.
        return before
    compound = "-" in before[:-1].rsplit(" ", 1)[-1]
    if compound or vocabulary.keeps_hyphen(last.group(1), first.group()):
        return before
    whole = before[:-1] + after
    # Never so that the halves compose to another character.
    return before[:-1] if before[:-1] and unicodedata.is_normalized("NFC", whole) else before


def join_rows(lines: Sequence[Line], cells: Sequence[Sequence[Line]]) -> tuple[str, list[Piece]]:
    """One row a line, its cells separated by ` | `."""
    parts: list[str] = []
    pieces: list[Piece] = []
    length = 0
    for line, row in zip(lines, cells, strict=True):
        texts = [(cell, one_line(cell.text)) for cell in row]
        texts = [(cell, text) for cell, text in texts if text]
        if not texts:
            continue
        if parts:
            parts.append("\n")
            length += 1
        for index, (cell, text) in enumerate(texts):
            if index:
                parts.append(" | ")
                length += 3
            parts.append(text)
            pieces.append(Piece(length, length + len(text), line.page, cell.box))
            length += len(text)
    return "".join(parts), pieces


def join_formula(lines: Sequence[Line]) -> tuple[str, list[Piece]]:
    """A displayed formula in the order in which it was written: numerators come before their denominators."""
    runs = sorted(((line.page, run) for line in lines for run in line.runs), key=lambda one: (one[0], one[1].order))
    parts: list[str] = []
    pieces: list[Piece] = []
    length = 0
    largest = max(run.size for _, run in runs)
    for index, (page, run) in enumerate(runs):
        text = one_line(run.text)
        if not text:
            continue
        if parts and (between := _between([run for _, run in runs[index - 1 : index + 2]], largest)):
            parts.append(between)
            length += len(between)
        parts.append(text)
        pieces.append(Piece(length, length + len(text), page, run.box))
        length += len(text)
    whole = "".join(parts)
    if not unicodedata.is_normalized("NFC", whole):
        # Combining marks drawn by themselves: keep every run apart.
        return join_lines(
            [Line(page, [run], run.box, run.baseline, run.size).settle() for page, run in runs], Vocabulary(())
        )
    return whole, pieces


def _between(runs: Sequence[Run], largest: float) -> str:
    """What stands between the first two runs of three: a space, a fraction's stroke, or nothing."""
    before, after = runs[:2]
    # A root hangs from its baseline; what it is drawn over tells where it stands.
    baseline = runs[2].baseline if after.text == "√" and len(runs) > 2 else after.baseline
    full = min(before.size, after.size) >= SCRIPT_SIZE * largest
    below = baseline - before.baseline > 0.9 * largest and after.box.x0 < before.box.x1
    if full and below and before.box.x0 < after.box.x1 + largest and not {before.text[-1], after.text[0]} & _LIMITED:
        return " / "
    gap = after.box.x0 - before.box.x1
    level = before.box.y0 < after.box.y1 and after.box.y0 < before.box.y1
    return "" if level and -3 * after.size < gap < 0.12 * after.size else " "
