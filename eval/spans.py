"""Gold quotes found in documents, and the passages that hold them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..index.errors import EvaluationError
from ..index.types import Document, Passage
from .topics import Gold, JudgedTopic

HELD = 0.5
"""Share of a quote's characters from which on a passage holds it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Code points `start` to `end` (exclusive) of a document's canonical text."""

    document_id: str
    start: int
    end: int

    def overlap(self, start: int, end: int) -> int:
        """Code points shared with another span of the same document."""
        return max(0, min(self.end, end) - max(self.start, start))


def locate(gold: Gold, text: str, where: str = "") -> Span:
    """The first place of a quote in its document's text; white space of any kind and length is alike.

    Raises:
        EvaluationError: the quote does not stand there.
    """
    found = re.search(r"\s+".join(map(re.escape, gold.quote.split())), text)
    if found is None:
        raise EvaluationError(
            f"{where or 'gold'}: the quote {gold.quote[:60]!r} does not stand in document {gold.document_id!r}; "
            "copy it from `sota-rag corpus show`"
        )
    return Span(gold.document_id, *found.span())


class GoldPassages:
    """Judgements over the passages of one index, made from quotes; each document is read once.

    Args:
        document: document id → document with its canonical text; KeyError for an unknown id.
        passages: document id → its passages, in order.
    """

    def __init__(self, document: Callable[[str], Document], passages: Callable[[str], Sequence[Passage]]) -> None:
        self._document, self._passages = document, passages
        self._known: dict[str, tuple[str, Sequence[Passage]]] = {}

    def holding(self, gold: Gold, where: str = "") -> list[str]:
        """Ids of the passages that hold a quote: at least half of its characters, else as much as any.

        Raises:
            EvaluationError: the document is unknown, or does not say it.
        """
        text, passages = self._read(gold.document_id, where)
        span = locate(gold, text, where)
        overlaps = {passage.id: span.overlap(passage.start, passage.end) for passage in passages}
        most = max(overlaps.values(), default=0)
        if not most:
            raise EvaluationError(f"{where or 'gold'}: no passage of {gold.document_id!r} holds {gold.quote[:60]!r}")
        needed = min(most, HELD * (span.end - span.start))
        return [passage for passage, overlap in overlaps.items() if overlap >= needed]

    def qrels(self, topics: Iterable[JudgedTopic]) -> dict[str, dict[str, int]]:
        """Topic id → passage id → 1, for the answerable topics."""
        return {
            topic.id: {passage: 1 for gold in topic.gold for passage in self.holding(gold, topic.where)}
            for topic in topics
            if topic.answerable
        }

    def superseded(self, topics: Iterable[JudgedTopic]) -> dict[str, frozenset[str]]:
        """Topic id → passages that hold what was the answer once, for the topics that name such."""
        return {
            topic.id: frozenset(passage for gold in topic.superseded for passage in self.holding(gold, topic.where))
            for topic in topics
            if topic.superseded
        }

    def _read(self, document_id: str, where: str) -> tuple[str, Sequence[Passage]]:
        if document_id not in self._known:
            try:
                text = self._document(document_id).text
            except KeyError:
                raise EvaluationError(
                    f"{where or 'gold'}: document {document_id!r} is not in the index; ingest its folder first"
                ) from None
            self._known[document_id] = text, self._passages(document_id)
        return self._known[document_id]


def superseded_leak(ranking: Sequence[str], superseded: Iterable[str], current: Mapping[str, int], k: int) -> float:
    """1 where the first k passages hold a superseded one with no current one above it, else 0.

    Args:
        ranking: passage ids, best first.
        superseded: passages that hold what was the answer once.
        current: judgements of the passages that hold what is the answer now.
        k: how many ranks are looked at.
    """
    old, new = set(superseded), {passage for passage, grade in current.items() if grade > 0}
    first = next((passage for passage in ranking[:k] if passage in old or passage in new), None)
    return float(first is not None and first not in new)
