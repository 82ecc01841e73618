"""Reports and histories written as one HTML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...index.errors import EvaluationError
from ..comparison_form import Comparison
from ..run_file import RunFile
from .compared import shown_comparison
from .page import page_environment, write_page
from .sections import overviews, section
from .words import when

if TYPE_CHECKING:
    from ..history import History


def write_report(runs: Sequence[RunFile], path: Path, *, comparisons: Sequence[Comparison] = ()) -> None:
    """Write one self-contained HTML file about runs; several are also shown side by side.

    Args:
        runs: one or more; the first of a kind is what the others of that kind are held against.
        path: the file.
        comparisons: of `compare`, shown after the runs.

    Raises:
        EvaluationError: no runs.
        UnwritableError: the file cannot be written.
        OptionalDependencyError: matplotlib or Jinja2 is not installed.
    """
    if not runs:
        raise EvaluationError("a report needs one run at least")
    template = page_environment().get_template("report.html.j2")
    named = list(zip(_names(runs), runs, strict=True))
    write_page(
        path,
        template,
        title=named[0][0] if len(named) == 1 else f"{_shared_name(runs)}{len(named)} runs side by side",
        sections=[section(run, f"run-{number}") for number, run in enumerate(runs, start=1)],
        names=[name for name, _ in named],
        overviews=overviews(named),
        comparisons=[shown_comparison(comparison) for comparison in comparisons],
    )


def write_history(history: "History", path: Path, *, measures: Sequence[str] = ()) -> None:
    """Write runs over time as one self-contained HTML file.

    Args:
        history: of `read_history`.
        path: the file.
        measures: which to show; all where none is named.

    Raises:
        EvaluationError: as for `History.only`.
        UnwritableError: the file cannot be written.
        OptionalDependencyError: matplotlib or Jinja2 is not installed.
    """
    from .history_page import shown_series

    template = page_environment().get_template("history.html.j2")
    chosen = history.only(measures)
    write_page(
        path,
        template,
        title="history",
        series=[shown_series(series) for series in chosen.series],
        broken=chosen.broken,
    )


def _shared_name(runs: Sequence[RunFile]) -> str:
    return f"{runs[0].name}: " if len({run.name for run in runs}) == 1 else ""


def _names(runs: Sequence[RunFile]) -> list[str]:
    """The shortest name for each run that tells it from the others: name, then day, then minute, then a number."""
    several_kinds = len({run.kind for run in runs}) > 1
    plain = [f"{run.kind}: {run.name}" if several_kinds else run.name for run in runs]
    alike = len(runs) > 1 and len(set(plain)) == 1
    for length in (0, len("2026-01-01"), None):
        dates = [when(run.created)[:length] for run in runs]
        names = [
            date if alike and date else f"{name}, {date}" if date and plain.count(name) > 1 else name
            for name, date in zip(plain, dates, strict=True)
        ]
        if len(set(names)) == len(names):
            return names
    return [f"{name} ({number})" for number, name in enumerate(names, start=1)]
