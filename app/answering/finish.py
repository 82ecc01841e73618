"""The answer as a whole: strength of each sentence, conflicts, current practice, notes, timings, receipt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from ...index import Filters, SearchResult, SearchSettings
from ...index.clock import Clock
from ...index.view import View
from ..strategies import StrategyReport, Turn
from .conflicts import Conflict, find_conflicts
from .currency import practice_notes
from .evidence import Evidence
from .gate import Gate
from .pool import Pool
from .practice_history import current_practice
from .receipts import receipt
from .strength import strength
from .types import Answer, Citation, DraftReport, Mode, Sentence, Verdict
from .verify.agree import agrees

if TYPE_CHECKING:
    from .answer_settings import AnswerSettings
    from .ask import Answerer


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for.

    Attributes:
        question: as asked.
        query: as searched for; another one for a follow-up.
        turns: earlier ones.
        settings: as asked for, before any budget.
        filters: which documents may answer.
        search: in place of the retriever's settings.
    """

    question: str
    query: str
    turns: tuple[Turn, ...]
    settings: "AnswerSettings"
    filters: Filters | None
    search: SearchSettings | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """The gate's decision and what it rests on."""

    gate: Gate
    evidence: Evidence | None
    confidence: float
    threshold: float

    @property
    def passes(self) -> bool:
        """Whether anything is said at all."""
        return self.evidence is not None and self.confidence >= self.threshold


@dataclass(frozen=True, slots=True)
class Made:
    """The sentences of an answer and how they came about.

    Attributes:
        sentences: in reading order.
        citations: in marker order.
        mode: how they were made.
        reason: why there are none, where that is known.
        drafting: what became of the language model's text.
        prompt_hash: of the conversation that asked for it.
        result: the hits behind the answer.
        pool: the sentences that a written answer rests on; None for an extracted one.
        asked_model: whether the language model was asked to write.
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    mode: Mode
    reason: str = ""
    drafting: DraftReport | None = None
    prompt_hash: str | None = None
    result: SearchResult | None = None
    pool: Pool | None = None
    asked_model: bool = False

    @classmethod
    def silent(cls) -> Self:
        """Nothing, because the gate does not let the question through."""
        return cls((), (), Mode.EXTRACT)


def finish(
    answerer: "Answerer",
    asked: Asked,
    view: View,
    made: Made,
    pool: Pool,
    weighed: Weighed,
    *,
    notes: tuple[str, ...],
    reports: tuple[StrategyReport, ...],
    clock: Clock,
) -> Answer:
    """Put the answer together."""
    result = made.result
    assert result is not None
    practices = current_practice(
        asked.query,
        result.hits,
        view.practices(result.hits),
        weights=view.term_weights(asked.query),
        cited=[citation.passage_id for citation in made.citations],
        mode=(asked.search or answerer.retriever.settings).mode,
    )
    return Answer(
        question=asked.question,
        sentences=_with_strength(answerer, made.sentences, pool),
        citations=made.citations,
        abstained=not made.sentences,
        reason="" if made.sentences else made.reason,
        mode=made.mode,
        confidence=round(weighed.confidence, 4),
        hits=result.hits,
        receipt=receipt(answerer, asked, made, weighed, result, used_model=_used_model(made, reports)),
        timings_ms=_timings(result, clock, reports),
        notes=(*result.notes, *notes, *practice_notes(made.citations, result.hits)),
        standalone="" if asked.query == asked.question else asked.query,
        drafting=made.drafting,
        practices=practices,
        conflicts=_conflicts(made, pool),
        strategies=reports,
    )


def _with_strength(answerer: "Answerer", sentences: Sequence[Sentence], pool: Pool) -> tuple[Sentence, ...]:
    """Each supported sentence with the number of documents that say the same."""
    if pool.scored is None:
        return tuple(sentences)
    vectors = answerer.encoder.encode([" ".join(sentence.text.split()) for sentence in sentences])
    return tuple(
        replace(sentence, strength=strength(sentence.text, vector, pool.found, pool.scored.vectors, agrees))
        if sentence.verdict is Verdict.SUPPORTED
        else sentence
        for sentence, vector in zip(sentences, vectors, strict=True)
    )


def _conflicts(made: Made, pool: Pool) -> tuple[Conflict, ...]:
    """Contradictions between passages on what the answer says."""
    if pool.scored is None or not made.sentences:
        return ()
    cited = {(citation.document.id, citation.start, citation.end) for citation in made.citations}
    places = [
        place for place, one in enumerate(pool.found) if (one.hit.passage.document_id, one.start, one.end) in cited
    ]
    return tuple(find_conflicts(pool.found, pool.scored.vectors, about=places))


def _timings(result: SearchResult, clock: Clock, reports: Sequence[StrategyReport]) -> dict[str, float]:
    own = clock.milliseconds()
    stages = {f"search.{name}": value for name, value in result.timings_ms.items() if name != "total"}
    # What the search took beyond its own stages went into strategies and their language model.
    beyond = round(own.pop("search", 0.0) - result.timings_ms.get("total", 0.0), 3)
    return {**stages, **({"strategies": beyond} if any(report.ran for report in reports) else {}), **own}


def _used_model(made: Made, reports: Sequence[StrategyReport]) -> bool:
    """Whether a language model had a part in the answer."""
    return made.asked_model or any(report.ran for report in reports)
