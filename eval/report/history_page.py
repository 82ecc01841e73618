"""What the page of a history says of one series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..history import Entry, Series
from .drawing import Plot
from .plots import history_plot
from .tables import Row, Table, interval_cell

_SHORT = 8  # characters of a digest


@dataclass(frozen=True, slots=True)
class ShownSeries:
    """A series with its plots and its table; `note` says what changed beside the code."""

    title: str
    topics: int
    plots: list[Plot]
    table: Table
    note: str


def shown_series(series: Series) -> ShownSeries:
    """A plot for each measure, where there is more than one run, and a line for each run, latest first."""
    plots: list[Plot] = []
    if len(series.entries) > 1:
        for measure in series.measures:
            points = [
                (entry.created[:10], entry.measures[measure]) for entry in series.entries if measure in entry.measures
            ]
            plots.append(history_plot(measure, points))
    rows = tuple(
        Row(
            entry.created.replace("T", " ").removesuffix("Z"),
            tuple(interval_cell(entry.measures.get(measure)) for measure in series.measures),
            words=(entry.default, entry.code, _short(entry.fingerprints, "corpus"), entry.path.name),
        )
        for entry in reversed(series.entries)
    )
    table = Table(
        "Runs, latest first", "created (UTC)", series.measures, rows, words=("system", "code", "corpus", "file")
    )
    return ShownSeries(f"{series.kind}: {series.name}", series.topic_count, plots, table, _note(series.entries))


def _note(entries: tuple[Entry, ...]) -> str:
    changed = [
        word
        for word, values in (
            ("the default system", {entry.default for entry in entries}),
            ("the corpus", {_short(entry.fingerprints, "corpus") for entry in entries}),
        )
        if len(values) > 1
    ]
    return f"Between these runs {' and '.join(changed)} changed too." if changed else ""


def _short(fingerprints: Mapping[str, Any], key: str) -> str:
    return str(fingerprints.get(key, ""))[:_SHORT]
