"""Keeps one worker alive and busy: starts it, hands it one request at a time, holds it to deadlines, replaces it.

One thread does all of this as long as the model is in use; callers only put requests into a queue and read events. So a
deadline holds even when nobody reads, and a worker that dies is replaced before the next request comes.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from ...index.errors import LanguageModelCrashError, LanguageModelError, ModelError, SotaRagError
from .job import GRACE_S, Job
from .process import EndedError, WorkerProcess
from .types import Cancellation, Request
from .waiting_room import Question, WaitingRoom, afresh, disappoint
from .wire import Cancel, Count, Counted, CountPrompt, Failed, Load, Loaded, MalformedError, Refused, Reply

_log = logging.getLogger(__name__)

LOAD_S = 900.0
"""Seconds that loading may take: large models come from slow disks."""

_COUNT_S = 30.0
_TICK_S = 0.02
_FRUITLESS = 3
"""Workers in a row that died before they had answered anything; then none is started until one is needed."""


class _StuckError(Exception):
    """The worker does not do what it was told to."""


class Supervisor:
    """A worker for one model and the queue before it; safe to share between threads.

    Args:
        load: what the worker is to load.
        command: what Python is started with.
        queue_limit: requests that may wait.
    """

    def __init__(self, load: Load, command: Sequence[str], queue_limit: int) -> None:
        self._load, self._command = load, tuple(command)
        self._state = threading.Condition()
        self._room = WaitingRoom(self._state, queue_limit)
        self._asked: dict[int, Question] = {}
        self._loaded: Loaded | None = None
        self._failure: SotaRagError | None = None
        self._wanted = self._closing = False
        self._thread: threading.Thread | None = None
        self._wake: tuple[int, int] | None = None
        self._last_id = self._fruitless = 0
        self.pid: int | None = None

    def start(self) -> None:
        """Begin to load, if nothing is loaded; returns at once."""
        with self._state:
            self._want()

    def ready(self) -> Loaded:
        """Wait until the model is loaded.

        Raises:
            ModelError: it cannot be.
        """
        with self._state:
            self._want()
            while self._loaded is None:
                if self._failure is not None:
                    raise afresh(self._failure)
                self._state.wait()
            return self._loaded

    def submit(self, request: Request, cancel: Cancellation) -> Job:
        """Put a request at the end of the queue.

        Raises:
            LanguageModelBusyError: the queue is full.
        """
        with self._state:
            job = self._room.enter(request, cancel)
            self._want()
        return job

    def place(self, job: Job) -> int:
        """How many requests are before it: 0 when it is next, or being served."""
        return self._room.place(job)

    def leave(self, job: Job) -> bool:
        """Take a job out of the queue, or have it stopped; whether it was still waiting."""
        with self._state:
            waiting = self._room.leave(job)
            if not waiting and not job.over:
                self._rouse()
            return waiting

    def ask(self, command: Callable[[int], Count | CountPrompt]) -> tuple[int, ...]:
        """Numbers for something to count; does not wait for requests.

        Raises:
            ModelError: the model cannot be loaded, or counts nothing like that.
            LanguageModelCrashError: the worker died meanwhile.
        """
        question = Question(command)
        with self._state:
            self._room.ask(question)
            self._want()
        return question.answer.result()

    def close(self) -> None:
        """End the worker, whatever it is doing; it can be started again."""
        with self._state:
            thread, self._closing = self._thread, True
            self._rouse()
            self._state.notify_all()
        if thread is not None:
            thread.join()

    def _want(self) -> None:
        """Under the lock: there is something to do."""
        if self._closing and self._thread is not None:
            raise _closed()
        self._closing = False
        if self._loaded is None and not self._wanted:
            self._failure, self._fruitless = None, 0
        self._wanted = True
        if self._thread is None:
            self._wake = os.pipe()
            for descriptor in self._wake:
                os.set_blocking(descriptor, False)
            self._thread = threading.Thread(target=self._run, name="language-model", daemon=True)
            self._thread.start()
        self._rouse()
        self._state.notify_all()

    def _rouse(self) -> None:
        if self._wake is not None:
            with contextlib.suppress(BlockingIOError):  # then it is awake enough
                os.write(self._wake[1], b"!")

    def _run(self) -> None:
        while self._is_wanted():
            self._lost(self._one_worker())
        self._farewell()

    def _is_wanted(self) -> bool:
        with self._state:
            while not self._wanted and not self._closing:
                self._state.wait()
            return not self._closing

    def _one_worker(self) -> str:
        """The life of a worker; says how it ended."""
        process: WorkerProcess | None = None
        why = ""
        try:
            process = WorkerProcess(self._command)
            self.pid = process.pid
            loaded = self._greeting(process)
            if loaded is not None:
                with self._state:
                    self._loaded = loaded
                    self._state.notify_all()
                self._serve(process)
        except EndedError:
            pass
        except (_StuckError, MalformedError) as error:
            why = str(error)
        except SotaRagError as error:
            self._give_up(error)
        except Exception as error:  # whoever waits must not wait for ever
            _log.exception("the language model's supervisor failed")
            self._give_up(LanguageModelError(f"the language model failed ({type(error).__name__}: {error}); ask again"))
        finally:
            self.pid = None
            status = process.end() if process else ""
        return why or status

    def _greeting(self, process: WorkerProcess) -> Loaded | None:
        """Wait until the model is loaded; None when it is closed meanwhile."""
        process.send(self._load)
        deadline = time.monotonic() + LOAD_S
        while not self._closing:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ModelError(f"{self._load.path!r} was not loaded within {LOAD_S:g} s; take a smaller model")
            for reply in self._replies(process, left):
                match reply:
                    case Loaded():
                        return reply
                    case Failed():
                        raise ModelError(reply.reason)
                    case _:
                        raise MalformedError("an answer before the question")
        return None

    def _serve(self, process: WorkerProcess) -> None:
        """Work with a loaded worker until the model is closed; leaves by an exception when the worker is lost."""
        while not self._closing:
            self._hand_out(process)
            self._watch(process)
            busy = self._room.current is not None or self._asked
            for reply in self._replies(process, _TICK_S if busy else None):
                self._receive(reply)

    def _replies(self, process: WorkerProcess, seconds: float | None) -> Iterator[Reply]:
        assert self._wake is not None
        yield from process.listen(seconds, self._wake[0])
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake[0], 4096)

    def _hand_out(self, process: WorkerProcess) -> None:
        job, questions = self._room.next()
        for question in questions:
            self._last_id += 1
            question.asked = time.monotonic()
            self._asked[self._last_id] = question
            process.send(question.command(self._last_id))
        if job is not None:
            self._last_id += 1
            process.send(job.command(self._last_id))

    def _watch(self, process: WorkerProcess) -> None:
        """Tell a job that is due to stop, and be done with a worker that does not."""
        now, job = time.monotonic(), self._room.current
        if job is not None and job.ending is None and (ending := job.due(now)):
            job.ending, job.told = ending, now
            process.send(Cancel(job.id))
        if job is not None and job.ending is not None and now - job.told > GRACE_S:
            process.kill()
            job.stopped()
            raise _StuckError(f"it did not stop within {GRACE_S:g} s")
        if any(now - question.asked > _COUNT_S for question in self._asked.values()):
            process.kill()
            raise _StuckError(f"it did not count within {_COUNT_S:g} s")

    def _receive(self, reply: Reply) -> None:
        self._fruitless = 0
        if isinstance(reply, Counted | Refused) and reply.id in self._asked:
            answer = self._asked.pop(reply.id).answer
            if isinstance(reply, Counted):
                answer.set_result(reply.counts)
            else:
                answer.set_exception(ModelError(reply.reason))
            return
        job = self._room.current
        if isinstance(reply, Loaded | Failed | Counted) or job is None or reply.id != job.id:
            raise MalformedError("an answer to no question")
        job.take(reply)
        if job.over:
            self._room.served()

    def _give_up(self, error: SotaRagError) -> None:
        """It is not tried again until somebody asks."""
        with self._state:
            self._failure, self._wanted = error, False

    def _lost(self, how: str) -> None:
        """The worker is gone: what it was doing is lost, and unless it never did anything, another one is started."""
        with self._state:
            if self._closing:
                return
            was_loaded, self._loaded = self._loaded is not None, None
            lost: list[Job | Question] = [*self._asked.values()]
            self._asked.clear()
            if job := self._room.served():
                lost.append(job)
            self._fruitless += 1
            path = self._load.path
            if self._failure is None and not was_loaded:
                self._give_up(
                    ModelError(
                        f"{path!r} cannot be loaded (the process that read it ended: {how}); get the file again, or "
                        "take another model"
                    )
                )
            if self._failure is None and self._fruitless >= _FRUITLESS and self._room.empty:
                self._give_up(ModelError(f"the process with {path!r} dies again and again ({how}); take another model"))
            error = self._failure or LanguageModelCrashError(
                f"the language model's process died while it answered ({how}); ask again, a new one is being started"
            )
            if self._failure is not None:
                lost += self._room.clear()
            self._state.notify_all()
        disappoint(lost, error)

    def _farewell(self) -> None:
        """The model was closed."""
        with self._state:
            waiting = [*self._room.clear(), *self._asked.values()]
            self._asked.clear()
            if job := self._room.served():
                waiting.append(job)
            self._loaded, self._failure, self._wanted = None, _closed(), False
            assert self._wake is not None
            for descriptor in self._wake:
                os.close(descriptor)
            self._wake = self._thread = None
            self._state.notify_all()
        disappoint(waiting, _closed())


def _closed() -> LanguageModelError:
    return LanguageModelError("the language model was closed before it answered; ask again")
