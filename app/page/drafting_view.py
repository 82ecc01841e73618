"""What became of the language model's draft: a line under the answer, what is not shown, and what it was given."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from ..answering import Answer, Sentence
from ..answering.types import DraftReport, Mode, Origin, StrategyReport
from .live import duration

_FINISHES = {
    "stop": "the model was done",
    "length": "it reached its length",
    "deadline": "its time was over",
    "cancelled": "it was stopped",
}


def summary(answer: Answer) -> str:
    """Such as `2 of 3 sentences as written, 1 replaced by a quotation; SmolLM2-135M-Instruct`; empty for no draft."""
    drafting, llm = answer.drafting, answer.receipt.llm
    if drafting is None:
        return ""
    by = f"; {llm.id}" if llm else ""
    if answer.abstained:
        return f"nothing of {_sentences(drafting.sentences)} is shown{by}"
    if answer.mode is Mode.EXTRACT:
        return f"quoted in place of a draft of {_sentences(drafting.sentences)}, too little of which held{by}"
    shown = len(answer.sentences)
    said = f"{drafting.kept} of {_sentences(shown)} as written"
    if drafting.replaced:
        said += f", {drafting.replaced} replaced by {'a quotation' if drafting.replaced == 1 else 'quotations'}"
    if beside := sum(sentence.origin is Origin.EXTRACTED for sentence in answer.sentences):
        said += f", {beside} quoted beside"
    return said + by


def notes_beside(answer: Answer) -> list[str]:
    """The notes, without those whose matter has a place of its own: the draft, and the rewritten question."""
    known = ("of ", "the answer is quoted: ") if answer.drafting is not None else ()
    known += ("the follow-up was searched for as ",) if answer.standalone else ()
    return [note for note in answer.notes if not note.startswith(known)]


def not_shown(drafting: DraftReport) -> None:
    """Draw the sentences that were dropped, with the reasons, to be unfolded."""
    dropped = drafting.dropped
    if not dropped:
        return
    rows = "".join(
        f"<li><s><bdi>{escape(one.text)}</bdi></s> <span>— <bdi>{escape(one.reason)}</bdi></span></li>"
        for one in dropped
    )
    with st.expander(f"Not shown: {_sentences(len(dropped))}"):
        st.html(f'<ul class="rag-list rag-small">{rows}</ul>')


def withdrawn_html(sentences: Sequence[Sentence], reason: str) -> str:
    """A draft that was shown for a while; nothing where none was."""
    if not sentences:
        return ""
    rows = "".join(f"<li><s><bdi>{escape(sentence.draft or sentence.text)}</bdi></s></li>" for sentence in sentences)
    return (
        f'<details class="rag-notice rag-edge-warn rag-small"><summary>A draft of {_sentences(len(sentences))} was '
        f"withdrawn: <bdi>{escape(reason)}</bdi></summary>"
        f'<ul class="rag-list">{rows}</ul></details>'
    )


def draft_table(drafting: DraftReport) -> str:
    """What the language model read and wrote."""
    evidence = drafting.evidence
    about = "" if evidence.exact else "at most "
    prompt = "not known" if drafting.prompt_tokens is None else f"{drafting.prompt_tokens:,} tokens"
    if drafting.cached_tokens is not None:
        prompt += f", {drafting.cached_tokens:,} of them known from an earlier prompt"
    first = "none" if drafting.first_sentence_ms is None else f"after {duration(drafting.first_sentence_ms / 1000)}"
    rows = [
        ("Passages read", f"{len(evidence.passages)}; {len(evidence.left_out)} found no room"),
        ("Evidence", f"{about}{evidence.tokens:,} of {evidence.budget:,} tokens"),
        ("Prompt", prompt),
        ("Wrote", "not known" if drafting.tokens is None else f"{drafting.tokens:,} tokens"),
        ("Sentences", f"{drafting.kept} as written, {drafting.replaced} replaced, {len(drafting.dropped)} not shown"),
        ("First sentence", first),
        ("Ended because", _FINISHES.get(drafting.finish, drafting.finish)),
    ]
    if evidence.withheld:
        rows.insert(2, ("Withheld", f"{_sentences(evidence.withheld)} that speak to the model instead of a reader"))
    return _table(rows)


def strategies_table(reports: Sequence[StrategyReport]) -> str:
    """What each query strategy did."""
    return _table(
        [
            (
                report.name,
                f"{report.detail}{f' · {duration(report.ms / 1000)}' if report.ms else ''}"
                + "".join(f"\n“{query}”" for query in report.queries),
            )
            for report in reports
        ]
    )


def _table(rows: Sequence[tuple[str, str]]) -> str:
    body = "".join(
        f'<tr><th>{escape(name)}</th><td class="rag-lines"><bdi>{escape(value)}</bdi></td></tr>' for name, value in rows
    )
    return f'<table class="rag-table2 rag-facts-table"><tbody>{body}</tbody></table>'


def _sentences(number: int) -> str:
    return f"{number} sentence{'' if number == 1 else 's'}"
