"""Many files over several workers, and single pages as pictures."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ...index.errors import IngestError
from ...index.store import FileState
from ..chunk import ChunkSettings
from ..reading import ReadJob, ReadResult
from .faults import ParserFaultError, malformed
from .limits import Limits, default_workers
from .pictures import PictureJob
from .process import WORKER, WorkerProcess
from .wire import MalformedError, read_answer, read_picture

_IN_FLIGHT = 2
"""Jobs per worker that are taken ahead: one being read, one waiting. It bounds the memory of the parent."""


_Job = ReadJob | PictureJob


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a worker sent for a job, to be checked by whoever asked, while the worker is at its next one."""

    payload: bytes
    process: WorkerProcess

    def document(self, job: ReadJob) -> ReadResult:
        try:
            return read_answer(self.payload, job)
        except MalformedError as error:
            self.process.lied = True
            return _set_aside(job, malformed(str(error)))

    def picture(self, job: PictureJob) -> bytes:
        try:
            return read_picture(self.payload, job)
        except MalformedError as error:
            self.process.lied = True
            raise malformed(str(error)) from error


# An `IngestError` is nobody's file's fault: it ends the reading.
_Outcome = _Answer | ParserFaultError | IngestError
_Order = tuple[_Job, Callable[[_Outcome], None]]


@dataclass(slots=True)
class _Crew:
    """Threads that each keep one worker busy, until they are dismissed."""

    inbox: "queue.SimpleQueue[_Order | None]" = field(default_factory=queue.SimpleQueue)
    threads: list[threading.Thread] = field(default_factory=list)
    processes: dict[int, WorkerProcess] = field(default_factory=dict)
    dismissed: bool = False


class WorkerPool:
    """A `Reader` whose parsers run in processes of their own, without network, files or patience.

    A file that breaks its worker costs that file: it is quarantined with the reason, and a fresh worker goes on
    with the next one. Workers start with the first file and stay for later reads until `close`.

    Args:
        tokenizer: path of the encoder's tokenizer.json.
        chunking: how documents are cut.
        workers: processes; by default `default_workers()`.
        limits: what one file may cost.
        command: what Python is started with, for a worker with other parsers.
    """

    def __init__(
        self,
        tokenizer: Path,
        chunking: ChunkSettings = ChunkSettings(),
        *,
        workers: int | None = None,
        limits: Limits = Limits(),
        command: Sequence[str] = WORKER,
    ) -> None:
        self._tokenizer, self.chunking, self._limits = tokenizer, chunking, limits
        self._command = tuple(command)
        self._workers = workers or default_workers()
        self._lock = threading.Lock()
        self._crew: _Crew | None = None

    def read(self, jobs: Iterable[ReadJob]) -> Iterator[ReadResult]:
        """One result for each job, in the order they are done; jobs are taken in the calling thread, as needed.

        Raises:
            IngestError: no worker can be started, or the pool was closed before all was read.
        """
        crew = self._assembled()
        answers: queue.SimpleQueue[tuple[ReadJob, _Outcome]] = queue.SimpleQueue()
        waiting, in_flight, finished = iter(jobs), 0, False
        try:
            while True:
                while not finished and in_flight < _IN_FLIGHT * self._workers:
                    job = next(waiting, None)
                    if job is None:
                        finished = True
                    else:
                        crew.inbox.put((job, partial(_deliver, answers, job)))
                        in_flight += 1
                if not in_flight:
                    return
                job, outcome = answers.get()
                in_flight -= 1
                if isinstance(outcome, IngestError):
                    raise outcome
                yield outcome.document(job) if isinstance(outcome, _Answer) else _set_aside(job, outcome)
        finally:
            if in_flight:  # the caller went away: what is still being read is nobody's
                self.close()

    def picture(self, data: bytes, page: int, width: int) -> bytes:
        """One page of a PDF as a PNG, drawn in a worker under the same limits as reading.

        Args:
            data: the PDF file.
            page: 1-based.
            width: of the picture in pixels; less comes back for a page that would have too many.

        Raises:
            QuarantineError: there is no such page, or it cannot be drawn within the limits.
            IngestError: no worker can be started, or the pool was closed meanwhile.
        """
        job, outcomes = PictureJob(data, page, width), queue.SimpleQueue[_Outcome]()
        crew = self._assembled()
        with self._lock:
            if crew.dismissed:
                raise _closed()
            crew.inbox.put((job, outcomes.put))
        outcome = outcomes.get()
        if isinstance(outcome, _Answer):
            return outcome.picture(job)
        raise outcome

    def describe(self) -> tuple[str, ...]:
        """What holds a worker back on this system, in words.

        Raises:
            IngestError: no worker can be started.
        """
        process = self._start()
        process.end()
        return process.in_force

    def close(self) -> None:
        """End all workers, whatever they are doing; the pool can be used again."""
        with self._lock:
            crew, self._crew = self._crew, None
            if crew is None:
                return
            crew.dismissed = True
            for process in crew.processes.values():
                process.kill()
            for _ in crew.threads:
                crew.inbox.put(None)
        for thread in crew.threads:
            if thread is not threading.current_thread():
                thread.join()

    def _start(self) -> WorkerProcess:
        return WorkerProcess(self._tokenizer, self.chunking, self._limits, self._command)

    def _assembled(self) -> _Crew:
        with self._lock:
            if self._crew is None:
                crew = self._crew = _Crew()
                # A thread for each worker, as long as it lives: Linux ends a worker with the thread that started it.
                for number in range(self._workers):
                    thread = threading.Thread(
                        target=self._serve, args=(crew, number), name=f"reader-{number}", daemon=True
                    )
                    crew.threads.append(thread)
                    thread.start()
            return self._crew

    def _serve(self, crew: _Crew, number: int) -> None:
        process: WorkerProcess | None = None
        while (item := crew.inbox.get()) is not None:
            job, deliver = item
            if crew.dismissed:
                deliver(_closed())
                continue
            try:
                if process is not None and not process.fresh:
                    process.end()
                    process = None
                if process is None:
                    process = self._enlisted(crew, number)
                deliver(_Answer(process.ask(job), process))
            except (ParserFaultError, IngestError) as error:
                process = None
                deliver(_closed() if crew.dismissed else error)
            except Exception as error:  # whoever waits must not wait for ever
                if process is not None:
                    process.end()
                process = None
                deliver(IngestError(f"a file could not be read ({type(error).__name__}: {error}); run it again"))
        if process is not None:
            process.end()

    def _enlisted(self, crew: _Crew, number: int) -> WorkerProcess:
        process = self._start()
        with self._lock:
            crew.processes[number] = process
            if crew.dismissed:
                process.kill()
        return process


def _deliver(answers: "queue.SimpleQueue[tuple[ReadJob, _Outcome]]", job: ReadJob, outcome: _Outcome) -> None:
    answers.put((job, outcome))


def _set_aside(job: ReadJob, fault: ParserFaultError) -> ReadResult:
    return ReadResult(job.key, FileState.QUARANTINED, str(fault))


def _closed() -> IngestError:
    return IngestError("reading was stopped before all files were read; run it again")
