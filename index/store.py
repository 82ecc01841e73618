"""Documents and passages of one generation, in one SQLite file that is written once and then only read.

Passages are numbered in passage-id order; that number is their row in `vectors.npy` and in BM25.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .practices import Practice
from .structure import Structure, practices_of
from .types import Document, DocumentInfo, Kind, Passage, Role, Status

_SCHEMA = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, published TEXT,
    status TEXT NOT NULL, authors TEXT NOT NULL, arxiv_id TEXT, sha256 TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, document_id TEXT NOT NULL REFERENCES documents(id),
    ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL,
    heading_path TEXT NOT NULL, token_count INTEGER NOT NULL, page INTEGER, role TEXT NOT NULL,
    context TEXT NOT NULL
);
CREATE INDEX passages_by_document ON passages(document_id, ordinal);
CREATE TABLE structures (
    document_id TEXT PRIMARY KEY REFERENCES documents(id), blocks TEXT NOT NULL, layout TEXT, practices TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE practice_links (
    row INTEGER NOT NULL REFERENCES passages(row), practice TEXT NOT NULL, how TEXT NOT NULL,
    PRIMARY KEY (row, practice)
) WITHOUT ROWID;
CREATE TABLE files (
    root TEXT NOT NULL, path TEXT NOT NULL, document_id TEXT NOT NULL, fingerprint TEXT NOT NULL,
    state TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (root, path)
) WITHOUT ROWID;
"""

_PASSAGE = 'id, document_id, ordinal, start, "end", text, heading_path, token_count, page, role, context'
# SQLite builds differ: 32,766 is the least limit of a current one.
_MAX_PARAMETERS = 10_000
_INFO = "id, source, title, kind, published, status, authors, arxiv_id, sha256"


