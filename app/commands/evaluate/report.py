"""Write a report of one or more run files: one HTML file with plots that needs no network.

Several runs of one kind are also shown side by side, each held against the first over the topics that both asked.
"""

import argparse

_EPILOG = """\
examples:
  sota-rag eval report run.json --html report.html
  sota-rag eval report before.json after.json --html report.html
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("files", nargs="+", metavar="RUN.json", help="run files of `sota-rag eval`")
    parser.add_argument("--html", required=True, metavar="FILE", help="the report")


def run(arguments: argparse.Namespace) -> int:
    """Read the runs and write the report."""
    from pathlib import Path

    from ....eval.report import write_report
    from ....eval.run_file import RunFile
    from ..output import print_json

    runs = [RunFile.read(Path(name)) for name in arguments.files]
    write_report(runs, Path(arguments.html))
    if arguments.json:
        print_json({"report": arguments.html, "runs": [{"kind": run.kind, "name": run.name} for run in runs]})
        return 0
    print(f"{arguments.html}: {', '.join(f'{run.kind}: {run.name}' for run in runs)}")
    return 0
