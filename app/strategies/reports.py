"""What a strategy says of itself."""

from dataclasses import dataclass
from typing import Literal

StrategyName = Literal["hyde", "multi-query", "decompose", "self-critique"]


@dataclass(frozen=True, slots=True)
class StrategyReport:
    """What one strategy did to one question.

    Attributes:
        name: of the strategy, as in the settings.
        ran: whether it changed the search; False when the plain search stands.
        detail: one readable sentence without a full stop, such as `3 rewordings; 4 of 10 hits came only from them`.
        queries: what was searched besides the question, or the passage that was encoded; empty when it did not run.
        ms: wall time that it took, its searches included, in milliseconds.
    """

    name: StrategyName
    ran: bool
    detail: str
    queries: tuple[str, ...] = ()
    ms: float = 0.0


def not_run(name: StrategyName, why: str, ms: float = 0.0) -> StrategyReport:
    """Report of a strategy that left the search as it was; `why` goes on after `not run: `."""
    return StrategyReport(name, False, f"not run: {why}", ms=ms)


def no_room(name: StrategyName, budget_s: float) -> StrategyReport:
    """Report of a strategy that `budget.plan` left out, for a budget in seconds."""
    return not_run(name, f"the budget of {budget_s:g} s has no room for it")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 rewording`, `3 rewordings`."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
