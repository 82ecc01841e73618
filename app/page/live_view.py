"""An answer while it is being made: its stages, a button that stops it, and each sentence as soon as it is checked."""

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import StopException

from ...index import Retriever
from .choice import Shown
from .drafting_view import withdrawn_html
from .evidence import evidence_panel
from .live import Live, live_html
from .making import Making
from .passages import passages_read
from .sentence_view import sentences_view

_TICK_S = 0.2
"""Seconds from one drawing of the line to the next; Streamlit looks for clicks whenever something is drawn."""

_GRACE_S = 5.0
"""Seconds that an answer is made on when nobody watches; the next run of the page is there much sooner."""


def live_view(
    making: Making, retriever: Retriever, head: DeltaGenerator, body: DeltaGenerator, side: DeltaGenerator
) -> None:
    """Draw what there is and what comes, to the end; then start the page over, which draws the answer in its place.

    The page is also started over when something that is drawn has to go: a widget cannot be drawn twice in one run.

    Args:
        making: the answer; may have been watched by an earlier run.
        retriever: shows the evidence.
        head: where the stages go.
        body: where the sentences go.
        side: where the evidence goes.
    """
    live = drawn = making.live
    with head, st.container(key="live", horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Stop", key="stop", on_click=making.stop, disabled=making.stopping)
        line = st.html(_line(making, live), width="content")
    if live.withdrawn:
        head.html(withdrawn_html(live.withdrawn, live.reason))
    with side:
        _beside(making, retriever, live)
    with body:
        sentences_view(_shown(making, live), live.sentences)
    try:
        while not making.done:
            live = making.wait(live.version, _TICK_S)
            line.html(_line(making, live), width="content")
            if _outdated(drawn, live):
                break
            fresh = live.sentences[len(drawn.sentences) :]
            if fresh:
                with body:
                    sentences_view(_shown(making, live), fresh, len(drawn.sentences) + 1)
                drawn = live
    except StopException:  # by another run of the page, which goes on watching, or because the visitor has left
        making.leave(_GRACE_S)
        raise
    st.rerun()


def _outdated(drawn: Live, live: Live) -> bool:
    """Whether something that is drawn has to be drawn anew."""
    return (
        drawn.drafts != live.drafts
        or bool(drawn.citations) != bool(live.citations)
        or (drawn.result is None) != (live.result is None)
    )


def _line(making: Making, live: Live) -> str:
    return live_html(live, time.monotonic(), stopping=making.stopping)


def _shown(making: Making, live: Live) -> Shown:
    result = live.result
    hits = result.hits if result else ()
    generation = result.generation if result else ""
    return Shown(making.asked.question.strip(), generation, live.drafts, live.citations, hits)


def _beside(making: Making, retriever: Retriever, live: Live) -> None:
    if live.citations:
        evidence_panel(retriever, _shown(making, live))
    elif live.result:
        passages_read(live.result.hits)
