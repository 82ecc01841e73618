"""What a check of the corpus can find; imports nothing, so that `--help` can print it at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Check:
    """A sort of finding.

    Attributes:
        severity: how much it matters.
        meaning: what it says of the corpus.
        remedy: what to do about it.
    """

    severity: Severity
    meaning: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend.

    Attributes:
        code: a key of `CHECKS`.
        document_id: the document or file, or empty for something between several.
        message: what is wrong, with the offending value.
        line: 1-based line in the file, where it is known.
        page: 1-based page, for paged formats.
        start: code point in the canonical text, where it is known.
        practice_id: the entry of a practice registry, where it is about one.
    """

    code: str
    document_id: str
    message: str
    line: int | None = None
    page: int | None = None
    start: int | None = None
    practice_id: str | None = None

    @property
    def check(self) -> Check:
        """What sort of finding it is."""
        return CHECKS[self.code]

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return self.check.severity


CHECKS = {
    "quarantined": Check(Severity.ERROR, "a file could not be read", "do as its reason says, and ingest again"),
    "source-unread": Check(
        Severity.ERROR,
        "a text to compare with could not be read, so nothing was compared with it",
        "do as its reason says, or name only the other texts",
    ),
    "practice-dangling-target": Check(
        Severity.ERROR, "a practice is superseded by something unknown", "correct the target, or add an entry for it"
    ),
    "practice-self-reference": Check(Severity.ERROR, "a practice supersedes itself", "name its successor"),
    "practice-cycle": Check(Severity.ERROR, "practices supersede each other in a circle", "remove the wrong link"),
    "practice-duplicate-id": Check(Severity.ERROR, "a registry gives an id twice", "give one entry another id"),
    "topic-unreadable": Check(Severity.ERROR, "a file of topics cannot be used", "correct the line that it names"),
    "topic-unknown-document": Check(
        Severity.ERROR, "a topic quotes a document that is not there", "correct the path, or add the document"
    ),
    "topic-quote-not-found": Check(
        Severity.ERROR, "a topic quotes what its document does not say", "quote the document letter for letter"
    ),
    "shared-run": Check(
        Severity.ERROR, "ten or more words in a row stand in a text it was compared with", "say it in your own words"
    ),
    "practice-dangling-reference": Check(
        Severity.WARNING, "a practice refers to something unknown", "correct the reference, or add an entry for it"
    ),
    "practice-successor-put-away": Check(
        Severity.WARNING, "a practice's successor was put away too", "say what took the successor's place"
    ),
    "topic-gold-superseded": Check(
        Severity.WARNING, "a quote answers a topic and no longer does", "decide, and take it out of the other list"
    ),
    "topic-asked-twice": Check(Severity.WARNING, "two topics ask the same", "drop one, or ask something else"),
    "front-matter-form": Check(
        Severity.WARNING, "front matter departs from the form of guides or notes", "correct what the message names"
    ),
    "practice-unknown-document": Check(
        Severity.WARNING, "a practice names a document that is not there", "correct the path, or add the document"
    ),
    "practice-not-stated": Check(
        Severity.WARNING,
        "a document that a practice names does not state it",
        "write it there in a sentence of its own, or name another document",
    ),
    "practice-duplicate-work": Check(Severity.WARNING, "a registry lists a work twice", "join the two entries"),
    "practice-unknown-status": Check(Severity.WARNING, "a status is none of the known ones", "use a known one"),
    "practice-status-conflict": Check(
        Severity.WARNING, "a practice is both in use and put away", "correct one of the two"
    ),
    "practice-year-mismatch": Check(
        Severity.WARNING, "an entry's year is not that of its arXiv id", "correct the year or the id"
    ),
    "same-arxiv-id": Check(
        Severity.WARNING,
        "several documents claim one arXiv id",
        "keep one, or correct the id in the other's sidecar",
    ),
    "year-against-arxiv": Check(
        Severity.WARNING,
        "the date is earlier than the arXiv id allows, or far later",
        "correct `published` or `arxiv_id` in its sidecar",
    ),
    "garbled-text": Check(
        Severity.WARNING,
        "characters were lost or never meant to be seen",
        "convert the source anew; for a PDF, prefer its HTML or LaTeX",
    ),
    "near-duplicate": Check(
        Severity.WARNING, "two documents say nearly the same in the same words", "keep one, or say in each what differs"
    ),
    "broken-link": Check(
        Severity.WARNING, "a link names a file that is not there", "correct the link, or add the file"
    ),
    "metadata-ignored": Check(
        Severity.WARNING, "something in its front matter was ignored", "correct the value as the message says"
    ),
    "orphaned-sidecar": Check(
        Severity.WARNING, "a sidecar lies beside no document", "rename it to NAME.md.meta.yaml, or remove it"
    ),
    "superseded-by-nothing": Check(
        Severity.WARNING,
        "it is declared superseded, and nothing here takes its place",
        "ingest what replaced it, or name it under `superseded_by` in a practice registry",
    ),
    "duplicate-text": Check(Severity.WARNING, "a file has the text of another one", "keep one of the two"),
    "practice-suspected-invention": Check(
        Severity.INFO, "a registry says that a work may not exist", "look it up, and remove what cites it"
    ),
    "reading": Check(Severity.INFO, "something was left out or guessed in reading", "nothing, if it is so meant"),
    "ignored": Check(Severity.INFO, "a file is sound but no document", "nothing, if it is not meant to be one"),
    "source-ignored": Check(
        Severity.INFO, "a file to compare with is sound but no document", "nothing, if it is not meant to be one"
    ),
    "no-title": Check(
        Severity.INFO, "its title is its file name", "give it a heading, or `title` in its front matter or sidecar"
    ),
    "no-date": Check(
        Severity.INFO,
        "it has no date, so a filter by years leaves it out",
        "say `published` in its front matter or sidecar, or for a folder: sota-rag ingest FOLDER --published 2024",
    ),
    "no-status": Check(
        Severity.INFO,
        "nobody said whether it is current",
        "say `status` in its front matter or sidecar, or for a folder: sota-rag ingest FOLDER --status current",
    ),
    "no-headings": Check(
        Severity.INFO, "it has no headings, so its passages say only its title", "give it headings"
    ),
    "long-section": Check(
        Severity.INFO, "a section is very long, so its passages share one heading", "divide it by headings"
    ),
    "fragments": Check(
        Severity.INFO, "many of its passages are too short to say much", "join its shortest sections"
    ),
}  # fmt: skip
"""Every code, gravest first."""


def count_by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings there are of each severity."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts
