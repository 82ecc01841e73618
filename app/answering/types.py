"""What an answer is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ...index import DocumentInfo, Filters, Hit, SearchSettings
from ...index.types import PracticeMark
from .evidence import Evidence


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
        practice: what the passage recommends and whether that still holds; None where nothing is known of it.
    """

    marker: int
    passage_id: str
    document: DocumentInfo
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    quote: str
    practice: PracticeMark | None = None


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
class EncoderReceipt:
    """The encoder that compared the question with sentences and words.

    Attributes:
        id: model name or folder.
        fingerprint: sha256 over its weights, tokenizer and pooling.
        device: torch device it ran on; None when the encoder does not say.
        precision: `float32` or `bfloat16`; None when the encoder does not say.
    """

    id: str
    fingerprint: str
    device: str | None = None
    precision: str | None = None


@dataclass(frozen=True, slots=True)
class GateReceipt:
    """The decision between an answer and silence.

    Attributes:
        threshold: the probability in use; a setting can override the calibrated one.
        fingerprint: hex sha256 of the gate's weights, bias and calibrated threshold.
        evidence: the signals it saw; None when no sentence could hold the answer.
    """

    threshold: float
    fingerprint: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What produced an answer.

    Attributes:
        software: name and version.
        generation: the index generation that served the whole question.
        encoder: which one, and where it ran.
        reranker: id of the reranker that scored the hits; None when that stage did not run.
        reranker_note: why it did not run; empty when it did.
        llm: None, for no language model writes in mode `extract`.
        prompt_hash: None without a language model.
        seed: None without a language model.
        gate: the decision and what it rests on.
        search: how hits were found.
        filters: which documents could answer; None for all.
        settings_hash: of the application's settings.
    """

    software: str
    generation: str
    encoder: EncoderReceipt
    reranker: str | None
    reranker_note: str
    llm: str | None = None
    prompt_hash: str | None = None
    seed: int | None = None
    gate: GateReceipt
    search: SearchSettings
    filters: Filters | None
    settings_hash: str


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
        receipt: what produced the answer: generation, models, settings.
        timings_ms: wall time per stage, in milliseconds.
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
    receipt: Receipt
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentences with their markers, in one line."""
        return " ".join(
            f"{' '.join(sentence.text.split())} {''.join(f'[{marker}]' for marker in sentence.citations)}"
            for sentence in self.sentences
        )
