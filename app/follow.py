"""`ingest --watch`: an ordinary ingestion, then another one after every change, with the models loaded once."""

import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from ..ingest.metadata import DocumentMeta
from ..ingest.pipeline import ingest
from ..ingest.progress import Progress
from ..ingest.report import IngestReport
from ..ingest.watch import listing, watch
from .compose import make_encoder, make_reader
from .settings import Settings


class Audience(Protocol):
    """Is told how the watch goes."""

    def began(self, report: IngestReport) -> None:
        """The ordinary ingestion is done; the watch begins."""
        ...

    def synced(self, report: IngestReport) -> None:
        """A sync is done, whether or not it found a change."""
        ...

    def failed(self, error: Exception, pause_s: float) -> None:
        """A sync failed and is tried again after so many seconds, or at the next change."""
        ...

    def notice(self, text: str) -> None:
        """Something the user should know."""
        ...


def follow(
    settings: Settings,
    paths: Sequence[str | Path],
    audience: Audience,
    *,
    progress: Progress,
    flags: DocumentMeta = DocumentMeta(),
    forget: Iterable[str | Path] = (),
    rebuild: bool = False,
    quiet_s: float = 1.0,
    poll: bool = False,
    stop: threading.Event | None = None,
) -> None:
    """Ingest, then follow the paths until interrupted (SIGINT or SIGTERM) or told to stop.

    Args:
        settings: the index and how it is made.
        paths: folders and files.
        audience: is told of every sync.
        progress: of the first ingestion; later ones draw nothing.
        flags: as for `ingest`; of the first ingestion, later ones remember them.
        forget: as for `ingest`, of the first ingestion.
        rebuild: likewise.
        quiet_s: how long the paths must be quiet before a sync, in seconds.
        poll: look every few seconds instead of listening to the system.
        stop: ends the watch when set.

    Raises:
        SotaRagError: the first ingestion failed; what fails later is reported and tried again.
    """
    # Links are followed once: a root keeps its name in the index.
    roots = [Path(path).resolve() for path in paths]
    encoder, bm25 = make_encoder(settings), settings.bm25_settings()
    with closing(make_reader(settings, encoder)) as reader:
        seen = listing(roots)
        report = ingest(
            roots,
            settings.index,
            encoder=encoder,
            reader=reader,
            flags=flags,
            bm25=bm25,
            forget=forget,
            rebuild=rebuild,
            progress=progress,
        )
        # Better now than when the first change waits for it.
        encoder.load()
        audience.began(report)

        def sync() -> None:
            audience.synced(ingest(roots, settings.index, encoder=encoder, reader=reader, bm25=bm25, retry=False))

        # watchdog warns, and goes on, when a folder that left comes back.
        warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)
        _until_interrupted(
            lambda: watch(
                roots,
                sync,
                stop=stop or threading.Event(),
                quiet_s=quiet_s,
                since=seen,
                unheard=[settings.index.resolve()],
                poll=poll,
                failed=audience.failed,
                notice=audience.notice,
            )
        )


def _until_interrupted(work: Callable[[], None]) -> None:
    """Ctrl-C ends the work, and so does SIGTERM; a running ingestion loses nothing by it."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler) if main else None
    try:
        work()
    except KeyboardInterrupt:
        return
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)
