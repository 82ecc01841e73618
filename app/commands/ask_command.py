"""Answer a question from the index; every sentence is checked against the passage it cites.

A local language model writes (`--mode auto`, the default), each of its sentences is verified, and what the passages do
not support is replaced by a quotation or left out; `--mode extract` quotes only. When the corpus does not seem to hold
the answer, nothing is made up: the nearest passages are shown instead, and the exit status is still 0. --json adds the
hits, the timings and the receipt; --receipt keeps them for `sota-rag replay`.
"""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .output import add_filters, add_history, load_settings, print_json, read_filters, search_mode

if TYPE_CHECKING:
    from ..strategies import Turn

_STRATEGIES = ("hyde", "multi-query", "decompose", "self-critique")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("question", help="at most 4,000 characters")
    parser.add_argument(
        "--mode",
        choices=["auto", "generate", "extract"],
        help="who words the answer: the language model, with quotations where it fails (auto); the language model "
        "alone (generate: shows what could not be checked, marked); nobody, sentences are quoted (extract)",
    )
    parser.add_argument("--budget", metavar="TIME", type=_seconds, help="such as 8s or 500ms; says what was cut for it")
    parser.add_argument(
        "--strategy",
        action="append",
        choices=_STRATEGIES,
        help="how to search besides the question's own words; give it several times for several",
    )
    parser.add_argument(
        "--after",
        metavar="RECEIPT",
        type=Path,
        action="append",
        help="the receipt or --json output of an earlier answer that this question follows up on; oldest first",
    )
    parser.add_argument("--receipt", metavar="FILE", type=Path, help="keep the answer and its receipt as JSON")
    parser.add_argument("--explain", action="store_true", help="show what became of the draft, timings and the receipt")
    add_history(parser)
    add_filters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Answer and print."""
    from ...index.errors import UsageError
    from ..answering.progress import nobody
    from ..compose import make_answerer, open_retriever
    from ..forms import answer_form
    from ..receipt_file import write_receipt
    from ..terminal_answer import LiveAnswer, print_answer

    answer_section = {"mode": arguments.mode, "budget_s": arguments.budget, "strategies": arguments.strategy}
    section = {name: value for name, value in answer_section.items() if value is not None}
    settings = load_settings(arguments, search=search_mode(arguments), answer=section or None)
    filters, turns = read_filters(arguments), _turns(arguments.after or ())
    if arguments.receipt and (arguments.receipt.is_dir() or not arguments.receipt.parent.is_dir()):
        raise UsageError(f"--receipt {str(arguments.receipt)!r} is no file in an existing folder; name one")
    live = None if arguments.json else LiveAnswer.for_terminal()
    with open_retriever(settings) as retriever, closing(make_answerer(settings, retriever)) as answerer:
        answer = answerer.ask(arguments.question, filters=filters, turns=turns, listener=live or nobody)
    form = answer_form(answer)
    if arguments.json:
        print_json(form)
    else:
        print_answer(answer, live, explain=arguments.explain)
    if arguments.receipt:
        write_receipt(arguments.receipt, form)
    return 0


def _turns(files: "tuple[Path, ...] | list[Path]") -> "tuple[Turn, ...]":
    from ..receipt_file import read_receipt
    from ..strategies import Turn

    read = [read_receipt(path) for path in files]
    return tuple(Turn(said.question, said.answer) for said in read)


def _seconds(text: str) -> float:
    """Seconds of `8s`, `500ms`, `1.5` or `2min`."""
    from re import fullmatch

    found = fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min)?\s*", text)
    factor = {"ms": 0.001, "s": 1.0, "min": 60.0, None: 1.0}
    seconds = float(found.group(1)) * factor[found.group(2)] if found else 0.0
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it like 8s, 500ms or 1min")
    return seconds
