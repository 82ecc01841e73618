r"""What Python itself refuses inside a worker: network, commands, writing, and reading outside the libraries.

This stops parsers that a file talks into something (`\input{/etc/passwd}`, a YAML tag, an external entity). It does
not stop machine code that has taken the process over; `seccomp` and `landlock` are for that.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from ... import index, ingest

_REFUSED = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.kill",
    "os.startfile",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.chflags",
    "os.utime",
    "os.setxattr",
    "os.removexattr",
    "os.chdir",
    "pty.",
    "ctypes.dlopen",
    "sqlite3.connect",
    "shutil.",
    "tempfile.",
    "urllib.",
    "http.client.",
    "ftplib.",
    "smtplib.",
    "imaplib.",
    "poplib.",
    "nntplib.",
    "telnetlib.",
    "webbrowser.",
)
_LISTING = ("os.listdir", "os.scandir")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def library_folders() -> tuple[str, ...]:
    """Where modules and their data lie: everything on Python's path, and the folders of this package."""
    paths = sysconfig.get_paths()
    known = [*sys.path, *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))]
    known += [*index.__path__, *ingest.__path__]
    folders = {os.path.realpath(folder) for folder in known if folder}
    return tuple(sorted(folder for folder in folders if Path(folder).is_dir() and folder != os.sep))


def refuse_effects(folders: Iterable[str]) -> str:
    """Install the hook; it cannot be removed. Says in words what it does.

    Args:
        folders: real paths below which reading stays allowed, for modules that are imported late.
    """
    allowed = tuple(folder.rstrip(os.sep) + os.sep for folder in folders)

    def readable(path: object) -> bool:
        if isinstance(path, int):  # a descriptor that is open already
            return True
        real = os.path.realpath(os.fsdecode(path)) if isinstance(path, (str, bytes, os.PathLike)) else ""
        return (real + os.sep).startswith(allowed)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if (isinstance(flags, int) and flags & _WRITING) or not readable(path):
                raise PermissionError(f"a parser may not open {path!r}")
        elif event in _LISTING:
            if not readable(arguments[0]):
                raise PermissionError(f"a parser may not list {arguments[0]!r}")
        elif event.startswith(_REFUSED):
            raise PermissionError(f"a parser may not call {event}")

    sys.addaudithook(hook)
    return "Python refuses network, commands, writing, and reading outside its libraries (audit hook)"
