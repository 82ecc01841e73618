"""Checks between the files of a corpus."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..index.practices import Practice, Practices, title_key
from ..index.store import FileState
from ..index.structure import practices_of
from ..index.types import DocumentInfo, Status
from .discover import SIDECAR_SUFFIX
from .entries import Entry
from .findings import Finding
from .loaders import SUFFIXES
from .practice_links import elsewhere, sentences_of_named


def corpus_findings(entries: Sequence[Entry]) -> Iterator[Finding]:
    """What is to be said of files and of documents in view of others."""
    infos = [entry.document.info for entry in entries if entry.document]
    practices = [practice for entry in entries for practice in practices_of(entry.structure)]
    yield from _files(entries)
    yield from _orphaned_sidecars(entries)
    yield from _shared_arxiv_ids(infos)
    yield from _superseded_by_nothing(infos, practices)
    yield from _documents_of_practices(entries, practices)
    for problem in Practices(practices).problems():
        code = f"practice-{problem.code.replace('_', '-')}"
        yield Finding(code, problem.document_id, problem.message, start=problem.start, practice_id=problem.practice_id)


def _files(entries: Iterable[Entry]) -> Iterator[Finding]:
    for record in (entry.record for entry in entries):
        if record.state == FileState.QUARANTINED:
            yield Finding("quarantined", record.document_id, record.detail)
        elif record.state == FileState.DUPLICATE:
            yield Finding("duplicate-text", record.document_id, f"has the text of {record.detail!r}")
        elif record.state == FileState.IGNORED:
            yield Finding("ignored", record.document_id, record.detail)


def _orphaned_sidecars(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Sidecars below the roots, as far as these are on this disk."""
    owned = {sidecar for entry in entries for sidecar in entry.file.sidecars}
    for root in sorted({entry.file.root for entry in entries if Path(entry.file.root) != entry.file.location}):
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.endswith(SIDECAR_SUFFIX) and not name.startswith(".") and path not in owned:
                    stem = name.removesuffix(SIDECAR_SUFFIX)
                    document = stem if Path(stem).suffix.lower() in SUFFIXES else f"{stem}.md or the like"
                    label = f"{Path(root).name}/{path.relative_to(root).as_posix()}"
                    yield Finding("orphaned-sidecar", label, f"there is no {document!r} beside it")


def _shared_arxiv_ids(infos: Iterable[DocumentInfo]) -> Iterator[Finding]:
    claims: dict[str, list[str]] = {}
    for info in infos:
        if info.arxiv_id:
            claims.setdefault(info.arxiv_id, []).append(info.id)
    for arxiv_id, (first, *others) in sorted(claims.items()):
        for other in others:
            yield Finding("same-arxiv-id", other, f"claims arXiv id {arxiv_id}, as {first!r} does")


def _documents_of_practices(entries: Sequence[Entry], practices: Sequence[Practice]) -> Iterator[Finding]:
    """Documents that a registry names for a practice, and that are missing or, as linking reads them, silent."""
    known = {entry.document.info.id for entry in entries if entry.document}
    passages = elsewhere(practices, (passage for entry in entries for passage in entry.passages))
    named = sentences_of_named(practices, passages)
    for practice in practices:
        for document in dict.fromkeys(practice.documents):
            if document not in known:
                code, message = "practice-unknown-document", f"names {document!r}, which is not there"
            elif document not in named or not named[document].stating(practice.statement):
                code = "practice-not-stated"
                message = f"no sentence of {document!r} holds enough of its words: {practice.statement}"
            else:
                continue
            yield Finding(code, practice.document_id, message, start=practice.start, practice_id=practice.id)


def _superseded_by_nothing(infos: Sequence[DocumentInfo], practices: Iterable[Practice]) -> Iterator[Finding]:
    """Superseded documents that no registry gives a successor, and that have none of the same arXiv id or title."""
    replaced = {title_key(name) for p in practices if p.superseded_by for name in (p.arxiv_id, p.title) if name}
    standing = [info for info in infos if info.status is not Status.SUPERSEDED]
    replaced |= {title_key(name) for info in standing for name in (info.arxiv_id, info.title) if name}
    for info in infos:
        names = {title_key(name) for name in (info.arxiv_id, info.title) if name}
        if info.status is Status.SUPERSEDED and not names & replaced:
            yield Finding("superseded-by-nothing", info.id, "is superseded, and no document or registry says by what")
