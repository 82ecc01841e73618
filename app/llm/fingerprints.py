"""Which weights a model file holds, as a hash; a file is hashed once as long as its size and time stay the same."""

import hashlib
import threading
from pathlib import Path

from ...index.errors import ModelError

_CHUNK = 1 << 20
_Known = tuple[str, int, int]
_hashes: dict[_Known, str] = {}
_lock = threading.Lock()


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        status = path.stat()
        known = (str(path.resolve()), status.st_size, status.st_mtime_ns)
        with _lock:
            if known in _hashes:
                return _hashes[known]
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(f"{str(path)!r} cannot be read ({error.strerror}); correct the path") from None
    with _lock:
        _hashes[known] = digest.hexdigest()
    return digest.hexdigest()


def model_fingerprint(path: Path, lora: Path | None) -> str:
    """Hex sha256 of the file, or of its hash and the adapter's.

    Raises:
        ModelError: a file cannot be read.
    """
    own = file_sha256(path)
    return own if lora is None else hashlib.sha256(f"{own}\n{file_sha256(lora)}".encode()).hexdigest()
