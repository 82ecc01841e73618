"""What every measurement does with its run: keep it, show it, report it, hand it to a tracker."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..output import print_json

if TYPE_CHECKING:
    from ....eval.run_file import RunFile

_TRACKERS = ("mlflow", "tensorboard", "wandb")


def add_delivery_flags(parser: argparse.ArgumentParser) -> None:
    """Flags that say where a run goes."""
    group = parser.add_argument_group("results")
    group.add_argument("--output", metavar="FILE", help="write the run file (JSON) to FILE")
    group.add_argument("--html", metavar="FILE", help="write a self-contained report with plots to FILE")
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
    if arguments.output:
        run.write(Path(arguments.output))
    if arguments.html:
        from ....eval.report import write_report

        write_report([run], Path(arguments.html))
    for tracker in arguments.tracker or ():
        from ....eval.trackers import track

        track(run, tracker, Path("trackers"))
    if arguments.json:
        print_json(run.as_dict())
        return
    print_table(run)


def print_table(run: "RunFile") -> None:
    """Every system with its measures and their intervals, one system a block."""
    print(f"{run.kind}: {run.name}, {len(run.topics)} topics")
    for name, system in run.systems.items():
        print(f"\n{name}{' (default)' if name == run.default and len(run.systems) > 1 else ''}")
        for measure, interval in system.measures.items():
            print(f"  {measure:<24} {interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]")
        if total := system.latency_ms.get("total"):
            print(
                "  latency                  " + ", ".join(f"{point} {value:.1f} ms" for point, value in total.items())
            )
        if system.failures:
            topic, error = next(iter(system.failures.items()))
            print(f"  {len(system.failures)} topics failed; the first, {topic}: {error}")
    for note in run.notes:
        print(f"\nnote: {note}")
