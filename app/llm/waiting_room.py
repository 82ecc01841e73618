"""Requests and questions that wait for a worker, in the order in which they came."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from ...index.errors import LanguageModelBusyError, SotaRagError
from .job import Job
from .types import Cancellation, Request
from .wire import Count, CountPrompt


@dataclass(slots=True, eq=False)
class Question:
    """Something to count.

    Attributes:
        command: the command for a number.
        answer: where the counts go.
        asked: when the worker was asked, in seconds of `time.monotonic`.
    """

    command: Callable[[int], Count | CountPrompt]
    answer: "Future[tuple[int, ...]]" = field(default_factory=Future)
    asked: float = 0.0


class WaitingRoom:
    """A queue with one place at the worker; safe to share between threads.

    Args:
        lock: kept during every change; may be held by the caller.
        limit: requests that may wait beside the one at the worker.
    """

    def __init__(self, lock: threading.Condition, limit: int) -> None:
        self._lock, self._limit = lock, limit
        self._waiting: deque[Job] = deque()
        self._questions: deque[Question] = deque()
        self.current: Job | None = None

    def enter(self, request: Request, cancel: Cancellation) -> Job:
        """Put a request at the end.

        Raises:
            LanguageModelBusyError: the queue is full.
        """
        with self._lock:
            if len(self._waiting) + (self.current is not None) > self._limit:
                raise LanguageModelBusyError(
                    f"{len(self._waiting)} requests wait for the language model already and llm.queue is "
                    f"{self._limit!r}; ask again later, or raise llm.queue"
                )
            job = Job(request, cancel)
            self._waiting.append(job)
            return job

    def ask(self, question: Question) -> None:
        """Put a question to the others, which do not wait for requests."""
        with self._lock:
            self._questions.append(question)

    def place(self, job: Job) -> int:
        """How many requests are before it: 0 when it is next, or at the worker."""
        with self._lock:
            return self._waiting.index(job) + (self.current is not None) if job in self._waiting else 0

    def leave(self, job: Job) -> bool:
        """Nobody wants the job any more; whether it was still waiting, and is now out of the queue."""
        with self._lock:
            job.left = True
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            return True

    def next(self) -> tuple[Job | None, list[Question]]:
        """What the worker is to do now: a request if it has none, and all questions."""
        with self._lock:
            questions = list(self._questions)
            self._questions.clear()
            if self.current is not None or not self._waiting:
                return None, questions
            self.current = self._waiting.popleft()
            return self.current, questions

    def served(self) -> Job | None:
        """The request at the worker, which has no longer one."""
        with self._lock:
            job, self.current = self.current, None
            return job

    @property
    def empty(self) -> bool:
        """Whether nobody waits."""
        with self._lock:
            return not self._waiting and not self._questions

    def clear(self) -> list[Job | Question]:
        """All who wait, and are sent away."""
        with self._lock:
            sent: list[Job | Question] = [*self._waiting, *self._questions]
            self._waiting.clear()
            self._questions.clear()
            return sent


def disappoint(waiting: list[Job | Question], error: SotaRagError) -> None:
    """Tell all of them why nothing will come."""
    for one in waiting:
        if isinstance(one, Job):
            one.fail(afresh(error))
        else:
            one.answer.set_exception(afresh(error))


def afresh(error: SotaRagError) -> SotaRagError:
    """The same error once more: each thread that raises one writes its own traceback into it."""
    return type(error)(str(error))