class FileState(StrEnum):
    """What became of a source file; an ignored one is sound but no document, or a part of another one."""

    INDEXED = "indexed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What became of one source file.

    Attributes:
        root: absolute path of the ingested folder (or of the file's folder).
        path: POSIX path below the root.
        document_id: the id it has, or would have.
        fingerprint: sha256 over its bytes, its sidecar and everything else that decides how it is read.
        state: what became of it.
        detail: the id it duplicates, why it was quarantined or ignored, or a warning.
    """

    root: str
    path: str
    document_id: str
    fingerprint: str
    state: FileState
    detail: str = ""


def write_store(
    path: Path,
    documents: Iterable[Document],
    passages: Sequence[Passage],
    files: Iterable[FileRecord],
    structures: Mapping[str, Structure] | None = None,
    links: Iterable[tuple[int, str, str]] = (),
) -> None:
    """Write a new store; passages must come in passage-id order.

    Args:
        path: the file.
        documents: all documents.
        passages: all passages.
        files: what became of every source file.
        structures: by document id, what was found in it besides its text.
        links: passage row, practice key and how they are linked.
    """
    with sqlite3.connect(path) as db:
        db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        db.executemany(
            "INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                (
                    i.id,
                    i.source,
                    i.title,
                    i.kind,
                    i.published,
                    i.status,
                    json.dumps(i.authors),
                    i.arxiv_id,
                    i.sha256,
                    d.text,
                )
                for d in documents
                for i in [d.info]
            ),
        )
        db.executemany(
            "INSERT INTO passages VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                (
                    row,
                    p.id,
                    p.document_id,
                    p.ordinal,
                    p.start,
                    p.end,
                    p.text,
                    json.dumps(p.heading_path),
                    p.token_count,
                    p.page,
                    p.role,
                    p.context,
                )
                for row, p in enumerate(passages)
            ),
        )
        db.executemany(
            "INSERT INTO structures VALUES (?,?,?,?)",
            ((key, s.blocks, s.layout, s.practices) for key, s in (structures or {}).items()),
        )
        db.executemany("INSERT INTO practice_links VALUES (?,?,?)", links)
        db.executemany(
            "INSERT INTO files VALUES (?,?,?,?,?,?)",
            ((f.root, f.path, f.document_id, f.fingerprint, f.state, f.detail) for f in files),
        )
    db.close()


class PassageStore:
    """Read access to a generation's store; one connection, shared between threads under a lock.

    The file is opened once and immutable, so the store goes on working after its generation was collected.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _all(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple]:
        with self._lock:
            return self._db.execute(sql, parameters).fetchall()

    def documents(self) -> list[DocumentInfo]:
        """Metadata of all documents, by id."""
        return [_info(row) for row in self._all(f"SELECT {_INFO} FROM documents ORDER BY id")]

    def document(self, document_id: str) -> Document:
        """One document with its text.

        Raises:
            KeyError: no such document.
        """
        rows = self._all(f"SELECT {_INFO}, text FROM documents WHERE id = ?", (document_id,))
        if not rows:
            raise KeyError(document_id)
        return Document(_info(rows[0][:-1]), rows[0][-1])

    def row_documents(self) -> list[str]:
        """Document id of every passage, in row order."""
        return [row[0] for row in self._all("SELECT document_id FROM passages ORDER BY row")]

    def row_roles(self) -> list[Role]:
        """Role of every passage, in row order."""
        return [Role(row[0]) for row in self._all("SELECT role FROM passages ORDER BY row")]

    def structure(self, document_id: str) -> Structure:
        """What was found in a document besides its text; empty where nothing was kept."""
        rows = self._all("SELECT blocks, layout, practices FROM structures WHERE document_id = ?", (document_id,))
        return Structure(*rows[0]) if rows else Structure()

    def structures(self) -> dict[str, Structure]:
        """The same for all documents, by id."""
        rows = self._all("SELECT document_id, blocks, layout, practices FROM structures ORDER BY document_id")
        return {row[0]: Structure(*row[1:]) for row in rows}

    def practices(self) -> list[Practice]:
        """Practices of all registries, by document and in order."""
        sql = "SELECT blocks, layout, practices FROM structures WHERE practices != '[]' ORDER BY document_id"
        return [practice for row in self._all(sql) for practice in practices_of(Structure(*row))]

    def practice_links(self) -> list[tuple[int, str, str]]:
        """Passage row, practice key and how they are linked, in order."""
        return self._all("SELECT row, practice, how FROM practice_links ORDER BY row, practice")

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Passages of the given rows, in the order asked for."""
        by_row: dict[int, Passage] = {}
        for start in range(0, len(rows), _MAX_PARAMETERS):
            part = [int(row) for row in rows[start : start + _MAX_PARAMETERS]]
            marks = ",".join("?" * len(part))
            found = self._all(f"SELECT row, {_PASSAGE} FROM passages WHERE row IN ({marks})", part)
            by_row |= {row[0]: _passage(row[1:]) for row in found}
        return [by_row[int(row)] for row in rows]

    def rows(self, ids: Sequence[str]) -> list[int]:
        """Rows of passages by their ids, in the order asked for.

        Raises:
            KeyError: no such passage.
        """
        found: dict[str, int] = {}
        for start in range(0, len(ids), _MAX_PARAMETERS):
            part = list(ids[start : start + _MAX_PARAMETERS])
            found |= dict(self._all(f"SELECT id, row FROM passages WHERE id IN ({','.join('?' * len(part))})", part))
        return [found[identity] for identity in ids]

    def all_passages(self) -> list[Passage]:
        """Every passage, in row order."""
        return [_passage(row) for row in self._all(f"SELECT {_PASSAGE} FROM passages ORDER BY row")]

    def document_passages(self, document_id: str) -> list[Passage]:
        """Passages of one document, by ordinal."""
        sql = f"SELECT {_PASSAGE} FROM passages WHERE document_id = ? ORDER BY ordinal"
        return [_passage(row) for row in self._all(sql, (document_id,))]

    def files(self) -> list[FileRecord]:
        """What became of every source file, by root and path."""
        sql = "SELECT root, path, document_id, fingerprint, state, detail FROM files ORDER BY root, path"
        return [
            FileRecord(root, path, identity, fingerprint, FileState(state), detail)
            for root, path, identity, fingerprint, state, detail in self._all(sql)
        ]


def _info(row: tuple) -> DocumentInfo:
    identity, source, title, kind, published, status, authors, arxiv_id, sha256 = row
    return DocumentInfo(
        identity,
        source,
        title,
        Kind(kind),
        published,
        Status(status),
        tuple(json.loads(authors)),
        arxiv_id,
        sha256,
    )


def _passage(row: tuple) -> Passage:
    identity, document_id, ordinal, start, end, text, heading_path, token_count, page, role, context = row
    path = tuple(json.loads(heading_path))
    return Passage(identity, document_id, ordinal, start, end, text, path, token_count, page, Role(role), context)
