"""What an ingestion did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..index.store import FileRecord, FileState


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Summary of one ingestion.

    Attributes:
        generation: the generation that is current afterwards.
        published: whether it is a new one; False when nothing had changed.
        added: ids of new documents.
        changed: ids of documents whose content or reading changed.
        removed: ids of documents that left the index.
        unchanged: how many documents stayed as they were.
        duplicates: files with the text of another one: their id to the id of the one that is indexed.
        quarantined: files set aside: their record holds the reason.
        ignored: files that are sound but no documents of their own: their record says why.
        warnings: document id and what was ignored in it.
        documents: how many documents the index holds.
        passages: how many passages the index holds.
        encoded: passages that were encoded in this run.
        cached: passages whose vector was already known.
        seconds: wall time per stage, and `total`.
    """

    generation: str
    published: bool
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    duplicates: dict[str, str] = field(default_factory=dict)
    quarantined: tuple[FileRecord, ...] = ()
    ignored: tuple[FileRecord, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    documents: int = 0
    passages: int = 0
    encoded: int = 0
    cached: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def compare(
    previous: Iterable[FileRecord],
    records: Sequence[FileRecord],
    warnings: Sequence[tuple[str, str]],
    documents: int,
    passages: int,
) -> IngestReport:
    """What changed between the files of the last generation and those of this run."""
    before = {r.document_id: r.fingerprint for r in previous if r.state == FileState.INDEXED}
    after = {r.document_id: r.fingerprint for r in records if r.state == FileState.INDEXED}
    return IngestReport(
        generation="",
        published=False,
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
        unchanged=sum(before.get(key) == value for key, value in after.items()),
        duplicates={r.document_id: r.detail for r in records if r.state == FileState.DUPLICATE},
        quarantined=tuple(r for r in records if r.state == FileState.QUARANTINED),
        ignored=tuple(r for r in records if r.state == FileState.IGNORED),
        warnings=tuple(warnings),
        documents=documents,
        passages=passages,
    )
