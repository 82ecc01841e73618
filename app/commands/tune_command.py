"""Search for better settings on training questions: fusion, depth, BM25's k1 and b, chunk size, reranking.

--beir DIR tunes on a collection in BEIR layout, --topics FILE on judged questions over your index (its folders are read
again, below the study); without either, on the dev part of the questions about the documents that ship. A split or file
that is named test is refused. The first trial is the settings as they are.

The study lies in a folder (--study) with its indexes; interrupted or asked for more --trials, it goes on where it was.
New settings are written to sota-rag.toml only if their gain, paired over the training topics and cross-validated, is
more than noise; what gains nothing stays as it was. Then the test questions are looked at, once in the life of a study.
--gate also chooses answer.threshold, on questions with and without an answer.
"""

import argparse
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from .evaluate.delivery import add_delivery_flags, check_delivery, deliver
from .output import load_settings

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from ...eval.topics import TopicSet
    from ..settings import Settings
    from ..terminal import TerminalProgress
    from ..tuning.gate_threshold import GateOutcome
    from ..tuning.judged import Task
    from ..tuning.tune import Tuned, TuneOptions

_GROUPS = ("fusion", "depth", "bm25", "chunks", "rerank")
_SIZES = (100, 150, 200, 250)
_EPILOG = """\
examples:
  sota-rag tune
  sota-rag tune --topics my-questions.jsonl --test-topics my-test-questions.jsonl --gate
  sota-rag tune --beir scifact --trials 200 --only fusion --only bm25
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--topics", metavar="FILE", help="training questions over your index")
    source.add_argument("--beir", metavar="DIR", help="a collection in BEIR layout")
    parser.add_argument(
        "--split",
        help="what is tuned on: of the collection (default train), or dev, a part of the topics (default all)",
    )
    parser.add_argument("--test-split", default="test", help="of the collection: what is reported (default test)")
    parser.add_argument("--test-topics", metavar="FILE", help="questions to report on")
    parser.add_argument("--no-test", action="store_true", help="look at no test questions")
    parser.add_argument("--study", metavar="DIR", help="the study's folder (default: tuning/NAME beside the index)")
    parser.add_argument("--trials", type=int, default=100, metavar="N", help="in all, earlier ones counted (100)")
    parser.add_argument("--measure", default="nDCG@10", help="what is maximised (default nDCG@10)")
    parser.add_argument("--only", action="append", choices=_GROUPS, help="tune only this (default: all that can be)")
    parser.add_argument(
        "--target-tokens", action="append", type=int, metavar="N", help=f"chunk sizes to try (default {_SIZES})"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything that draws (default 0)")
    parser.add_argument("--no-prune", action="store_true", help="measure every trial on all topics")
    parser.add_argument("--gate", action="store_true", help="also choose answer.threshold (not with --beir)")
    parser.add_argument("--dry-run", action="store_true", help="write no settings")
    add_delivery_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Tune, print what came of it, and write it."""
    from pathlib import Path

    from ...index.errors import UsageError
    from ..settings import config_file
    from ..settings_file import write_values
    from ..terminal import TerminalProgress
    from ..tuning.tune import tune

    check_delivery(arguments)
    if arguments.trials < 1:
        raise UsageError(f"--trials {arguments.trials}: try 1 point or more")
    if arguments.gate and arguments.beir:
        raise UsageError("--gate needs questions with and without an answer; a collection has none of the latter")
    settings = load_settings(arguments)
    task = _task(settings, arguments)
    folder = Path(arguments.study) if arguments.study else settings.index.parent / "tuning" / task.name
    with TerminalProgress() as progress:
        tuned = tune(settings, task, folder, _options(settings, arguments), progress=progress, told=_Teller())
        gate = _tune_gate(settings, arguments, progress) if arguments.gate else None
    changes = {section: dict(keys) for section, keys in tuned.changes.items()}
    if gate is not None and gate.better:
        changes.setdefault("answer", {})["threshold"] = gate.after
    file = config_file()
    written = bool(changes) and not arguments.dry_run and write_values(file, changes)
    if not arguments.json:
        _print(tuned, gate)
        _print_changes(changes, settings, str(file), written=written, dry_run=arguments.dry_run)
    told = {"changes": changes, "written": written}
    details = {**tuned.run.details, **told, **({"gate": asdict(gate)} if gate is not None else {})}
    deliver(replace(tuned.run, details=details), arguments)
    return 0


def _task(settings: "Settings", arguments: argparse.Namespace) -> "Task":
    from pathlib import Path

    from ...eval.topics import TopicSet
    from ..tuning.judged import collection_task, topics_task

    if arguments.beir:
        test = None if arguments.no_test else arguments.test_split
        return collection_task(Path(arguments.beir), arguments.split or "train", test)
    topics, test = _topics(arguments), None
    if arguments.test_topics:
        test = TopicSet(Path(arguments.test_topics))
    elif topics and topics.part:
        test = TopicSet(topics.path, "test")
    task = topics_task(settings, topics, test)
    return replace(task, test=None) if arguments.no_test else task


