"""Curves of a report: lines and steps overlaid across systems, reliability diagrams one a system."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..run_file import Curve, SystemResult
from .drawing import DIM, GROUND, LINE, MARKERS, SERIES, Plot, plot
from .words import figure as number
from .words import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curve_plots(systems: Mapping[str, SystemResult]) -> list[Plot]:
    """Every curve of the systems; those of one name and one kind share a plot, calibrations have one each.

    Args:
        systems: at most as many as there are colours.
    """
    plots: list[Plot] = []
    for name in dict.fromkeys(name for system in systems.values() for name in system.curves):
        found = {key: system.curves[name] for key, system in systems.items() if name in system.curves}
        colours = {key: position for position, key in enumerate(systems)}
        found = {key: curve for key, curve in found.items() if curve.x}
        calibrations = {key: curve for key, curve in found.items() if curve.kind == "calibration"}
        plots += [
            reliability_plot(name if len(systems) == 1 else f"{name}: {key}", curve)
            for key, curve in calibrations.items()
        ]
        others = {key: curve for key, curve in found.items() if key not in calibrations}
        if others:
            plots.append(overlaid_plot(name, others, colours))
    return plots


def overlaid_plot(title: str, curves: Mapping[str, Curve], colours: Mapping[str, int]) -> Plot:
    """Lines or steps of several systems, with the band of their intervals where they have one.

    Args:
        title: name of the curve.
        curves: system → curve; axes are labelled as the first one says.
        colours: system → number of its colour.
    """
    first = next(iter(curves.values()))

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.grid()
        for key, curve in curves.items():
            colour, step = SERIES[colours[key]], "post" if curve.kind == "step" else None
            if curve.low and curve.high:
                axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.1, linewidth=0, step=step)
            axes.plot(
                curve.x,
                curve.y,
                color=colour,
                drawstyle="steps-post" if step else "default",
                marker=MARKERS[colours[key]],
                markevery=_sparse(len(curve.x), colours[key]),
                markersize=3.8,
            )
        _axes_of(axes, first)

    says = f"{title}: {first.y_label} over {first.x_label}. " + "; ".join(
        f"{key} from {number(curve.y[0])} at {number(curve.x[0])} to {number(curve.y[-1])} at {number(curve.x[-1])}"
        for key, curve in curves.items()
    )
    return plot(title, says, draw, height_pt=200.0)


def _sparse(points: int, series: int) -> int | tuple[int, int]:
    """Which points get a marker: all of a few, else eight, and not the same ones in every series."""
    if points <= 12:
        return 1
    step = points // 8
    return (series * step // len(SERIES), step)


def reliability_plot(title: str, curve: Curve) -> Plot:
    """A reliability diagram with its diagonal, above a bar for the number of examples of each bin.

    Args:
        title: name of the curve, and of the system where there are several.
        curve: predicted probability and observed frequency of each bin.
    """

    def draw(figure: "Figure") -> None:
        if curve.sizes:
            upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
            _bars(lower, curve)
        else:
            upper = lower = figure.add_subplot()
        upper.grid()
        upper.plot([0, 1], [0, 1], color=DIM, linewidth=1.0, linestyle=(0, (3, 3)))
        if curve.low and curve.high:
            upper.vlines(curve.x, curve.low, curve.high, color=SERIES[0], linewidth=1.2, alpha=0.6)
        upper.plot(curve.x, curve.y, color=SERIES[0], linewidth=1.2)
        upper.plot(curve.x, curve.y, "o", color=SERIES[0], markeredgecolor=GROUND, markersize=5.6)
        upper.set_xlim(-0.03, 1.03)
        upper.set_ylim(-0.03, 1.03)
        _axes_of(upper, curve)
        if upper is not lower:
            upper.set_xlabel("")
            lower.set_xlabel(label(curve.x_label, 44))

    sizes = curve.sizes or (None,) * len(curve.x)
    says = f"{title}: {curve.y_label} over {curve.x_label}, on the diagonal where it is well calibrated. " + "; ".join(
        f"{number(y)} at {number(x)}" + ("" if size is None else f" ({size} examples)")
        for x, y, size in zip(curve.x, curve.y, sizes, strict=True)
    )
    return plot(title, says, draw, height_pt=250.0 if curve.sizes else 215.0)


def _bars(axes: "Axes", curve: Curve) -> None:
    gaps = [after - before for before, after in zip(curve.x, curve.x[1:], strict=False)]
    axes.bar(
        curve.x, curve.sizes, width=min([0.08, *[0.8 * gap for gap in gaps if gap > 0]]), color=LINE, edgecolor=DIM
    )
    axes.set_ylabel("examples")
    axes.locator_params(axis="y", nbins=2, integer=True)
    axes.tick_params(axis="y", labelcolor=DIM)


def _axes_of(axes: "Axes", curve: Curve) -> None:
    axes.set_xlabel(label(curve.x_label, 44))
    axes.set_ylabel(label(curve.y_label, 38))
    axes.tick_params(axis="y", labelcolor=DIM)
    axes.tick_params(axis="x", labelcolor=DIM)
    for axis in ("x", "y"):
        axes.locator_params(axis=axis, nbins=5)
