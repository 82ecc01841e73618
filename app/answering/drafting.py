"""A model's text, as it streams in, cut into sentences with their markers; stopped when it loops or runs away."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ...ingest.sentences import sentence_spans
from .neutralise import MARKER, for_reader, holds_values, literals
from .prompts import SYSTEM, is_abstention

_MARKERS = re.compile(rf"\s*(?:{MARKER.pattern})(?:\s*(?:[,;&–-]|and\b)?\s*(?:{MARKER.pattern}))*", re.IGNORECASE)
# The beginning of a marker of which the rest is still to come.
_OPENED = re.compile(r"[\s,;&–-]*[\[【][^\[\]【】]{0,80}$")
# No markers: an index into something, as in `x[1]y` or "weights[1]x".
_INDEXED = re.compile(r"\w\[[^\[\]]*\]\w")
_LEAD = re.compile(r"^\s*(?:answer\s*:|[-*•]\s+|#{1,6}\s+|\d{1,2}[.)]\s+|\"(?=[A-Z][^\"]*$))\s*", re.IGNORECASE)
_CLOSED = re.compile(r"[.!?][\"”')\]]*\s*$")
_SHINGLE = 8


class Flaw(StrEnum):
    """Why a sentence of a draft is not looked at any further."""

    REPEATED = "it repeats an earlier sentence"
    LOOPING = "it goes in circles"
    PROMPT = "it repeats its instructions"
    UNFINISHED = "it breaks off"
    EMPTY = "it says nothing"
    QUESTION = "it asks instead of answering"


@dataclass(frozen=True, slots=True)
class Drafted:
    """One sentence of a draft.

    Attributes:
        text: without markers, on one line.
        markers: passages that it names, each within 1..n, in order.
        unknown: numbers in brackets that name no passage; they are not shown.
        flaw: why it is of no use; None for one that is to be verified.
    """

    text: str
    markers: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    flaw: Flaw | None = None


@dataclass(slots=True)
class Drafter:
    """Takes pieces of text and gives finished sentences.

    Attributes:
        passages: how many are numbered in the prompt.
        max_sentences: after so many usable ones the draft is at its end.
        stopped: why no more is wanted, in words; empty while more is.
    """

    passages: int
    max_sentences: int = 6
    stopped: str = ""
    _pending: str = ""
    _seen: list[str] = field(default_factory=list)
    _repeats: int = 0
    _usable: int = 0

    def add(self, piece: str) -> Iterator[Drafted]:
        """Take a piece; gives the sentences that it finishes."""
        self._pending += piece
        yield from self._release(last=False)
        # Only what is left is held against circles: what was finished before one began stands.
        if not self.stopped and _loops(self._pending):
            self.stopped = "the draft went in circles"
            yield Drafted(_plain(self._pending), flaw=Flaw.LOOPING)
            self._pending = ""

    def end(self, *, complete: bool) -> Iterator[Drafted]:
        """The text is over.

        Args:
            complete: whether the model ended it; else its last sentence may break off.
        """
        yield from self._release(last=True, complete=complete)

    def _release(self, *, last: bool, complete: bool = True) -> Iterator[Drafted]:
        spans = _sentences(self._pending)
        ready = spans
        if not last:
            # "It trains 0." may go on with "1%": a sentence is over when the next one has begun for good.
            begun = [place for place, (start, _) in enumerate(spans) if _begun(self._pending[start:])]
            ready = spans[: begun[-1]] if begun else []
            spans = spans[: len(ready) + 1]
        if not ready:
            return
        rest = "" if last else self._pending[spans[-1][0] :]
        pieces = [self._pending[start:end] for start, end in ready]
        self._pending = rest
        for place, piece in enumerate(pieces):
            if self.stopped:
                return
            drafted = parse(piece, self.passages)
            broken = last and place == len(pieces) - 1 and not complete and not _CLOSED.search(drafted.text)
            yield self._checked(drafted, broken=broken)

    def _checked(self, drafted: Drafted, *, broken: bool) -> Drafted:
        flaw = self._flaw(drafted, broken=broken)
        if flaw is Flaw.REPEATED:
            self._repeats += 1
            if self._repeats >= 2:
                self.stopped = "the draft repeated itself"
        if flaw is None:
            self._usable += 1
            self._seen.append(_key(drafted.text))
            if self._usable >= self.max_sentences:
                self.stopped = f"the draft reached {self.max_sentences} sentences"
        return Drafted(drafted.text, drafted.markers, drafted.unknown, flaw)

    def _flaw(self, drafted: Drafted, *, broken: bool) -> Flaw | None:
        if sum(character.isalnum() for character in drafted.text) < 2:
            return Flaw.EMPTY
        if _key(drafted.text) in self._seen:
            return Flaw.REPEATED
        if repeats_prompt(drafted.text) and not is_abstention(drafted.text):
            return Flaw.PROMPT
        if drafted.text.endswith("?"):
            return Flaw.QUESTION
        return Flaw.UNFINISHED if broken else None


def parse(sentence: str, passages: int) -> Drafted:
    """A sentence and the markers in it.

    Args:
        sentence: as written.
        passages: markers from 1 to this are known.
    """
    literal = literals(sentence)
    numbers: list[int] = []

    def take(match: re.Match[str]) -> str:
        kept = []
        for one in MARKER.finditer(sentence, *match.span()):
            inside = any(start <= one.start() < end for start, end in literal)
            indexed = _INDEXED.match(sentence, max(0, one.start() - 1))
            if inside or indexed or holds_values(sentence, *one.span()):
                kept.append(one.group())
            else:
                numbers.extend(int(number) for number in re.findall(r"\d+", one.group().partition("†")[0]))
        space = " " if match.group()[0].isspace() else ""
        return space + " ".join(kept) if kept else ""

    text = _MARKERS.sub(take, sentence)
    found = list(dict.fromkeys(numbers))
    known = tuple(number for number in found if 1 <= number <= passages)
    unknown = tuple(number for number in found if number not in known)
    return Drafted(_plain(text), known, unknown)


def repeats_prompt(text: str) -> bool:
    """Whether a sentence shares a run of eight words with the system prompt, or is a part of it of four or more."""
    key = _key(text)
    return bool(_shingles(text) & _shingles(SYSTEM)) or (len(key.split()) >= 4 and f" {key} " in f" {_key(SYSTEM)} ")


def _plain(text: str) -> str:
    text = for_reader(_LEAD.sub("", text))
    if text.count('"') == 1 and text.endswith('"'):
        text = text[:-1]
    return re.sub(r"\s+([.,;:!?])(?!\d)", r"\1", text).strip()


def _sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences; markers behind a full stop belong to the sentence before them, a line break ends one."""
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text):
        for first, last in _lines(text, start, end):
            leading = _MARKERS.match(text, first, last)
            if leading and spans and not holds_values(text, *leading.span()):
                spans[-1] = (spans[-1][0], leading.end())
                first = leading.end()
            if text[first:last].strip(" \n\t."):
                spans.append((first, last))
    return spans


def _begun(text: str) -> bool:
    """Whether a sentence is under way: three words of it are there, and they are no marker of the one before it."""
    return len(text.split()) > 2 and not _OPENED.match(text)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\n]+", text[start:end]):
        yield start + match.start(), start + match.end()


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[place : place + _SHINGLE]) for place in range(len(words) - _SHINGLE + 1)}


def _loops(text: str) -> bool:
    """Whether the text ends with the same run of words, one to ten of them, three times over or more."""
    words = re.findall(r"\S+", text[-1500:].lower())
    for length in range(1, 11):
        times = 3 if length >= 4 else 6 if length > 1 else 8
        if len(words) < length * times:
            continue
        run = words[-length:]
        if all(words[-length * (turn + 1) : len(words) - length * turn] == run for turn in range(times)):
            return True
    return False
