"""Behind the answer: time per stage, the receipt, the JSON form, and the same question from the shell."""

import json
import shlex
from collections.abc import Mapping
from html import escape
from typing import Literal

import streamlit as st

from ...index import Filters
from ..answering import Answer
from ..forms import answer_form, receipt_form
from ..settings import Settings
from .engine import Engine


def details(engine: Engine, answer: Answer, filters: Filters) -> None:
    """Draw what stands behind an answer."""
    stages = dict(answer.timings_ms)
    total = stages.pop("total", sum(stages.values()))
    with st.expander(f"Time: {total:.0f} ms in {len(stages)} stages"):
        st.html(_timings(stages, total))
    with st.expander("Receipt and export"):
        st.html(
            '<div class="rag-small">What made this answer. With the same index generation, models, settings and '
            "filters the question gives the same answer again. The address of this page holds the question, but not "
            "the filters; the line for the shell holds both.</div>"
        )
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
        st.code(
            shell_line(engine.settings, answer.question, filters, answer.receipt.search.mode),
            language="bash",
            wrap_lines=True,
        )
        st.html('<div class="rag-small">Receipt:</div>')
        st.code(json.dumps(receipt_form(answer.receipt), ensure_ascii=False, indent=2), language="json", height=300)


def shell_line(
    settings: Settings, question: str, filters: Filters, mode: Literal["current", "history"] | None = None
) -> str:
    """The command that gives the same answer; without a mode, the one of the settings."""
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
    if question.startswith("-"):
        words = [*words[:2], *words[3:], "--", question]
    return " ".join(shlex.quote(word) for word in words)


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
