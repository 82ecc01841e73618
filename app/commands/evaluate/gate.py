"""Compare the retrieval of what ships with the committed baseline; fail if it got worse by more than noise.

Runs the judged questions about the documents that ship (or reads a run with --run) and pairs them with the baseline.
A guarded measure (nDCG@10, R@5, RR@10) fails when the 95 % paired bootstrap interval of its difference lies wholly
below zero; then the exit status is 1 and the lost topics are named. --update makes the run the new baseline, whatever
it says.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..output import load_settings, print_json
from .differences import print_lost, print_measures, some

if TYPE_CHECKING:
    from ....eval.baseline_gate import GateResult
    from ....eval.run_file import RunFile

_NAMED = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--baseline", metavar="FILE", help="the run to hold against (default: the committed corpus-baseline.json)"
    )
    parser.add_argument("--run", dest="run_file", metavar="FILE", help="hold this run file against it; measure nothing")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="ask N topics, spread evenly over all: quicker, and less is noticed"
    )
    parser.add_argument("--measure", action="append", metavar="M", help="guard this measure instead; may be repeated")
    parser.add_argument("--update", action="store_true", help="make the run the new baseline")


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, and say by the exit status whether the run passed."""
    from ....eval.baseline_gate import as_baseline
    from ....eval.run_file import RunFile
    from ....index.errors import EvaluationError, UsageError

    if arguments.update and arguments.limit is not None:
        raise UsageError("a baseline is of all topics; leave --limit out, or --update")
    path = Path(arguments.baseline) if arguments.baseline else committed_baseline()
    if not arguments.update and not path.is_file():
        raise EvaluationError(f"there is no baseline at {str(path)!r}; make one with: sota-rag eval gate --update")
    new = RunFile.read(Path(arguments.run_file)) if arguments.run_file else _measured(arguments)
    result = None
    if path.is_file():
        try:
            result = _held_against(path, new, arguments)
        except EvaluationError as error:
            if not arguments.update:
                raise
            sys.stderr.write(f"sota-rag: not compared with the old baseline: {error}\n")
    if arguments.update:
        as_baseline(new).write(path)
    if arguments.json:
        form = result.as_dict() if result else {"passed": True, "failed": [], "improved": [], "lost": []}
        print_json({**form, "baseline": str(path), "updated": arguments.update})
    else:
        if result is not None:
            _print(result, partly=arguments.limit is not None)
        if arguments.update:
            print(f"{path} is the baseline now: {new.name}, system {new.default}, {new.created}")
    return 0 if arguments.update or result is None or result.passed else 1


def committed_baseline() -> Path:
    """The baseline that is kept with the source."""
    from importlib.resources import files

    return Path(str(files("sota_rag.eval"))) / "results" / "corpus-baseline.json"


def _measured(arguments: argparse.Namespace) -> "RunFile":
    """The run of the guides as the settings have it now."""
    from ...compose import starter_topics
    from ...evaluation import Plan, evaluate_topics
    from ...terminal import TerminalProgress

    index = Path(arguments.index) if arguments.index else None
    arguments.index = None  # it names the index of the guides
    plan = Plan(systems=("default",), rankings=False, limit=arguments.limit)
    with TerminalProgress() as progress:
        return evaluate_topics(load_settings(arguments), starter_topics("test"), plan, index=index, progress=progress)


def _held_against(path: Path, new: "RunFile", arguments: argparse.Namespace) -> "GateResult":
    from ....eval.baseline_gate import GUARDED, check_against_baseline
    from ....eval.run_file import RunFile
    from ....index.errors import EvaluationError

    try:
        return check_against_baseline(RunFile.read(path), new, measures=tuple(arguments.measure or GUARDED))
    except EvaluationError as error:
        raise EvaluationError(
            f"the run cannot be held against the baseline {str(path)!r}: {error}; "
            "where the baseline is broken or out of date, make a new one with: sota-rag eval gate --update"
        ) from error


def _print(result: "GateResult", *, partly: bool) -> None:
    comparison = result.comparison
    print(f"A: baseline {comparison.a.run}, system {comparison.a.system}, {comparison.a.created}")
    print(f"B: {comparison.b.run}, system {comparison.b.system}, {comparison.b.created}")
    print(f"the runs differ in: {', '.join(comparison.differs_in) or 'nothing that is recorded'}")
    changed = (
        ("topics that are new since the baseline, and not guarded", comparison.only_b),
        ("topics of the baseline that are gone", () if partly else comparison.only_a),
        ("topics reworded since the baseline, and not compared", comparison.reworded),
    )
    for what, topics in changed:
        if topics:
            print(f"{what}: {len(topics)} ({some(topics)})")
    if partly:
        print(f"asked in part: {len(comparison.only_a)} topics of the baseline were left out")
    for note in comparison.notes:
        print(f"note: {note}")
    print()
    print_measures(comparison, dict.fromkeys(result.improved, "better") | dict.fromkeys(result.failed, "WORSE"))
    if result.failed:
        print_lost("topics lost", result.lost, len(result.lost))
        print(f"\nFAILED: {', '.join(result.failed)} got worse by more than noise")
        print("if that was meant, make it the new baseline with: sota-rag eval gate --update")
        return
    print_lost(f"topics lost in {next(iter(comparison.measures))}, within noise", result.lost, _NAMED)
    print("\npassed: no guarded measure got worse by more than noise")
    if result.improved:
        print(f"{', '.join(result.improved)} got better by more than noise; keep it with: sota-rag eval gate --update")
    elif any(topics for _, topics in changed):
        print("the topics changed; guard them all with: sota-rag eval gate --update")
