"""A language model from a GGUF file, run by llama.cpp in a process of its own."""

import queue
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Literal

from ...index.errors import LanguageModelBusyError, SotaRagError
from .fingerprints import model_fingerprint
from .merging import merged_fingerprint
from .process import WORKER
from .supervisor import Supervisor
from .types import Cancellation, Event, Finished, LanguageModelInfo, Message, Queued, Request
from .wire import Count, CountPrompt, Load, clean

_LOOK_S = 0.02
_FAMILY = Literal["auto", "chatml", "llama3", "gemma", "mistral"]


class LocalModel:
    """A `LanguageModel` in a worker process, which starts with the first use and stays until `close`.

    One request is served at a time, the others wait in order. A worker that dies costs the request that it served; the
    next one is started at once.

    Args:
        path: the GGUF file; for a model in several files, the first of them.
        lora: a LoRA adapter for it, in GGUF.
        merged: folder of copies of models with their adapter added (`merging`), which are faster; None leaves the
            adapter on top of the weights.
        window: tokens of prompt and text; by default what the model was trained on, 4,096 at most.
        threads: of the processor; by default one for each physical core.
        gpu_layers: layers on the GPU; `auto` puts all there where llama.cpp was built for one.
        template: chat template family; `auto` tells it from the vocabulary.
        queue: requests that may wait, beside the one that is served.
        model_id: the name to report, by default the path.
        command: what Python is started with, for another worker.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        lora: Path | str | None = None,
        merged: Path | str | None = None,
        window: int | None = None,
        threads: int | None = None,
        gpu_layers: int | Literal["auto"] = "auto",
        template: _FAMILY = "auto",
        queue: int = 8,
        model_id: str | None = None,
        command: Sequence[str] = WORKER,
    ) -> None:
        # Absolute: a worker that is started later may find another working folder.
        self._path, self._lora = Path(path).absolute(), None if lora is None else Path(lora).absolute()
        self._id = model_id or str(path)
        layers = None if gpu_layers == "auto" else gpu_layers
        load = Load(
            str(self._path),
            None if self._lora is None else str(self._lora),
            None if merged is None else str(Path(merged).absolute()),
            window,
            threads,
            layers,
            template,
        )
        self._supervisor = Supervisor(load, command, queue)
        self._hash_lock = threading.Lock()
        self._hash: Future[str] | None = None

    def start(self) -> None:
        """Begin to load in the background, so that the first request need not wait."""
        self._supervisor.start()
        self._hashing()

    def load(self) -> None:
        """Load the model, and wait for it; one that failed before is tried again.

        Raises:
            ModelError: it is missing, broken, of the wrong kind, or does not fit the settings.
        """
        self._hashing()
        self._supervisor.ready()

    @property
    def info(self) -> LanguageModelInfo:
        """Identity and abilities; loads the model, and waits for the hash of its file.

        Raises:
            ModelError: the model is missing or broken.
        """
        hashing = self._hashing()
        loaded = self._supervisor.ready()
        return LanguageModelInfo(
            id=self._id,
            fingerprint=merged_fingerprint(self._path, self._lora)
            if loaded.merged and self._lora
            else hashing.result(),
            window=loaded.window,
            grammar=True,
            exact_counts=True,
            backend="llama.cpp",
            placement=loaded.placement,
            template=loaded.template,
            adapter=loaded.adapter,
        )

    @property
    def protections(self) -> tuple[str, ...]:
        """What holds the worker back on this system, in words; loads the model."""
        return self._supervisor.ready().in_force

    @property
    def worker_pid(self) -> int | None:
        """Number of the worker's process; None while there is none."""
        return self._supervisor.pid

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by itself; does not wait for requests.

        Raises:
            ModelError: the model cannot be loaded.
            LanguageModelCrashError: the worker died meanwhile.
        """
        cleaned = tuple(clean(text) for text in texts)
        return list(self._supervisor.ask(lambda number: Count(number, cleaned))) if cleaned else []

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a conversation with its template; likewise.

        Raises:
            ModelError: the model cannot be loaded, or the conversation does not end with a question.
            LanguageModelCrashError: the worker died meanwhile.
        """
        cleaned = tuple(Message(message.role, clean(message.content)) for message in messages)
        return self._supervisor.ask(lambda number: CountPrompt(number, cleaned))[0]

    def generate(self, request: Request, cancel: Cancellation | None = None) -> Generator[Event, None, None]:
        """Events of a request, which enters the queue with the first `next`; see `LanguageModel.generate`.

        Raises:
            LanguageModelBusyError: the queue is full, or waiting took too long.
            LanguageModelTimeoutError: reading the prompt took too long.
            LanguageModelCrashError: the worker died; the next request finds a new one.
            ModelError: the model cannot be loaded, or the prompt does not fit its window.
        """
        self._hashing()
        cancel = cancel or Cancellation()
        job = self._supervisor.submit(request, cancel)
        shown = 0
        try:
            while True:
                if job.taken is None:
                    place = self._supervisor.place(job)
                    if place and place != shown:
                        shown = place
                        yield Queued(place)
                    if cancel.cancelled and self._supervisor.leave(job):
                        yield Finished("cancelled", 0, 0.0)
                        return
                    waited = time.monotonic() - job.entered
                    if place and waited > request.deadlines.queue_s and self._supervisor.leave(job):
                        raise LanguageModelBusyError(
                            f"the request waited {waited:.1f} s for {place} others and llm.queue_s is "
                            f"{request.deadlines.queue_s:g}; ask again later, or raise llm.queue_s"
                        )
                try:
                    event = job.events.get(timeout=_LOOK_S)
                except queue.Empty:
                    continue
                if isinstance(event, SotaRagError):
                    raise event
                yield event
                if isinstance(event, Finished):
                    return
        finally:
            self._supervisor.leave(job)

    def close(self) -> None:
        """End the worker; requests under way fail. The model can be used again."""
        self._supervisor.close()

    def _hashing(self) -> "Future[str]":
        """The fingerprint to come: hashing a large file takes longer than loading it, and nobody need wait for it."""
        with self._hash_lock:
            failed = self._hash is not None and self._hash.done() and self._hash.exception() is not None
            if self._hash is None or failed:
                self._hash = Future()
                threading.Thread(target=self._hash_into, args=(self._hash,), name="hash", daemon=True).start()
            return self._hash

    def _hash_into(self, future: "Future[str]") -> None:
        try:
            future.set_result(model_fingerprint(self._path, self._lora))
        except SotaRagError as error:
            future.set_exception(error)
