"""Check a corpus as data: what an author or curator should mend, and how."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from .entries import Entry
from .findings import CHECKS, Finding, Severity
from .lint_copies import copy_findings
from .lint_corpus import corpus_findings
from .lint_documents import document_findings


def lint(entries: Sequence[Entry], *, links: bool = False, against: Sequence[Entry] = ()) -> list[Finding]:
    """All findings, gravest first, then by code, document and place; deterministic.

    Args:
        entries: every file of the corpus.
        links: also look for the targets of Markdown links on disk.
        against: files that it must share no run of words with; those of its own among them are left out.
    """
    found: list[Finding] = [*corpus_findings(entries), *copy_findings(entries, against)]
    roots = {_folder(entry) for entry in entries} if links else frozenset[Path]()
    for entry in entries:
        if entry.document is not None:
            found += document_findings(entry, entry.document, roots=roots)
    return in_order(found)


def _folder(entry: Entry) -> Path:
    """The folder that its file was found in; that of a file named by itself is where it lies."""
    root = Path(entry.file.root)
    return root if root != entry.file.location else root.parent


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Gravest first, then by code, document and place."""
    order = {code: place for place, code in enumerate(CHECKS)}
    ranks = list(Severity)
    return sorted(
        findings,
        key=lambda f: (ranks.index(f.severity), order[f.code], f.document_id, f.start or 0, f.line or 0, f.message),
    )
