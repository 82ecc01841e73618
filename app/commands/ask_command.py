"""Answer a question from the index, every sentence verbatim from the passage it cites.

When the corpus does not seem to hold the answer, nothing is made up: the nearest passages are shown instead, and the
exit status is still 0. --json adds the hits, the timings and the receipt.
"""

import argparse
from typing import TYPE_CHECKING

from .output import add_filters, add_history, load_settings, mark_line, print_json, read_filters, search_mode

if TYPE_CHECKING:
    from ..answering import Answer, Citation

_NEAREST = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("question", help="at most 4,000 characters")
    parser.add_argument("--explain", action="store_true", help="show stage timings and the receipt")
    add_history(parser)
    add_filters(parser)


def run(arguments: argparse.Namespace) -> int:
    """Answer and print."""
    from ..compose import make_answerer, open_retriever

    settings, filters = load_settings(arguments, search=search_mode(arguments)), read_filters(arguments)
    with open_retriever(settings) as retriever:
        answer = make_answerer(settings, retriever).ask(arguments.question, filters=filters)
    if arguments.json:
        from ..forms import answer_form

        print_json(answer_form(answer))
    else:
        _print_answer(answer, arguments.explain)
    return 0


def _print_answer(answer: "Answer", explain: bool) -> None:
    from ..terminal import wrapped

    for note in answer.notes:
        print(f"note: {note}")
    if answer.abstained:
        print(wrapped(answer.reason))
        if answer.hits:
            print("\nnearest passages:")
        for hit in answer.hits[:_NEAREST]:
            print(f"  {' > '.join(hit.passage.heading_path)}  ({hit.passage.id})")
            if hit.practice:
                print(wrapped(mark_line(hit.practice), "    "))
    else:
        print(wrapped(answer.text))
        print()
        for citation in answer.citations:
            print(_source(citation))
    if explain:
        import json

        from ..forms import receipt_form

        print("\n" + ", ".join(f"{name} {value:.1f} ms" for name, value in answer.timings_ms.items()))
        print(json.dumps(receipt_form(answer.receipt), indent=2))


def _source(citation: "Citation") -> str:
    page = f", page {citation.page}" if citation.page else ""
    date = f", {citation.document.published}" if citation.document.published else ""
    mark = f"\n    {mark_line(citation.practice)}" if citation.practice else ""
    return (
        f"[{citation.marker}] {' > '.join(citation.heading_path)}\n"
        f"    {citation.document.source}{page}, characters {citation.start}-{citation.end}"
        f"  [{citation.document.status}{date}]{mark}"
    )
