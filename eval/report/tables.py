"""The tables of a report, cell by cell, as its template shows them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..direction import lower_is_better
from ..run_file import RunFile, SystemResult
from ..statistics import Interval
from .differences import Paired
from .words import MISSING, ends, figure, milliseconds, signed

MOST_TOPICS = 1000
"""Rows of the table of topics; the run file has them all."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure.

    Attributes:
        value: as shown.
        below: the interval.
        change: the difference to the reference, with its sign.
        verdict: `better`, `worse` or empty.
        hint: the difference with its interval, shown on hovering.
        order: what a column is sorted by; None sorts last.
    """

    value: str
    below: str = ""
    change: str = ""
    verdict: str = ""
    hint: str = ""
    order: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table.

    Attributes:
        name: what the line is about.
        cells: one a column.
        words: texts that stand between the name and the cells.
        marked: whether it is the reference.
    """

    name: str
    cells: tuple[Cell, ...]
    words: tuple[str, ...] = ()
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a heading for each column.

    Attributes:
        caption: what it holds; read out before the table.
        name: heading of the first column.
        columns: headings of the cells.
        rows: in order.
        words: headings of the texts between the name and the cells.
        note: stands below; may be empty.
    """

    caption: str
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    words: tuple[str, ...] = field(default=())
    note: str = ""


def interval_cell(interval: Interval | None) -> Cell:
    """A mean with its interval below; a dash for none."""
    if interval is None:
        return Cell(MISSING)
    return Cell(figure(interval.mean), ends(interval), order=interval.mean)


def systems_table(
    caption: str, name: str, systems: Mapping[str, SystemResult], reference: str, paired: Paired
) -> Table:
    """Every system with every measure and its difference to the reference.

    Args:
        caption: of the table.
        name: heading of the first column.
        systems: in order.
        reference: the system that the others are held against.
        paired: differences to it.
    """
    columns = tuple(dict.fromkeys(measure for system in systems.values() for measure in system.measures))
    rows = tuple(
        Row(
            key,
            tuple(_compared(system.measures.get(measure), paired, key, measure) for measure in columns),
            marked=key == reference and len(systems) > 1,
        )
        for key, system in systems.items()
    )
    return Table(caption, name, columns, rows)


def _compared(interval: Interval | None, paired: Paired, system: str, measure: str) -> Cell:
    cell = interval_cell(interval)
    difference = paired.get(system, {}).get(measure)
    if difference is None:
        return cell
    change = difference.interval
    verdict = difference.verdict or "no significant difference"
    hint = f"{signed(change.mean)} ({ends(change)}) over {difference.topics} paired topics: {verdict}"
    return Cell(cell.value, cell.below, signed(change.mean), difference.verdict, hint, cell.order)


def categories_table(run: RunFile) -> Table | None:
    """Categories of the default system, with how many topics each has; None for a run without any."""
    found = run.systems[run.default].by_category
    if not found:
        return None
    counts: dict[str, int] = {}
    for topic in run.topics.values():
        counts[topic.category] = counts.get(topic.category, 0) + 1
    columns = tuple(dict.fromkeys(measure for measures in found.values() for measure in measures))
    rows = tuple(
        Row(
            category,
            tuple(interval_cell(measures.get(measure)) for measure in columns),
            words=(str(counts.get(category, MISSING)),),
        )
        for category, measures in found.items()
    )
    return Table(f"{run.default} by category", "category", columns, rows, words=("topics",))


def latency_table(systems: Mapping[str, SystemResult]) -> Table | None:
    """Percentiles of every stage of every system in milliseconds; None where nothing was timed."""
    rows = tuple(
        Row(
            name,
            tuple(
                Cell(milliseconds(points[point]), order=points[point]) if point in points else Cell(MISSING)
                for point in ("p50", "p95", "p99")
            ),
            words=(stage,),
        )
        for name, system in systems.items()
        for stage, points in system.latency_ms.items()
    )
    if not rows:
        return None
    return Table("Latency in milliseconds", "system", ("p50", "p95", "p99"), rows, words=("stage",))


def topics_table(run: RunFile, shown: Sequence[str]) -> Table | None:
    """Every topic, worst first; None for a run without per-topic values.

    With several systems that have it the columns are the main measure of each, so that it can be seen where they part;
    with one they are all of its measures.

    Args:
        run: the run.
        shown: systems, the default one first.
    """
    default = run.systems[run.default]
    measures = [measure for measure, values in default.per_topic.items() if values]
    if not measures:
        return None
    main = measures[0]
    comparable = [name for name in shown if run.systems[name].per_topic.get(main)]
    if len(comparable) > 1:
        columns = {name: run.systems[name].per_topic[main] for name in comparable}
    else:
        columns = {measure: default.per_topic[measure] for measure in measures}
    topics = list(run.topics) or list(default.per_topic[main])
    ordered = sorted(topics, key=lambda topic: (_badness(main, columns.values(), topic), topic))
    told = run.topics.values()
    shows = (any(topic.category for topic in told), any(topic.text for topic in told))
    rows = tuple(_topic_row(run, topic, columns.values(), shows) for topic in ordered[:MOST_TOPICS])
    left = len(ordered) - len(rows)
    return Table(
        f"{len(ordered):,} topics, worst first by {main} of {run.default}",
        "topic",
        tuple(columns),
        rows,
        words=tuple(word for word, shown_too in zip(("category", "question"), shows, strict=True) if shown_too),
        note=f"{left:,} more topics are in the run file." if left else "",
    )


def _badness(main: str, columns: Iterable[Mapping[str, float]], topic: str) -> tuple[bool, float, float]:
    """Sorts the worst first by the first column, then by the mean of all; topics without a value come last."""
    values = [column[topic] for column in columns if topic in column]
    first = next(iter(columns)).get(topic)
    sign = -1.0 if lower_is_better(main) else 1.0
    return first is None, sign * (first or 0.0), sign * sum(values) / (len(values) or 1)


def _topic_row(run: RunFile, topic: str, columns: Iterable[Mapping[str, float]], shows: tuple[bool, bool]) -> Row:
    told = run.topics.get(topic)
    words = (told.category, told.text) if told else ("", "")
    words = tuple(word for word, shown in zip(words, shows, strict=True) if shown)
    cells = tuple(
        Cell(MISSING) if (value := column.get(topic)) is None else Cell(figure(value), order=value)
        for column in columns
    )
    return Row(topic, cells, words=words)
