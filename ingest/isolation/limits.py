"""How much one file may cost, and the system's own limits that hold a worker to it."""

import contextlib
import os
import resource
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path

_OPEN_FILES = 64
_OOM_FIRST = "1000"


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost; whoever needs more is set aside with the reason.

    Attributes:
        wall_s: seconds from sending a file to its whole answer; the parent ends the worker then.
        cpu_s: seconds of processor time, kept by the system in case that the parent cannot watch.
        memory_bytes: memory of a worker.
        output_bytes: length of the answer: text, blocks, passages.
        recursion: depth of Python calls, and so of nesting for a parser that recurses.
        start_s: seconds that a worker may take to start.
        files_per_worker: a worker makes place for a fresh one after so many files. A parser that a file took over
            could lie about the files after it; 1 rules that out, for half a second a file.
    """

    wall_s: float = 120.0
    cpu_s: int = 240
    memory_bytes: int = 2 * 2**30
    output_bytes: int = 64_000_000
    recursion: int = 1000
    start_s: float = 60.0
    files_per_worker: int = 500

    @property
    def memory(self) -> str:
        """`memory_bytes` in words."""
        count = self.memory_bytes
        return f"{count / 2**30:g} GiB" if count >= 2**30 else f"{count / 2**20:g} MiB"


def default_workers() -> int:
    """Workers beside one busy parent: a core is left to it, and beyond four the parent is what waits."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores - 1))


def limit_worker(limits: Limits) -> list[str]:
    """Bind the calling process, once everything is loaded; says in words what the system took on.

    Memory is bound by address space: what is mapped now without being resident is added, so that the resident
    part stays below the limit.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_OOM_FIRST, encoding="ascii")
    said = [f"files cannot grow, {_OPEN_FILES} may be open"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    # Root is exempt, and with it whoever is root in a container.
    if os.geteuid() != 0:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
            said.append("no new processes (RLIMIT_NPROC)")
    sys.setrecursionlimit(limits.recursion)
    if sys.platform == "linux":
        mapped, resident = memory_in_use(os.getpid())
        room = limits.memory_bytes + mapped - resident
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        said.append(f"memory {limits.memory} (RLIMIT_AS and the parent's watch)")
    else:
        said.append("memory not limited on this system")
    return said


def grant_cpu(limits: Limits) -> None:
    """Allow the calling process `cpu_s` more seconds of processor time than it has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(usage.ru_utime + usage.ru_stime) + limits.cpu_s, hard))


def memory_in_use(process: int) -> tuple[int, int]:
    """Mapped and resident bytes of a process, by its id; zeros where there is no /proc, or it has ended."""
    try:
        mapped, resident, *_ = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0, 0
    page = resource.getpagesize()
    return int(mapped) * page, int(resident) * page


def peak_memory(process: int) -> int:
    """The most resident bytes that a living process ever held; 0 where there is no /proc, or it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
