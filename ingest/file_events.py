"""What the operating system announces about changes in folders (inotify on Linux, FSEvents on macOS).

Announcements can be missing: network drives do not send those of other machines, a queue overflows, a system-wide
limit is reached, a folder is replaced by another one of its name. So they only wake whoever looks; where they cannot
be had at all, `polling` says so.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from .discover import SIDECAR_SUFFIX
from .loaders import SUFFIXES

# Reading a file is announced too, and a folder counts as modified whenever anything in it is: both would ring for ever.
_HEARD: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileAttribEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
# File systems whose changes by other machines the kernel does not announce.
_REMOTE = frozenset(
    "9p afp afs afpfs beegfs ceph cifs coda davfs drvfs fuse.gvfsd-fuse fuse.rclone fuse.s3fs fuse.sshfs glusterfs "
    "fuse.glusterfs lustre ncpfs nfs nfs4 prl_fs smb2 smb3 smbfs vboxsf virtiofs vmhgfs fuse.vmhgfs-fuse".split()
)
_MOUNTS = Path("/proc/self/mountinfo")

Ring = Callable[[bool], None]


class FileEvents:
    """Rings whenever something that could matter to an ingestion has changed below some paths.

    Args:
        paths: absolute folders, heard with all below them, and single files.
        ring: is called from another thread; with True when a document or sidecar changed for certain, with False when
            it is worth a look.
        notice: is told in words, once, what cannot be heard.
        unheard: folders whose changes do not matter, such as the index.
        poll: do not listen at all.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        ring: Ring,
        notice: Callable[[str], None],
        *,
        unheard: Sequence[Path] = (),
        poll: bool = False,
    ) -> None:
        self._ring, self._notice, self._unheard = ring, notice, tuple(unheard)
        self._names: dict[Path, frozenset[str] | None] = {}
        for path in paths:
            self._hear(path)
        self._identities: dict[Path, tuple[int, int] | None] = {}
        self._watches: dict[Path, ObservedWatch] = {}
        self.polling = poll
        self._observer: BaseObserver | None = None
        if not poll:
            try:
                self._observer = Observer()
                self._observer.start()
            except OSError as error:
                self.give_up(f"the system announces no changes ({error.strerror})")
        self.check()

    def _hear(self, path: Path) -> None:
        """A single file is heard through its folder: editors replace it, and its sidecar may come and go."""
        if path.is_file():
            names = self._names.get(path.parent, frozenset[str]())
            beside = {path.name, path.name + SIDECAR_SUFFIX, path.stem + SIDECAR_SUFFIX}
            self._names[path.parent] = None if names is None else names | beside
        else:
            self._names[path] = None

    def check(self) -> None:
        """Listen to folders that came, came back or were replaced since the last check; cheap."""
        emitters = self._observer.emitters if self._observer else ()
        silent = {Path(os.fsdecode(emitter.watch.path)) for emitter in emitters if not emitter.is_alive()}
        for folder, names in self._names.items():
            identity = _identity(folder)
            first = folder not in self._identities
            if not first and identity == self._identities[folder] and folder not in silent:
                continue
            self._identities[folder] = identity
            self._unschedule(folder)
            if identity is not None and not self.polling:
                self._schedule(folder, names)
            if not first:
                self._ring(False)

    def give_up(self, why: str) -> None:
        """Listen no longer; the reason is passed on as a notice."""
        if not self.polling:
            self.polling = True
            self.close()
            self._notice(f"{why}; looking for changes every few seconds instead")

    def close(self) -> None:
        """Stop listening."""
        observer, self._observer = self._observer, None
        self._watches.clear()
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join()

    def _schedule(self, folder: Path, names: frozenset[str] | None) -> None:
        assert self._observer is not None
        if kind := remote_filesystem(folder):
            self.give_up(f"{str(folder)!r} is on a network drive ({kind}), which does not announce all changes")
            return
        handler = _Handler(folder, names, self._ring, self._unheard)
        try:
            self._watches[folder] = self._observer.schedule(
                handler, str(folder), recursive=names is None, event_filter=_HEARD
            )
        except FileNotFoundError:
            self._identities[folder] = None  # gone again just now; the next check sees it
        except OSError as error:
            self.give_up(f"the changes below {str(folder)!r} cannot be listened to ({error.strerror})")

    def _unschedule(self, folder: Path) -> None:
        watch = self._watches.pop(folder, None)
        if watch is not None and self._observer is not None:
            self._observer.unschedule(watch)


class _Handler(FileSystemEventHandler):
    """Rings for what matters below one folder."""

    def __init__(self, folder: Path, names: frozenset[str] | None, ring: Ring, unheard: Sequence[Path]) -> None:
        self._folder, self._names, self._ring, self._unheard = folder, names, ring, unheard

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by the observer's thread."""
        paths = [PurePath(os.fsdecode(path)) for path in (event.src_path, event.dest_path) if path]
        if any(self._matters(path, event.is_directory) for path in paths):
            self._ring(not event.is_directory)

    def _matters(self, path: PurePath, is_folder: bool) -> bool:
        if not path.is_relative_to(self._folder) or any(path.is_relative_to(folder) for folder in self._unheard):
            return False
        parts = path.relative_to(self._folder).parts
        if any(part.startswith(".") for part in parts):
            return False
        if self._names is not None:
            return path.name in self._names
        return is_folder or path.suffix.lower() in SUFFIXES


def remote_filesystem(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """The file system's type if it is a network drive; None for local ones, and where the system does not tell.

    Args:
        path: absolute.
        mounts: in the format of `/proc/self/mountinfo`, which only Linux has.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    kind, depth = None, 0
    for line in lines:
        mount, _, source = line.partition(" - ")
        fields = mount.split(" ")
        if len(fields) < 5:
            continue
        # The kernel writes a space as \040.
        point = PurePath(fields[4].encode("utf-8", "surrogateescape").decode("unicode_escape"))
        # Later mounts hide earlier ones at the same place.
        if path.is_relative_to(point) and len(point.parts) >= depth:
            kind, depth = source.split(" ")[0], len(point.parts)
    return kind if kind in _REMOTE else None


def _identity(folder: Path) -> tuple[int, int] | None:
    """Device and inode: another folder put in its place has others; None if there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
