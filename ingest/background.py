"""Iterate in a thread, so that reading goes on while the caller encodes."""

import queue
import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """Runs an iterable in a thread and hands its items over as they come.

    The thread never waits for the caller, so items pile up; end it with `close`, or let the iterable run out.
    """

    def __init__(self, iterable: Iterable[T]) -> None:
        self._iterable = iterable
        self._arrived: queue.SimpleQueue[tuple[T] | BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self.done = False
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._iterable:
                self._arrived.put((item,))
                if self._stop.is_set():
                    return
        except BaseException as error:
            self._arrived.put(error)
        else:
            self._arrived.put(None)

    def take(self, *, wait: bool) -> list[T]:
        """Everything that has arrived since the last call, in order; `done` is set when nothing more will.

        Args:
            wait: whether to wait for at least one item, or for the end.

        Raises:
            BaseException: whatever the iterable raised.
        """
        items: list[T] = []
        while not self.done:
            try:
                item = self._arrived.get(block=wait and not items)
            except queue.Empty:
                break
            if isinstance(item, BaseException):
                self.done = True
                raise item
            if item is None:
                self.done = True
            else:
                items.append(item[0])
        return items

    def close(self) -> None:
        """Let the thread end after the item it is at."""
        self._stop.set()
        self.done = True
