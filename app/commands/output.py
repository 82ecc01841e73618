"""Printing and argument pieces that the commands share."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...index import Filters
    from ...index.trace import PassageTrace
    from ...index.types import PracticeMark
    from ..settings import Settings


def print_json(form: dict[str, Any]) -> None:
    """One JSON document on standard output."""
    utf8 = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
    print(json.dumps(form, ensure_ascii=not utf8, indent=2))


def load_settings(arguments: argparse.Namespace, **flags: Any) -> "Settings":
    """Settings with the flags of this command on top."""
    from ..settings import Settings

    return Settings.load(index=arguments.index, **flags)


def add_history(parser: argparse.ArgumentParser) -> None:
    """The flag that leaves superseded practices as they were found."""
    parser.add_argument(
        "--history",
        action=argparse.BooleanOptionalAction,
        help="leave hits as they were found: no successor is placed above a superseded practice, none is marked",
    )


def search_mode(arguments: argparse.Namespace) -> dict[str, str] | None:
    """The section `search` of the settings as `--history` has it."""
    return None if arguments.history is None else {"mode": "history" if arguments.history else "current"}


def mark_line(mark: "PracticeMark") -> str:
    """What a hit's practice is to the present, in one line."""
    from ..practice_words import chip

    return f"{chip(mark)}: {mark.reason}" if mark.reason else chip(mark)


def trace_line(trace: "PassageTrace") -> str:
    """Rank and score of a passage in every stage, in one line."""
    stages = [
        ("dense", trace.dense_rank, trace.dense_score),
        ("bm25", trace.bm25_rank, trace.bm25_score),
        ("fused", trace.fused_rank, trace.fused_score),
        ("rerank", trace.rerank_rank, trace.rerank_score),
        ("final", trace.final_rank, None),
    ]
    said = [
        f"{name} {'-' if rank is None else rank}{'' if score is None else f' ({score:.3f})'}"
        for name, rank, score in stages
        if name != "rerank" or score is not None
    ]
    return f"{trace.passage_id}: {', '.join(said)}"


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Flags that narrow down which documents may be returned."""
    group = parser.add_argument_group(
        "filters", "applied inside the search; give a flag several times for several values"
    )
    group.add_argument("--kind", action="append", choices=["guide", "paper", "note", "registry", "other"])
    group.add_argument("--status", action="append", choices=["current", "draft", "superseded", "historical", "unknown"])
    group.add_argument(
        "--years", metavar="FROM-TO", help="such as 2021-2023, 2022- or -2020; undated documents drop out"
    )
    group.add_argument(
        "--role",
        action="append",
        choices=["body", "footnote", "figure", "references"],
        help="parts of documents (default: body and footnote; text in figures and reference lists only when asked for)",
    )
    group.add_argument("--source", action="append", metavar="GLOB", help="such as 'guides/*lora*'")


def read_filters(arguments: argparse.Namespace) -> "Filters":
    """The filters that were asked for.

    Raises:
        UsageError: the years cannot be understood.
    """
    from ...index import Filters, Kind, Status
    from ...index.types import Role

    return Filters(
        kinds=tuple(Kind(kind) for kind in arguments.kind or ()),
        years=None if arguments.years is None else _years(arguments.years),
        statuses=tuple(Status(status) for status in arguments.status or ()),
        sources=tuple(arguments.source or ()),
        roles=tuple(Role(role) for role in arguments.role or ()),
    )


def _years(text: str) -> tuple[int | None, int | None]:
    from ...index.errors import UsageError

    first, dash, last = text.partition("-")
    try:
        start = int(first) if first else None
        end = int(last) if last else (None if dash else start)
    except ValueError:
        start = end = None
    if (start is None and end is None) or (start is not None and end is not None and start > end):
        raise UsageError(f"--years {text!r} is no range of years; write it like 2021-2023, 2022- or -2020")
    return start, end
