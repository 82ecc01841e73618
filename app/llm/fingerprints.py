"""Which weights a model file holds, as a hash; a file is hashed once as long as its size and time stay the same."""

import hashlib
import threading
from pathlib import Path

from ...index.errors import ModelError
from ...index.models import file_sha256

_Known = tuple[str, int, int]
_hashes: dict[_Known, str] = {}
_lock = threading.Lock()


def model_fingerprint(path: Path, lora: Path | None) -> str:
    """Hex sha256 of the file, or of its hash and the adapter's.

    Raises:
        ModelError: a file cannot be read.
    """
    own = _sha256(path)
    return own if lora is None else hashlib.sha256(f"{own}\n{_sha256(lora)}".encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        status = path.stat()
        known = (str(path.resolve()), status.st_size, status.st_mtime_ns)
        with _lock:
            if known in _hashes:
                return _hashes[known]
        digest = file_sha256(path)
    except OSError as error:
        raise ModelError(f"{str(path)!r} cannot be read ({error.strerror}); correct the path") from None
    with _lock:
        _hashes[known] = digest
    return digest
