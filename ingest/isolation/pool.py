"""Many files over several workers."""

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...index.errors import IngestError
from ...index.store import FileState
from ..chunk import ChunkSettings
from ..reading import ReadJob, ReadResult
from .faults import ParserFaultError, malformed
from .limits import Limits, default_workers
from .process import WORKER, WorkerProcess
from .wire import MalformedError, read_answer

_IN_FLIGHT = 2
"""Jobs per worker that are taken ahead: one being read, one waiting. It bounds the memory of the parent."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a worker sent for a job, to be checked by whoever reads, while the worker is at its next one."""

    job: ReadJob
    payload: bytes
    process: WorkerProcess

    def checked(self) -> ReadResult:
        try:
            return read_answer(self.payload, self.job)
        except MalformedError as error:
            self.process.lied = True
            return _set_aside(self.job, malformed(str(error)))


_Answers = queue.SimpleQueue[_Answer | ReadResult | IngestError]


@dataclass(slots=True)
class _Crew:
    """Threads that each keep one worker busy, until they are dismissed."""

    inbox: "queue.SimpleQueue[tuple[ReadJob, _Answers] | None]" = field(default_factory=queue.SimpleQueue)
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
        crew, answers = self._assembled(), _Answers()
        waiting, in_flight, finished = iter(jobs), 0, False
        try:
            while True:
                while not finished and in_flight < _IN_FLIGHT * self._workers:
                    job = next(waiting, None)
                    if job is None:
                        finished = True
                    else:
                        crew.inbox.put((job, answers))
                        in_flight += 1
                if not in_flight:
                    return
                answer = answers.get()
                in_flight -= 1
                if isinstance(answer, IngestError):
                    raise answer
                yield answer.checked() if isinstance(answer, _Answer) else answer
        finally:
            if in_flight:  # the caller went away: what is still being read is nobody's
                self.close()

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
            job, answers = item
            if crew.dismissed:
                answers.put(_closed())
                continue
            try:
                if process is not None and not process.fresh:
                    process.end()
                    process = None
                if process is None:
                    process = self._enlisted(crew, number)
                answers.put(_Answer(job, process.ask(job), process))
            except ParserFaultError as fault:
                process = None
                answers.put(_closed() if crew.dismissed else _set_aside(job, fault))
            except IngestError as error:
                process = None
                answers.put(_closed() if crew.dismissed else error)
        if process is not None:
            process.end()

    def _enlisted(self, crew: _Crew, number: int) -> WorkerProcess:
        process = self._start()
        with self._lock:
            crew.processes[number] = process
            if crew.dismissed:
                process.kill()
        return process


def _set_aside(job: ReadJob, fault: ParserFaultError) -> ReadResult:
    return ReadResult(job.key, FileState.QUARANTINED, str(fault))


def _closed() -> IngestError:
    return IngestError("reading was stopped before all files were read; run it again")
