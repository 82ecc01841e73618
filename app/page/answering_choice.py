"""How answers are made, as the visitor chooses: by whom, how long they may take, and by which strategies."""

from dataclasses import replace
from typing import get_args

import streamlit as st

from ..answering import AnswerSettings
from ..answering.types import Mode
from ..strategies import StrategyName

# None for a value would mean to Streamlit that nothing is chosen.
_NO_BUDGET = 0.0
_BUDGETS = (_NO_BUDGET, 2.0, 5.0, 10.0, 20.0)


def answering_choice(settings: AnswerSettings, *, written: bool) -> AnswerSettings:
    """Draw the choices.

    Args:
        settings: what is chosen until somebody does.
        written: whether there is a language model; without one there is nothing to choose but the budget.

    Returns:
        The settings with the choices on top.
    """
    if written:
        mode = st.radio(
            "Mode",
            list(Mode),
            index=list(Mode).index(settings.mode),
            format_func=lambda mode: mode.value,
            horizontal=True,
            key="mode",
            help="auto: the language model writes, and what the passages do not support is replaced by a quotation or "
            "left out. generate: what could not be checked is shown too, and marked. extract: sentences are quoted.",
        )
    else:
        # Whoever set `generate` wants to know that it cannot be done; anybody else is told once, in the sidebar.
        mode = settings.mode if settings.mode is Mode.GENERATE else Mode.EXTRACT
    default = settings.budget_s or _NO_BUDGET
    budgets = sorted({*_BUDGETS, default})
    chosen = st.selectbox(
        "Time budget",
        budgets,
        index=budgets.index(default),
        format_func=lambda seconds: f"{seconds:g} s" if seconds else "none",
        key="budget",
        help="What does not fit is cut, and the answer says what.",
    )
    budget = chosen or None
    if not written:
        return replace(settings, mode=mode, budget_s=budget, strategies=())
    names: tuple[StrategyName, ...] = get_args(StrategyName)
    strategies = st.multiselect(
        "Strategies",
        names,
        [name for name in names if name in settings.strategies],
        key="strategies",
        placeholder="none",
        help="Ways to search besides the question's own words; each reports what it did.",
    )
    return replace(settings, mode=mode, budget_s=budget, strategies=tuple(strategies))
