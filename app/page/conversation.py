"""A conversation: what was said before, the question as it was searched for, and the box for a follow-up."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from ..answering import Answer
from ..strategies import Turn
from .question import ask, ask_on, turns_before

_FOLLOW_UP = "follow-up"
_KEPT = 10
"""Turns; a follow-up is rewritten from the last few."""


def conversation(question: str, turns: Sequence[Turn], searched: str) -> None:
    """Draw what stands above the answer of a follow-up.

    Args:
        question: as asked.
        turns: before it; without any nothing is drawn.
        searched: the question as it was searched for; empty where that is the same, or not known yet.
    """
    if not turns:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="conversation"):
        st.html(f'<div class="rag-small">Conversation, question {len(turns) + 1}</div>', width="content")
        st.button("New conversation", key="new-conversation", on_click=ask, args=("",))
    rewritten = f'<div class="rag-small">searched for: <bdi>{escape(searched)}</bdi></div>' if searched else ""
    st.html(
        f'<div class="rag-turns">{"".join(map(_turn, turns))}</div>'
        f'<div class="rag-question"><bdi>{escape(question)}</bdi></div>{rewritten}'
    )


def follow_up_box(answer: Answer) -> None:
    """Draw the box; what is typed there is asked after this answer."""
    with (
        st.form("follow-up-form", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input("Ask a follow-up", key=_FOLLOW_UP, placeholder="Ask a follow-up", label_visibility="collapsed")
        st.form_submit_button("Follow up", on_click=_follow_up, args=(answer,))


def _follow_up(answer: Answer) -> None:
    question = st.session_state[_FOLLOW_UP].strip()
    if not question:
        return
    st.session_state[_FOLLOW_UP] = ""
    ask_on(question, (*turns_before(), Turn(answer.question, answer.text))[-_KEPT:])


def _turn(turn: Turn) -> str:
    said = turn.answer or "There was no answer."
    return (
        f"<details><summary><bdi>{escape(turn.question)}</bdi></summary>"
        f'<div class="rag-small"><bdi>{escape(said)}</bdi></div></details>'
    )
