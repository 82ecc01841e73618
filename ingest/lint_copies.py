"""Checks of what documents have in common: with each other, and with texts they were not to copy from."""

import os
from collections.abc import Iterator, Sequence

from ..index.store import FileState
from ..index.structure import blocks_of, practices_of
from .entries import Entry
from .findings import Finding
from .overlap import near_duplicates, shared_runs, words_of
from .places import Places

_SHOWN_WORDS = 24


def copy_findings(entries: Sequence[Entry], against: Sequence[Entry]) -> Iterator[Finding]:
    """Near duplicates among documents, and runs of words that they share with others.

    Args:
        entries: the corpus.
        against: the files that it is compared with; what could not be read of them is a finding too.
    """
    documents = {entry.document.info.id: (entry, entry.document) for entry in entries if entry.document}
    words = [(key, words_of(found.text, blocks_of(entry.structure))) for key, (entry, found) in documents.items()]
    for first, second, resemblance in near_duplicates(words):
        message = f"resembles {first!r}: {resemblance:.0%} of what five words in a row say is the same"
        yield Finding("near-duplicate", second, message)
    yield from unread_sources(entries, against)
    for key, runs in shared_runs(words, sources_of(entries, against), titles=_titles([*entries, *against])).items():
        places = Places(*documents[key])
        for run in runs:
            said = " ".join(run.text.split()[:_SHOWN_WORDS])
            dots = " …" if run.words > _SHOWN_WORDS else ""
            message = f"shares {run.words} words in a row with {run.source!r}: {said}{dots}"
            yield places.finding("shared-run", run.start, message)


def sources_of(entries: Sequence[Entry], against: Sequence[Entry]) -> list[tuple[str, str]]:
    """Name and text of what a corpus is compared with: no file of its own, but a copy of one that lies elsewhere."""
    apart = _apart(entries, against)
    texts = {entry.document.info.id: entry.document.text for entry in against if entry.document}
    sources = {entry.file.document_id: entry.file.document_id for entry in apart if entry.document}
    for entry in apart:
        # Only the first of the files with one text has it; that one may be the corpus's own.
        if entry.record.state == FileState.DUPLICATE and entry.record.detail not in sources:
            sources[entry.file.document_id] = entry.record.detail
    return [(name, texts[original]) for name, original in sources.items()]


def unread_sources(entries: Sequence[Entry], against: Sequence[Entry]) -> Iterator[Finding]:
    """The files to compare with that hold no text, each with the reason."""
    for record in (entry.record for entry in _apart(entries, against)):
        if record.state == FileState.QUARANTINED:
            yield Finding("source-unread", record.document_id, record.detail)
        elif record.state == FileState.IGNORED:
            yield Finding("source-ignored", record.document_id, record.detail)


def _apart(entries: Sequence[Entry], against: Sequence[Entry]) -> list[Entry]:
    """The files to compare with that are none of the corpus."""
    own = {os.path.realpath(entry.file.location) for entry in entries}
    return [entry for entry in against if os.path.realpath(entry.file.location) not in own]


def _titles(entries: Sequence[Entry]) -> Iterator[str]:
    """Titles of the documents, and of the works that registries name."""
    for entry in entries:
        if entry.document:
            yield entry.document.info.title
        yield from (practice.title for practice in practices_of(entry.structure) if practice.title)
