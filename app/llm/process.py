"""The language model's worker, as its parent sees it: started, written to, listened to, ended."""

import logging
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence

from ...index.errors import ModelError
from ...ingest.isolation.process import WORKER_ENVIRONMENT
from .wire import MAX_LINE, Command, MalformedError, Reply, read_reply, write_command

_log = logging.getLogger(__name__)

WORKER = ("-m", "sota_rag.app.llm.worker")

# A worker gets what Python and its libraries need to be found, which GPU it may use, and none of the keys that lie in
# an environment.
_ENVIRONMENT = {
    *WORKER_ENVIRONMENT,
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "NVIDIA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HSA_OVERRIDE_GFX_VERSION",
}
_FAMILIES = ("GGML_", "LLAMA_", "GOMP_", "OMP_", "KMP_")
# llama.cpp's threads wait for each other some hundred times a token. By default they spin so long that busy processes
# beside them cost more than their share (30 tokens/s against 48 with 500 turns on two cores); not to spin at all costs
# more than half of the speed without any (`benchmarks/llm_worker.py`).
_DEFAULTS = {"GOMP_SPINCOUNT": "500", "OPENBLAS_NUM_THREADS": "1"}

_CHUNK = 1 << 16
_STDERR_BYTES = 4000


class EndedError(Exception):
    """The worker has closed its output."""


def environment() -> dict[str, str]:
    """The variables that a worker is started with."""
    kept = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT or name.startswith(_FAMILIES)}
    return _DEFAULTS | kept


class WorkerProcess:
    """A running worker; belongs to one thread, except for `kill`.

    Args:
        command: what Python is started with.

    Raises:
        ModelError: it cannot be started.
    """

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        try:
            # -P: no module of the folder that the user stands in is imported. -B: nothing is written.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-B", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=environment(),
                start_new_session=True,  # Ctrl-C is the parent's; the end of its input ends the worker
            )
        except OSError as error:
            raise ModelError(
                f"the language model's process cannot be started ({sys.executable!r}: {error.strerror}); "
                "mend the installation"
            ) from error
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._errors = self._process.stderr.fileno()
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()
        self._said = b""
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._input, self._output, self._errors):
            os.set_blocking(descriptor, False)
        for descriptor in (self._output, self._errors):
            self._selector.register(descriptor, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, command: Command) -> None:
        """Write a command as soon as the pipe takes it; a worker that does not listen blocks nobody."""
        if not self._outgoing:
            self._selector.register(self._input, selectors.EVENT_WRITE)
        self._outgoing.append(memoryview(write_command(command)))

    def listen(self, seconds: float | None, also: int) -> Iterator[Reply]:
        """What it says until something has happened: replies, one of them in part, or bytes at another descriptor.

        Args:
            seconds: at most; None for any time.
            also: descriptor that ends the wait when something can be read from it, and is left unread.

        Raises:
            EndedError: it has closed its output.
            MalformedError: it says what no worker says.
        """
        self._selector.register(also, selectors.EVENT_READ)
        try:
            ready = {key.fd for key, _ in self._selector.select(seconds)}
        finally:
            self._selector.unregister(also)
        if self._input in ready:
            self._write()
        if self._errors in ready:
            self._drain_errors()
        if self._output in ready:
            self._receive()
        while (end := self._incoming.find(b"\n")) >= 0:
            line = bytes(self._incoming[:end])
            del self._incoming[: end + 1]
            yield read_reply(line)
        if len(self._incoming) > MAX_LINE:
            raise MalformedError("an endless line")

    def kill(self) -> None:
        """End it now, from any thread; whoever listens notices."""
        self._process.kill()

    def end(self) -> str:
        """End it, if it does not end by itself, and clear up; says how, in words such as `signal SIGKILL`."""
        assert self._process.stdin
        self._process.stdin.close()  # which an honest worker takes as the end
        status = self._status()
        self._drain_errors()
        if self._said:
            _log.debug("worker %d said: %s", self.pid, self._last_words())
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
        return status

    def _write(self) -> None:
        try:
            while self._outgoing:
                first = self._outgoing[0]
                count = os.write(self._input, first[:_CHUNK])
                if count < len(first):
                    self._outgoing[0] = first[count:]
                else:
                    self._outgoing.popleft()
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._outgoing.clear()  # it has ended; its output says so
        self._selector.unregister(self._input)

    def _receive(self) -> None:
        try:
            data = os.read(self._output, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            raise EndedError
        self._incoming += data

    def _drain_errors(self) -> None:
        """Take what it wrote for the log, keeping the end."""
        try:
            while data := os.read(self._errors, _CHUNK):
                self._said = (self._said + data)[-_STDERR_BYTES:]
        except BlockingIOError:
            return
        if self._errors in self._selector.get_map():
            self._selector.unregister(self._errors)

    def _status(self) -> str:
        """How it ended. One that closed its output gets a moment to end by itself, so that the status is its own."""
        try:
            status = self._process.wait(0.2 if self._process.poll() is None else None)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return "it was ended"
        if status >= 0:
            return f"exit status {status}"
        try:
            return f"signal {signal.Signals(-status).name}"
        except ValueError:
            return f"signal {-status}"

    def _last_words(self) -> str:
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        return " | ".join(line.strip() for line in lines[-6:])
