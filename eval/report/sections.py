"""What a report says of one run, and of several side by side, ready for its template."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..run_file import RunFile, SystemResult
from ..statistics import Interval
from .curves import curve_plots
from .differences import Paired, differences, same_topics
from .drawing import LegendEntry, Plot, legend
from .plots import SHOWN, categories_plot, intervals_plot, latency_plot, latency_rows
from .tables import Table, categories_table, latency_table, systems_table, topics_table
from .words import ends, figure, flat, when

_CARDS = 8
_CATEGORY_PLOTS = 3
_PARTED = 4  # systems that one row of a category plot can hold apart
_LONGEST_DETAIL = 20_000
_KEPT_ASIDE = frozenset({"rankings", "qrels"})  # what `eval export` is for


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure; the ends are percent of the unit interval, None outside it."""

    measure: str
    value: str
    ends: str
    places: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Section:
    """All that is said of one run; see the template for where each part stands."""

    anchor: str
    run: RunFile
    measured: str
    cards: list[Card]
    systems: list[Plot]
    systems_table: Table | None
    categories: list[Plot]
    categories_legend: list[LegendEntry]
    categories_table: Table | None
    latencies: list[Plot]
    latency_table: Table | None
    curves: list[Plot]
    curves_legend: list[LegendEntry]
    topics_table: Table | None
    failures: list[tuple[str, str, str]]
    facts: list[tuple[str, list[tuple[str, str]]]]
    fingerprints: list[tuple[str, str]]
    details: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Runs of one kind side by side, each by its default system."""

    kind: str
    reference: str
    table: Table
    plots: list[Plot]
    unpaired: list[str]


def section(run: RunFile, anchor: str) -> Section:
    """What is said of one run."""
    default = run.systems[run.default]
    ordered = {run.default: default, **run.systems}
    shown = list(ordered)[:SHOWN]
    parted = shown[:_PARTED]
    curved = [name for name, system in ordered.items() if system.curves][:SHOWN]
    paired = differences(default, {name: system for name, system in ordered.items() if name != run.default})
    several = len(ordered) > 1
    return Section(
        anchor=anchor,
        run=run,
        measured=when(run.created),
        cards=[_card(measure, interval) for measure, interval in list(default.measures.items())[:_CARDS]],
        systems=_measure_plots(ordered, run.default, paired) if several else [],
        systems_table=systems_table("Every measure of every system", "system", ordered, run.default, paired)
        if several or len(default.measures) > _CARDS
        else None,
        categories=_category_plots({name: ordered[name] for name in parted}),
        categories_legend=legend(parted),
        categories_table=categories_table(run),
        latencies=_latency_plots(run, ordered),
        latency_table=latency_table(ordered),
        curves=curve_plots({name: ordered[name] for name in curved}),
        curves_legend=legend(curved),
        topics_table=topics_table(run, shown),
        failures=[(name, topic, said) for name, system in ordered.items() for topic, said in system.failures.items()],
        facts=[(name, list(flat(system.facts))) for name, system in ordered.items() if system.facts],
        fingerprints=list(flat(run.fingerprints)),
        details=_details(run),
    )


def overviews(runs: Sequence[tuple[str, RunFile]]) -> list[Overview]:
    """Kinds of which there are several runs, in the order given.

    Args:
        runs: a name that tells each from the others, and the run.
    """
    found: list[Overview] = []
    for kind in dict.fromkeys(run.kind for _, run in runs):
        group = {name: run for name, run in runs if run.kind == kind}
        if len(group) > 1:
            found.append(_overview(kind, group))
    return found


def _overview(kind: str, group: Mapping[str, RunFile]) -> Overview:
    reference, first = next(iter(group.items()))
    systems = {name: run.systems[run.default] for name, run in group.items()}
    alike = {name: systems[name] for name, run in group.items() if name != reference and same_topics(first, run)}
    paired = differences(systems[reference], alike)
    return Overview(
        kind=kind,
        reference=reference,
        table=systems_table("Runs, each by its default system", "run", systems, reference, paired),
        plots=_measure_plots(systems, reference, paired),
        unpaired=[name for name in group if name != reference and name not in alike],
    )


def _card(measure: str, interval: Interval) -> Card:
    within = 0.0 <= interval.low <= interval.mean <= interval.high <= 1.0
    places = (100 * interval.low, 100 * interval.mean, 100 * interval.high) if within else None
    return Card(measure, figure(interval.mean), ends(interval), places)


def _measure_plots(systems: Mapping[str, SystemResult], reference: str, paired: Paired) -> list[Plot]:
    measures = dict.fromkeys(measure for system in systems.values() for measure in system.measures)
    plots: list[Plot] = []
    for measure in measures:
        rows = {name: system.measures[measure] for name, system in systems.items() if measure in system.measures}
        if len(rows) < 2:
            continue
        differs = {
            name: bool(found[measure].verdict) for name, found in paired.items() if measure in found and name in rows
        }
        plots.append(intervals_plot(measure, rows, reference, differs))
    return plots


def _category_plots(systems: Mapping[str, SystemResult]) -> list[Plot]:
    default = next(iter(systems.values()))
    measures = dict.fromkeys(measure for found in default.by_category.values() for measure in found)
    plots: list[Plot] = []
    for measure in list(measures)[:_CATEGORY_PLOTS]:
        rows = {
            name: {category: found[measure] for category, found in system.by_category.items() if measure in found}
            for name, system in systems.items()
        }
        plots.append(categories_plot(measure, rows))
    return plots


def _latency_plots(run: RunFile, systems: Mapping[str, SystemResult]) -> list[Plot]:
    plots: list[Plot] = []
    calls = latency_rows(systems)
    if len(calls) > 1:
        plots.append(latency_plot("Whole call", calls))
    stages = {stage: points for stage, points in run.systems[run.default].latency_ms.items() if points}
    if stages and (len(stages) > 1 or len(calls) < 2):
        plots.append(latency_plot(f"Stages of {run.default}", stages))
    return plots


def _details(run: RunFile) -> str:
    """The small details as JSON; what is long stays in the run file."""
    small = {
        key: value
        for key, value in run.details.items()
        if key not in _KEPT_ASIDE and len(json.dumps(value, ensure_ascii=False, default=str)) <= _LONGEST_DETAIL
    }
    return json.dumps(small, ensure_ascii=False, indent=2, default=str) if small else ""
