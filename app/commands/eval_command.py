"""Measure retrieval, chunking, answers and verifiers, and compare what was measured.

Every measurement writes one run file (JSON) with the fingerprints of all that made it. Means come with 95 % bootstrap
intervals over topics.
"""

import argparse
from importlib import import_module

# One line a subject: module in `evaluate/` and what it does.
_SUBJECTS = {
    "retrieval": "recall, nDCG and more of each retrieval system",
    "misses": "the stage that lost each topic, and what can be done",
    "synthesize": "draft topics with the language model, filtered and unreviewed",
    "answers": "whether answers are right, grounded, and silent when they should be",
    "chunking": "chunkers by the tokens of gold spans that they bring",
    "verifier": "a verifier on claims that people have labelled",
    "compare": "two runs, or two systems of one, topic by topic",
    "gate": "the retrieval of the guides against the committed baseline",
    "report": "one HTML file with plots about one or more runs",
    "history": "the runs of a folder over time",
    "measure": "a TREC run of any other system",
    "export": "a retrieval run as TREC files",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subjects with their arguments."""
    subjects = parser.add_subparsers(dest="subject", metavar="SUBJECT", title="subjects", required=True)
    for name, summary in _SUBJECTS.items():
        module = import_module(f".evaluate.{name.replace('-', '_')}", __package__)
        subject = subjects.add_parser(
            name, help=summary, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        # The common flags may stand before the subject too; a default here would undo them.
        unsaid = argparse.SUPPRESS
        subject.add_argument("--index", metavar="DIR", default=unsaid, help="the index folder (setting `index`)")
        subject.add_argument("--json", action="store_true", default=unsaid, help="print one JSON document")
        subject.add_argument("-v", "--verbose", action="store_true", default=unsaid, help="log more on standard error")
        module.configure(subject)
        subject.set_defaults(run_subject=module.run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subject."""
    return arguments.run_subject(arguments)
