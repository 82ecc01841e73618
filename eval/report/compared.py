"""What a report says of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..comparison_form import CategoryDifference, Comparison, MeasureComparison, Side
from ..pairing import TopicDifference
from .drawing import Plot
from .plots import differences_plot
from .tables import Cell, Row, Table, interval_cell
from .words import ends, figure, signed

_NAMED = 30  # topics of a list; the JSON form of the comparison has them all


@dataclass(frozen=True, slots=True)
class ShownComparison:
    """A comparison with its plot and its tables."""

    a: str
    b: str
    lead: str
    notes: list[str]
    plot: Plot
    measures: Table
    categories: Table | None
    whole_set: Table | None
    moved: list[Table]


def shown_comparison(comparison: Comparison) -> ShownComparison:
    """What is said of two systems held against each other."""
    a, b = _name(comparison.a, comparison.b), _name(comparison.b, comparison.a)
    intervals = {name: found.difference for name, found in comparison.measures.items()}
    verdicts = {name: _verdict(found) for name, found in comparison.measures.items()}
    main, first = next(iter(comparison.measures.items()))
    moved = [
        _topics(f"{main}: {len(topics)} topics that {b} {verb}", topics)
        for verb, topics in (("lost", first.losses), ("won", first.wins))
        if topics
    ]
    return ShownComparison(
        a=a,
        b=b,
        lead=_lead(comparison),
        notes=list(comparison.notes),
        plot=differences_plot("B minus A", intervals, verdicts),
        measures=_measures(comparison, a, b),
        categories=_categories(comparison),
        whole_set=_whole_set(comparison),
        moved=moved,
    )


def _name(side: Side, other: Side) -> str:
    """The shortest of what tells one side from the other: system, run, day."""
    if side.run == other.run and side.created == other.created:
        return side.system
    if side.run != other.run:
        return f"{side.run}, {side.system}"
    return f"{side.system} of {side.created[:16].replace('T', ' ')}"


def _lead(comparison: Comparison) -> str:
    said = [f"{comparison.paired:,} topics paired"]
    for ids, words in (
        (comparison.only_a, "only in the first"),
        (comparison.only_b, "only in the second"),
        (comparison.reworded, "left out as reworded"),
    ):
        if ids:
            said.append(f"{len(ids):,} {words}")
    differs = ", ".join(comparison.differs_in)
    return f"{'; '.join(said)}. {f'The runs differ in {differs}.' if differs else ''}"


def _verdict(found: MeasureComparison) -> str:
    return found.verdict if found.verdict in ("better", "worse") else ""


def _measures(comparison: Comparison, a: str, b: str) -> Table:
    rows = tuple(
        Row(
            name if found.higher_is_better else f"{name} (lower is better)",
            (
                Cell(str(found.topics), order=found.topics),
                Cell(figure(found.a), order=found.a),
                Cell(figure(found.b), order=found.b),
                _change(found),
                Cell(f"{found.p:.4f}", order=found.p),
                Cell(f"{found.p_holm:.4f}", order=found.p_holm),
                Cell(f"{len(found.wins)} / {len(found.even)} / {len(found.losses)}"),
            ),
        )
        for name, found in comparison.measures.items()
    )
    columns = ("topics", "A", "B", "B minus A", "p", "p, Holm", "won / tied / lost")
    return Table(f"A: {a}. B: {b}.", "measure", columns, rows)


def _change(found: MeasureComparison) -> Cell:
    mean, verdict = found.difference.mean, _verdict(found)
    return Cell(signed(mean), ends(found.difference), verdict, verdict, order=mean)


def _categories(comparison: Comparison) -> Table | None:
    if not comparison.by_category:
        return None
    columns = tuple(comparison.measures)
    rows = tuple(
        Row(category, tuple(_category_cell(found.get(measure)) for measure in columns))
        for category, found in comparison.by_category.items()
    )
    note = (
        "Intervals by category are corrected for nothing; the more categories, the more of them exclude zero by chance."
    )
    return Table("Differences by category", "category", columns, rows, note=note)


def _category_cell(found: CategoryDifference | None) -> Cell:
    if found is None:
        return interval_cell(None)
    return Cell(
        signed(found.difference.mean), f"{ends(found.difference)}, n {found.topics}", order=found.difference.mean
    )


def _whole_set(comparison: Comparison) -> Table | None:
    if not comparison.whole_set:
        return None
    rows = tuple(Row(name, tuple(map(interval_cell, sides))) for name, sides in comparison.whole_set.items())
    return Table("Figures of the whole set, which cannot be paired", "measure", ("A", "B"), rows)


def _topics(caption: str, topics: Sequence[TopicDifference]) -> Table:
    rows = tuple(
        Row(
            topic.id,
            (
                Cell(figure(topic.a), order=topic.a),
                Cell(figure(topic.b), order=topic.b),
                Cell(signed(topic.difference), order=topic.difference),
            ),
            words=(topic.category, topic.text),
        )
        for topic in topics[:_NAMED]
    )
    left = len(topics) - len(rows)
    note = f"{left} more are in the JSON form of the comparison." if left else ""
    return Table(caption, "topic", ("A", "B", "B minus A"), rows, words=("category", "question"), note=note)
