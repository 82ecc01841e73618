"""What produced an answer, so that it can be checked and produced again."""

from typing import TYPE_CHECKING

from ...index import SearchResult, SentenceTransformerEncoder
from ...index.builder import software_version
from ...index.encoder import WordEncoder
from ...index.errors import LanguageModelError, ModelError
from .prompts import PROMPT_VERSION
from .types import EncoderReceipt, GateReceipt, LanguageModelReceipt, Receipt

if TYPE_CHECKING:
    from .ask import Answerer
    from .finish import Asked, Made, Weighed


def receipt(
    answerer: "Answerer",
    asked: "Asked",
    made: "Made",
    weighed: "Weighed",
    result: SearchResult,
    *,
    used_model: bool,
) -> Receipt:
    """The receipt of an answer; `used_model` is whether a language model had a part in it."""
    reranker, reranker_note = _reranked(answerer, result)
    wrote = made.asked_model
    return Receipt(
        software=software_version(),
        generation=result.generation,
        encoder=_encoder(answerer.encoder.encoder),
        reranker=reranker,
        reranker_note=reranker_note,
        llm=_language_model(answerer) if used_model else None,
        prompt_version=PROMPT_VERSION if wrote else None,
        prompt_hash=made.prompt_hash,
        seed=asked.settings.write.sampling.seed if used_model else None,
        verifier=answerer.verifier.id if wrote else None,
        asked_mode=asked.settings.mode,
        budget_s=asked.settings.budget_s,
        strategies=asked.settings.strategies,
        turns=asked.turns,
        gate=GateReceipt(weighed.threshold, weighed.gate.fingerprint, weighed.evidence),
        search=asked.search or answerer.retriever.settings,
        filters=asked.filters or None,
        settings_hash=answerer.settings_hash,
    )


def _language_model(answerer: "Answerer") -> LanguageModelReceipt | None:
    if answerer.model is None:
        return None
    try:
        info = answerer.model.info
    except (ModelError, LanguageModelError):
        return None  # it failed, the answer's notes say how; an answer without it is no reason to fail as well
    return LanguageModelReceipt(info.id, info.fingerprint, info.backend, info.placement, info.template)


def _encoder(encoder: WordEncoder) -> EncoderReceipt:
    info = encoder.info
    if not isinstance(encoder, SentenceTransformerEncoder):
        return EncoderReceipt(info.id, info.fingerprint)
    return EncoderReceipt(info.id, info.fingerprint, encoder.placement.device, encoder.placement.precision)


def _reranked(answerer: "Answerer", result: SearchResult) -> tuple[str | None, str]:
    """Id of the reranker that scored the hits and what it had no time for, or None and why it did not."""
    reranker = answerer.retriever.reranker
    stage = next((stage for stage in result.stages if stage.name == "rerank"), None)
    if reranker and any(hit.signals.rerank_score is not None for hit in result.hits):
        return reranker.id, stage.detail if stage and stage.late else ""
    return None, stage.detail if stage else "not run"
