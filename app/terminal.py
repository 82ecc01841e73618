"""Long work on a terminal: progress bars and readable text, on standard error so that output stays clean."""

import shutil
import sys
import textwrap
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tqdm import tqdm

WIDTH = 100


class TerminalProgress:
    """A tqdm bar per stage with rate and time left; one line every five seconds where there is no terminal.

    Used as a context, it ends the bar of a stage that failed, so that the error gets a line of its own.
    """

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, stage: str, total: int, unit: str) -> None:
        """A stage starts."""
        from tqdm import tqdm

        self._bar = tqdm(
            desc=f"{stage:<10}",
            total=total,
            unit=f" {unit}",
            file=sys.stderr,
            mininterval=0.2 if sys.stderr.isatty() else 5.0,
            dynamic_ncols=True,
        )

    def advance(self, amount: int = 1) -> None:
        """So many more units are done."""
        if self._bar is not None:
            self._bar.update(amount)

    def end(self) -> None:
        """The stage is over."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def wrapped(text: str, indent: str = "") -> str:
    """Text folded to the terminal's usual width."""
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)


def line_width() -> int:
    """Columns of the terminal, `WIDTH` where there is none."""
    return max(40, shutil.get_terminal_size((WIDTH, 24)).columns)


def excerpt(text: str, width: int) -> str:
    """The first words on one line of at most so many characters."""
    # Only the head is folded: a text may be megabytes long.
    line = " ".join(text[: 4 * width + 40].split())
    return line if len(line) <= width and len(text) <= 4 * width + 40 else f"{line[: width - 1].rstrip()}…"


def bar(share: float, width: int = 40) -> str:
    """A bar for a share from 0 to 1; anything above 0 can be seen."""
    return "█" * max(int(share > 0), round(share * width))


def table(rows: Iterable[tuple[str, str]], indent: str = "  ") -> list[str]:
    """Labels and values, the values in one column and folded there."""
    rows = list(rows)
    wide = max((len(label) for label, _ in rows), default=0) + 2
    lines: list[str] = []
    for label, value in rows:
        first, after = f"{indent}{label:<{wide}}", " " * (len(indent) + wide)
        lines += textwrap.wrap(value, line_width(), initial_indent=first, subsequent_indent=after) or [first.rstrip()]
    return lines
