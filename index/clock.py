"""Wall time per named step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Measures steps; a step that runs again adds up.

    Example:
        clock = Clock()
        with clock("encode"):
            ...
        clock.milliseconds()
    """

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time the body under a name."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._steps[step] = self._steps.get(step, 0.0) + time.perf_counter() - started

    def milliseconds(self) -> dict[str, float]:
        """Milliseconds per step in order of first use, and `total` since the clock was made."""
        steps = self._steps | {"total": time.perf_counter() - self._started}
        return {name: round(seconds * 1000, 3) for name, seconds in steps.items()}
