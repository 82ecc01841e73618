"""What every measurement does with its run: keep it, show it, report it, hand it to a tracker."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..output import print_json

if TYPE_CHECKING:
    from ....eval.run_file import RunFile

_COLUMN = 24
_LATENCY = "ms p50/p95/p99"
_TRACKERS = ("mlflow", "tensorboard", "wandb")


def add_delivery_flags(parser: argparse.ArgumentParser) -> None:
    """Flags that say where a run goes."""
    group = parser.add_argument_group("results")
    group.add_argument("--output", metavar="FILE", help="write the run file (JSON) to FILE")
    group.add_argument("--html", metavar="FILE", help="write a self-contained report with plots to FILE")
    group.add_argument(
        "--no-texts", action="store_true", help="leave the topics' words out, for data that may not be passed on"
    )
    group.add_argument(
        "--tracker",
        action="append",
        choices=_TRACKERS,
        help="also log to this tracker, offline, below ./trackers (extra `trackers`)",
    )


def check_delivery(arguments: argparse.Namespace) -> None:
    """Refuse a place that cannot be written to before the long part begins.

    Raises:
        UsageError: the folder of a file does not exist.
    """
    from ....index.errors import UsageError

    for flag in ("output", "html"):
        named = getattr(arguments, flag)
        if named and not Path(named).absolute().parent.is_dir():
            raise UsageError(f"--{flag} {named!r}: there is no such folder; create it or name another file")


def deliver(run: "RunFile", arguments: argparse.Namespace) -> None:
    """Write what was asked for, then print the run: its table, or with `--json` its JSON."""
    if arguments.no_texts:
        run = run.without_texts()
    if arguments.output:
        run.write(Path(arguments.output))
    if arguments.html:
        from ....eval.report import write_report

        write_report([run], Path(arguments.html))
    for tracker in arguments.tracker or ():
        from ....eval.trackers import track

        print(f"{tracker}: {track(run, tracker, Path('trackers'))}", file=sys.stderr)
    if arguments.json:
        print_json(run.as_dict())
        return
    print_table(run)


def print_table(run: "RunFile") -> None:
    """Measures as rows, systems as columns, as many side by side as the terminal has room for."""
    print(f"{run.kind}: {run.name}, {len(run.topics)} topics; 95 % bootstrap intervals")
    names = list(run.systems)
    label = 2 + max(len(measure) for measure in (_LATENCY, *(m for name in names for m in run.systems[name].measures)))
    across = max(1, (shutil.get_terminal_size().columns - label) // _COLUMN)
    for start in range(0, len(names), across):
        print()
        for cells in _rows(run, names[start : start + across]):
            print("".join(f"{cell:<{_COLUMN if place else label}}" for place, cell in enumerate(cells)).rstrip())
    for name, system in run.systems.items():
        if system.failures:
            topic, error = next(iter(system.failures.items()))
            print(f"\n{name}: {len(system.failures)} topics failed and count as zero; the first, {topic}: {error}")
    for note in run.notes:
        print(f"\nnote: {note}")


def _rows(run: "RunFile", names: list[str]) -> list[list[str]]:
    systems = [run.systems[name] for name in names]
    measures = list(dict.fromkeys(measure for system in systems for measure in system.measures))
    rows = [["", *names]]
    for measure in measures:
        found = [system.measures.get(measure) for system in systems]
        rows.append([measure, *(f"{m.mean:.3f} [{m.low:.3f}, {m.high:.3f}]" if m else "-" for m in found)])
    totals = [system.latency_ms.get("total") for system in systems]
    if any(totals):
        cells = (f"{total['p50']:.0f} / {total['p95']:.0f} / {total['p99']:.0f}" if total else "-" for total in totals)
        rows.append([_LATENCY, *cells])
    return rows
