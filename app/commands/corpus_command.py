"""Look at the corpus as data: how documents were read and cut, what there is, and what should be mended.

show [DOC]     a document's blocks, and where its passages were cut; without DOC, the ids of all documents
stats          what the index holds, in numbers
lint [PATH…]   check the index, or files on disk that need not be indexed

DOC is an id, the end of one, or a file on disk. Offsets count characters of the canonical text.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from .output import load_settings, print_json

if TYPE_CHECKING:
    from ...index.snapshot import Snapshot
    from ...ingest.entries import Entry
    from ..corpus_lookup import Subject
    from ..settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="a document's blocks and passages")
    show.add_argument("document", nargs="?", metavar="DOC", help="id, end of an id, or file; without it, list all ids")
    show.add_argument("--blocks", action="store_true", help="only the blocks")
    show.add_argument("--passages", action="store_true", help="only the passages, each with its text")
    show.add_argument("--at", type=int, metavar="OFFSET", help="only the block and passage there, with their place")
    show.add_argument("--text", action="store_true", help="only the canonical text; with --json, the text too")
    stats = actions.add_parser("stats", help="what the index holds, in numbers")
    lint = actions.add_parser(
        "lint",
        help="what should be mended",
        description="Check the corpus as data. Findings are no failure: exit status 0, unless --strict is given.",
        epilog=_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lint.add_argument("paths", nargs="*", metavar="PATH", help="read these files and folders now (default: the index)")
    lint.add_argument(
        "--against", action="append", default=[], metavar="PATH",
        help="a folder or file that no document may share ten words in a row with (repeatable)",
    )  # fmt: skip
    lint.add_argument(
        "--topics", action="append", default=[], metavar="FILE",
        help="judged topics whose quotes must stand in the documents (repeatable)",
    )  # fmt: skip
    lint.add_argument(
        "--front-matter", action="store_true", help="guides and notes must have the front matter of the shipped ones"
    )
    lint.add_argument("--strict", action="store_true", help="exit status 1 when there are errors or warnings")
    # The common flags may stand before the action too; a default here would undo them.
    unsaid = argparse.SUPPRESS
    for action in (show, stats, lint):
        action.add_argument("--index", metavar="DIR", default=unsaid, help="the index folder (setting `index`)")
        action.add_argument(
            "--json", action="store_true", default=unsaid, help="print one JSON document on standard output"
        )
        action.add_argument("-v", "--verbose", action="store_true", default=unsaid, help="log more on standard error")


def run(arguments: argparse.Namespace) -> int:
    """Do one of the three."""
    return {"show": _show, "stats": _stats, "lint": _lint}[arguments.action](arguments)


def _show(arguments: argparse.Namespace) -> int:
    from ...index.errors import UsageError
    from ..corpus_forms import at_form, subject_form
    from ..corpus_lookup import find_subject

    settings = load_settings(arguments)
    if arguments.document is None:
        return _list(arguments, settings)
    subject = find_subject(settings, arguments.document)
    length = len(subject.document.text)
    if arguments.at is not None and not 0 <= arguments.at < length:
        raise UsageError(f"--at {arguments.at} is outside the text; name an offset from 0 to {length - 1}")
    if arguments.json:
        print_json(
            subject_form(subject, text=arguments.text) if arguments.at is None else at_form(subject, arguments.at)
        )
        return 0
    for line in _subject_lines(arguments, subject):
        print(line)
    return 0


def _subject_lines(arguments: argparse.Namespace, subject: "Subject") -> Iterator[str]:
    from ..corpus_show import at_lines, cut_lines, head_lines

    if arguments.text:
        yield subject.document.text
    elif arguments.at is not None:
        yield from at_lines(subject, arguments.at)
    else:
        everything = arguments.blocks == arguments.passages
        yield from head_lines(subject)
        if arguments.blocks and not everything:
            yield ""
        yield from cut_lines(
            subject,
            blocks=everything or arguments.blocks,
            passages=everything or arguments.passages,
            full=arguments.passages,
        )


def _list(arguments: argparse.Namespace, settings: "Settings") -> int:
    from collections import Counter

    from ..corpus_forms import listing_form
    from ..corpus_show import listing_lines

    snapshot = _open(settings)
    with closing(snapshot.store) as store:
        counts = Counter(store.row_documents())
    passages = [counts[info.id] for info in snapshot.documents]
    if arguments.json:
        print_json(listing_form(snapshot.documents, passages))
    else:
        print("\n".join(listing_lines(snapshot.documents, passages)))
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    from ...ingest.stats import corpus_stats
    from ..corpus_forms import stats_form
    from ..corpus_report import stats_lines

    snapshot = _open(load_settings(arguments))
    with closing(snapshot.store) as store:
        stats = corpus_stats(snapshot.generation, store)
    if arguments.json:
        print_json(stats_form(stats))
    else:
        print("\n".join(stats_lines(stats)))
    return 0


def _lint(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from ...eval.topics_lint import topic_findings
    from ...index.errors import UsageError
    from ...ingest.findings import Severity
    from ...ingest.lint import in_order, lint
    from ...ingest.lint_front_matter import front_matter_findings
    from ..corpus_forms import lint_form
    from ..corpus_report import lint_lines

    if "" in [*arguments.paths, *arguments.against, *arguments.topics]:
        raise UsageError("a PATH is empty; name a folder or a file")
    settings = load_settings(arguments)
    entries = _read(settings, arguments.paths) if arguments.paths else _indexed(settings)
    against = _sources(settings, entries, arguments.against) if arguments.against else []
    found = lint(entries, links=bool(arguments.paths), against=against)
    if arguments.front_matter:
        found += front_matter_findings(entries)
    texts = {entry.document.info.id: entry.document.text for entry in entries if entry.document}
    for path in arguments.topics:
        found += topic_findings(Path(path), texts)
    findings = in_order(found)
    if arguments.json:
        print_json(lint_form(findings, len(entries)))
    else:
        print("\n".join(lint_lines(findings, len(entries))))
    grave = any(finding.severity is not Severity.INFO for finding in findings)
    return int(arguments.strict and grave)


def _sources(settings: "Settings", entries: "Sequence[Entry]", paths: Sequence[str]) -> "list[Entry]":
    """The files to compare with; that there is none would look as if nothing were copied."""
    from ...index.errors import UsageError
    from ...ingest.lint_copies import sources_of, unread_sources

    against = _read(settings, paths)
    if not sources_of(entries, against):
        reasons = [f" ({unread.document_id}: {unread.message})" for unread in unread_sources(entries, against)]
        raise UsageError(
            f"--against {' '.join(paths)!r} holds no text beside the corpus's own{''.join(reasons[:1])}; "
            "name a folder or file that does"
        )
    return against


def _indexed(settings: "Settings") -> "list[Entry]":
    from ...ingest.corpus import indexed_corpus

    with closing(_open(settings).store) as store:
        return indexed_corpus(store)


def _read(settings: "Settings", paths: Sequence[str]) -> "list[Entry]":
    from pathlib import Path

    from ...ingest.corpus import read_corpus
    from ..compose import make_encoder, make_reader

    with closing(make_reader(settings, make_encoder(settings))) as reader:
        return read_corpus([Path(path) for path in paths], reader)


def _open(settings: "Settings") -> "Snapshot":
    """The published generation, without any model."""
    from ...index.snapshot import open_current

    return open_current(settings.index)


def _codes() -> str:
    """Every sort of finding; the vocabulary is cheap to import."""
    from ...ingest.findings import CHECKS

    wide = max(map(len, CHECKS))
    lines = [f"  {check.severity:<8} {code:<{wide}}  {check.meaning}" for code, check in CHECKS.items()]
    return "\n".join(["findings:", *lines])
