"""Measure a verifier on claims that people have labelled: balanced accuracy, F1, AUROC, calibration, by group.

--claims FILE is JSONL, one claim a line: {"claim": "…", "evidence": "…" or ["…", …], "label": "supported" or
"unsupported"}, and where you like "group", "question", "source", "original" and "id" (see eval/claims/reader.py). A
claim may hold several sentences, of which the least supported decides; evidence may be of any length.

--data NAME:DIR reads a published set from its folder: begin, expertqa, factcheck_gpt, halueval, scifact (in BEIR
layout) or wice. --write-claims turns it into such a file and stops there. A threshold for the score is chosen on other
claims: --threshold-from.
"""

import argparse
from typing import TYPE_CHECKING

from .delivery import add_delivery_flags, check_delivery, deliver

if TYPE_CHECKING:
    from ....eval.run_file import RunFile
    from ...verifier_evaluation import ClaimData

_EPILOG = """\
examples:
  sota-rag eval verifier --claims labelled.jsonl
  sota-rag eval verifier --data wice:wice --verifier lexical --verifier similarity --threshold-from wice:wice
  sota-rag eval verifier --data halueval:halueval --split dev --write-claims halueval-dev.jsonl
"""
_VERIFIERS = ("lexical", "similarity", "learned")
_SHOWN = ("balanced accuracy", "F1", "AUROC", "ECE")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--claims", metavar="FILE", help="labelled claims")
    subject.add_argument("--data", metavar="NAME:DIR", help="a published set of claims and its folder")
    parser.add_argument("--split", default="test", help="part of the set (default test; choose and fit on dev only)")
    parser.add_argument(
        "--verifier",
        action="append",
        choices=_VERIFIERS,
        help="which verifier (default lexical), the default one first",
    )
    parser.add_argument(
        "--threshold-from",
        metavar="FILE|NAME:DIR",
        help="also report a threshold on the score, chosen on these claims (of a set: on its part dev)",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only N claims, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the draw (default 0)")
    parser.add_argument(
        "--scores", metavar="FILE", help="keep each opinion in FILE as it is made; a later run goes on from there"
    )
    parser.add_argument("--write-claims", metavar="FILE", help="write the claims as JSONL and stop")
    add_delivery_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge, measure and print the table."""
    from pathlib import Path

    from ...terminal import TerminalProgress
    from ...verifier_evaluation import evaluate_verifiers, sample
    from ..output import load_settings

    check_delivery(arguments)
    read = _read_file(arguments.claims) if arguments.claims else _read_set(arguments.data, arguments.split)
    data = sample(read, arguments.limit, arguments.seed)
    if arguments.write_claims:
        from ....eval.claims import write_claims

        write_claims(data.claims, Path(arguments.write_claims))
        print(f"{arguments.write_claims}: {len(data.claims)} claims of {data.name}")
        return 0
    chosen_on = _read_any(arguments.threshold_from, "dev") if arguments.threshold_from else None
    settings = load_settings(arguments)
    with TerminalProgress() as progress:
        found = evaluate_verifiers(
            settings,
            data,
            tuple(arguments.verifier or _VERIFIERS[:1]),
            threshold_from=chosen_on,
            scores=Path(arguments.scores) if arguments.scores else None,
            seed=arguments.seed,
            progress=progress,
        )
    deliver(found, arguments)
    if not arguments.json:
        _print_parts(found)
    return 0


def _read_any(named: str, split: str) -> "ClaimData":
    """Claims of a file, or of one part of a set where what stands before a colon is the name of one."""
    from ....eval.claims import SETS

    return _read_set(named, split) if named.partition(":")[0] in SETS else _read_file(named)


def _read_file(named: str) -> "ClaimData":
    from pathlib import Path

    from ....eval.claims import read_claims
    from ...verifier_evaluation import ClaimData

    return ClaimData(Path(named).stem, read_claims(Path(named)))


def _read_set(named: str, split: str) -> "ClaimData":
    from pathlib import Path

    from ....eval.claims import SETS, read_set
    from ....index.errors import UsageError
    from ...verifier_evaluation import ClaimData

    name, _, folder = named.partition(":")
    if name not in SETS or not folder:
        raise UsageError(f"--data {named!r}: name a set and its folder, NAME:DIR; known are {', '.join(SETS)}")
    return ClaimData(f"{name} {split}", read_set(name, Path(folder), split))


def _print_parts(found: "RunFile") -> None:
    """The default system by group, and by the labels of the set."""
    system = found.systems[found.default]
    if system.by_category:
        print(f"\nby group, {found.default}")
    for group, measures in system.by_category.items():
        cells = (f"{name} {measures[name].mean:.3f}" for name in _SHOWN if name in measures)
        print(f"  {group:<24} {', '.join(cells)}")
    labels = found.details["slices"][found.default]["original"]
    if labels:
        print(f"\nby label of the set, {found.default}")
    for label, part in labels.items():
        print(f"  {label:<24} {part['claims']} claims, {part['called supported']:.1%} called supported")
