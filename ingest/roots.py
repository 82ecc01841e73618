"""The folders and files that an index was made from."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..index.errors import IngestError
from ..index.store import FileRecord, FileState
from .metadata import DocumentMeta

# Roots of an index that `collection.py` made begin like this; every other root is a path.
COLLECTION_ROOT = "collection:"


def settle_roots(given: Sequence[Path], known: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Which roots to bring up to date, and which to keep as they are; no root lies inside another.

    A path inside a known root means that root; a known root inside a given path becomes part of it.
    """
    synced: list[Path] = []
    for path in given:
        root = next((other for other in (*known, *given) if other != path and other in path.parents), path)
        synced.append(next((other for other in given if other != root and other in root.parents), root))
    synced = list(dict.fromkeys(synced))
    kept = [root for root in known if root not in synced and not any(path in root.parents for path in synced)]
    return synced, kept


def settle_flags(
    given: Sequence[Path], synced: Sequence[Path], flags: DocumentMeta, stored: Mapping[str, DocumentMeta]
) -> dict[str, DocumentMeta]:
    """The flags of each root: those of this run where it was named, else those it was ingested with.

    Raises:
        IngestError: flags were given for a path inside a known root, and would change all of it.
    """
    settled = {str(root): stored.get(str(root), DocumentMeta()) for root in synced}
    if flags == DocumentMeta():
        return settled
    for path in given:
        if path not in synced:
            root = next((root for root in synced if root in path.parents), path)
            raise IngestError(
                f"{str(path)!r} lies in {str(root)!r}, which was ingested as a whole, and the flags would change all "
                f"of it; say it in {path.name + '.meta.yaml'!r} beside the file, or name the whole folder"
            )
        settled[str(path)] = flags
    return settled


def refuse_shared_ids(records: Iterable[FileRecord]) -> None:
    """Stop when files of two roots would have the same document id.

    Raises:
        IngestError: they do; the message names both.
    """
    owners: dict[str, FileRecord] = {}
    for record in records:
        other = owners.setdefault(record.document_id, record)
        if (other.root, other.path) != (record.root, record.path):
            raise IngestError(
                f"{other.root!r} and {record.root!r} would both hold a document {record.document_id!r}; nothing was "
                "changed, rename one of the folders or ingest their common parent with --rebuild"
            )


def orphaned_roots(kept: Iterable[FileRecord], before: Mapping[str, str], after: Mapping[str, str]) -> list[Path]:
    """Roots with a file whose text the index held under another document's id and no longer does; it must be read.

    Args:
        kept: records of the roots that are kept as they are; what was read in this run has its original beside it.
        before: hash of each document's text by id, in the current generation.
        after: the same in the coming one.
    """
    duplicates = [record for record in kept if record.state == FileState.DUPLICATE]
    return [Path(record.root) for record in duplicates if before.get(record.detail) != after.get(record.detail)]


def require_roots(roots: Iterable[Path]) -> None:
    """Stop when a root that has to be read again is gone.

    Raises:
        IngestError: it is; the message says how to leave it out.
    """
    for root in roots:
        if not root.exists():
            raise IngestError(
                f"{str(root)!r} was ingested earlier, has to be read again and is gone; nothing was changed, bring it "
                f"back or drop it with: sota-rag ingest --forget {root}"
            )
