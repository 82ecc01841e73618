"""What an answer is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ...index import DocumentInfo, Filters, Hit, SearchSettings
from ...index.types import PracticeMark
from ..strategies import StrategyName, StrategyReport, Turn
from .conflicts import Conflict
from .evidence import Evidence
from .practice import CurrentPractice
from .strength import Strength
from .verify.judgement import Verdict

__all__ = [
    "Answer",
    "Citation",
    "Conflict",
    "CurrentPractice",
    "DraftReport",
    "Dropped",
    "EncoderReceipt",
    "EvidenceReport",
    "GateReceipt",
    "LanguageModelReceipt",
    "Mode",
    "Origin",
    "Receipt",
    "Sentence",
    "StrategyReport",
    "Strength",
    "Verdict",
]


class Mode(StrEnum):
    """How answers are made: `auto` writes and falls back to extraction, sentence by sentence or as a whole."""

    AUTO = "auto"
    GENERATE = "generate"
    EXTRACT = "extract"


class Origin(StrEnum):
    """Where a sentence of an answer comes from."""

    GENERATED = "generated"
    REPLACED = "replaced"
    EXTRACTED = "extracted"


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
        text: as shown; nothing in it becomes a link or an image.
        citations: markers of the citations that support it.
        verdict: how far they do.
        support: strength of the support in [0, 1]; 1 for text that stands verbatim in its citation.
        origin: written by the language model, put in place of what it wrote, or extracted.
        detail: why the verdict is no better, or what was replaced and why; empty where there is nothing to say.
        draft: what the language model wrote in its place; empty unless replaced.
        strength: how many independent documents say so; None where that was not looked at.
    """

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    support: float
    origin: Origin = Origin.EXTRACTED
    detail: str = ""
    draft: str = ""
    strength: Strength | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that the language model wrote and nobody is shown as part of the answer."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """What the language model was given to read.

    Attributes:
        passages: ids, in the order of their numbers.
        left_out: ids of hits that found no room.
        tokens: of the evidence.
        budget: tokens that it could take.
        exact: whether tokens were counted; else they are an upper estimate.
        withheld: sentences left out because they speak to the model instead of a reader.
    """

    passages: tuple[str, ...]
    left_out: tuple[str, ...]
    tokens: int
    budget: int
    exact: bool
    withheld: int


@dataclass(frozen=True, slots=True)
class DraftReport:
    """What became of the language model's text.

    Attributes:
        sentences: written by the model, those without any use included.
        kept: shown as written.
        replaced: replaced by a verbatim sentence.
        dropped: shown to nobody, with the reasons.
        finish: why the text ended: `stop`, `length`, `deadline`, `cancelled`, or in words why it was stopped.
        evidence: what the model was given.
        prompt_tokens: of the whole prompt; None where the back end does not say.
        cached_tokens: how many of them were known from an earlier prompt; None likewise.
        tokens: written; None likewise.
        queue_ms: waited for other requests; None when the prompt was never read.
        prompt_ms: until the prompt was read; None likewise.
        generation_ms: from then to the end of the text; None when it was broken off.
        first_sentence_ms: from the question to the first sentence that was shown; None when there was none.
    """

    sentences: int
    kept: int
    replaced: int
    dropped: tuple[Dropped, ...]
    finish: str
    evidence: EvidenceReport
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    tokens: int | None = None
    queue_ms: float | None = None
    prompt_ms: float | None = None
    generation_ms: float | None = None
    first_sentence_ms: float | None = None


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


@dataclass(frozen=True, slots=True)
class LanguageModelReceipt:
    """The language model that wrote.

    Attributes:
        id: name, path, or name on the server.
        fingerprint: hex sha256 over weights and adapter; of address and name for a server.
        backend: such as `llama.cpp`, or the server's address.
        placement: where it ran, in words.
        template: chat template family; empty for a server.
    """

    id: str
    fingerprint: str
    backend: str
    placement: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What produced an answer.

    Attributes:
        software: name and version.
        generation: the index generation that served the whole question.
        encoder: which one, and where it ran.
        reranker: id of the reranker that scored the hits; None when that stage did not run.
        reranker_note: why it did not run, or what it had no time for; empty when it read all that it needed.
        llm: the language model; None when none was asked.
        prompt_version: of the prompts; None without a language model.
        prompt_hash: hex sha256 over the conversation that asked for the answer; None likewise.
        seed: of the sampler; None likewise.
        verifier: id of the verifier that judged what was written; None likewise.
        asked_mode: `auto`, `generate` or `extract`, as asked for.
        budget_s: seconds that the answer was to take; None for any.
        strategies: query strategies that were asked for.
        turns: questions and answers before this one, for a follow-up.
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
    llm: LanguageModelReceipt | None = None
    prompt_version: str | None = None
    prompt_hash: str | None = None
    seed: int | None = None
    verifier: str | None = None
    asked_mode: Mode = Mode.EXTRACT
    budget_s: float | None = None
    strategies: tuple[StrategyName, ...] = ()
    turns: tuple[Turn, ...] = ()
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
        mode: how it was made in the end: `extract` when every sentence is verbatim, else `generate`.
        confidence: the gate's probability that the corpus answers the question, in [0, 1].
        hits: the passages behind the answer, or the nearest ones when abstained.
        receipt: what produced the answer: generation, models, settings.
        timings_ms: wall time per stage, in milliseconds.
        notes: what fell back or could not be done.
        standalone: the question as it was searched for, where a follow-up was rewritten; else empty.
        drafting: what became of the language model's text; None when none was asked.
        practices: what is current practice in the matter, and what it replaced.
        conflicts: passages that contradict each other.
        strategies: what each query strategy did.
    """

    question: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    abstained: bool
    reason: str
    mode: Mode
    confidence: float
    hits: tuple[Hit, ...]
    receipt: Receipt
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    standalone: str = ""
    drafting: DraftReport | None = None
    practices: tuple[CurrentPractice, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    strategies: tuple[StrategyReport, ...] = ()

    @property
    def text(self) -> str:
        """The sentences with their markers, in one line."""
        return " ".join(
            f"{' '.join(sentence.text.split())} {''.join(f'[{marker}]' for marker in sentence.citations)}"
            for sentence in self.sentences
        )
