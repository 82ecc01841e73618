"""Explain why topics are lost: which stage of the search lost what answers each of them.

For every topic without a relevant hit among the first k: not parsed, not indexed, not searched (its role or a filter),
beyond the depth of the legs, fusion, rerank, or successors; then how many each stage lost, and what can be done.

RUN.json explains the topics that a retrieval run lost, in the index as it is now; --topics (JSONL with documents and
quotes) and --beir (a collection in BEIR layout) explain all of theirs. With --answers each question is also answered,
and what was found and yet is not cited is told: not read, gate, packing, selection.
"""

import argparse
from typing import TYPE_CHECKING

from ..output import load_settings, print_json, trace_line

if TYPE_CHECKING:
    from ....eval.misses import Miss, Misses
    from ....index import Retriever
    from ...miss_sources import MissSource
    from ...settings import Settings
    from ...terminal import TerminalProgress

_EPILOG = """\
examples:
  sota-rag eval misses
  sota-rag eval misses run.json -k 5
  sota-rag eval misses --topics questions.jsonl --answers
  sota-rag eval misses --beir scifact --split train
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    source = parser.add_mutually_exclusive_group()
    source.add_argument("run_file", nargs="?", metavar="RUN.json", help="a run of `eval retrieval`")
    source.add_argument("--topics", metavar="FILE", help="judged questions over the index (default: over the guides)")
    source.add_argument("--beir", metavar="DIR", help="the folder of a collection; documents count, not passages")
    parser.add_argument("--split", help="which judgements (default test), or dev or test of the topics")
    parser.add_argument("-k", type=int, default=10, help="hits among which one has to be (default 10)")
    parser.add_argument("--system", metavar="NAME", help="of the run (default: its default system)")
    parser.add_argument("--answers", action="store_true", help="also answer, and tell what an answer did not use")


def run(arguments: argparse.Namespace) -> int:
    """Explain and print."""
    from pathlib import Path

    from ....index.errors import UsageError
    from ...miss_sources import source_of_beir, source_of_run, source_of_topics
    from ...terminal import TerminalProgress
    from .topic_set import topic_set

    if arguments.k < 1:
        raise UsageError(f"k is {arguments.k}; look at 1 hit or more")
    own_index = Path(arguments.index) if arguments.index else None
    if not arguments.topics:
        arguments.index = None  # there it names the index of the collection, or of the guides
    settings = load_settings(arguments)
    with TerminalProgress() as progress:
        source: MissSource
        if arguments.run_file:
            source = source_of_run(settings, Path(arguments.run_file), arguments.k, arguments.system, own_index)
        elif arguments.beir:
            source = source_of_beir(settings, Path(arguments.beir), arguments.split or "test", own_index, progress)
        else:
            index = settings.index if arguments.topics else own_index
            source = source_of_topics(settings, topic_set(arguments), index, progress)
        if arguments.answers and source.by_document:
            raise UsageError("--answers needs questions with quotes; a collection is judged by whole documents")
        with source.open(settings) as retriever:
            misses = _explained(retriever, source, arguments, settings, progress)
    if arguments.json:
        print_json({**misses.as_dict(), "notes": list(source.notes)})
        return 0
    _print(misses, source.notes)
    return 0


def _explained(
    retriever: "Retriever",
    source: "MissSource",
    arguments: argparse.Namespace,
    settings: "Settings",
    progress: "TerminalProgress",
) -> "Misses":
    from contextlib import closing

    from ....eval.misses import explain_misses
    from ...answer_misses import with_answers
    from ...compose import make_answerer

    view = retriever.view()
    wanted = source.wanted(view)
    progress.begin("searching", len(wanted), "topics")
    misses = explain_misses(
        view, wanted, arguments.k, by_document=source.by_document, progress=lambda *_: progress.advance()
    )
    progress.end()
    if not arguments.answers:
        return misses
    with closing(make_answerer(settings, retriever)) as answerer:
        progress.begin("answering", len(misses.found), "topics")
        return with_answers(misses, source.judged, answerer, lambda *_: progress.advance())


def _print(misses: "Misses", notes: tuple[str, ...]) -> None:
    from ....eval.misses import ADVICE
    from ...answer_misses import ADVICE as ADVICE_ON_ANSWERS

    for note in notes:
        print(f"note: {note}")
    total, unit = len(misses.found) + len(misses.lost), "documents" if misses.by_document else "hits"
    for miss in misses.lost:
        _print_miss(miss)
    print(f"{len(misses.lost)} of {total} topics are lost among the first {misses.k} {unit}")
    advice = {**ADVICE, **ADVICE_ON_ANSWERS}
    wide = max(map(len, misses.counts), default=0)
    for stage, count in misses.counts.items():
        print(f"  {stage:<{wide}}  {count:>4}  {advice[stage]}")


def _print_miss(miss: "Miss") -> None:
    from ...terminal import excerpt

    print(f"{miss.topic_id}  {excerpt(miss.question, 90)}")
    print(f"    {miss.stage}: {miss.detail}")
    print(f"    expected {excerpt(miss.expected, 90)}")
    if miss.trace is not None:
        print(f"    {trace_line(miss.trace)}")
    print()
