"""Measure retrieval on a judged collection in BEIR layout (corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv).

The collection is indexed with the same chunker and encoder as any other document, then every system is asked every
query; a document scores as its best passage. Means come with 95 % bootstrap intervals over topics.
"""

import argparse

from ..output import load_settings, print_json

SYSTEMS = ("bm25", "dense", "rrf", "convex")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--beir", required=True, metavar="DIR", help="the collection's folder")
    parser.add_argument("--split", default="test", help="which judgements (default test); tune on train only")
    parser.add_argument("--system", action="append", choices=SYSTEMS, help="only these (default: all four)")
    parser.add_argument("--alpha", type=float, help="weight of the dense leg in the convex fusion")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N topics, for a quick look")
    parser.add_argument("--output", metavar="FILE", help="also write the JSON, with per-topic values, to FILE")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate and print the table."""
    import json
    from pathlib import Path

    from ....index.errors import UsageError
    from ...evaluation import evaluate_collection
    from ...terminal import TerminalProgress

    own_index = arguments.index
    arguments.index = None
    settings = load_settings(arguments)
    if arguments.output and not Path(arguments.output).parent.is_dir():
        raise UsageError(f"--output {arguments.output!r}: there is no such folder; create it or name another file")
    with TerminalProgress() as progress:
        form = evaluate_collection(
            settings,
            Path(arguments.beir),
            arguments.split,
            systems=tuple(arguments.system or SYSTEMS),
            alpha=arguments.alpha,
            limit=arguments.limit,
            index=Path(own_index) if own_index else None,
            progress=progress,
        )
    if arguments.output:
        Path(arguments.output).write_text(json.dumps(form) + "\n", encoding="utf-8")
    if arguments.json:
        print_json(form)
        return 0
    print(f"{form['collection']} {form['split']}: {form['topics']} topics, {form['judgements']} judgements")
    for system, report in form["systems"].items():
        cells = (f"{name} {m['mean']:.3f} [{m['low']:.3f}, {m['high']:.3f}]" for name, m in report["measures"].items())
        print(f"{system:<8} " + "  ".join(cells))
        if report["failures"]:
            print(f"         {len(report['failures'])} queries failed; the first: {report['failures'][0]['error']}")
    return 0
