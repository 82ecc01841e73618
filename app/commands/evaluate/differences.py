"""How the comparison of two systems is printed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...terminal import excerpt, line_width

if TYPE_CHECKING:
    from ....eval.baseline_gate import LostTopic
    from ....eval.comparison_form import CategoryDifference, Comparison, MeasureComparison
    from ....eval.pairing import TopicDifference
    from ....eval.statistics import Interval

_NAMED = 8
"""Ids named in a list before it says how many more there are."""


def print_measures(comparison: "Comparison", verdicts: Mapping[str, str]) -> None:
    """A row for each measure, with a word on it where there is one."""
    label = max(len(_label(name, found)) for name, found in comparison.measures.items())
    print(f"{'':<{label}}  topics       A       B   B - A [95 % interval]            p  Holm p  won/tied/lost")
    for name, found in comparison.measures.items():
        counts = f"{len(found.wins)}/{len(found.even)}/{len(found.losses)}"
        print(
            f"{_label(name, found):<{label}}  {found.topics:>6}  {found.a:>6.3f}  {found.b:>6.3f}   "
            f"{_signed(found.difference):<24} {found.p:>6.4f}  {found.p_holm:>6.4f}  "
            f"{counts:<14} {verdicts.get(name, '')}".rstrip()
        )


def print_categories(comparison: "Comparison", measure: str) -> None:
    """A row for each category, in one measure."""
    rows: list[tuple[str, CategoryDifference]] = [
        (category, measures[measure]) for category, measures in comparison.by_category.items() if measure in measures
    ]
    if not rows:
        return
    print(f"\n{measure} by category (intervals are corrected for nothing)")
    label = max(len(category) for category, _ in rows)
    for category, found in rows:
        print(
            f"  {category:<{label}}  {found.topics:>4}  {found.a:>6.3f}  {found.b:>6.3f}   {_signed(found.difference)}"
        )


def print_topics(heading: str, topics: "Sequence[TopicDifference]", most: int) -> None:
    """Topics with both values and their question, as many as asked for."""
    if not topics:
        return
    print(f"\n{heading}: {len(topics)}")
    shown = topics[:most]
    label = max((len(topic.id) for topic in shown), default=0)
    for topic in shown:
        said = excerpt(topic.text, max(20, line_width() - label - 22))
        print(f"  {topic.id:<{label}}  {topic.a:.3f} -> {topic.b:.3f}  {said}".rstrip())
    if len(topics) > most:
        print(f"  and {len(topics) - most} more (--json names them all)")


def print_lost(heading: str, topics: "Sequence[LostTopic]", most: int) -> None:
    """Topics that fell, with their values before and after in each measure that is meant."""
    if not topics:
        return
    measures = list(topics[0].values)
    label = max(len(topic.id) for topic in topics[:most])
    print(f"\n{heading}: {len(topics)}")
    print(f"  {'':<{label}}{''.join(f'  {name:<12}' for name in measures)}".rstrip())
    for topic in topics[:most]:
        both = (topic.values.get(name) for name in measures)
        cells = "".join(f"  {f'{pair[0]:.2f} -> {pair[1]:.2f}' if pair else '':<12}" for pair in both)
        said = excerpt(topic.text, max(20, line_width() - label - 14 * len(measures) - 5))
        print(f"  {topic.id:<{label}}{cells}  {said}".rstrip())
    if len(topics) > most:
        print(f"  and {len(topics) - most} more (--json names them all)")


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _label(name: str, found: "MeasureComparison") -> str:
    return name if found.higher_is_better else f"{name} (lower is better)"


def _signed(interval: "Interval") -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"
