"""The plots of a report."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..run_file import SystemResult
from ..statistics import Interval
from .drawing import DIM, GROUND, INK, LINE, MARKERS, SERIES, Plot, plot, quiet_axes
from .words import label, milliseconds, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = len(SERIES)
"""How many systems one plot can hold apart."""

_ROW_PT = 17.0
_FRAME_PT = 34.0


def intervals_plot(measure: str, rows: Mapping[str, Interval], reference: str, differs: Mapping[str, bool]) -> Plot:
    """One row a system: mean and interval; hollow where it cannot be told from the reference.

    Args:
        measure: what is shown.
        rows: system → interval, in order from the top.
        reference: the row that the others are held against; drawn in its own colour, with a line down from it.
        differs: row → whether its difference to the reference is significant; rows without entry were not paired and
            are drawn pale.
    """
    unpaired = [name for name in rows if name != reference and name not in differs]

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        quiet_axes(axes)
        if reference in rows:
            axes.axvline(rows[reference].mean, color=SERIES[0], linewidth=0.8, linestyle=(0, (3, 3)))
        for place, (name, interval) in enumerate(rows.items()):
            colour = SERIES[0] if name == reference else DIM if name in unpaired else INK
            hollow = name != reference and not differs.get(name, True)
            _whisker(axes, interval, place, colour, "o", hollow)
        _rows(axes, list(rows), 26)
        _value_axis(axes, rows.values())

    says = f"{measure}, means with 95 % intervals: " + "; ".join(f"{k} {spoken(v)}" for k, v in rows.items())
    return plot(measure, says, draw, height_pt=_FRAME_PT + _ROW_PT * len(rows))


def differences_plot(title: str, rows: Mapping[str, Interval], verdicts: Mapping[str, str]) -> Plot:
    """One row a measure: its paired difference about zero; hollow where none is shown.

    Args:
        title: of the plot.
        rows: measure → interval of the difference.
        verdicts: measure → `better`, `worse` or empty.
    """

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        quiet_axes(axes)
        axes.axvline(0.0, color=DIM, linewidth=0.8, linestyle=(0, (3, 3)))
        for place, (name, interval) in enumerate(rows.items()):
            _whisker(axes, interval, place, INK, "o", not verdicts.get(name))
        _rows(axes, list(rows), 26)
        _value_axis(axes, [*rows.values(), Interval(0.0, 0.0, 0.0)])

    says = f"{title}, with 95 % intervals: " + "; ".join(
        f"{name} {spoken(interval)}, {verdicts.get(name) or 'no difference shown'}" for name, interval in rows.items()
    )
    return plot(title, says, draw, height_pt=_FRAME_PT + _ROW_PT * len(rows))


def categories_plot(measure: str, systems: Mapping[str, Mapping[str, Interval]]) -> Plot:
    """One row a category, in it one whisker a system.

    Args:
        measure: what is shown.
        systems: system → category → interval; at most `SHOWN` systems.
    """
    categories = list(dict.fromkeys(category for found in systems.values() for category in found))
    step = min(0.8 / len(systems), 0.26)

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        quiet_axes(axes)
        for number, found in enumerate(systems.values()):
            shift = (number - (len(systems) - 1) / 2) * step
            for place, category in enumerate(categories):
                if category in found:
                    _whisker(axes, found[category], place + shift, SERIES[number], MARKERS[number], False, 3.6)
        for place in range(len(categories) - 1):
            axes.axhline(place + 0.5, color=LINE, linewidth=0.6)
        _rows(axes, categories, 22)
        _value_axis(axes, [interval for found in systems.values() for interval in found.values()])

    says = f"{measure} by category: " + "; ".join(
        f"{name}: " + ", ".join(f"{category} {spoken(interval)}" for category, interval in found.items())
        for name, found in systems.items()
    )
    row = max(_ROW_PT, 8.0 * len(systems))
    return plot(measure, says, draw, height_pt=_FRAME_PT + row * len(categories))


def latency_plot(title: str, rows: Mapping[str, Mapping[str, float]]) -> Plot:
    """One row a stage or system: median (filled), 95th (hollow) and 99th (bar) percentile in milliseconds.

    Args:
        title: of the plot.
        rows: name → `p50`, `p95`, `p99`.
    """
    values = [value for points in rows.values() for value in points.values() if value > 0]

    def draw(figure: "Figure") -> None:
        from matplotlib.ticker import LogLocator

        axes = figure.add_subplot()
        quiet_axes(axes)
        if values and max(values) > 40 * min(values):
            axes.set_xscale("log")
            if max(values) < 1000 * min(values):
                axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        for place, points in enumerate(rows.values()):
            found = [points[key] for key in ("p50", "p95", "p99") if key in points]
            axes.plot([min(found), max(found)], [place, place], color=DIM, linewidth=1.2, solid_capstyle="butt")
            for value, marker, face in zip(found, ("o", "o", "|"), (SERIES[0], GROUND, INK), strict=False):
                axes.plot(
                    [value],
                    [place],
                    marker,
                    color=SERIES[0] if marker == "o" else DIM,
                    markerfacecolor=face,
                    markersize=4.6 if marker == "o" else 8,
                )
        _rows(axes, list(rows), 22)
        axes.set_xlabel("milliseconds")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: "")
        if axes.get_xscale() == "linear":
            axes.set_xlim(left=0.0)
            axes.locator_params(axis="x", nbins=5)

    says = f"{title}: " + "; ".join(
        f"{name} " + ", ".join(f"{point} {milliseconds(value)} ms" for point, value in points.items())
        for name, points in rows.items()
    )
    return plot(title, says, draw, height_pt=_FRAME_PT + 12 + _ROW_PT * len(rows))


def history_plot(measure: str, points: Sequence[tuple[str, Interval]]) -> Plot:
    """A measure over the runs of one history, oldest first, evenly spaced.

    Args:
        measure: what is shown.
        points: day of the run, interval.
    """

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        places = list(range(len(points)))
        means = [interval.mean for _, interval in points]
        axes.plot(places, means, color=SERIES[0], linewidth=1.2)
        for place, (_, interval) in enumerate(points):
            axes.plot([place, place], [interval.low, interval.high], color=SERIES[0], linewidth=1.4, alpha=0.5)
            axes.plot([place], [interval.mean], "o", color=SERIES[0], markeredgecolor=GROUND, markersize=5.6)
        shown = places if len(places) <= 4 else [places[round(step * (len(places) - 1) / 3)] for step in range(4)]
        axes.set_xticks(shown, [points[place][0] for place in shown])
        axes.set_xlim(-0.5, len(places) - 0.5)
        axes.locator_params(axis="y", nbins=5)
        axes.tick_params(axis="y", labelcolor=DIM)

    says = f"{measure} over time: " + "; ".join(f"{day} {spoken(interval)}" for day, interval in points)
    return plot(measure, says, draw, height_pt=130.0)


def latency_rows(systems: Mapping[str, SystemResult]) -> dict[str, Mapping[str, float]]:
    """The whole call of each system that has been timed."""
    return {name: system.latency_ms["total"] for name, system in systems.items() if system.latency_ms.get("total")}


def _whisker(
    axes: "Axes", interval: Interval, place: float, colour: str, marker: str, hollow: bool, size: float = 4.6
) -> None:
    axes.plot([interval.low, interval.high], [place, place], color=colour, linewidth=1.4, solid_capstyle="butt")
    axes.plot(
        [interval.mean],
        [place],
        marker,
        color=colour,
        markersize=size,
        markerfacecolor=GROUND if hollow else colour,
        markeredgewidth=1.2,
    )


def _rows(axes: "Axes", names: Sequence[str], longest: int) -> None:
    axes.set_yticks(range(len(names)), [label(name, longest) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def _value_axis(axes: "Axes", intervals: Iterable[Interval]) -> None:
    """Room on both sides of what is shown."""
    found = list(intervals)
    low, high = min(each.low for each in found), max(each.high for each in found)
    room = max(0.08 * (high - low), 0.01)
    axes.set_xlim(low - room, high + room)
    axes.locator_params(axis="x", nbins=4, steps=[1, 2, 5, 10])
