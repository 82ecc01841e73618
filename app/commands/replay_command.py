"""Ask the question of a receipt again, and show what changed: hits, prompt, text.

RECEIPT is a file that `sota-rag ask --receipt FILE`, `ask --json` or the page's download wrote. On the same index
generation with the same models the hits and the prompt are promised to be the same; the text of a language model is
not, across processors. Exit status 1 when that promise is broken, 0 otherwise, whatever changed.
"""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .output import load_settings, print_json

if TYPE_CHECKING:
    from ..replay import Replay


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("receipt", type=Path, metavar="RECEIPT", help="the saved answer")


def run(arguments: argparse.Namespace) -> int:
    """Ask again and print the comparison."""
    from ..receipt_file import read_receipt

    saved = read_receipt(arguments.receipt)

    from ..compose import make_answerer, open_retriever
    from ..replay import replay

    settings = load_settings(arguments, answer={"mode": saved.receipt.asked_mode})
    with open_retriever(settings) as retriever, closing(make_answerer(settings, retriever)) as answerer:
        compared, answer = replay(saved, answerer)
    broken = compared.promised and not compared.kept
    if arguments.json:
        from dataclasses import asdict

        from ..forms import answer_form

        print_json({**asdict(compared), "answer": answer_form(answer)})
    else:
        _print(compared)
    return int(broken)


def _print(compared: "Replay") -> None:
    from ..terminal import wrapped

    print(wrapped(compared.question))
    for difference in compared.differences:
        print(f"  {difference}")
    if not compared.differences:
        print("  made by the same generation, models, prompts and settings")
    gone, new = compared.hits_gone, compared.hits_new
    if not gone and not new:
        print(f"hits: the same{', in another order' if compared.hits_moved else ', in the same order'}")
    else:
        print(f"hits: {len(gone)} gone, {len(new)} new")
        for sign, passages in (("-", gone), ("+", new)):
            for passage in passages:
                print(f"  {sign} {passage}")
    if compared.same_prompt is not None:
        print(f"prompt: {'the same' if compared.same_prompt else 'another one'}")
    print(f"text: {'the same' if compared.same_text else 'changed'}")
    for line in compared.diff:
        print(f"  {line}")
    if compared.promised and not compared.kept:
        print("the same hits and prompt were promised, and they differ: please report this")
