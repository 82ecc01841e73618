"""Measure retrieval on judged questions: recall, nDCG and more, of each system, with 95 % bootstrap intervals.

Without --beir or --topics, the judged questions about the documents that ship are asked, over an index of those guides
that is kept beside the main one. --topics asks questions of your own (JSONL with a document and a quote for each; see
eval/topics.py) over your index. --beir takes a collection in BEIR layout (corpus.jsonl, queries.jsonl,
qrels/SPLIT.tsv), indexes it like any other documents, and judges by documents: one scores as its best passage.

`default` is the retriever as it is set. bm25, dense, rrf, convex and learned are the legs and the fusions without a
reranker; rrf+rerank, convex+rerank and learned+rerank the same with it; no-successors leaves superseded practices as
they were found; neighbours adds what reading on would bring; hyde, multi-query and decompose ask the language model for
other queries. --ablation runs all that can run.
"""

import argparse

from .delivery import add_delivery_flags, check_delivery, deliver

_EPILOG = """\
examples:
  sota-rag eval retrieval
  sota-rag eval retrieval --ablation --html report.html
  sota-rag eval retrieval --beir scifact --split train --system convex --alpha 0.4
"""
_SYSTEMS = (
    "default", "bm25", "dense", "rrf", "convex", "learned", "rrf+rerank", "convex+rerank", "learned+rerank",
    "no-successors", "neighbours", "hyde", "multi-query",
    "decompose",
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    subject = parser.add_mutually_exclusive_group()
    subject.add_argument("--topics", metavar="FILE", help="judged questions over the index (default: over the guides)")
    subject.add_argument("--beir", metavar="DIR", help="the folder of a collection in BEIR layout")
    parser.add_argument(
        "--split",
        help="with --beir the judgements (default test), else dev or test, a part of the topics (default: test of the "
        "shipped ones, all of a file); choose settings on train or dev only",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--system", action="append", choices=_SYSTEMS, help="only these besides default (default: legs and fusions)"
    )
    which.add_argument("--ablation", action="store_true", help="every system that can run here")
    parser.add_argument("--alpha", type=float, help="weight of the dense leg in the convex fusion")
    parser.add_argument("--limit", type=int, metavar="N", help="N topics, spread evenly over all, for a quick look")
    parser.add_argument(
        "--whole-documents", action="store_true", help="count documents that a gold quote stands in, not passages"
    )
    parser.add_argument("--unreviewed", action="store_true", help="ask the topics that no person has judged instead")
    parser.add_argument(
        "--no-rankings", action="store_true", help="leave the rankings out of the run file (eval export needs them)"
    )
    add_delivery_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the table."""
    from pathlib import Path

    from ....index.errors import UsageError
    from ...evaluation import Plan, ablation, evaluate_collection, evaluate_topics
    from ...terminal import TerminalProgress
    from ..output import load_settings
    from .topic_set import topic_set

    check_delivery(arguments)
    if arguments.beir and arguments.whole_documents:
        raise UsageError("--whole-documents goes with topics; a collection is judged by whole documents anyway")
    own_index = Path(arguments.index) if arguments.index else None
    if not arguments.topics:
        arguments.index = None  # there it names the index of the collection, or of the guides
    settings = load_settings(arguments)
    options = {"alpha": arguments.alpha, "limit": arguments.limit, "rankings": not arguments.no_rankings}
    if arguments.ablation:
        plan = ablation(settings, collection=bool(arguments.beir), **options)
    elif arguments.system:
        plan = Plan(systems=tuple(arguments.system), **options)
    else:
        plan = Plan(**options)
    with TerminalProgress() as progress:
        if arguments.beir:
            found = evaluate_collection(
                settings, Path(arguments.beir), arguments.split or "test", plan, index=own_index, progress=progress
            )
        else:
            index = settings.index if arguments.topics else own_index
            topics = topic_set(arguments)
            found = evaluate_topics(
                settings,
                topics,
                plan,
                index=index,
                unreviewed=arguments.unreviewed,
                whole_documents=arguments.whole_documents,
                progress=progress,
            )
    deliver(found, arguments)
    return 0
