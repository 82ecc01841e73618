"""What every tracker is told about a run, and the quiet in which it is told."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..run_file import RunFile


def parameters(run: RunFile) -> dict[str, str]:
    """What the run was made with: the fingerprints with dotted keys, and what names the run."""
    named = {"kind": run.kind, "name": run.name, "created": run.created, "default": run.default}
    return named | dict(_flat("", run.fingerprints))


def metrics(run: RunFile) -> dict[str, float]:
    """`system/measure` → mean, and `.low` and `.high` for the ends of its 95 % interval."""
    return {
        f"{name}/{measure}{suffix}": value
        for name, system in run.systems.items()
        for measure, interval in system.measures.items()
        for suffix, value in (("", interval.mean), (".low", interval.low), (".high", interval.high))
    }


def renamed(values: Mapping[str, Any], allowed: Callable[[str], bool]) -> dict[str, Any]:
    """Values under names that a tracker takes; two names that become one get a number.

    Args:
        values: name → value.
        allowed: whether a character may stand in a name; the others become `_`, and `@` becomes ` at `.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        plain = "".join(letter if allowed(letter) else "_" for letter in name.replace("@", " at "))
        same = sum(1 for known in found if known == plain or known.startswith(f"{plain} #"))
        found[f"{plain} #{same + 1}" if same else plain] = value
    return found


@contextmanager
def quiet(**environment: str) -> Iterator[None]:
    """Surroundings in which a tracker neither reports home nor warns about its own insides; restored afterwards.

    Trackers read such switches from the environment alone, some of them when they are imported.
    """
    wanted = {"DO_NOT_TRACK": "1", **environment}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(f"{name}.", value)
        else:
            yield name, str(value)
