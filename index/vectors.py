"""A cache of encoded vectors that outlives every index generation.

A vector is stored under the sha256 of the encoder's fingerprint and the encoded string, so it is valid wherever
that very string is encoded by that very encoder. Each `put` is one SQLite transaction in write-ahead mode: a
killed process loses at most the batch it was encoding.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .errors import UnwritableError

_log = logging.getLogger(__name__)
_MAX_PARAMETERS = 500


def vector_key(fingerprint: str, text: str) -> bytes:
    """Cache key of a string under an encoder fingerprint: 32 bytes."""
    return hashlib.sha256(f"{fingerprint}\0{text}".encode()).digest()


class VectorCache:
    """Vectors by key in one SQLite file; float32, all of one dimension per encoder."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open(path)
        except (OSError, sqlite3.OperationalError) as error:
            raise UnwritableError(
                f"the vector cache {str(path)!r} cannot be written ({error}); mend its permissions or free some space"
            ) from error
        except sqlite3.DatabaseError as error:
            # Only a cache: a file that is no database is given up, and its vectors are encoded again.
            _log.warning("the vector cache %r is damaged (%s); it starts anew", str(path), error)
            self._db.close()
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._open(path)

    def _open(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        # Found out now, a damaged file can be given up; found out in the middle of a run, it would end the run.
        if (said := self._db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(said)
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM vectors").fetchone()[0])

    def missing(self, keys: Iterable[bytes]) -> set[bytes]:
        """Which of the keys are not stored."""
        wanted = list(dict.fromkeys(keys))
        return set(wanted) - {key for key, _ in self._rows(wanted, "key, 0")}

    def get(self, keys: Sequence[bytes], dimension: int) -> NDArray[np.float32]:
        """Vectors of the keys, in order: shape (len(keys), dimension), float32.

        Raises:
            KeyError: a key is not stored.
        """
        found = dict(self._rows(list(dict.fromkeys(keys)), "key, value"))
        result = np.empty((len(keys), dimension), dtype=np.float32)
        for row, key in enumerate(keys):
            result[row] = np.frombuffer(found[key], dtype="<f4")
        return result

    def put(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Store one batch in a single transaction; vectors has shape (len(keys), dimension)."""
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        self._db.execute("COMMIT")

    def _rows(self, keys: list[bytes], columns: str) -> Iterable[tuple[bytes, bytes]]:
        for start in range(0, len(keys), _MAX_PARAMETERS):
            part = keys[start : start + _MAX_PARAMETERS]
            marks = ",".join("?" * len(part))
            yield from self._db.execute(f"SELECT {columns} FROM vectors WHERE key IN ({marks})", part)
