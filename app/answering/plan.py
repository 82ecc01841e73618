"""What an answer may cost, decided before it begins: the settings as they can be kept, and what was cut."""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...index.errors import ModelError
from ..llm import LanguageModel
from ..strategies import SpeedMeter, StrategyReport, Wanted, no_room, plan
from .types import Mode

if TYPE_CHECKING:
    from .answer_settings import AnswerSettings


# The system prompt, the headings of passages and the question, by the embedded model's tokenizer, rounded up.
_FRAME_TOKENS = 220


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one answer.

    Attributes:
        asked: the settings as asked for.
        settings: as they are kept.
        notes: what was cut, in sentences for the reader.
        reports: of strategies that there is no room for.
        deadline: `time.monotonic()` seconds at which the budget ends; None without one.
        search_deadline: those at which strategies must be done, so that there is time to write; None likewise.
        rerank_s: seconds that the reranker may take; None leaves it as it is set.
    """

    asked: "AnswerSettings"
    settings: "AnswerSettings"
    notes: tuple[str, ...] = ()
    reports: tuple[StrategyReport, ...] = ()
    deadline: float | None = None
    search_deadline: float | None = None
    rerank_s: float | None = None


def plan_answer(
    settings: "AnswerSettings", model: LanguageModel | None, no_model: str, speeds: SpeedMeter, rerank_s: float
) -> Planned:
    """Fit an answer to what there is: a language model or none, and a time budget.

    Args:
        settings: as asked for.
        model: writes, or None.
        no_model: why there is none.
        speeds: of this machine, as far as they are known.
        rerank_s: seconds that the reranker is expected to take; 0 without one.

    Raises:
        ModelError: mode `generate` without a language model.
    """
    kept, notes = settings, ()
    if model is None and settings.mode is not Mode.EXTRACT:
        why = no_model or "no language model is set; name one with: sota-rag models use"
        if settings.mode is Mode.GENERATE:
            raise ModelError(why)
        kept, notes = replace(settings, mode=Mode.EXTRACT), (f"the answer is quoted: {why}",)
    if kept.mode is Mode.EXTRACT and kept.strategies and model is None:
        reports = tuple(StrategyReport(name, False, "not run: there is no language model") for name in kept.strategies)
        kept = replace(kept, strategies=())
    else:
        reports = ()
    if settings.budget_s is None:
        return Planned(settings, kept, notes, reports)
    wanted = Wanted(
        mode=kept.mode.value,
        evidence_tokens=kept.write.evidence_tokens,
        max_tokens=kept.write.sampling.max_tokens,
        strategies=kept.strategies,
        rerank_s=rerank_s,
        prompt_overhead_tokens=_FRAME_TOKENS,
    )
    made = plan(settings.budget_s, wanted, speeds.speeds)
    lost = tuple(no_room(name, settings.budget_s) for name in kept.strategies if name not in made.strategies)
    ends = time.monotonic() + settings.budget_s
    write = replace(
        kept.write,
        evidence_tokens=made.evidence_tokens,
        sampling=replace(kept.write.sampling, max_tokens=made.max_tokens),
    )
    kept = replace(kept, mode=Mode(made.mode), write=write, strategies=tuple(made.strategies))
    return Planned(
        asked=settings,
        settings=kept,
        notes=(*notes, *made.cut),
        reports=(*reports, *lost),
        deadline=ends,
        search_deadline=ends - (made.generation_s or 0.0),
        rerank_s=made.rerank_s if made.rerank_s < rerank_s else None,
    )
