"""One request on its way through a worker: who waits for it, where it is, and why it has to end."""

import queue
import time
from dataclasses import dataclass, field
from typing import Literal

from ...index.errors import LanguageModelTimeoutError, ModelError, SotaRagError
from .types import Cancellation, Event, Finished, Prompted, Request, Text
from .wire import Done, Generate, Piece, Read, Refused, clean

GRACE_S = 0.7
"""Seconds that a worker has to stop; then it is killed, so that cancelling takes less than a second."""

Ending = Literal["cancelled", "deadline", "prompt"]


@dataclass(slots=True, eq=False)
class Job:
    """A request with its events; the supervisor's thread moves it on once a worker has taken it.

    Attributes:
        request: what is asked.
        cancel: the caller's switch.
        events: what the caller reads; an error is the last.
        entered: when it was asked, in seconds of `time.monotonic`.
        id: its number at the worker, 0 before that.
        taken: when the worker took it.
        prompted: when the prompt had been read.
        left: the caller has gone away.
        ending: why it was told to stop: by its caller, or past which deadline.
        told: when it was.
        over: its last event has been given out.
        pieces: tokens or so, for a count if the worker cannot tell.
    """

    request: Request
    cancel: Cancellation
    events: "queue.SimpleQueue[Event | SotaRagError]" = field(default_factory=queue.SimpleQueue)
    entered: float = field(default_factory=time.monotonic)
    id: int = 0
    taken: float | None = None
    prompted: float | None = None
    left: bool = False
    ending: Ending | None = None
    told: float = 0.0
    over: bool = False
    pieces: int = 0

    def command(self, number: int) -> Generate:
        """What the worker is told; the job is then taken."""
        self.id, self.taken = number, time.monotonic()
        messages = tuple(type(message)(message.role, clean(message.content)) for message in self.request.messages)
        return Generate(number, messages, self.request.sampling, self.request.grammar, self.request.adapted)

    def due(self, now: float) -> Ending | None:
        """Why it has to stop now, or None."""
        deadlines = self.request.deadlines
        if self.left or self.cancel.cancelled:
            return "cancelled"
        if self.prompted is None:
            assert self.taken is not None
            return "prompt" if now - self.taken > deadlines.prompt_s else None
        return "deadline" if now - self.prompted > deadlines.generation_s else None

    def take(self, reply: Read | Piece | Done | Refused) -> None:
        """Turn a reply of the worker into an event."""
        match reply:
            case Read():
                assert self.taken is not None
                self.prompted = time.monotonic()
                queue_ms = (self.taken - self.entered) * 1000
                self._put(Prompted(reply.prompt_tokens, reply.cached_tokens, queue_ms, reply.prompt_ms))
            case Piece():
                self.pieces += 1
                self._put(Text(reply.text))
            case Done():
                self._finish(reply.reason, reply.tokens, reply.generation_ms)
            case Refused():
                self.fail(ModelError(reply.reason))

    def stopped(self) -> None:
        """The worker was killed, because it did not stop when it was told to."""
        since = self.prompted or time.monotonic()
        self._finish("cancelled", self.pieces, (time.monotonic() - since) * 1000)

    def fail(self, error: SotaRagError) -> None:
        """End with an error."""
        if not self.over:
            self.over = True
            self.events.put(error)

    def _finish(self, reason: Literal["stop", "length", "cancelled"], tokens: int, generation_ms: float) -> None:
        if self.ending == "prompt":
            limit = self.request.deadlines.prompt_s
            self.fail(
                LanguageModelTimeoutError(
                    f"reading the prompt took longer than {limit:g} s; ask shorter, lower answer.evidence_tokens, or "
                    "raise llm.prompt_s"
                )
            )
            return
        why = "deadline" if reason == "cancelled" and self.ending == "deadline" else reason
        self._put(Finished(why, tokens, generation_ms))
        self.over = True

    def _put(self, event: Event) -> None:
        if not self.over:
            self.events.put(event)
