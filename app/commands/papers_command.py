"""Keep a folder of papers that can be ingested: fetch them from arXiv, add PDFs that you have, list them.

fetch    download PDFs, titles, authors, dates and licences by arXiv identifier
add      copy PDFs from this machine; asks nobody unless --lookup is given
list     what is in the folder, where it came from, and under which licence

Beside `models pull`, this is the only command that uses the network, and `fetch` and `add --lookup` are the only parts
of it that do. It asks arXiv (or the mirror that the settings name) for the papers you name and for nothing else: one
request every three seconds, as arXiv's terms of use ask, with a header that names this software and your setting
`papers.contact`.

An interrupted download goes on where it stopped when the same command runs again. A paper that is there and has its
recorded checksum is not asked for again; a file is never overwritten. To get a newer version, name it (2106.09685v3).

Most papers on arXiv may be read by everyone but not passed on: `list` shows each licence.
Exit status 1 when a paper could not be had; the others are there all the same.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import load_settings, print_json

if TYPE_CHECKING:
    from ...ingest.metadata import DocumentMeta
    from ...ingest.papers.fetch import Catalogue, Endpoints
    from ...ingest.papers.outcome import Outcome
    from ...ingest.papers.polite import PoliteClient
    from ...ingest.report import IngestReport
    from ..settings import Settings

_TITLE_SHOWN = 60
_EPILOG = """\
examples:
  sota-rag papers fetch 2106.09685 1706.03762v7 hep-th/9901001 --ingest
  sota-rag papers add ~/Downloads/2106.09685v2.pdf
  sota-rag papers add thesis.pdf --title "On Retrieval" --authors "A. Author; B. Author" --year 2024
  sota-rag papers list --verify
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the three actions and their arguments."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    common = argparse.ArgumentParser(add_help=False)
    # Suppressed defaults: what was said before the action stays.
    common.add_argument("--index", metavar="DIR", default=argparse.SUPPRESS, help="the index folder, for --ingest")
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    common.add_argument("-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="log more")
    common.add_argument("--to", metavar="DIR", help="the folder of papers (setting `papers.folder`)")
    online = argparse.ArgumentParser(add_help=False)
    online.add_argument(
        "--base-url", metavar="URL", help="a mirror with arXiv's paths: URL/api/query, URL/pdf/ID and URL/oai"
    )
    online.add_argument("--no-licence", action="store_true", help="do not ask for licences (one request a paper less)")
    storing = argparse.ArgumentParser(add_help=False)
    storing.add_argument("--ingest", action="store_true", help="bring the index up to date with the folder afterwards")

    fetch = actions.add_parser(
        "fetch",
        parents=[common, online, storing],
        help="download papers from arXiv",
        description="Download papers from arXiv, with metadata and licence; what is there already is not asked for.",
    )
    fetch.add_argument("ids", nargs="+", metavar="ID", help="such as 2106.09685, 2106.09685v2 or hep-th/9901001")

    add = actions.add_parser(
        "add",
        parents=[common, online, storing],
        help="copy PDFs from this machine",
        description="Copy PDFs from this machine into the folder, named after their arXiv identifier or checksum.",
    )
    add.add_argument("files", nargs="+", metavar="FILE", help="a PDF, or a folder of them (searched recursively)")
    add.add_argument("--link", action="store_true", help="hard-link instead of copying (on the same file system)")
    add.add_argument("--lookup", action="store_true", help="ask arXiv for metadata; licences are the newest version's")
    single = add.add_argument_group("for one FILE")
    single.add_argument("--id", metavar="ID", help="its arXiv identifier, if its name does not begin with it")
    single.add_argument("--title", metavar="TEXT")
    single.add_argument("--authors", metavar="NAMES", help='separated by semicolons: "A. Author; B. Author"')
    single.add_argument("--year", metavar="DATE", help="such as 2021 or 2021-06-17")

    listing = actions.add_parser(
        "list",
        parents=[common],
        help="show the papers in the folder",
        description="Show each paper's state, size, title and licence, and downloads that were interrupted.",
    )
    listing.add_argument("--verify", action="store_true", help="compare every checksum; exit status 1 if one differs")


def run(arguments: argparse.Namespace) -> int:
    """Do one of the three."""
    return {"fetch": _fetch, "add": _add, "list": _list}[arguments.action](arguments)


def _fetch(arguments: argparse.Namespace) -> int:
    from ...ingest.papers.arxiv_id import ArxivId
    from ...ingest.papers.fetch import fetch_papers
    from ...ingest.papers.folder import open_library
    from ..terminal import TerminalProgress

    ids = [ArxivId.parse(text) for text in arguments.ids]
    settings = _settings(arguments)
    endpoints = _endpoints(arguments, settings)
    with _client(settings) as client, open_library(settings.papers.folder) as library, TerminalProgress() as progress:
        outcomes = fetch_papers(
            ids,
            library,
            client,
            endpoints,
            licences=not arguments.no_licence,
            max_bytes=settings.papers.max_mb * 1_000_000,
            progress=progress,
        )
    return _finish(arguments, settings, outcomes)


def _add(arguments: argparse.Namespace) -> int:
    from ...index.errors import UsageError
    from ...ingest.papers.add import add_papers, list_pdfs
    from ...ingest.papers.arxiv_id import ArxivId
    from ...ingest.papers.fetch import Catalogue
    from ...ingest.papers.folder import open_library

    paper = ArxivId.parse(arguments.id) if arguments.id is not None else None
    given = _given(arguments)
    settings = _settings(arguments)
    files = list_pdfs(Path(name) for name in arguments.files)
    if len(files) > 1 and (paper or given.model_dump(exclude_defaults=True)):
        raise UsageError(f"--id, --title, --authors and --year are for one FILE, but {len(files)} were named")

    def add(catalogue: "Catalogue | None") -> "list[Outcome]":
        with open_library(settings.papers.folder) as library:
            return add_papers(files, library, paper=paper, given=given, link=arguments.link, catalogue=catalogue)

    if not arguments.lookup:
        return _finish(arguments, settings, add(None))
    with _client(settings) as client:
        endpoints = _endpoints(arguments, settings)
        outcomes = add(Catalogue(client, endpoints, licences=not arguments.no_licence))
    return _finish(arguments, settings, outcomes)


def _list(arguments: argparse.Namespace) -> int:
    from ...ingest.papers.atom import licence_name
    from ...ingest.papers.folder import Library, State

    folder = _settings(arguments).papers.folder
    library = Library(folder)
    forms = []
    for name in library.names():
        record, meta = library.records.get(name), library.meta(name)
        path = library.path(name)
        form = {
            "file": name,
            "state": library.state(name, verify=arguments.verify),
            "bytes": path.stat().st_size if path.is_file() else None,
            "title": meta.title if meta else None,
            "licence_name": licence_name(record.licence if record else None),
        }
        forms.append(form | (record.model_dump(exclude={"bytes"}) if record else {}))
    unfinished = [{"file": path.name, "bytes": path.stat().st_size} for path in library.parts()]
    if arguments.json:
        print_json({"folder": str(folder), "papers": forms, "unfinished": unfinished})
    else:
        for form in forms:
            size = "-" if form["bytes"] is None else f"{form['bytes'] / 1e6:.1f} MB"
            print(f"{form['state']:<10} {form['file']:<28} {size:>9}  {_shortened(form['title'])}".rstrip())
            print(f"{'':<10} licence: {form['licence_name']}")
        for part in unfinished:
            print(f"unfinished {part['file']:<28} {part['bytes'] / 1e6:>6.1f} MB")
        held = sum(form["bytes"] or 0 for form in forms)
        print(f"{len(forms)} paper{'' if len(forms) == 1 else 's'}, {held / 1e6:.1f} MB, in {folder}")
    return int(any(form["state"] in (State.CHANGED, State.MISSING) for form in forms))


def _settings(arguments: argparse.Namespace) -> "Settings":
    """The settings, with the folder of papers as the flag says; UsageError where the flag is empty."""
    from ...index.errors import UsageError

    settings = load_settings(arguments)
    if arguments.to is None:
        return settings
    if not arguments.to:
        raise UsageError("--to is empty; name a folder")
    papers = settings.papers.model_copy(update={"folder": Path(arguments.to)})
    return settings.model_copy(update={"papers": papers})


def _client(settings: "Settings") -> "PoliteClient":
    from ...ingest.papers.polite import PoliteClient

    papers = settings.papers
    return PoliteClient(contact=papers.contact, delay_s=papers.delay_s, timeout_s=papers.timeout_s)


def _endpoints(arguments: argparse.Namespace, settings: "Settings") -> "Endpoints":
    from ...ingest.papers.fetch import Endpoints

    papers = settings.papers
    configured = Endpoints(papers.api_url, papers.pdf_url, papers.oai_url)
    chosen = Endpoints.below(arguments.base_url) if arguments.base_url is not None else configured
    return chosen.checked(papers.delay_s)


def _given(arguments: argparse.Namespace) -> "DocumentMeta":
    """Metadata of the flags; UsageError where one is invalid."""
    from pydantic import ValidationError

    from ...index.errors import UsageError
    from ...ingest.metadata import DocumentMeta
    from ..settings import reason

    try:
        return DocumentMeta(title=arguments.title, authors=arguments.authors or (), published=arguments.year)
    except ValidationError as error:
        raise UsageError(f"--year {arguments.year!r}: {reason(error)}; correct it") from None


def _finish(arguments: argparse.Namespace, settings: "Settings", outcomes: "list[Outcome]") -> int:
    """Say what became of each paper, and ingest where it was asked for."""
    from ...index.remedies import ingest_command
    from ...ingest.papers.outcome import Done

    folder = settings.papers.folder
    following = ingest_command(settings.index, [str(folder)])
    there = any(outcome.file for outcome in outcomes)
    # Before the ingestion, whose failure would otherwise hide what was done.
    if not arguments.json:
        _print_outcomes(outcomes, folder)
        if there and not arguments.ingest:
            print(f"next: {following}")
    report = _ingest(settings, folder) if there and arguments.ingest else None
    if arguments.json:
        from ..forms import ingest_form

        papers = [_outcome_form(outcome) for outcome in outcomes]
        ingested = ingest_form(report) if report else None
        print_json({"folder": str(folder), "papers": papers, "ingest": ingested, "next": None if report else following})
    elif report:
        _print_ingestion(report)
    return int(any(outcome.done is Done.FAILED for outcome in outcomes))


def _print_outcomes(outcomes: "list[Outcome]", folder: Path) -> None:
    for outcome in outcomes:
        print("\n".join(_outcome_lines(outcome)))
    counts = Counter(str(outcome.done) for outcome in outcomes)
    print(", ".join(f"{count} {done}" for done, count in counts.items()) + f", in {folder}")


def _print_ingestion(report: "IngestReport") -> None:
    state = "published" if report.published else "unchanged"
    print(
        f"generation {report.generation} {state}: {len(report.added)} added, {len(report.changed)} changed, "
        f"{len(report.quarantined)} quarantined; {report.documents} documents, {report.passages} passages"
    )
    for record in report.quarantined:
        print(f"  quarantined {record.path}: {record.detail}")


def _ingest(settings: "Settings", folder: Path) -> "IngestReport":
    from ..compose import run_ingestion
    from ..terminal import TerminalProgress

    with TerminalProgress() as progress:
        return run_ingestion(settings, [folder], progress=progress)


def _outcome_form(outcome: "Outcome") -> dict[str, Any]:
    from ...ingest.papers.atom import licence_name

    record = outcome.record
    return {
        "asked": outcome.asked,
        "done": outcome.done,
        "file": outcome.file,
        "title": outcome.title,
        "detail": outcome.detail,
        "record": record.model_dump() if record else None,
        "licence_name": licence_name(record.licence) if record else None,
    }


def _outcome_lines(outcome: "Outcome") -> list[str]:
    from ...ingest.papers.atom import licence_name
    from ...ingest.papers.outcome import Done

    if outcome.done is Done.FAILED or outcome.record is None:
        return [f"{outcome.done:<10} {outcome.asked}: {outcome.detail}"]
    size = f"{outcome.record.bytes / 1e6:.1f} MB"
    lines = [f"{outcome.done:<10} {outcome.file:<28} {size:>9}  {_shortened(outcome.title)}".rstrip()]
    if outcome.detail:
        lines.append(f"{'':<10} {outcome.asked}: {outcome.detail}")
    lines.append(f"{'':<10} licence: {licence_name(outcome.record.licence)}")
    return lines


def _shortened(title: str | None) -> str:
    if title is None:
        return ""
    return title if len(title) <= _TITLE_SHOWN else title[: _TITLE_SHOWN - 1] + "…"
