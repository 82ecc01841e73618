"""Query strategies: each gives the same search other queries or vectors for a question, and reports what it did.

Besides: follow-ups made to stand alone, and the plan that fits an answer into a time budget.
"""

from .budget import Plan, Wanted, estimate, plan
from .follow_up import Standalone, Turn, standalone
from .merge import Part, merge
from .prompts import PROMPTS_VERSION
from .reports import StrategyName, StrategyReport, no_room, not_run
from .retrieve import Retrieved, retrieve
from .second_query import second_query
from .speeds import SpeedMeter, Speeds

__all__ = [
    "PROMPTS_VERSION",
    "Part",
    "Plan",
    "Retrieved",
    "SpeedMeter",
    "Speeds",
    "Standalone",
    "StrategyName",
    "StrategyReport",
    "Turn",
    "Wanted",
    "estimate",
    "merge",
    "no_room",
    "not_run",
    "plan",
    "retrieve",
    "second_query",
    "standalone",
]
