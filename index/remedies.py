"""The commands that error messages tell the user to run, ready to be pasted into a shell."""

import shlex
from collections.abc import Sequence
from pathlib import Path


def repair_command(index: Path) -> str:
    """The command that mends an index."""
    return f"sota-rag index repair --index {shlex.quote(str(index))}"


def ingest_command(index: Path, paths: Sequence[str] = (), *, rebuild: bool = False) -> str:
    """The command that ingests paths into an index; without paths, `PATH...` stands for them."""
    named = " ".join(shlex.quote(path) for path in paths) or "PATH..."
    return f"sota-rag ingest {named} --index {shlex.quote(str(index))}{' --rebuild' if rebuild else ''}"
