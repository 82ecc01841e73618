"""Bring an index up to date with folders and files.

Each PATH is the truth about itself: new and changed files are read, deleted ones leave the index, unchanged ones
cost nothing. Paths ingested earlier stay as they are. Without PATH, the guides that ship with sota-rag are indexed.

A document's date and status come from its sidecar (NAME.md.meta.yaml), its front matter, or the flags below,
whichever speaks first in that order; flags are remembered for the next run over the same PATH. A file that cannot be
read is set aside with its reason; the rest goes on.
An interrupted run loses nothing: run it again. Exit status 1 when nothing could be indexed.
"""

import argparse
from typing import TYPE_CHECKING

from .output import load_settings, print_json

if TYPE_CHECKING:
    from ...ingest.report import IngestReport

_SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="folder (searched recursively) or file")
    parser.add_argument(
        "--forget",
        action="append",
        default=[],
        metavar="PATH",
        help="drop a path that was ingested earlier (repeatable)",
    )
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="start anew from exactly these paths; encoded passages are kept in the cache",
    )
    parser.add_argument(
        "--kind", choices=["guide", "paper", "note", "registry", "other"], help="for documents that do not say"
    )
    parser.add_argument("--published", metavar="DATE", help="such as 2024 or 2024-06-17, for documents that do not say")
    parser.add_argument(
        "--status",
        choices=["current", "draft", "superseded", "historical", "unknown"],
        help="for documents that do not say",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ingest and print the summary."""
    from pydantic import ValidationError

    from ...index.errors import UsageError
    from ...ingest.metadata import DocumentMeta
    from ..compose import run_ingestion
    from ..settings import reason
    from ..terminal import TerminalProgress

    if "" in arguments.paths:
        raise UsageError("a PATH is empty; name a folder or a file")
    settings = load_settings(arguments)
    said = {key: getattr(arguments, key) for key in ("kind", "published", "status")}
    try:
        flags = DocumentMeta(**{key: value for key, value in said.items() if value})
    except ValidationError as error:
        raise UsageError(f"--published {arguments.published!r}: {reason(error)}; correct it") from None
    with TerminalProgress() as progress:
        report = run_ingestion(
            settings,
            arguments.paths,
            flags=flags,
            forget=arguments.forget,
            rebuild=arguments.rebuild,
            progress=progress,
        )
    if arguments.json:
        from ..forms import ingest_form

        print_json(ingest_form(report))
    else:
        _print_summary(report)
    return 0


def _print_summary(report: "IngestReport") -> None:
    state = "published" if report.published else "unchanged, nothing to publish"
    print(f"generation {report.generation} {state}: {report.documents} documents, {report.passages} passages")
    print(
        f"  {len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
        f"{report.unchanged} unchanged, {len(report.duplicates)} duplicates, {len(report.quarantined)} quarantined"
    )
    total, encoding = report.seconds["total"], report.seconds.get("encode", 0.0)
    rates = f"{report.documents / total:.1f} documents/s" if total else ""
    if report.encoded and encoding:
        rates += f", {report.encoded / encoding:.1f} passages/s while encoding"
    print(f"  {report.encoded} passages encoded, {report.cached} from the cache; {total:.1f} s ({rates})")
    for record in report.quarantined[:_SHOWN]:
        print(f"  quarantined {record.path}: {record.detail}")
    for document_id, original in list(report.duplicates.items())[:_SHOWN]:
        print(f"  duplicate {document_id}: same text as {original}")
    for document_id, warning in report.warnings[:_SHOWN]:
        print(f"  warning {document_id}: {warning}")
    left = sum(max(0, len(listed) - _SHOWN) for listed in (report.quarantined, report.duplicates, report.warnings))
    if left:
        print(f"  and {left} more; see them all with --json")
