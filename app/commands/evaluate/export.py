"""Write the rankings and judgements of a retrieval run as TREC files, for trec_eval and every other tool.

Ranks, ties and scores are written so that every tool reads the same order. A space in an id becomes %20, as white space
parts columns there.
"""

import argparse

_EPILOG = """\
example:
  sota-rag eval retrieval --output run.json
  sota-rag eval export run.json --run run.trec --qrels qrels.txt
  trec_eval -m ndcg_cut.10 qrels.txt run.trec
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("file", metavar="RUN.json", help="a run file of `eval retrieval` or `eval measure`")
    parser.add_argument("--run", dest="trec", metavar="FILE", help="write lines `topic Q0 document rank score tag`")
    parser.add_argument("--qrels", metavar="FILE", help="write lines `topic 0 document grade`")
    parser.add_argument("--system", metavar="NAME", help="whose rankings (default: the run's default system)")


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for."""
    from pathlib import Path

    from ....eval.run_file import RunFile
    from ....eval.trec import qrels_of, run_of, write_trec_qrels, write_trec_run
    from ....index.errors import UsageError
    from ..output import print_json

    if not arguments.trec and not arguments.qrels:
        raise UsageError("nothing to write; name a file with --run, with --qrels or with both")
    kept = RunFile.read(Path(arguments.file))
    system = arguments.system or kept.default
    written: list[dict[str, object]] = []
    if arguments.trec:
        rankings = run_of(kept, system)
        write_trec_run(Path(arguments.trec), rankings, "-".join(system.split()))
        lines = sum(map(len, rankings.values()))
        written.append({"file": arguments.trec, "holds": f"run of {system}", "topics": len(rankings), "lines": lines})
    if arguments.qrels:
        qrels = qrels_of(kept)
        write_trec_qrels(Path(arguments.qrels), qrels)
        lines = sum(map(len, qrels.values()))
        written.append({"file": arguments.qrels, "holds": "qrels", "topics": len(qrels), "lines": lines})
    if arguments.json:
        print_json({"written": written})
        return 0
    for file in written:
        print(f"{file['file']}: {file['holds']}, {file['topics']} topics, {file['lines']} lines")
    return 0
