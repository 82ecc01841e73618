"""Compare chunkers by the tokens of gold spans that retrieval brings: recall, precision and IoU.

Every chunker cuts the same documents, one encoder ranks its passages for every question, and the best of them are
compared with the spans that answer it: at the same number of passages (-k) and at the same number of tokens
(--tokens), since a chunker with larger passages brings more text with as many of them. The first chunker named is the
default one; paired differences are its value less the other's.

The data are a folder with questions_df.csv and corpora/*.md (--data), or judged topics (--topics) about the documents
of the index or of folders (--documents).

chunkers:
  ours[:TARGET][+GROWN]      the one of the ingestion, as the settings have it or with another target; +GROWN shows
                             each passage with its neighbours, up to so many word pieces
  fixed:SIZE[/OVERLAP]       windows of SIZE tokens
  recursive:SIZE[/OVERLAP]   split at blank lines, line ends, spaces, and packed up to SIZE tokens
  sentences:SIZE[/OVERLAP]   whole sentences packed up to SIZE tokens
"""

import argparse
from typing import TYPE_CHECKING

from ..output import load_settings
from .delivery import add_delivery_flags, check_delivery, deliver

if TYPE_CHECKING:
    from ....eval.run_file import RunFile

_EPILOG = """\
examples:
  sota-rag eval chunking --topics topics.jsonl
  sota-rag eval chunking --topics topics.jsonl --documents guides --chunker ours --chunker ours:120 -k 5 --tokens 500
  sota-rag eval chunking --data chunking --split dev --chunker ours --chunker fixed:200/50 --chunker recursive:400
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--data", metavar="DIR", help="questions_df.csv and corpora/*.md, with exact reference spans")
    subject.add_argument("--topics", metavar="FILE", help="judged topics (JSONL), gold given as quotes")
    parser.add_argument(
        "--documents", nargs="+", metavar="PATH", help="what the topics are about (default: the documents of the index)"
    )
    parser.add_argument("--chunker", action="append", metavar="SPEC", help="see above; once for each chunker")
    parser.add_argument("-k", action="append", type=int, metavar="N", help="best passages (default 5); may be repeated")
    parser.add_argument(
        "--tokens", action="append", type=int, metavar="N", help="best tokens (default 1000); may be repeated"
    )
    parser.add_argument(
        "--split", choices=("dev", "test", "all"), default="all", help="half of the questions (default all of them)"
    )
    parser.add_argument(
        "--legs", choices=("dense", "hybrid"), default="dense", help="rank by cosine (default) or with BM25 as well"
    )
    add_delivery_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure, deliver, and print the paired differences."""
    from pathlib import Path

    from ....eval.chunking import ChunkingPlan
    from ....index.errors import UsageError
    from ...chunking_evaluation import DEFAULT_CHUNKERS, evaluate_chunkers, read_chunkers, reference_data, topics_data
    from ...compose import make_encoder
    from ...terminal import TerminalProgress

    check_delivery(arguments)
    if arguments.data and arguments.documents:
        raise UsageError("--documents goes with --topics; the folder of --data holds its own corpora")
    settings = load_settings(arguments)
    alpha = 1.0 if arguments.legs == "dense" else settings.search.alpha
    plan = ChunkingPlan(tuple(arguments.k or (5,)), tuple(arguments.tokens or (1000,)), alpha)
    encoder = make_encoder(settings)
    chunkers = read_chunkers(settings, encoder, arguments.chunker or DEFAULT_CHUNKERS)
    with TerminalProgress() as progress:
        if arguments.data:
            data = reference_data(settings, Path(arguments.data), encoder, progress)
        else:
            folders = [Path(folder) for folder in arguments.documents or ()]
            data = topics_data(settings, Path(arguments.topics), folders, encoder, progress)
        found = evaluate_chunkers(settings, data, encoder, chunkers, plan=plan, part=arguments.split, progress=progress)
    deliver(found, arguments)
    if not arguments.json:
        _print_differences(found)
    return 0


def _print_differences(run: "RunFile") -> None:
    for system, measures in run.details["differences"].items():
        print(f"\n{run.default} less {system}")
        for measure, ends in measures.items():
            sure = "" if ends["low"] <= 0 <= ends["high"] else "  *"
            print(f"  {measure:<24} {ends['mean']:+.3f} [{ends['low']:+.3f}, {ends['high']:+.3f}]{sure}")
    if run.details["differences"]:
        print("\n* the 95 % interval of the paired difference excludes zero")
