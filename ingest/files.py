"""Reading the bytes of a source file: regular, of bearable size, inside its root, and not while it changes."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from ..index.errors import QuarantineError

MAX_FILE_BYTES = 50_000_000

_ATTEMPTS = 3


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        QuarantineError: it is no regular file.
        OSError: the system refuses to open it.
    """
    # A pipe put in a file's place would block the open.
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise QuarantineError("is not a regular file")
    return stream


def read_bytes(path: Path, root: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file.

    Args:
        path: the file, or a symbolic link to one.
        root: the folder that it must lie in once links are followed.
        max_bytes: the most that is read.

    Raises:
        QuarantineError: it is no regular file, is too large, lies outside the root, or changes while it is read.
        OSError: the system refuses to read it.
    """
    for _ in range(_ATTEMPTS):
        with open_regular(path) as stream:
            before = os.fstat(stream.fileno())
            if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
                raise QuarantineError(f"leads out of {str(root)!r} by a symbolic link and is not followed")
            data = stream.read(max_bytes + 1)
            after = os.fstat(stream.fileno())
        if len(data) > max_bytes:
            raise QuarantineError(f"is larger than {max_bytes // 1_000_000} MB; split it")
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data
    raise QuarantineError("keeps changing while it is read; ingest again when it is finished")
