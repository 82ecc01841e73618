"""Behind the answer: time per stage, the receipt, the JSON form, and the same question from the shell."""

import json
import shlex
from collections.abc import Mapping
from html import escape
from typing import Literal

import streamlit as st

from ...index import Filters
from ..answering import Answer, Receipt
from ..forms import answer_form, receipt_form
from ..settings import Settings
from .drafting_view import draft_table, strategies_table
from .engine import Engine


def details(engine: Engine, answer: Answer, filters: Filters) -> None:
    """Draw what stands behind an answer."""
    stages = dict(answer.timings_ms)
    total = stages.pop("total", sum(stages.values()))
    with st.expander(f"Time: {total:.0f} ms in {len(stages)} stages"):
        st.html(_timings(stages, total))
    if answer.drafting is not None or answer.strategies:
        with st.expander("What was read and written"):
            table = draft_table(answer.drafting) if answer.drafting is not None else ""
            st.html(table + (strategies_table(answer.strategies) if answer.strategies else ""))
    with st.expander("Receipt and export"):
        st.html(f'<div class="rag-small">{_promise(answer)}</div>')
        form = json.dumps(answer_form(answer), ensure_ascii=False, indent=2)
        st.download_button(
            "Download the answer as JSON",
            form,
            file_name="answer.json",
            mime="application/json",
            on_click="ignore",
            key="download",
        )
        st.html('<div class="rag-small">The same from the shell:</div>')
        question = answer.standalone or answer.question
        receipt = answer.receipt
        st.code(
            shell_line(engine.settings, question, filters, receipt.search.mode, receipt),
            language="bash",
            wrap_lines=True,
        )
        st.html('<div class="rag-small">Receipt:</div>')
        st.code(json.dumps(receipt_form(answer.receipt), ensure_ascii=False, indent=2), language="json", height=300)


def _promise(answer: Answer) -> str:
    same = (
        "the question gives the same answer again."
        if answer.drafting is None
        else "the question gives the same passages and the same prompt again; what a language model writes may differ "
        "from one processor to the other."
    )
    return (
        f"What made this answer. With the same index generation, models, settings and filters {same} The address of "
        "this page holds the question, but not the filters; the line for the shell holds both."
    )


def shell_line(
    settings: Settings,
    question: str,
    filters: Filters,
    mode: Literal["current", "history"] | None = None,
    receipt: Receipt | None = None,
) -> str:
    """The command that gives the same answer.

    Args:
        settings: what holds where the line says nothing.
        question: that stands alone.
        filters: which documents may answer.
        mode: of the search; None for the one of the settings.
        receipt: of the answer, which holds how it was made; None for as the settings say. That there is to be no budget
            and no strategy, though the settings name some, no line can say.
    """
    words = ["sota-rag", "ask", question, "--json"]
    if settings.index != Settings.model_fields["index"].default:
        words += ["--index", str(settings.index)]
    for flag, values in (("--kind", filters.kinds), ("--status", filters.statuses), ("--source", filters.sources)):
        for value in values:
            words += [flag, str(value)]
    if mode is not None and mode != settings.search.mode:
        words.append("--history" if mode == "history" else "--no-history")
    if filters.years:
        words += ["--years", "-".join("" if year is None else str(year) for year in filters.years)]
    words += _answering_flags(settings, receipt) if receipt else []
    if question.startswith("-"):
        words = [*words[:2], *words[3:], "--", question]
    return " ".join(shlex.quote(word) for word in words)


def _answering_flags(settings: Settings, receipt: Receipt) -> list[str]:
    said, words = settings.answer, []
    if receipt.asked_mode != said.mode:
        words += ["--mode", receipt.asked_mode.value]
    if receipt.budget_s is not None and receipt.budget_s != said.budget_s:
        words += ["--budget", f"{receipt.budget_s:g}s"]
    if receipt.strategies != said.strategies:
        for name in receipt.strategies:
            words += ["--strategy", name]
    return words


def _timings(stages: Mapping[str, float], total: float) -> str:
    rows = "".join(
        f'<tr><td>{escape(stage)}</td><td class="rag-bar-cell"><div class="rag-bar" '
        f'style="width:{100 * spent / total if total else 0:.1f}%"></div></td>'
        f'<td class="rag-number">{spent:.1f} ms</td></tr>'
        for stage, spent in stages.items()
    )
    return (
        f'<table class="rag-table2"><tbody>{rows}<tr><td>total</td><td></td>'
        f'<td class="rag-number">{total:.1f} ms</td></tr></tbody></table>'
    )
