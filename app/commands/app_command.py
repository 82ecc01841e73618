"""Serve the page in the browser; it runs on this machine only, and stops with Ctrl-C.

The page builds a missing index itself, at the press of a button.
"""

import argparse

from .output import load_settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1; loopback only)")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def run(arguments: argparse.Namespace) -> int:
    """Start the server and wait for it."""
    from ..serve import serve

    settings = load_settings(arguments)
    return serve(settings, arguments.host, arguments.port, open_browser=not arguments.no_browser)
