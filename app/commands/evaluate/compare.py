"""Compare two runs, or two systems of one run, topic by topic: is B better than A by more than noise?

Differences are B - A, with a 95 % paired bootstrap interval and the two-sided p of a paired randomisation test,
adjusted by Holm's method over the measures compared; B is called better or worse where the adjusted p is below 0.05.
Name the measures that matter with --measure: the fewer there are, the more can be shown. Only topics that both have
are paired; how many were left out is said.
"""

import argparse
from typing import TYPE_CHECKING

from ..output import print_json
from .differences import print_categories, print_measures, print_topics, some

if TYPE_CHECKING:
    from ....eval.comparison_form import Comparison

_EPILOG = """\
examples:
  sota-rag eval compare before.json after.json
  sota-rag eval compare before.json after.json --measure nDCG@10 --measure R@5
  sota-rag eval compare ablation.json --system-a bm25 --system-b dense
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("a", metavar="A.json", help="the run to compare with; the older one, as a rule")
    parser.add_argument("b", metavar="B.json", nargs="?", help="the run in question (default: A.json again)")
    parser.add_argument("--system-a", metavar="NAME", help="system of A (default: the one that stands for the run)")
    parser.add_argument("--system-b", metavar="NAME", help="system of B (default: the one that stands for the run)")
    parser.add_argument(
        "--measure", action="append", metavar="M", help="only this measure; may be repeated (default: all they share)"
    )
    parser.add_argument(
        "--topics", type=int, default=10, metavar="N", help="how many lost and won topics to name (default 10)"
    )
    parser.add_argument("--html", metavar="FILE", help="write a self-contained report of both to FILE")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print."""
    from pathlib import Path

    from ....eval.comparison import compare
    from ....eval.run_file import RunFile

    _check(arguments)
    a = RunFile.read(Path(arguments.a))
    b = RunFile.read(Path(arguments.b)) if arguments.b else a
    comparison = compare(a, b, system_a=arguments.system_a, system_b=arguments.system_b, measures=arguments.measure)
    if arguments.html:
        from ....eval.report import write_report

        write_report([a, b] if arguments.b else [a], Path(arguments.html), comparisons=[comparison])
    if arguments.json:
        print_json(comparison.as_dict())
    else:
        _print(comparison, arguments.topics, arguments.measure)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be meant.

    Raises:
        UsageError: one file and one system, a negative number of topics, or a folder that does not exist.
    """
    from pathlib import Path

    from ....index.errors import UsageError

    if not arguments.b and not arguments.system_b:
        raise UsageError("one run needs --system-b NAME to compare its systems; or name a second run")
    if arguments.topics < 0:
        raise UsageError(f"--topics is {arguments.topics}; it must be 0 or more")
    if arguments.html and not Path(arguments.html).absolute().parent.is_dir():
        raise UsageError(f"--html {arguments.html!r}: there is no such folder; create it or name another file")


def _print(comparison: "Comparison", most: int, asked: list[str] | None) -> None:
    for letter, side in (("A", comparison.a), ("B", comparison.b)):
        print(f"{letter}: {side.run}, system {side.system}, {side.created}")
    differs = ", ".join(comparison.differs_in) or "nothing that is recorded"
    print(f"the runs differ in: {differs}")
    print(f"{comparison.kind}, {comparison.paired} topics paired")
    for letter, only in (("A", comparison.only_a), ("B", comparison.only_b)):
        if only:
            print(f"topics left out because only {letter} has them: {len(only)} ({some(only)})")
    for note in comparison.notes:
        print(f"note: {note}")
    print()
    shown = {name: found.verdict for name, found in comparison.measures.items() if found.verdict in ("better", "worse")}
    print_measures(comparison, {name: f"B is {verdict}" for name, verdict in shown.items()})
    for name, (a, b) in comparison.whole_set.items():
        print(
            f"{name} (of the whole set, not paired): A {a.mean:.3f} [{a.low:.3f}, {a.high:.3f}], "
            f"B {b.mean:.3f} [{b.low:.3f}, {b.high:.3f}]"
        )
    for measure in asked or list(comparison.measures)[:1]:
        found = comparison.measures[measure]
        print_categories(comparison, measure)
        print_topics(f"{measure}, topics that B lost", found.losses, most)
        print_topics(f"{measure}, topics that B won", found.wins, most)
