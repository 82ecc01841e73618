"""List the runs of a folder over time, and plot them.

Runs of one kind and name over the same topics make a series; the figures are those of each run's default system. Files
that are no run files are named at the end.
"""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ....eval.history import Series

_EPILOG = """\
examples:
  sota-rag eval history
  sota-rag eval history eval/results --measure nDCG@10 --html history.html
"""
_FOLDER = "eval/results"
_SHOWN = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "folders", nargs="*", default=[_FOLDER], metavar="FOLDER", help=f"folders of run files (default {_FOLDER})"
    )
    parser.add_argument(
        "--measure",
        action="append",
        metavar="M",
        help=f"only this measure; may be repeated (default: the first {_SHOWN})",
    )
    parser.add_argument("--html", metavar="FILE", help="write a self-contained page with plots to FILE")


def run(arguments: argparse.Namespace) -> int:
    """Read the folders and print each series."""
    from pathlib import Path

    from ....eval.history import read_history
    from ..output import print_json

    measures = arguments.measure or ()
    history = read_history([Path(folder) for folder in arguments.folders]).only(measures)
    if arguments.html:
        from ....eval.report import write_history

        write_history(history, Path(arguments.html))
    if arguments.json:
        print_json(history.as_dict())
        return 0
    for series in history.series:
        _print_series(series, series.measures if measures else series.measures[:_SHOWN])
    for why in history.broken.values():
        print(f"left out: {why}")
    return 0


def _print_series(series: "Series", measures: tuple[str, ...]) -> None:
    print(f"{series.kind}: {series.name}, {series.topic_count} topics")
    system = max(len("system"), *(len(entry.default) for entry in series.entries))
    widths = [max(22, len(measure)) for measure in measures]
    heads = "".join(f"  {measure:<{width}}" for measure, width in zip(measures, widths, strict=True))
    print(f"  {'created':<17}  {'code':<8}  {'system':<{system}}{heads}".rstrip())
    for entry in series.entries:
        cells = ""
        for measure, width in zip(measures, widths, strict=True):
            found = entry.measures.get(measure)
            said = f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]" if found else "-"
            cells += f"  {said:<{width}}"
        print(
            f"  {entry.created[:16].replace('T', ' '):<17}  {entry.code:<8}  {entry.default:<{system}}{cells}".rstrip()
        )
    print()
