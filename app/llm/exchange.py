"""An asynchronous conversation, run in a thread of its own and read from an ordinary one.

Whatever the conversation waits for (a connection, the first byte, the next one), stopping it cancels the wait and
closes what was open. A blocking socket could not be woken up in all of these phases.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from typing import Generic, TypeVar

from .types import Cancellation

Item = TypeVar("Item")
Value = TypeVar("Value")
_GLANCE_S = 0.05
_FAREWELL_S = 0.5


class Exchange(Generic[Item]):
    """Runs an asynchronous iterator; its items, or its error, come out of `items`."""

    def __init__(self, talk: Callable[[], AsyncIterator[Item]]) -> None:
        self._talk = talk
        self._arrived: queue.SimpleQueue[Item | BaseException | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._stopped = False
        # A daemon: a name server that does not answer must not hold up the end of the program.
        self._thread = threading.Thread(target=self._run, name="language-model-server", daemon=True)

    def items(self, cancel: Cancellation) -> Generator[Item]:
        """Start, and give what comes until the end, or until `cancel` is turned; closing the iterator stops it."""
        self._thread.start()
        try:
            while not cancel.cancelled:
                try:
                    item = self._arrived.get(timeout=_GLANCE_S)
                except queue.Empty:
                    continue
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self._stop()

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._running is not None:
                loop, task = self._running
                # The loop may have ended by itself just now.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(task.cancel)
        self._thread.join(_FAREWELL_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._forward())
        except asyncio.CancelledError:
            self._arrived.put(None)
        except BaseException as error:
            self._arrived.put(error)
        else:
            self._arrived.put(None)

    async def _forward(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        with self._lock:
            if self._stopped:
                return
            self._running = asyncio.get_running_loop(), task
        talk = self._talk()
        try:
            async for item in talk:
                self._arrived.put(item)
        finally:
            with self._lock:
                self._running = None
            close = getattr(talk, "aclose", None)
            if close is not None:
                await close()


def result_of(work: Callable[[], Coroutine[None, None, Value]], cancel: Cancellation | None = None) -> Value | None:
    """What a coroutine gives, run in a thread of its own; None when `cancel` was turned before it ended."""

    async def talk() -> AsyncIterator[Value]:
        yield await work()

    with contextlib.closing(Exchange(talk).items(cancel or Cancellation())) as items:
        return next(items, None)
