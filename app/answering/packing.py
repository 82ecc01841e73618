"""Numbered evidence for the prompt: the most useful passages first, token-exact, and what was left out is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...index import Hit, Passage, Status
from ...index.types import HEADING_SEPARATOR
from ...ingest.sentences import sentence_spans
from ..llm import LanguageModel, Message
from .neutralise import addresses_model, for_prompt

# A hit grows at most so many times its own size while there is room; beyond, the answer drowns.
_GROWTH = 3
# Stands between two passages, and counts with the one before it.
_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class PackedPassage:
    """A passage in the prompt.

    Attributes:
        marker: its number, from 1.
        hit: as found.
        passage: what stands in the prompt: the hit's passage, perhaps with neighbours, or cut at a sentence end.
        text: as the model reads it.
        tokens: of `text` with its number, by the model's own tokenizer.
        withheld: sentences left out because they speak to the model instead of a reader.
    """

    marker: int
    hit: Hit
    passage: Passage
    text: str
    tokens: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Packed:
    """The evidence of a prompt.

    Attributes:
        passages: in the order of their markers.
        left_out: ids of hits that found no room.
        tokens: of all of them.
        budget: tokens that they may take.
        exact: whether tokens were counted; else they are an upper estimate.
    """

    passages: tuple[PackedPassage, ...]
    left_out: tuple[str, ...]
    tokens: int
    budget: int
    exact: bool

    @property
    def text(self) -> str:
        """The numbered passages as they stand in the prompt."""
        return _GAP.join(packed.text for packed in self.passages)

    def notes(self) -> list[str]:
        """What a reader should know of it."""
        withheld = sum(packed.withheld for packed in self.passages)
        if not withheld:
            return []
        if withheld == 1:
            return ["1 sentence was withheld from the language model: it speaks to the model instead of a reader"]
        return [f"{withheld} sentences were withheld from the language model: they speak to it instead of a reader"]


def pack(
    hits: Sequence[Hit],
    model: LanguageModel,
    budget: int,
    *,
    frame: Callable[[str], Sequence[Message]],
    reserve: int,
    expand: Callable[[Passage, int], Passage],
    defended: bool = True,
) -> Packed:
    """Fill the budget, best hit first, then with the hits' neighbours while there is room.

    Args:
        hits: best first.
        model: counts tokens.
        budget: tokens of evidence, 1 or more.
        frame: the whole conversation around a text of evidence; it must fit the model's window.
        reserve: tokens kept free for the answer.
        expand: a passage grown to its neighbours within so many of the encoder's word pieces.
        defended: whether the text is neutralised; False only to measure what the defences are worth.

    Returns:
        At least one passage, if there is a hit; the first is cut at a sentence end when it is too large alone.
    """
    window = model.info.window - reserve - model.count_prompt(frame(""))
    room = max(1, min(budget, window))
    chosen: list[PackedPassage] = []
    left_out: list[str] = []
    entries = (_entry(place, hit, hit.passage, defended)[0] for place, hit in enumerate(hits, 1))
    counts = model.count_tokens([entry + _GAP for entry in entries])
    used = 0
    for hit, tokens in zip(hits, counts, strict=True):
        if used + tokens <= room:
            chosen.append(_packed(len(chosen) + 1, hit, hit.passage, model, defended))
            used += chosen[-1].tokens
        elif not chosen:
            chosen.append(_cut(hit, model, room, defended))
            used += chosen[-1].tokens
        else:
            left_out.append(hit.passage.id)
    chosen, used = _grow(chosen, used, room, model, expand, defended)
    return Packed(tuple(chosen), tuple(left_out), used, room, model.info.exact_counts)


def _grow(
    chosen: list[PackedPassage],
    used: int,
    room: int,
    model: LanguageModel,
    expand: Callable[[Passage, int], Passage],
    defended: bool,
) -> tuple[list[PackedPassage], int]:
    """Let passages take in their neighbours, best first, as long as nothing is told twice."""
    grown = list(chosen)
    for place, packed in enumerate(chosen):
        spare = room - used
        if spare < packed.tokens // 2 or packed.passage != packed.hit.passage:
            continue
        size = packed.passage.token_count
        larger = expand(packed.passage, min(size + spare, _GROWTH * size))
        others = [other.passage for other in grown if other.marker != packed.marker]
        if larger == packed.passage or any(_overlap(larger, other) for other in others):
            continue
        fuller = _packed(packed.marker, packed.hit, larger, model, defended)
        if used - packed.tokens + fuller.tokens <= room:
            used += fuller.tokens - packed.tokens
            grown[place] = fuller
    return grown, used


def _overlap(one: Passage, other: Passage) -> bool:
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end


def _packed(marker: int, hit: Hit, passage: Passage, model: LanguageModel, defended: bool) -> PackedPassage:
    text, withheld = _entry(marker, hit, passage, defended)
    return PackedPassage(marker, hit, passage, text, model.count_tokens([text + _GAP])[0], withheld)


def _cut(hit: Hit, model: LanguageModel, room: int, defended: bool) -> PackedPassage:
    """The passage up to the last sentence end that fits; its first sentence in any case."""
    passage = hit.passage
    ends = [end for _, end in sentence_spans(passage.text)] or [len(passage.text)]
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high + 1) // 2
        shorter = replace(passage, text=passage.text[: ends[middle]], end=passage.start + ends[middle])
        if _packed(1, hit, shorter, model, defended).tokens <= room:
            low = middle
        else:
            high = middle - 1
    shorter = replace(passage, text=passage.text[: ends[low]], end=passage.start + ends[low])
    return _packed(1, hit, shorter, model, defended)


def _entry(marker: int, hit: Hit, passage: Passage, defended: bool) -> tuple[str, int]:
    """A passage with its number, headings, date and status, and how many sentences were withheld."""
    status = "" if hit.document.status is Status.UNKNOWN else str(hit.document.status)
    known = ", ".join(filter(None, (hit.document.published, status)))
    heading = HEADING_SEPARATOR.join(passage.heading_path) or hit.document.title
    if not defended:
        return f"[{marker}] {heading}{f' ({known})' if known else ''}\n{passage.context}\n{passage.text}", 0
    return entry(marker, heading, known, [*passage.context.splitlines(), *passage.text.splitlines()])


def entry(marker: int, heading: str, known: str, lines: Sequence[str]) -> tuple[str, int]:
    """A passage as the model reads it, and how many sentences were withheld because they speak to the model.

    Args:
        marker: its number.
        heading: of its section, or the title of its document.
        known: date and status, empty where they are not known.
        lines: of its text.
    """
    shown, withheld = [], 0
    for line in lines:
        kept = []
        for start, end in sentence_spans(line):
            if addresses_model(line[start:end]):
                withheld += 1
            else:
                kept.append(for_prompt(line[start:end]))
        if said := " ".join(filter(None, kept)):
            shown.append(said)
    title = for_prompt(heading) if not addresses_model(heading) else ""
    return "\n".join([f"[{marker}] {title}{f' ({known})' if known else ''}", *shown]), withheld
