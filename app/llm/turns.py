"""Turns at something that serves a few requests at once: first come, first served, a place for everyone who waits."""

import threading
import time
from collections.abc import Iterator

from ...index.errors import LanguageModelBusyError
from .types import Cancellation

_GLANCE_S = 0.05


class Turns:
    """A bounded waiting line.

    Attributes:
        at_once: requests served at once.
        waiting: requests that may wait beside them.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self.at_once = at_once
        self.waiting = waiting
        # In order of arrival: the first `at_once` are being served.
        self._line: list[object] = []
        self._moved = threading.Condition()

    @property
    def busy(self) -> bool:
        """Whether anything is being served."""
        return bool(self._line)

    def join(self) -> object:
        """A ticket; give it back with `leave`, whatever happens.

        Raises:
            LanguageModelBusyError: the line is full.
        """
        with self._moved:
            if len(self._line) >= self.at_once + self.waiting:
                raise LanguageModelBusyError(
                    f"{len(self._line)} requests to the language model are under way or waiting, as many as may; "
                    "ask again later, or raise the setting llm.queue"
                )
            ticket = object()
            self._line.append(ticket)
            return ticket

    def leave(self, ticket: object) -> None:
        """Make room for the next; a ticket that is not in the line is none."""
        with self._moved:
            if ticket in self._line:
                self._line.remove(ticket)
                self._moved.notify_all()

    def places(self, ticket: object, seconds: float, cancel: Cancellation) -> Iterator[int]:
        """How many requests must end first, 1 at least, whenever that changes; ends when the turn has come.

        Ends early when `cancel` is turned.

        Raises:
            LanguageModelBusyError: the turn has not come within so many seconds.
        """
        until = time.monotonic() + seconds
        told = 0
        while (place := self._place(ticket, told)) > 0 and not cancel.cancelled:
            if place != told:
                told = place
                yield place
            elif time.monotonic() > until:
                raise LanguageModelBusyError(
                    f"the language model was busy for more than {seconds:g} s, {place} requests before this one; "
                    "ask again later, or raise the setting llm.queue_s"
                )

    def _place(self, ticket: object, told: int) -> int:
        """The place now; waits for a moment when it is the one that was told."""
        with self._moved:
            place = self._line.index(ticket) - self.at_once + 1
            if place > 0 and place == told:
                self._moved.wait(_GLANCE_S)
                place = self._line.index(ticket) - self.at_once + 1
            return place
