"""What a run was made with: code, machine, time. The rest of its fingerprints is the caller's to say."""

import datetime
import hashlib
import os
import platform
import resource
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("sentence-transformers", "torch", "faiss-cpu", "bm25s", "ir-measures", "numpy")


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fingerprints(*, corpus: str, index: str, models: Mapping[str, str], settings: str, seed: int = 0) -> dict[str, Any]:
    """Everything that a run file says of its own making.

    Args:
        corpus: what was searched or read: a generation's corpus digest, or the sha256 of the data file.
        index: id of the index generation, or "" where there is none.
        models: role → name and fingerprint.
        settings: hex sha256 of the settings, or their JSON.
        seed: of everything that draws.
    """
    return {
        "corpus": corpus,
        "index": index,
        "models": dict(models),
        "settings": settings,
        "code": code(),
        "machine": machine(),
        "packages": packages(),
        "seed": seed,
    }


@cache
def code() -> str:
    """Hex sha256 over the source of all rooms that are installed: equal for equal code, committed or not."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for room in ("index", "ingest", "eval", "app"):
        for path in sorted((root / room).rglob("*.py")):
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def machine() -> dict[str, Any]:
    """System, processor and number of cores that this process may use; no names of hosts or people."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": cores,
    }


def packages() -> dict[str, str]:
    """Versions of the packages that decide results, of those that are installed."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def peak_memory_mib() -> float:
    """The most resident memory this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
