"""What an answer is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ...index import DocumentInfo, Hit


class Verdict(StrEnum):
    """How far the cited passage supports a sentence."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence stands.

    Attributes:
        marker: the number shown in brackets, from 1.
        passage_id: the passage it was found in.
        document: that passage's document.
        heading_path: titles from the document's down to the innermost section's.
        page: 1-based page for paged formats, else None.
        start: first code point of the quote in the document's canonical text.
        end: one past the last.
        quote: `document.text[start:end]`, letter for letter.
    """

    marker: int
    passage_id: str
    document: DocumentInfo
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the answer.

    Attributes:
        text: as shown.
        citations: markers of the citations that support it.
        verdict: how far they do.
        support: strength of the support in [0, 1]; 1 for text that stands verbatim in its citation.
    """

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    support: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question, or a reasoned silence.

    Attributes:
        question: as asked.
        sentences: in reading order; empty when abstained.
        citations: in marker order.
        abstained: whether no answer is given.
        reason: why it was abstained, or what the reader should know; empty otherwise.
        mode: `extract`: every sentence is verbatim.
        confidence: the gate's probability that the corpus answers the question, in [0, 1].
        hits: the passages behind the answer, or the nearest ones when abstained.
        timings_ms: wall time per stage, in milliseconds.
        receipt: what produced the answer: generation, models, settings.
        notes: what fell back or could not be done.
    """

    question: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    abstained: bool
    reason: str
    mode: str
    confidence: float
    hits: tuple[Hit, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    receipt: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentences with their markers, in one line."""
        return " ".join(
            f"{' '.join(sentence.text.split())} {''.join(f'[{marker}]' for marker in sentence.citations)}"
            for sentence in self.sentences
        )
