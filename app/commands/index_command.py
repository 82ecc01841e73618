"""Show, verify, repair or clean up an index.

show     what the index holds and what made it
verify   check every file against its manifest; exit status 1 if one does not match
repair   derive damaged files again, or go back to the newest sound generation
collect  delete old generations but the last few
"""

import argparse
from pathlib import Path
from typing import Any

from .output import load_settings, print_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("action", choices=["show", "verify", "repair", "collect"])


def run(arguments: argparse.Namespace) -> int:
    """Do one of the four."""
    index = load_settings(arguments).index
    form, lines, status = _ACTIONS[arguments.action](index)
    if arguments.json:
        print_json(form)
    else:
        print("\n".join(lines))
    return status


def _show(index: Path) -> tuple[dict[str, Any], list[str], int]:
    from ...index.generations import published, read_current_manifest

    manifest = read_current_manifest(index)
    form = manifest.model_dump(mode="json") | {"index": str(index), "generations": published(index)}
    counts = manifest.counts
    lines = [
        f"index       {index}",
        f"generation  {manifest.generation}, made {manifest.created} by {manifest.software}",
        f"holds       {counts.documents} documents, {counts.passages} passages, "
        f"{counts.duplicates} duplicates, {counts.quarantined} quarantined",
        f"encoder     {manifest.encoder.id} ({manifest.encoder.fingerprint[:12]})",
        f"size        {sum(entry.size for entry in manifest.files.values()) / 1e6:.1f} MB",
        f"sources     {', '.join(manifest.roots)}",
        f"on disk     {', '.join(form['generations'])}",
    ]
    return form, lines, 0


def _verify(index: Path) -> tuple[dict[str, Any], list[str], int]:
    from ...index.remedies import repair_command
    from ...index.repair import verify

    damaged = verify(index)
    lines = [f"{name} {what}" for name, what in damaged.items()]
    lines.append(f"mend it with: {repair_command(index)}" if damaged else "every file is as it was published")
    return {"index": str(index), "damaged": damaged}, lines, int(bool(damaged))


def _repair(index: Path) -> tuple[dict[str, Any], list[str], int]:
    from ...index.generations import read_current
    from ...index.repair import repair

    if not index.is_dir():
        read_current(index)
    done = repair(index)
    return {"index": str(index), "done": done}, [done], 0


def _collect(index: Path) -> tuple[dict[str, Any], list[str], int]:
    from ...index.generations import collect, read_current, writer_lock

    read_current(index)
    with writer_lock(index):
        deleted = collect(index)
    said = f"deleted generations {', '.join(deleted)}" if deleted else "nothing to delete"
    return {"index": str(index), "deleted": deleted}, [said], 0


_ACTIONS = {"show": _show, "verify": _verify, "repair": _repair, "collect": _collect}
