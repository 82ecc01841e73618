"""The `sota-rag` command.

Exit status 0: done (an honest "the corpus does not say" is an answer); 1: it failed and the message says how to
mend it; 2: wrong usage; 130: interrupted. Results go to standard output, everything else to standard error.

This module imports nothing heavy, so that `--help` answers at once; a subcommand imports what it needs when it runs.
"""

import argparse
import contextlib
import io
import os
import sys
from importlib import import_module

_COMMANDS = {
    "ingest": "bring an index up to date with folders and files",
    "papers": "fetch papers from arXiv, or add PDFs of your own",
    "search": "find the passages nearest to a question",
    "ask": "answer a question, every sentence cited and checked",
    "replay": "ask the question of a receipt again, and show what changed",
    "app": "serve the page in the browser",
    "corpus": "show how documents were cut, count, and check them",
    "index": "show, verify, repair or clean up an index",
    "doctor": "say what runs where, and how to mend what does not",
    "models": "list, show, choose, fetch and verify models",
    "eval": "measure retrieval on a judged collection",
    "tune": "search for better settings on training questions",
}

_EPILOG = """\
examples:
  sota-rag ingest                        index the documents that ship with sota-rag
  sota-rag ingest ~/papers ~/notes       add your own folders; run it again after a change
  sota-rag ask "What does LoRA freeze?"
  sota-rag app                           the same in the browser

settings: sota-rag.toml < SOTA_RAG_* variables < flags. Run `sota-rag COMMAND --help` for a command's own flags.
"""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="sota-rag",
        description="Ask a corpus of machine-learning guides and papers, offline; every sentence is cited.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--index", metavar="DIR", help="the index folder (setting `index`)")
    common.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    common.add_argument("-v", "--verbose", action="store_true", help="log more on standard error")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in _COMMANDS.items():
        module = import_module(f".commands.{name}_command", __package__)
        command = commands.add_parser(
            name,
            parents=[common],
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.configure(command)
        command.set_defaults(run=module.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    try:
        try:
            return _run(argv)
        finally:
            # Not left to the interpreter's end: a closed pipe or a full disk is met below.
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\nsota-rag: interrupted; nothing is lost, run the same command again to go on\n")
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`).
        _discard_output()
        return 1
    except OSError as error:
        _discard_output()
        where = f" {error.filename!r}" if error.filename else ""
        sys.stderr.write(f"sota-rag: the system refused{where}: {error.strerror or error}; mend that and run again\n")
        return 1


def _run(argv: list[str] | None) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal's encoding does not have is spelled out.
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from ..index.builder import software_version

        sys.stdout.write(software_version() + "\n")
        return 0
    if arguments.command is None:
        parser.print_help(sys.stderr)
        return 2
    import sqlite3

    from ..index.errors import SotaRagError

    _log_to_stderr(arguments.verbose)
    try:
        return arguments.run(arguments)
    except SotaRagError as error:
        sys.stderr.write(f"sota-rag: {error}\n")
        return error.exit_status
    except sqlite3.Error as error:
        sys.stderr.write(
            f"sota-rag: a database of the index cannot be used ({error}); "
            "check that the index folder can be written and that the disk has room, and run again\n"
        )
        return 1


def _discard_output() -> None:
    """Send what is still to be written nowhere; Python would complain about it when it flushes at its end."""
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log_to_stderr(verbose: bool) -> None:
    import logging

    logging.basicConfig(stream=sys.stderr, format="sota-rag: %(message)s", level=logging.WARNING)
    logging.getLogger("sota_rag").setLevel(logging.INFO if verbose else logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
