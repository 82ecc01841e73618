"""What a comparison says, in Python and as JSON.

    {"format": "sota-rag comparison 1", "kind": "retrieval",
     "a": {"run": "scifact test", "system": "bm25", "created": …}, "b": {…}, "differs_in": ["settings"],
     "topics": {"paired": 300, "only_a": [], "only_b": [], "reworded": []},
     "measures": {"nDCG@10": {"topics": 300, "a": 0.68, "b": 0.73, "difference": {"mean": 0.05, "low": …, "high": …},
                              "p": 0.001, "p_holm": 0.008, "higher_is_better": true, "verdict": "better",
                              "wins": [{"topic": "12", "text": …, "category": …, "a": 0.0, "b": 1.0}, …],
                              "losses": […], "ties": 210, "left_out": []}, …},
     "by_category": {"direct": {"nDCG@10": {"topics": 20, "a": …, "b": …, "difference": {…}}}},
     "whole_set": {"AUROC": {"a": {"mean": …, "low": …, "high": …}, "b": {…}}}, "notes": []}

Every difference is `b - a`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .pairing import TopicDifference
from .statistics import Interval

FORMAT = "sota-rag comparison 1"
SIGNIFICANT = 0.05
"""Adjusted p below which a difference is called one."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: a system of a run."""

    run: str
    system: str
    created: str

    def as_dict(self) -> dict[str, str]:
        """The form used in JSON."""
        return {"run": self.run, "system": self.system, "created": self.created}


@dataclass(frozen=True, slots=True)
class MeasureComparison:
    """A measure on the topics that both sides have a value for.

    Attributes:
        topics: how many.
        a: mean of A over them.
        b: mean of B over them.
        difference: mean of `b - a` with its 95 % paired bootstrap interval.
        p: two-sided, of the paired randomisation test.
        p_holm: the same, adjusted over the measures compared.
        higher_is_better: whether a difference above zero speaks for B.
        wins: topics on which B is better, the clearest first.
        losses: topics on which B is worse, the worst first.
        even: topics that both score alike, in the order of A.
        left_out: ids of topics that only one side has a value for.
    """

    topics: int
    a: float
    b: float
    difference: Interval
    p: float
    p_holm: float
    higher_is_better: bool
    wins: tuple[TopicDifference, ...]
    losses: tuple[TopicDifference, ...]
    even: tuple[TopicDifference, ...]
    left_out: tuple[str, ...]

    @property
    def pairs(self) -> tuple[TopicDifference, ...]:
        """All topics: won, lost and even."""
        return self.wins + self.losses + self.even

    @property
    def verdict(self) -> str:
        """`better`, `worse` (B, by its adjusted p) or `no difference shown`."""
        if self.p_holm >= SIGNIFICANT:
            return "no difference shown"
        return "better" if (self.difference.mean > 0) is self.higher_is_better else "worse"

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {
            "topics": self.topics,
            "a": self.a,
            "b": self.b,
            "difference": self.difference.as_dict(),
            "p": self.p,
            "p_holm": self.p_holm,
            "higher_is_better": self.higher_is_better,
            "verdict": self.verdict,
            "wins": [topic.as_dict() for topic in self.wins],
            "losses": [topic.as_dict() for topic in self.losses],
            "ties": len(self.even),
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True, slots=True)
class CategoryDifference:
    """A measure on the paired topics of one category; `difference` is `b - a`, uncorrected."""

    topics: int
    a: float
    b: float
    difference: Interval

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {"topics": self.topics, "a": self.a, "b": self.b, "difference": self.difference.as_dict()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that can be said of two systems.

    Attributes:
        kind: of the runs.
        a: the first.
        b: the second; differences are what it has over the first.
        paired: how many topics both have.
        differs_in: fingerprints that differ, such as `settings`; machine and packages among them.
        only_a: ids of topics that A alone has.
        only_b: ids of topics that B alone has.
        reworded: ids under which the two ask different questions; left out.
        measures: measure → how the two compare.
        by_category: category → measure → difference.
        whole_set: measures of the whole set, which cannot be paired: measure → interval of A, interval of B.
        notes: what the reader must know.
    """

    kind: str
    a: Side
    b: Side
    paired: int
    differs_in: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    reworded: tuple[str, ...]
    measures: Mapping[str, MeasureComparison]
    by_category: Mapping[str, Mapping[str, CategoryDifference]]
    whole_set: Mapping[str, tuple[Interval, Interval]]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "a": self.a.as_dict(),
            "b": self.b.as_dict(),
            "differs_in": list(self.differs_in),
            "topics": {
                "paired": self.paired,
                "only_a": list(self.only_a),
                "only_b": list(self.only_b),
                "reworded": list(self.reworded),
            },
            "measures": {name: measure.as_dict() for name, measure in self.measures.items()},
            "by_category": {
                category: {name: difference.as_dict() for name, difference in measures.items()}
                for category, measures in self.by_category.items()
            },
            "whole_set": {name: {"a": a.as_dict(), "b": b.as_dict()} for name, (a, b) in self.whole_set.items()},
            "notes": list(self.notes),
        }
