"""Find the passages nearest to a question, best first.

BM25 and dense retrieval each bring candidates, fusion orders them, the reranker (where there is one) reorders the
best. Above a superseded practice stands its successor, unless --history is given. --explain shows what every stage did
and what it said of each hit.
"""

import argparse
from typing import TYPE_CHECKING

from .output import add_filters, add_history, load_settings, mark_line, print_json, read_filters, search_mode

if TYPE_CHECKING:
    from ...index import Hit, SearchResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("query", help="what to look for, at most 4,000 characters")
    parser.add_argument("-k", type=int, default=10, help="how many passages (default 10)")
    parser.add_argument("--explain", action="store_true", help="show every stage, and each hit's signals")
    add_history(parser)
    add_filters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Search and print the hits."""
    from ..compose import open_retriever

    settings, filters = load_settings(arguments, search=search_mode(arguments)), read_filters(arguments)
    with open_retriever(settings) as retriever:
        result = retriever.search(arguments.query, arguments.k, filters=filters)
    if arguments.json:
        from ..forms import search_form

        print_json(search_form(result, explain=arguments.explain))
    else:
        _print_hits(result, arguments.explain)
    return 0


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
    parts.append("rerank -" if signals.rerank_score is None else f"rerank {signals.rerank_score:.3f}")
    return ", ".join(parts)
