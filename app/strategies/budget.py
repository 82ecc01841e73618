"""A latency contract: what an answer may cost, so that it is there in time, and what is given up for it.

Depth is cut in a fixed order until the estimate fits: strategies, the dearest first; evidence; the length of the
answer; generation altogether; the reranker. So a larger budget never gives less of anything.
"""

from dataclasses import dataclass, replace
from typing import Literal

from . import decompose, hyde, multi_query
from .reports import StrategyName
from .speeds import Speeds

FEWEST_EVIDENCE_TOKENS = 300
FEWEST_TOKENS = 60
_STEP = 10  # tokens; nobody is helped by evidence of 417
_CLOSE = 1e-6  # seconds by which an estimate may miss the budget, so that rounding decides nothing

Mode = Literal["auto", "generate", "extract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an answer would be without a budget.

    Attributes:
        mode: how it is made; `generate` is not given up, whatever the budget.
        evidence_tokens: tokens of passages in the prompt.
        max_tokens: tokens of the answer at most.
        strategies: in any order.
        rerank_s: seconds that the reranker is expected to take in one search; 0 without one.
        prompt_overhead_tokens: tokens of the prompt besides the evidence.
        cached_tokens: how many of these need not be read again.
        model_ready: whether the language model is loaded.
    """

    mode: Mode
    evidence_tokens: int
    max_tokens: int
    strategies: tuple[StrategyName, ...] = ()
    rerank_s: float = 0.0
    prompt_overhead_tokens: int = 0
    cached_tokens: int = 0
    model_ready: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an answer will be.

    Attributes:
        mode: as wanted, or `extract` when generation was given up.
        evidence_tokens: tokens of passages in the prompt; 0 when generation was given up.
        max_tokens: tokens of the answer at most; 0 when generation was given up.
        strategies: those that are left, in the order in which they were wanted.
        rerank_s: seconds that the reranker may take in one search.
        generation_s: seconds that writing is expected to take, once; None without a budget. What is left of the budget
            when writing begins is the better limit where it is longer.
        cut: what was given up, one sentence each, without a full stop.
    """

    mode: Mode
    evidence_tokens: int
    max_tokens: int
    strategies: tuple[StrategyName, ...]
    rerank_s: float
    generation_s: float | None
    cut: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Call:
    """What a strategy asks of the model: tokens read and written; how many searches it adds, and whether reranked."""

    prompt_tokens: int
    max_tokens: int
    searches: int
    reranked: bool = True


# Prompts counted with the embedded model's tokenizer, for a question of some 20 tokens, rounded up.
_CALLS: dict[StrategyName, _Call] = {
    "hyde": _Call(150, hyde.MAX_TOKENS, 1),
    "multi-query": _Call(200, multi_query.MAX_TOKENS, multi_query.MOST, reranked=False),
    "decompose": _Call(180, decompose.MAX_TOKENS, decompose.MOST),
}


def plan(budget_s: float | None, wanted: Wanted, speeds: Speeds) -> Plan:
    """What fits into a budget.

    Args:
        budget_s: seconds from question to answer; None changes nothing.
        wanted: what there would be without one.
        speeds: what things take.

    Returns:
        The most that fits. When not even the least does, the least: quoted sentences without the reranker, or for the
        mode `generate` the smallest sizes; `cut` then says that the budget will not be kept.
    """
    full = Plan(
        mode=wanted.mode,
        evidence_tokens=wanted.evidence_tokens,
        max_tokens=wanted.max_tokens,
        strategies=wanted.strategies,
        rerank_s=wanted.rerank_s,
        generation_s=None,
    )
    if budget_s is None:
        return full
    made = _without_strategies(full, budget_s, wanted, speeds)
    if wanted.mode != "extract":
        made = _smaller(made, budget_s, wanted, speeds)
    if wanted.mode == "auto" and _over(made, budget_s, wanted, speeds) > 0:
        # The sizes no longer matter: only that nothing is written.
        kept = tuple(said for said in made.cut if said.startswith(wanted.strategies)) if wanted.strategies else ()
        said = f"answers are quoted, not written: the budget of {_s(budget_s)} has no room for the language model"
        made = replace(made, mode="extract", evidence_tokens=0, max_tokens=0, cut=(*kept, said))
    made = _without_reranker(made, budget_s, wanted, speeds)
    if _over(made, budget_s, wanted, speeds) > 0:
        spent = estimate(made, wanted, speeds)
        said = f"the budget of {_s(budget_s)} will not be kept: the least that can be done takes about {_s(spent)}"
        made = replace(made, cut=(*made.cut, said))
    return replace(made, generation_s=0.0 if made.mode == "extract" else made.max_tokens / speeds.tokens_s)


def estimate(made: Plan, wanted: Wanted, speeds: Speeds) -> float:
    """Seconds from question to answer under a plan."""
    writes = made.mode != "extract"
    asked = [name for name in made.strategies if name in _CALLS]
    seconds = _search_s(made, speeds) + speeds.check_s
    seconds += sum(strategy_s(name, made, wanted, speeds) for name in made.strategies)
    if (writes or asked) and not wanted.model_ready:
        seconds += speeds.load_s
    return seconds + (_draft_s(made, wanted, speeds) if writes else 0.0)


def strategy_s(name: StrategyName, made: Plan, wanted: Wanted, speeds: Speeds) -> float:
    """Seconds that a strategy adds; `self-critique` adds a second search and draft, and nothing in mode `extract`."""
    call = _CALLS.get(name)
    if call is None:
        return _search_s(made, speeds) + _draft_s(made, wanted, speeds) if made.mode != "extract" else 0.0
    written = call.prompt_tokens / speeds.prompt_tokens_s + call.max_tokens / speeds.tokens_s
    return written + call.searches * (_search_s(made, speeds) if call.reranked else speeds.search_s)


def _search_s(made: Plan, speeds: Speeds) -> float:
    return speeds.search_s + made.rerank_s


def _draft_s(made: Plan, wanted: Wanted, speeds: Speeds) -> float:
    read = max(wanted.prompt_overhead_tokens - wanted.cached_tokens, 0) + made.evidence_tokens
    return read / speeds.prompt_tokens_s + made.max_tokens / speeds.tokens_s


def _without_strategies(made: Plan, budget_s: float, wanted: Wanted, speeds: Speeds) -> Plan:
    """Leave out the dearest strategy until the rest fits."""
    costs = {name: strategy_s(name, made, wanted, speeds) for name in made.strategies}
    for name in sorted(costs, key=lambda name: (-costs[name], name)):
        if _over(made, budget_s, wanted, speeds) <= 0:
            break
        said = f"{name} left out: it takes about {_s(costs[name])} of a budget of {_s(budget_s)}"
        kept = tuple(other for other in made.strategies if other != name)
        made = replace(made, strategies=kept, cut=(*made.cut, said))
    return made


def _smaller(made: Plan, budget_s: float, wanted: Wanted, speeds: Speeds) -> Plan:
    """Cut evidence, then the length of the answer, each as little as is needed and not below its least."""
    over = _over(made, budget_s, wanted, speeds)
    if over > 0:
        size = _cut(made.evidence_tokens, over * speeds.prompt_tokens_s, FEWEST_EVIDENCE_TOKENS)
        made = _resized(made, "evidence_tokens", "evidence", size)
        over = _over(made, budget_s, wanted, speeds)
    if over > 0:
        size = _cut(made.max_tokens, over * speeds.tokens_s, FEWEST_TOKENS)
        made = _resized(made, "max_tokens", "the answer", size)
    return made


def _cut(size: int, excess: float, fewest: int) -> int:
    """A size less the excess, in steps of ten, and no less than the fewest unless it was."""
    least = min(size, fewest)
    return max(least, int((size - excess) // _STEP) * _STEP)


def _resized(made: Plan, field: Literal["evidence_tokens", "max_tokens"], what: str, size: int) -> Plan:
    old: int = getattr(made, field)
    if size == old:
        return made
    said = f"{what} cut from {old:,} to {size:,} tokens"
    return replace(made, **{field: size}, cut=(*made.cut, said))


def _without_reranker(made: Plan, budget_s: float, wanted: Wanted, speeds: Speeds) -> Plan:
    """Shorten the reranker's time, or leave it out; with the least of everything else it is all that is left."""
    over = _over(made, budget_s, wanted, speeds)
    if over <= 0 or not made.rerank_s:
        return made
    left = max(0.0, made.rerank_s - over)
    said = f"reranking cut from {_s(made.rerank_s)} to {_s(left)}"
    return replace(made, rerank_s=left, cut=(*made.cut, said))


def _over(made: Plan, budget_s: float, wanted: Wanted, speeds: Speeds) -> float:
    """Seconds by which a plan exceeds the budget; 0 or less when it fits."""
    over = estimate(made, wanted, speeds) - budget_s
    return over if over > _CLOSE else min(over, 0.0)


def _s(seconds: float) -> str:
    """Seconds in words, two digits being all that an estimate is worth."""
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:,.0f} s"