def _options(settings: "Settings", arguments: argparse.Namespace) -> "TuneOptions":
    from ...index.errors import UsageError
    from ...ingest.chunk import ChunkSettings
    from ..compose import make_encoder
    from ..tuning.tune import TuneOptions

    most = settings.chunk_settings(make_encoder(settings).info.window).max_tokens
    least = ChunkSettings().min_tokens
    sizes = arguments.target_tokens or [size for size in _SIZES if size <= most]
    if bad := next((size for size in sizes if not least <= size <= most), None):
        raise UsageError(f"--target-tokens {bad}: the encoder takes {least} to {most} word pieces")
    return TuneOptions(
        groups=tuple(arguments.only or _GROUPS),
        chunk_sizes=tuple(sizes),
        measure=arguments.measure,
        trials=arguments.trials,
        seed=arguments.seed,
        prune=not arguments.no_prune,
    )


def _topics(arguments: argparse.Namespace) -> "TopicSet | None":
    """The questions to choose by, or None for those that ship."""
    from pathlib import Path

    from ...eval.topics import TopicSet
    from ...index.errors import UsageError

    if not arguments.topics:
        return None
    if arguments.split not in (None, "dev"):
        raise UsageError(f"--split {arguments.split!r}: of a topics file the part `dev` is to choose by")
    return TopicSet(Path(arguments.topics), arguments.split)


def _tune_gate(settings: "Settings", arguments: argparse.Namespace, progress: "TerminalProgress") -> "GateOutcome":
    from contextlib import closing

    from ..compose import make_answerer, make_encoder, open_retriever, starter_topics
    from ..judged_indexes import shipped_index
    from ..settings import NO_HURRY_S
    from ..tuning.gate_threshold import choose_threshold, gate_examples

    topics = (_topics(arguments) or starter_topics("dev")).read()
    answer = settings.answer.model_copy(update={"mode": "extract", "strategies": ()})
    reranker = settings.reranker.model_copy(update={"budget_s": NO_HURRY_S})
    update: dict[str, Any] = {"answer": answer, "reranker": reranker}
    if not arguments.topics:
        update["index"], _ = shipped_index(settings, None, make_encoder(settings), progress)
    settings = settings.model_copy(update=update)
    with open_retriever(settings) as retriever, closing(make_answerer(settings, retriever)) as answerer:
        progress.begin("gate", len(topics), "topics")
        examples = gate_examples(answerer, topics, lambda *_: progress.advance())
        progress.end()
        used = answerer.gate.threshold if answer.threshold is None else answer.threshold
    return choose_threshold(examples, used, seed=arguments.seed)


class _Teller:
    """Says on standard error what became of each trial."""

    def __init__(self) -> None:
        self._best = float("-inf")

    def __call__(self, trial: "FrozenTrial") -> None:
        points = trial.user_attrs["parameters"]
        said = ", ".join(f"{name} {points[name]}" for name in trial.params)
        if trial.value is None or trial.state.name == "PRUNED":
            print(f"trial {trial.number}: stopped early  ({said})", file=sys.stderr)
            return
        mark = "*" if trial.value > self._best else " "
        self._best = max(self._best, trial.value)
        print(f"trial {trial.number}: {trial.value:.4f}{mark} ({said})", file=sys.stderr)


def _print(tuned: "Tuned", gate: "GateOutcome | None") -> None:
    from ..tuning.report import signed

    outcome = tuned.outcome
    topics = len(outcome.before.values)
    print(
        f"on {topics} training topics: {outcome.before.mean:.4f} as it was, {outcome.best.mean:.4f} in the best trial"
    )
    print(f"  gain of the candidate there              {signed(outcome.gain)}")
    print(f"  gain to expect on others, cross-validated {signed(outcome.expected_gain)}")
    if outcome.put_back and outcome.better:
        print(f"  put back, for it gains nothing: {', '.join(outcome.put_back)}")
    if not outcome.better:
        print("  nothing found is better than the settings as they were by more than noise: they stay")
    if gate is not None:
        print(
            f"gate, on {gate.answerable} answerable and {gate.unanswerable} unanswerable examples: balanced accuracy "
            f"{gate.accuracy_before:.3f} at {gate.before}, {gate.accuracy_after:.3f} at {gate.after}; "
            f"gain, cross-validated {signed(gate.expected_gain)}"
        )
    reported = tuned.run.details["tuning"]["reported"]
    ends = reported["difference"]
    when = f" (looked at once, {tuned.run.created})" if tuned.reported_before else ""
    print(
        f"on {reported['questions']}{when}: after - before "
        f"{ends['mean']:+.4f} [{ends['low']:+.4f}, {ends['high']:+.4f}], p {reported['p']:.4f}"
    )
    if (
        tuned.reported_before
        and tuned.run.details["tuning"]["after"]["parameters"] != outcome.after.parameters.as_dict()
    ):
        print("  that report is of earlier settings of this study; name another --study to report on what is new")
    print(f"plots: {tuned.page}")


def _print_changes(
    changes: dict[str, dict[str, Any]], settings: "Settings", file: str, *, written: bool, dry_run: bool
) -> None:
    from ...index.remedies import ingest_command

    if not changes:
        print(f"nothing to write to {file}")
        return
    known = settings.model_dump()
    for section, keys in changes.items():
        for key, value in keys.items():
            print(f"  {section}.{key} = {value!r} (was {known[section][key]!r})")
    if dry_run:
        print(f"not written, as --dry-run says; without it, to {file}")
        return
    print(f"{'written to' if written else 'already in'} {file}")
    if {"chunking", "bm25"} & set(changes):
        print(f"next: bring your index up to date: {ingest_command(settings.index)}")
    print()
