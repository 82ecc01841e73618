"""Checks of what documents have in common: with each other, and with texts they were not to copy from."""

from collections.abc import Iterator, Sequence

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
        against: the files that it is compared with.
    """
    documents = {entry.document.info.id: (entry, entry.document) for entry in entries if entry.document}
    words = [(key, words_of(found.text, blocks_of(entry.structure))) for key, (entry, found) in documents.items()]
    for first, second, resemblance in near_duplicates(words):
        message = f"resembles {first!r}: {resemblance:.0%} of what five words in a row say is the same"
        yield Finding("near-duplicate", second, message)
    sources = [(entry.document.info.id, entry.document.text) for entry in against if entry.document]
    for key, runs in shared_runs(words, sources, titles=_titles([*entries, *against])).items():
        places = Places(*documents[key])
        for run in runs:
            said = " ".join(run.text.split()[:_SHOWN_WORDS])
            dots = " …" if run.words > _SHOWN_WORDS else ""
            message = f"shares {run.words} words in a row with {run.source!r}: {said}{dots}"
            yield places.finding("shared-run", run.start, message)


def _titles(entries: Sequence[Entry]) -> Iterator[str]:
    """Titles of the documents, and of the works that registries name."""
    for entry in entries:
        if entry.document:
            yield entry.document.info.title
        yield from (practice.title for practice in practices_of(entry.structure) if practice.title)
