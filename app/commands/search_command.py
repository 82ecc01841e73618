"""Find the passages nearest to a question, best first.

BM25 and dense retrieval each bring candidates, fusion orders them, the reranker (where there is one) reorders the
best. Above a superseded practice stands its successor, unless --history is given. --explain shows what every stage did
and what it said of each hit; with --expect DOC also where the passages of a document stood in every stage (exactly,
whatever the depth) and which stage lost them. DOC is a document's id, the end of one, a glob that one matches, or a
passage id.
"""

import argparse
from typing import TYPE_CHECKING

from .output import (
    add_filters,
    add_history,
    load_settings,
    mark_line,
    print_json,
    read_filters,
    search_mode,
    trace_line,
)

if TYPE_CHECKING:
    from ...index import Filters, Hit, SearchResult
    from ...index.expected import Expected
    from ...index.trace import Trace
    from ...index.view import View

_SHOWN = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("query", help="what to look for, at most 4,000 characters")
    parser.add_argument("-k", type=int, default=10, help="how many passages (default 10)")
    parser.add_argument("--explain", action="store_true", help="show every stage, and each hit's signals")
    parser.add_argument(
        "--expect", action="append", metavar="DOC", help="with --explain: where this document stood, stage by stage"
    )
    add_history(parser)
    add_filters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Search and print the hits."""
    from ...index.errors import UsageError
    from ..compose import open_retriever

    if arguments.expect and not arguments.explain:
        raise UsageError("--expect says where a document stood in every stage; give --explain with it")
    settings, filters = load_settings(arguments, search=search_mode(arguments)), read_filters(arguments)
    with open_retriever(settings) as retriever:
        view = retriever.view()
        result = view.search(arguments.query, arguments.k, filters=filters)
        followed = [_followed(view, arguments, name, filters) for name in arguments.expect or ()]
    if arguments.json:
        from ..forms import expected_form, search_form

        form = search_form(result, explain=arguments.explain)
        if followed:
            form["expected"] = [expected_form(expected, trace) for expected, trace in followed]
        print_json(form)
    else:
        _print_hits(result, arguments.explain)
        for expected, trace in followed:
            _print_expected(expected, trace)
    return 0


def _followed(
    view: "View", arguments: argparse.Namespace, name: str, filters: "Filters"
) -> "tuple[Expected, Trace | None]":
    from ...index.expected import expected_name

    expected = expected_name(view, name)
    if not expected.passages:
        return expected, None
    return expected, view.trace(arguments.query, expected.passages, arguments.k, filters=filters)


def _print_expected(expected: "Expected", trace: "Trace | None") -> None:
    print()
    if trace is None:
        print(f"expected {expected.name}: {expected.lost}: {expected.detail}")
        return
    ordered = trace.furthest_first()
    best = ordered[0]
    outcome = f"hit {best.final_rank}" if best.lost is None else f"lost by {best.lost}: {best.detail}"
    print(f"expected {expected.name}: {outcome}")
    print(f"  ranks among {trace.searched} passages, depth {trace.depth} a leg, {trace.k} hits")
    for one in ordered[:_SHOWN]:
        print(f"  {trace_line(one)}")
    if len(ordered) > _SHOWN:
        print(f"  and {len(ordered) - _SHOWN} more passages of it")


def _print_hits(result: "SearchResult", explain: bool) -> None:
    from ..terminal import wrapped

    for note in result.notes:
        print(f"note: {note}")
    if explain:
        print(f"generation {result.generation}")
        for stage in result.stages:
            print(f"  {stage.name:<8} {stage.count:>5} candidates  {stage.detail}")
        print("  " + ", ".join(f"{name} {value:.1f} ms" for name, value in result.timings_ms.items()))
        print()
    if not result.hits:
        print("no passage qualifies")
    for hit in result.hits:
        date = f", {hit.document.published}" if hit.document.published else ""
        print(f"{hit.rank:>2}. {hit.score:.3f}  {' > '.join(hit.passage.heading_path)}")
        print(f"    {hit.passage.id}  [{hit.document.status}{date}]")
        if hit.practice:
            print(wrapped(mark_line(hit.practice), "    "))
        if explain:
            print(f"    {_signals(hit)}")
        text = " ".join(hit.passage.text.split())
        print(wrapped(text if len(text) <= 300 else text[:297] + "...", "    "))


def _signals(hit: "Hit") -> str:
    signals = hit.signals
    parts = []
    for name, rank, score in (
        ("dense", signals.dense_rank, signals.dense_score),
        ("bm25", signals.bm25_rank, signals.bm25_score),
    ):
        place = f"rank {rank}" if rank else "beyond depth"
        parts.append(f"{name} {place}" + (f" ({score:.3f})" if score is not None else ""))
    if signals.fused_score is not None:
        parts.append(f"fused {signals.fused_score:.4f}")
    if signals.rerank_probability is not None:
        parts.append(f"rerank probability {signals.rerank_probability:.3f}")
    else:
        parts.append("rerank -" if signals.rerank_score is None else f"rerank {signals.rerank_score:.3f}")
    return ", ".join(parts)
