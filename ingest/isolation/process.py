"""One worker, as its parent sees it: started, given a file, waited for until a deadline, ended."""

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ...index.errors import IngestError
from ..chunk import ChunkSettings
from ..reading import ReadJob
from . import faults
from .limits import Limits, memory_in_use, peak_memory
from .pictures import PictureJob
from .wire import LENGTH, MalformedError, frame, write_job

_log = logging.getLogger(__name__)

WORKER = ("-m", "sota_rag.ingest.isolation.worker")

# A worker gets what Python and its libraries need to be found, and none of the keys that lie in an environment.
WORKER_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONUSERBASE",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
)
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

_CHUNK = 1 << 20
_WATCH_S = 0.05
_STDERR_BYTES = 4000


class _EndedError(Exception):
    """The worker closed its output."""


class _LateError(Exception):
    """The deadline passed."""


class _FatError(Exception):
    """The worker holds more memory than it may."""


class WorkerProcess:
    """A running worker; belongs to one thread, except for `kill`.

    Args:
        tokenizer: path of the encoder's tokenizer.json.
        chunking: how documents are cut.
        limits: what one file may cost.
        command: what Python is started with.

    Raises:
        IngestError: it cannot be started.
    """

    def __init__(
        self, tokenizer: Path, chunking: ChunkSettings, limits: Limits, command: Sequence[str] = WORKER
    ) -> None:
        self._limits = limits
        self._said = b""
        self.files = 0
        self.lied = False
        self.peak_bytes = 0
        environment = {name: os.environ[name] for name in WORKER_ENVIRONMENT if name in os.environ} | _ONE_THREAD
        try:
            # -P: no module of the folder that the user stands in is imported. -B: nothing is written.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-B", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=environment,
                start_new_session=True,  # Ctrl-C is the parent's; it ends the workers itself
            )
        except OSError as error:
            raise IngestError(_no_start(f"{sys.executable!r}: {error.strerror}")) from error
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._errors = self._process.stderr.fileno()
        for descriptor in (self._input, self._output, self._errors):
            os.set_blocking(descriptor, False)
        setup = {"tokenizer": str(tokenizer), "chunking": asdict(chunking), "limits": asdict(limits)}
        self.in_force = self._started(json.dumps(setup).encode())

    def _started(self, setup: bytes) -> tuple[str, ...]:
        try:
            greeting = json.loads(self._exchange([frame(setup)], self._limits.start_s))
            return tuple(str(words) for words in greeting["in_force"])
        except _LateError:
            reason = f"not ready after {self._limits.start_s:g} s"
        except _EndedError:
            reason = f"exit status {self._status()}"
        except (_FatError, MalformedError, ValueError, KeyError, TypeError) as error:
            reason = f"no greeting: {error!r}"
        self.end()
        raise IngestError(_no_start(self._last_words() or reason))

    @property
    def fresh(self) -> bool:
        """Whether it can take a file: it lives, was honest, and is neither used up nor swollen."""
        if self.lied or self._process.poll() is not None or self.files >= self._limits.files_per_worker:
            return False
        if memory_in_use(self._process.pid)[1] > self._limits.memory_bytes // 2:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            return not selector.select(0)  # unasked, it has nothing to say

    def ask(self, job: ReadJob | PictureJob) -> bytes:
        """The answer to a job, not yet checked (by `wire`); afterwards the worker may take another job.

        Raises:
            ParserFaultError: the job cost more than it may, or the worker died; the worker has ended.
        """
        self.files += 1
        self.peak_bytes = 0
        try:
            answer = self._exchange(write_job(job), self._limits.wall_s)
            self.peak_bytes = peak_memory(self._process.pid)
            return answer
        except _LateError:
            fault = faults.too_slow(self._limits)
        except _FatError:
            fault = faults.too_much_memory(self._limits)
        except MalformedError as error:
            fault = faults.malformed(str(error))
        except _EndedError:
            fault = faults.died(self._status(), self._limits, self.peak_bytes)
        self.end()
        raise fault

    def kill(self) -> None:
        """End it now, from any thread; whoever waits for it notices."""
        self._process.kill()

    def end(self) -> None:
        """Kill it, if it still lives, and clear up."""
        self._process.kill()
        self._process.wait()
        self._drain_errors()
        if self._said:
            _log.debug("worker %d said: %s", self._process.pid, self._last_words())
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def _exchange(self, parts: Sequence[bytes], seconds: float) -> bytes:
        """Send, and receive one frame, both at once: a worker that does not listen cannot block its parent.

        Raises:
            _LateError, _EndedError, _FatError, MalformedError: what the names say.
        """
        deadline = time.monotonic() + seconds
        outgoing = [memoryview(part) for part in parts if part]
        incoming = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._input, selectors.EVENT_WRITE)
            selector.register(self._output, selectors.EVENT_READ)
            selector.register(self._errors, selectors.EVENT_READ)
            while (missing := self._missing(incoming)) > 0:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise _LateError
                for key, _ in selector.select(min(remaining, _WATCH_S)):
                    if key.fd == self._output:
                        incoming += self._received()
                    elif not (self._drain_errors() if key.fd == self._errors else self._sent(outgoing)):
                        selector.unregister(key.fd)
                self._watch_memory()
        if missing or outgoing:
            raise MalformedError("an answer before the question")
        return bytes(memoryview(incoming)[LENGTH.size :])

    def _missing(self, incoming: bytearray) -> int:
        """Bytes until the frame is complete; negative for bytes beyond it."""
        if len(incoming) < LENGTH.size:
            return LENGTH.size - len(incoming)
        length = LENGTH.unpack_from(incoming)[0]
        if length > self._limits.output_bytes:
            raise MalformedError("an endless answer")
        return LENGTH.size + length - len(incoming)

    def _received(self) -> bytes:
        data = os.read(self._output, _CHUNK)
        if not data:
            raise _EndedError
        return data

    def _sent(self, outgoing: list[memoryview]) -> bool:
        """Send as much as the pipe takes; False when nothing is left to be sent, or nobody to hear it."""
        try:
            while outgoing:
                count = os.write(self._input, outgoing[0][:_CHUNK])
                outgoing[0] = outgoing[0][count:]
                if outgoing[0]:
                    return True
                del outgoing[0]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False  # it has ended; its output says so
        return False

    def _drain_errors(self) -> bool:
        """Take what it wrote for the log, keeping the end; False when there will be no more."""
        try:
            while data := os.read(self._errors, _CHUNK):
                self._said = (self._said + data)[-_STDERR_BYTES:]
        except BlockingIOError:
            return True
        return False

    def _watch_memory(self) -> None:
        resident = memory_in_use(self._process.pid)[1]
        self.peak_bytes = max(self.peak_bytes, resident)
        if resident > self._limits.memory_bytes:
            raise _FatError

    def _status(self) -> int:
        """How it ended; one that only closed its output is killed."""
        try:
            return self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return -signal.SIGPIPE

    def _last_words(self) -> str:
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        return " | ".join(line.strip() for line in lines[-6:])


def _no_start(reason: str) -> str:
    return f"the processes that read files cannot be started ({reason}); mend the installation"
