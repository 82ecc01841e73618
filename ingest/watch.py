"""Follow folders: bring an index up to date whenever they have changed and are quiet again.

The folders are the truth; what the system announces (`file_events`) only says when to look. Every so often a look is
taken without any announcement, so a change that was not announced is followed late, never missed.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from ..index.errors import IngestError, SotaRagError
from .discover import discover
from .file_events import FileEvents

_log = logging.getLogger(__name__)

_LOOK_S = 30.0
_POLL_S = 2.0
# A look may cost this share of the time at most.
_LOOK_SHARE = 0.05
# A folder that never is quiet is followed nevertheless.
_PATIENCE_S = 60.0
_FIRST_PAUSE_S, _LAST_PAUSE_S = 2.0, 60.0
# How soon `stop` and a folder that was replaced are noticed.
_SLICE_S = 0.5

_Stamp = tuple[int, int, int] | None
Listing = dict[Path, tuple[_Stamp, ...]]


def listing(paths: Iterable[Path]) -> Listing:
    """Every file that an ingestion of the paths would read, with stamps of it and of its sidecars.

    A stamp is (change time in ns, bytes, inode); the change time, unlike the modification time, cannot be set back.

    Raises:
        IngestError: a path does not exist or cannot be listed.
    """
    return {file.location: tuple(_stamp(path) for path in (file.location, *file.sidecars)) for file in discover(paths)}


def watch(
    paths: Sequence[Path],
    sync: Callable[[], None],
    *,
    stop: threading.Event,
    quiet_s: float = 1.0,
    since: Listing | None = None,
    unheard: Sequence[Path] = (),
    poll: bool = False,
    failed: Callable[[Exception, float], None] = lambda error, pause_s: None,
    notice: Callable[[str], None] = _log.warning,
) -> None:
    """Call `sync` after every change below the paths, until told to stop.

    A sync that raises is reported and repeated at the next change, or after a pause that grows from 2 to 60 s. A path
    that held documents and is suddenly empty (an unmounted drive) counts as such a failure: nothing is synced then.

    Args:
        paths: absolute folders and files.
        sync: brings the index up to date with all of them; runs in the calling thread, one at a time.
        stop: set it to end the watch, after the sync that may be running.
        quiet_s: how long nothing may have changed before a sync.
        since: what the last sync saw; without it the watch begins with a sync.
        unheard: folders whose changes do not matter, such as the index.
        poll: look every few seconds instead of listening to the system.
        failed: is told the error of a sync and the pause before the next try, in seconds.
        notice: is told in words where the system announces no changes.
    """
    bell = _Bell()
    with closing(FileEvents(paths, bell.ring, notice, unheard=unheard, poll=poll)) as events:
        follower = _Follower(paths, sync, failed, quiet_s, stop, since)
        while not stop.is_set():
            events.check()
            if bell.wait(min(_SLICE_S, follower.due_in(events.polling))):
                bell.wait_until_quiet(quiet_s, stop)
                if not stop.is_set():
                    follower.follow(certain=bell.take())
            elif follower.due_in(events.polling) <= 0 and follower.look() and not bell.rung:
                events.give_up("a change was not announced by the system")


class _Bell:
    """Rung by the thread that hears of changes, heard by the one that follows them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._certain = False
        self._last = 0.0

    def ring(self, certain: bool) -> None:
        with self._lock:
            self._certain |= certain
            self._last = time.monotonic()
            self._rung.set()

    def take(self) -> bool:
        """Be silent again; whether anything had changed for certain."""
        with self._lock:
            certain, self._certain = self._certain, False
            self._rung.clear()
        return certain

    @property
    def rung(self) -> bool:
        """Whether it has rung since it was last taken."""
        return self._rung.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it rings; whether it has."""
        return self._rung.wait(max(0.0, seconds))

    def wait_until_quiet(self, quiet_s: float, stop: threading.Event) -> None:
        """Wait until it has been silent for so long."""
        latest = time.monotonic() + _PATIENCE_S
        while not stop.is_set():
            now = time.monotonic()
            left = min(self._last + quiet_s, latest) - now
            if left <= 0:
                return
            stop.wait(min(left, _SLICE_S))


class _Follower:
    """Compares the folders with what the last sync saw, and syncs."""

    def __init__(
        self,
        paths: Sequence[Path],
        sync: Callable[[], None],
        failed: Callable[[Exception, float], None],
        quiet_s: float,
        stop: threading.Event,
        since: Listing | None,
    ) -> None:
        self._paths, self._sync, self._failed = paths, sync, failed
        self._quiet_s, self._stop = quiet_s, stop
        self._seen = since
        self._looked_at: float | None = None
        self._look_s, self._pause = 0.0, 0.0

    def due_in(self, polling: bool) -> float:
        """Seconds until the next look without an announcement."""
        if self._looked_at is None:
            # What changed before anybody listened was not announced.
            return 0.0
        usual = max(_POLL_S if polling else _LOOK_S, self._look_s / _LOOK_SHARE)
        return self._looked_at + (self._pause or usual) - time.monotonic()

    def look(self) -> bool:
        """Look without an announcement, and follow a change once the folders are quiet.

        Returns:
            Whether there was a change that should have been announced.
        """
        return self._guarded(self._look)

    def follow(self, *, certain: bool) -> None:
        """Sync if anything has changed; `certain` if that is known already."""
        self._guarded(lambda: self._follow(self._list(), certain=certain))

    def _look(self) -> bool:
        seen, now = self._seen, self._list()
        unannounced = self._looked_at is not None and now != seen and not self._pause
        while seen is not None and now != seen:
            if self._stop.wait(self._quiet_s):
                return False
            before, now = now, self._list()
            if before == now:
                break
        self._follow(now, certain=False)
        return unannounced

    def _follow(self, now: Listing, *, certain: bool) -> bool:
        # After a failure it is not known how far the sync came.
        if certain or self._pause or now != self._seen:
            self._refuse_emptied(now)
            self._sync()
        self._seen, self._pause = now, 0.0
        return True

    def _list(self) -> Listing:
        started = time.monotonic()
        found = listing(self._paths)
        self._look_s = time.monotonic() - started
        return found

    def _refuse_emptied(self, now: Listing) -> None:
        for path in self._paths:
            held = sum(file.is_relative_to(path) for file in self._seen or ())
            if held and not any(file.is_relative_to(path) for file in now):
                raise IngestError(
                    f"{str(path)!r} held {held} files and now holds none, as an unmounted drive would; nothing was "
                    f"changed, bring them back, or stop the watch and run: sota-rag ingest {path}"
                )

    def _guarded(self, work: Callable[[], bool]) -> bool:
        try:
            return work()
        except Exception as error:
            # Whatever it is, the next change may mend it; a watch that ends unseen is worse.
            if not isinstance(error, (SotaRagError, OSError, sqlite3.Error)):
                _log.exception("a sync failed")
            self._pause = min(2 * self._pause, _LAST_PAUSE_S) or _FIRST_PAUSE_S
            self._failed(error, self._pause)
            return False
        finally:
            self._looked_at = time.monotonic()


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ctime_ns, found.st_size, found.st_ino
