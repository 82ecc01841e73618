"""Measure a ranking that any other system made: a TREC run file against TREC qrels or a collection in BEIR layout.

Every judged topic counts, and one that the run lacks scores zero. With --beir the judgements are those of its split,
the report shows its questions, and a document or topic that is not in the collection is an error.
"""

import argparse
from typing import TYPE_CHECKING

from .delivery import add_delivery_flags, check_delivery, deliver

if TYPE_CHECKING:
    from pathlib import Path

    from ....eval.run_file import RunFile

_EPILOG = """\
examples:
  sota-rag eval measure --run bm25.trec --qrels qrels.txt
  sota-rag eval measure --run bm25.trec --beir scifact --split test --output bm25.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--run", dest="trec", required=True, metavar="FILE", help="lines `topic Q0 document rank score tag`"
    )
    judged = parser.add_mutually_exclusive_group(required=True)
    judged.add_argument("--qrels", metavar="FILE", help="lines `topic 0 document grade`")
    judged.add_argument("--beir", metavar="DIR", help="the folder of a collection in BEIR layout")
    parser.add_argument("--split", default="test", help="with --beir: which judgements (default test)")
    parser.add_argument("--name", help="what to call the run (default: the names of the two)")
    parser.add_argument(
        "--measure", action="append", metavar="M", help="a measure of ir-measures, such as P@10; may be repeated"
    )
    add_delivery_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print the table."""
    from pathlib import Path

    check_delivery(arguments)
    path = Path(arguments.trec)
    found = _over_collection(arguments, path) if arguments.beir else _over_qrels(arguments, path)
    deliver(found, arguments)
    return 0


def _over_qrels(arguments: argparse.Namespace, path: "Path") -> "RunFile":
    from pathlib import Path

    from ....eval.foreign import measure_run
    from ....eval.provenance import file_sha256
    from ....eval.trec import read_trec_qrels, read_trec_run

    judged = Path(arguments.qrels)
    qrels, rankings = read_trec_qrels(judged), read_trec_run(path)
    return measure_run(
        rankings,
        qrels,
        name=arguments.name or f"{path.stem}, {judged.stem}",
        system=path.stem,
        fingerprints=_fingerprints(path, file_sha256(judged)),
        **_measures(arguments),
    )


def _over_collection(arguments: argparse.Namespace, path: "Path") -> "RunFile":
    from pathlib import Path

    from ....eval.beir import load_beir
    from ....eval.foreign import measure_run
    from ....eval.provenance import file_sha256
    from ....eval.run_file import TopicInfo
    from ....eval.trec import read_trec_run

    collection = load_beir(Path(arguments.beir), arguments.split)
    rankings = read_trec_run(path, documents={document.id for document in collection.documents})
    return measure_run(
        rankings,
        collection.qrels,
        name=arguments.name or f"{path.stem}, {collection.name} {collection.split}",
        system=path.stem,
        fingerprints=_fingerprints(path, file_sha256(Path(arguments.beir) / "corpus.jsonl")),
        topics={topic.id: TopicInfo(topic.text, topic.category) for topic in collection.topics},
        **_measures(arguments),
    )


def _fingerprints(path: "Path", corpus: str) -> dict:
    from ....eval.provenance import file_sha256, fingerprints

    return fingerprints(corpus=corpus, index="", models={"run": f"{path.name} {file_sha256(path)}"}, settings="")


def _measures(arguments: argparse.Namespace) -> dict:
    return {"measures": arguments.measure} if arguments.measure else {}
