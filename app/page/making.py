"""One question on its way to an answer, in a thread of its own, so that the page stays at hand meanwhile."""

import threading
import time
from dataclasses import dataclass

from ...index import Filters, SearchSettings
from ..answering import Answer, Answerer, AnswerSettings
from ..answering.progress import Progress
from ..llm import Cancellation
from ..settings import Settings
from ..strategies import Turn
from .live import Live, after


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that an answer depends on; as long as it stays the same, nothing is asked again.

    Attributes:
        question: as asked.
        filters: which documents may answer.
        search: how passages are found.
        answering: how the answer is made.
        turns: earlier questions and answers of the conversation.
        settings: of the application.
    """

    question: str
    filters: Filters
    search: SearchSettings
    answering: AnswerSettings
    turns: tuple[Turn, ...]
    settings: Settings


class Making:
    """An answer being made; safe to look at from any thread, and from one run of the page after the other.

    Args:
        answerer: makes it.
        asked: what is asked.
        number: how many were asked before it in this session.
    """

    def __init__(self, answerer: Answerer, asked: Asked, number: int = 0) -> None:
        self.asked, self.number = asked, number
        self._answerer = answerer
        self._cancel = Cancellation()
        self._changed = threading.Condition()
        self._begun = time.monotonic()
        self._seen = self._begun
        self._live = Live(self._begun)
        self._outcome: Answer | Exception | None = None
        # A daemon: the process need not wait for an answer that nobody will read.
        threading.Thread(target=self._run, name="answer", daemon=True).start()

    @property
    def live(self) -> Live:
        """What is known so far."""
        with self._changed:
            return self._live

    @property
    def done(self) -> bool:
        """Whether there is an answer, or an error."""
        with self._changed:
            return self._outcome is not None

    @property
    def stopping(self) -> bool:
        """Whether somebody has stopped it."""
        return self._cancel.cancelled

    @property
    def answer(self) -> Answer | None:
        """The answer; None while there is none, and when it failed."""
        with self._changed:
            return self._outcome if isinstance(self._outcome, Answer) else None

    @property
    def error(self) -> Exception | None:
        """Why it failed; None while that is not known, and when it did not."""
        with self._changed:
            return self._outcome if isinstance(self._outcome, Exception) else None

    def stop(self) -> None:
        """Stop the language model; the answer then comes soon, with what was written until then."""
        with self._changed:
            if self._outcome is None:
                self._cancel.cancel()

    def leave(self, grace_s: float) -> None:
        """Nobody looks at it any more: stop it, unless somebody does again within so many seconds."""
        left = time.monotonic()
        timer = threading.Timer(grace_s, self._stop_unless_seen, (left,))
        timer.daemon = True
        timer.start()

    def wait(self, version: int, seconds: float) -> Live:
        """What is known, once it is more than at a version, or the answer is there, or after so many seconds."""
        with self._changed:
            self._seen = time.monotonic()
            self._changed.wait_for(lambda: self._outcome is not None or self._live.version > version, seconds)
            return self._live

    def settle(self, seconds: float) -> None:
        """Wait for the end, until it is so many seconds since the beginning."""
        with self._changed:
            self._seen = time.monotonic()
            left = self._begun + seconds - self._seen
            self._changed.wait_for(lambda: self._outcome is not None, max(0.0, left))

    def _stop_unless_seen(self, since: float) -> None:
        with self._changed:
            if self._seen <= since and self._outcome is None:
                self._cancel.cancel()

    def _run(self) -> None:
        asked = self.asked
        outcome: Answer | Exception
        try:
            outcome = self._answerer.ask(
                asked.question,
                filters=asked.filters or None,
                search=asked.search,
                settings=asked.answering,
                turns=asked.turns,
                listener=self._listen,
                cancel=self._cancel,
            )
        except Exception as error:
            outcome = error  # for whoever draws it
        with self._changed:
            self._outcome = outcome
            self._changed.notify_all()

    def _listen(self, event: Progress) -> None:
        with self._changed:
            self._live = after(self._live, event, time.monotonic())
            self._changed.notify_all()
