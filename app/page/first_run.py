"""No index yet: explain, and build one from the shipped documents at the press of a button."""

import sqlite3
import time
from collections.abc import Callable
from html import escape

import streamlit as st

from ...index import SotaRagError
from ..compose import run_ingestion, starter_corpus
from ..settings import Settings
from .markup import notice, sentence_case

_REDRAW_S = 0.1


class BuildProgress:
    """Draws the stages of an ingestion as one bar with rate and time left.

    Args:
        draw: is given the part done in [0, 1] and a line of text.
        now: clock in seconds.
    """

    def __init__(self, draw: Callable[[float, str], object], now: Callable[[], float] = time.monotonic) -> None:
        self._draw, self._now = draw, now
        self._stage, self._unit = "", ""
        self._total = self._done = 0
        self._started = self._drawn = 0.0

    def begin(self, stage: str, total: int, unit: str) -> None:
        """A stage starts."""
        self._stage, self._total, self._unit, self._done = stage, total, unit, 0
        self._started = self._now()
        self._show()

    def advance(self, amount: int = 1) -> None:
        """So many more units are done."""
        self._done += amount
        if self._done >= self._total or self._now() - self._drawn >= _REDRAW_S:
            self._show()

    def end(self) -> None:
        """The stage is over."""
        self._show()

    def _show(self) -> None:
        self._drawn = self._now()
        spent = self._drawn - self._started
        text = f"{self._stage.capitalize()}: {self._done:,} of {self._total:,} {self._unit}"
        if self._done and spent >= 1:
            rate = self._done / spent
            text += f" · {rate:.1f} {self._unit}/s"
            left = (self._total - self._done) / rate
            text += f" · {left:.0f} s left" if left else ""
        self._draw(min(self._done / self._total, 1.0) if self._total else 1.0, text)


def first_run(settings: Settings) -> None:
    """Draw the panel; once the index is there, start the page over."""
    panel = st.empty()
    with panel.container(key="first-run"):
        st.html(_welcome(settings))
        pressed = st.button("Build the index from the documents that ship with sota-rag", type="primary", key="build")
        st.html(
            '<div class="rag-small">To ask documents of your own, type <code>sota-rag ingest PATH</code> in a terminal '
            "and load this page again.</div>"
        )
    if not pressed:
        return
    # As many elements as before, so that each takes the place of one and none is left over while the work goes on.
    with panel.container(key="building"):
        st.html('<div class="rag-question">Building the index</div>')
        bar = st.progress(0.0, text="Loading the encoder …")
        st.html('<div class="rag-small">If this is interrupted, the next build goes on where it stopped.</div>')
        try:
            run_ingestion(settings, progress=BuildProgress(lambda part, text: bar.progress(part, text=text)))
        except (SotaRagError, OSError, sqlite3.Error) as error:
            notice("The index could not be built", sentence_case(_explained(error)), "bad")
            st.button("Try again", key="again")
            return
    st.rerun()


def _explained(error: SotaRagError | OSError | sqlite3.Error) -> str:
    """What went wrong and what mends it, in the words of the command line."""
    if isinstance(error, OSError):
        where = f" {error.filename!r}" if error.filename else ""
        return f"the system refused{where}: {error.strerror or error}; mend that and try again"
    if isinstance(error, sqlite3.Error):
        return (
            f"a database of the index cannot be used ({error}); "
            "check that the index folder can be written and that the disk has room, and try again"
        )
    return str(error)


def _welcome(settings: Settings) -> str:
    count = sum(1 for folder in starter_corpus() for _ in folder.glob("*.md"))
    return (
        '<div class="rag-question">Welcome. There is no index yet.</div>'
        f"<p>sota-rag brings {count} guides and notes on the state of the art in machine learning. From them it "
        "builds an index on this machine, in less than a minute as a rule; nothing is downloaded and nothing leaves "
        "the machine. "
        f'Then you can ask.</p><div class="rag-small">The index will be kept in '
        f"<bdi>{escape(str(settings.index))}</bdi></div>"
    )
