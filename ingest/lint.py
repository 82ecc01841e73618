"""Check a corpus as data: what an author or curator should mend, and how."""

from collections.abc import Sequence

from .entries import Entry
from .findings import CHECKS, Finding, Severity
from .lint_corpus import corpus_findings
from .lint_documents import document_findings


def lint(entries: Sequence[Entry], *, links: bool = False) -> list[Finding]:
    """All findings, gravest first, then by code, document and place; deterministic.

    Args:
        entries: every file of the corpus.
        links: also look for the targets of Markdown links on disk.
    """
    found: list[Finding] = [*corpus_findings(entries)]
    for entry in entries:
        if entry.document is not None:
            found += document_findings(entry, entry.document, links=links)
    order = {code: place for place, code in enumerate(CHECKS)}
    ranks = list(Severity)
    return sorted(
        found,
        key=lambda f: (ranks.index(f.severity), order[f.code], f.document_id, f.start or 0, f.line or 0, f.message),
    )
