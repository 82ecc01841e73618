"""Bring an index up to date with folders and files.

Each PATH is the truth about itself: new and changed files are read, deleted ones leave the index, unchanged ones
cost nothing. Paths ingested earlier stay as they are. Without PATH, the documents that ship with sota-rag are indexed.

A document's date and status come from its sidecar (NAME.md.meta.yaml), its front matter, or the flags below,
whichever speaks first in that order; flags are remembered for the next run over the same PATH. A file that cannot be
read is set aside with its reason; the rest goes on.
An interrupted run loses nothing: run it again. Exit status 1 when nothing could be indexed.

With --watch it goes on after that: whenever something below the PATHs has changed and is quiet again, the index
follows, with a line (+added ~changed -removed) each time. What fails is reported and tried again. Ctrl-C ends it, exit
status 0.
"""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from .output import load_settings, print_json

if TYPE_CHECKING:
    from ...ingest.metadata import DocumentMeta
    from ...ingest.report import IngestReport
    from ..settings import Settings

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
    watching = parser.add_argument_group("following changes")
    watching.add_argument("--watch", action="store_true", help="stay and follow the PATHs; --json: one document a line")
    watching.add_argument(
        "--quiet",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="how long nothing may change before the index follows (default 1)",
    )
    watching.add_argument(
        "--poll",
        action="store_true",
        help="look every few seconds instead of being told by the system; on network drives under Linux it is used by "
        "itself, elsewhere they are looked at every 30 s without it",
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
    if arguments.watch:
        return _watch(arguments, settings, flags)
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


def _watch(arguments: argparse.Namespace, settings: "Settings", flags: "DocumentMeta") -> int:
    from ...index.errors import UsageError
    from ..follow import follow
    from ..terminal import TerminalProgress

    if not arguments.paths:
        raise UsageError("--watch needs a PATH to follow; name a folder or a file")
    if not 0 <= arguments.quiet <= 3600:
        raise UsageError(f"--quiet {arguments.quiet!r}: name a number of seconds from 0 to 3600")
    audience = _JsonLines() if arguments.json else _Lines()
    with TerminalProgress() as progress:
        follow(
            settings,
            arguments.paths,
            audience,
            progress=progress,
            flags=flags,
            forget=arguments.forget,
            rebuild=arguments.rebuild,
            quiet_s=arguments.quiet,
            poll=arguments.poll,
        )
    sys.stderr.write(f"sota-rag: stopped watching; generation {audience.generation} is current\n")
    return 0


class _Lines:
    """Tells a person: one line a sync, and what is new among what could not be read."""

    def __init__(self) -> None:
        self.generation = ""
        self._told: set[str] = set()
        self._failure = ""

    def began(self, report: "IngestReport") -> None:
        _print_summary(report)
        self.generation = report.generation
        self._told = set(_remarks(report))
        _say("watching; stop with Ctrl-C")

    def synced(self, report: "IngestReport") -> None:
        self.generation, self._failure = report.generation, ""
        seconds = f"{report.seconds['total']:.1f} s"
        if report.published:
            counts = f"+{len(report.added)} ~{len(report.changed)} -{len(report.removed)}"
            _say(f"{counts} → generation {report.generation}, {seconds}")
        else:
            _say(f"nothing to change, generation {report.generation}, {seconds}")
        remarks = _remarks(report)
        for remark in (remark for remark in remarks if remark not in self._told):
            print(f"         {remark}", flush=True)
        self._told = set(remarks)

    def failed(self, error: Exception, pause_s: float) -> None:
        # The same failure is told once, however often it is met.
        if (failure := _explained(error)) != self._failure:
            self._failure = failure
            _say(f"not followed: {failure}; tried again at the next change, or in {pause_s:.0f} s")

    def notice(self, text: str) -> None:
        _say(text)


class _JsonLines:
    """Tells a program: one JSON document a line."""

    def __init__(self) -> None:
        self.generation = ""

    def began(self, report: "IngestReport") -> None:
        self.synced(report)

    def synced(self, report: "IngestReport") -> None:
        from ..forms import ingest_form

        self.generation = report.generation
        self._print(ingest_form(report))

    def failed(self, error: Exception, pause_s: float) -> None:
        self._print({"error": _explained(error), "retry_s": pause_s})

    def notice(self, text: str) -> None:
        self._print({"notice": text})

    def _print(self, form: dict[str, Any]) -> None:
        from datetime import datetime

        moment = datetime.now().astimezone().isoformat(timespec="seconds")
        print(json.dumps({"time": moment, **form}), flush=True)


def _explained(error: Exception) -> str:
    """As the command line would put it."""
    if isinstance(error, OSError):
        return f"the system refused{f' {error.filename!r}' if error.filename else ''}: {error.strerror or error}"
    return str(error) or type(error).__name__


def _say(text: str) -> None:
    from datetime import datetime

    print(f"{datetime.now():%H:%M:%S} {text}", flush=True)


def _print_summary(report: "IngestReport") -> None:
    state = "published" if report.published else "unchanged, nothing to publish"
    print(f"generation {report.generation} {state}: {report.documents} documents, {report.passages} passages")
    print(
        f"  {len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
        f"{report.unchanged} unchanged, {len(report.duplicates)} duplicates, {len(report.quarantined)} quarantined, "
        f"{len(report.ignored)} ignored"
    )
    total, encoding = report.seconds["total"], report.seconds.get("encode", 0.0)
    rates = f"{report.documents / total:.1f} documents/s" if total else ""
    if report.encoded and encoding:
        rates += f", {report.encoded / encoding:.1f} passages/s while encoding"
    print(f"  {report.encoded} passages encoded, {report.cached} from the cache; {total:.1f} s ({rates})")
    remarks = _remarks(report)
    for remark in remarks[:_SHOWN]:
        print(f"  {remark}")
    if left := len(remarks[_SHOWN:]):
        print(f"  and {left} more; see them all with --json")


def _remarks(report: "IngestReport") -> list[str]:
    """What an author should know, the gravest first."""
    return [
        *(f"quarantined {record.path}: {record.detail}" for record in report.quarantined),
        *(f"warning {document_id}: {warning}" for document_id, warning in report.warnings),
        *(f"duplicate {document_id}: same text as {original}" for document_id, original in report.duplicates.items()),
        *(f"ignored {record.path}: {record.detail}" for record in report.ignored),
    ]
