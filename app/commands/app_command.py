"""Serve the page in the browser; it runs on this machine only, and stops with Ctrl-C.

The page builds a missing index itself, at the press of a button. With --watch the index follows its folders while the
page is served, as `sota-rag ingest --watch` does.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from .output import load_settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1; loopback only)")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    parser.add_argument("--watch", action="store_true", help="follow the folders that the index was made from")


def run(arguments: argparse.Namespace) -> int:
    """Start the server and wait for it."""
    from ..serve import serve

    settings = load_settings(arguments)
    with _following(settings.index) if arguments.watch else nullcontext():
        return serve(settings, arguments.host, arguments.port, open_browser=not arguments.no_browser)


@contextmanager
def _following(index: Path) -> Iterator[None]:
    """A process beside the server that keeps the index up to date, and ends with it.

    Raises:
        MissingIndexError: there is no index yet, so it is not known what to follow.
    """
    from ...index.generations import read_current_manifest

    roots = read_current_manifest(index).roots
    command = [sys.executable, "-m", "sota_rag.app.cli", "ingest", "--watch", "--index", str(index), "--", *roots]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as follower:
        try:
            yield
        finally:
            follower.terminate()
