"""How many threads a language model should compute with."""

import os
import sys
from math import ceil
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical_cores() -> int:
    """Cores that this process may use, at least 1.

    Two threads of one core only get in each other's way, and so do more threads than a container's quota of time.
    """
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    cores = {_core_of(cpu) for cpu in cpus} if sys.platform == "linux" else cpus
    return max(1, min(len(cores), _quota()))


def _core_of(cpu: int) -> tuple[str, str]:
    """Package and core of a processor; one of its own where the system does not tell."""
    try:
        topology = _CPUS / f"cpu{cpu}" / "topology"
        package = (topology / "physical_package_id").read_text(encoding="ascii")
        return package, (topology / "core_id").read_text(encoding="ascii")
    except OSError:
        return "", str(cpu)


def _quota() -> int:
    """Processors' worth of time that a container may use; a large number where nothing limits it."""
    try:
        most, period = _QUOTA.read_text(encoding="ascii").split()
        return 1 << 20 if most == "max" else ceil(int(most) / int(period))
    except (OSError, ValueError):
        return 1 << 20
