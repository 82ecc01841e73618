"""A question to a cited answer: retrieve, look at the sentences, pass the gate, choose, cite."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...index import Encoder, Filters, Retriever, SearchResult, SearchSettings, SentenceTransformerEncoder
from ...index.analysis import is_question_word, terms
from ...index.builder import software_version
from ...index.clock import Clock
from ...index.encoder import WordEncoder
from .currency import practice_notes
from .evidence import Evidence, weigh
from .gate import Gate, shipped_gate
from .select import Scored, SelectionSettings, score, select
from .sentences import Candidate, candidates
from .types import Answer, Citation, EncoderReceipt, GateReceipt, Receipt, Sentence, Verdict


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How an answer is made.

    Attributes:
        hits: passages retrieved and returned.
        read: best passages whose sentences are looked at.
        threshold: the gate's probability from which on an answer is given; None takes the calibrated one.
        selection: how sentences are chosen.
    """

    hits: int = 10
    read: int = 6
    threshold: float | None = None
    selection: SelectionSettings = field(default_factory=SelectionSettings)


class Answerer:
    """Answers questions from a retriever's index in mode `extract`: verbatim sentences, each with its citation.

    Args:
        retriever: where the passages come from.
        encoder: compares the question with sentences and words.
        settings: how an answer is made.
        gate: decides between an answer and silence.
        settings_hash: of the application's settings, for the receipt.
    """

    def __init__(
        self,
        retriever: Retriever,
        encoder: WordEncoder,
        settings: AnswerSettings = AnswerSettings(),
        *,
        gate: Gate | None = None,
        settings_hash: str = "",
    ) -> None:
        self.retriever, self.encoder, self.settings = retriever, encoder, settings
        self.gate, self.settings_hash = gate or shipped_gate(), settings_hash

    def ask(self, question: str, *, filters: Filters | None = None, search: SearchSettings | None = None) -> Answer:
        """Answer a question, or say why not.

        Args:
            question: at most 4,000 characters.
            filters: which documents may answer.
            search: how passages are found, in place of the retriever's settings.

        Raises:
            QueryError: the question is empty or too long.
        """
        clock = Clock()
        with clock("search"):
            view = self.retriever.view()
            result = view.search(question, self.settings.hits, filters=filters, settings=search)
        weights = view.term_weights(result.query)
        read = result.hits[: self.settings.read]
        with clock("sentences"):
            found = candidates(read, view.blocks)
            scored = _score(result.query, found, self.encoder, weights, self.settings.selection)
        with clock("gate"):
            evidence = weigh(result.query, [hit.passage for hit in read], found, scored, weights, self.encoder)
        confidence = self.gate.probability(evidence)
        threshold = self.gate.threshold if self.settings.threshold is None else self.settings.threshold
        passes = confidence >= threshold
        chosen: list[Candidate] = []
        if scored is not None and passes:
            with clock("select"):
                chosen = [found[place] for place in select(found, scored, self.settings.selection)]
        citations = tuple(_cite(marker, candidate) for marker, candidate in enumerate(chosen, start=1))
        return Answer(
            question=result.query,
            sentences=tuple(
                Sentence(candidate.text, (marker,), Verdict.SUPPORTED, 1.0)
                for marker, candidate in enumerate(chosen, start=1)
            ),
            citations=citations,
            abstained=not chosen,
            reason="" if chosen else _why_silent(result, found, passes=passes),
            mode="extract",
            confidence=round(confidence, 4),
            hits=result.hits,
            receipt=self._receipt(result, evidence, threshold, filters, search),
            timings_ms=_timings(result, clock),
            notes=(*result.notes, *practice_notes(citations, result.hits)),
        )

    def _receipt(
        self,
        result: SearchResult,
        evidence: Evidence | None,
        threshold: float,
        filters: Filters | None,
        search: SearchSettings | None,
    ) -> Receipt:
        reranker, reranker_note = self._reranked(result)
        return Receipt(
            software=software_version(),
            generation=result.generation,
            encoder=_encoder_receipt(self.encoder),
            reranker=reranker,
            reranker_note=reranker_note,
            gate=GateReceipt(threshold, self.gate.fingerprint, evidence),
            search=search or self.retriever.settings,
            filters=filters or None,
            settings_hash=self.settings_hash,
        )

    def _reranked(self, result: SearchResult) -> tuple[str | None, str]:
        """Id of the reranker that scored the hits, or None and why it did not."""
        reranker = self.retriever.reranker
        if reranker and any(hit.signals.rerank_score is not None for hit in result.hits):
            return reranker.id, ""
        return None, next((stage.detail for stage in result.stages if stage.name == "rerank"), "not run")


def _encoder_receipt(encoder: WordEncoder) -> EncoderReceipt:
    info = encoder.info
    if not isinstance(encoder, SentenceTransformerEncoder):
        return EncoderReceipt(info.id, info.fingerprint)
    return EncoderReceipt(info.id, info.fingerprint, encoder.placement.device, encoder.placement.precision)


def _score(
    question: str,
    found: list[Candidate],
    encoder: Encoder,
    weights: Mapping[str, float],
    settings: SelectionSettings,
) -> Scored | None:
    if not found:
        return None
    vectors = encoder.encode([question, *(" ".join(candidate.text.split()) for candidate in found)])
    return score(question, found, vectors[1:], vectors[0], weights, settings)


def _why_silent(result: SearchResult, found: list[Candidate], *, passes: bool) -> str:
    if not result.hits:
        return "No document qualifies for this question."
    if not found:
        return "The nearest passages hold no sentence that could be quoted."
    if passes:
        return "The nearest passages hold only sentences that cannot stand alone, without the one before them."
    held = set(terms(" ".join(hit.passage.contextual_text for hit in result.hits)))
    words = [word for word in re.findall(r"[\w-]+", result.query) if not is_question_word(word.lower())]
    missing = [word for word in dict.fromkeys(words) if (inside := terms(word)) and not held & set(inside)]
    if missing:
        named = ", ".join(repr(word) for word in missing[:5])
        return f"The corpus does not seem to answer this: the nearest passages do not mention {named}."
    return "The corpus does not seem to answer this: the nearest passages are about something else or do not say."


def _cite(marker: int, candidate: Candidate) -> Citation:
    passage = candidate.hit.passage
    return Citation(
        marker,
        passage.id,
        candidate.hit.document,
        passage.heading_path,
        passage.page,
        candidate.start,
        candidate.end,
        candidate.text,
        candidate.hit.practice,
    )


def _timings(result: SearchResult, clock: Clock) -> dict[str, float]:
    own = clock.milliseconds()
    stages = {f"search.{name}": value for name, value in result.timings_ms.items() if name != "total"}
    return {**stages, **{name: value for name, value in own.items() if name != "search"}}
