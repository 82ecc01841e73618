"""Topics that two runs share, each with both values; what cannot be paired is named, never passed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..index.errors import EvaluationError
from .run_file import RunFile, TopicInfo

Values = Mapping[str, Mapping[str, float]]
"""Measure → topic id → value."""


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """A topic with what both sides score on it.

    Attributes:
        id: the topic's.
        text: the question; empty where a run was written without texts.
        category: as B has it, else as A has it; may be empty.
        a: value of A.
        b: value of B.
    """

    id: str
    text: str
    category: str
    a: float
    b: float

    @property
    def difference(self) -> float:
        """What B has over A."""
        return self.b - self.a

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {"topic": self.id, "text": self.text, "category": self.category, "a": self.a, "b": self.b}


@dataclass(frozen=True, slots=True)
class Pairing:
    """What two runs share, and what they do not.

    Attributes:
        topics: how many topics have a pair of values for some measure.
        values: measure → its pairs, in the order of A.
        left_out: measure → ids of topics that only one side has a value for.
        only_a: ids of topics that A alone has values for.
        only_b: ids of topics that B alone has values for.
        reworded: ids of topics left out because the two ask different questions under them.
        notes: what the reader must know.
    """

    topics: int
    values: Mapping[str, tuple[TopicDifference, ...]]
    left_out: Mapping[str, tuple[str, ...]]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    reworded: tuple[str, ...]
    notes: tuple[str, ...]


def pair(a: RunFile, b: RunFile, values_a: Values, values_b: Values, *, leave_out_reworded: bool = False) -> Pairing:
    """Pair the values of two sides by topic id.

    Args:
        a: the run that the first side is from.
        b: the run that the second side is from.
        values_a: of the first side; both sides have the same measures.
        values_b: of the second side.
        leave_out_reworded: leave out a topic whose question differs between the two instead of refusing.

    Raises:
        EvaluationError: an id stands for different questions, the corpora differ where no question can be looked at,
            or a measure has no topic that both sides share.
    """
    reworded = _reworded(a, b)
    if reworded and not leave_out_reworded:
        first = reworded[0]
        raise EvaluationError(
            f"topic {first!r} asks {a.topics[first].text!r} in A and {b.topics[first].text!r} in B, "
            f"and {len(reworded)} topics in all differ so; compare runs over the same topics"
        )
    values: dict[str, tuple[TopicDifference, ...]] = {}
    left_out: dict[str, tuple[str, ...]] = {}
    for name, column_a in values_a.items():
        column_b = values_b[name]
        both = [topic for topic in column_a if topic in column_b and topic not in set(reworded)]
        if not both:
            raise EvaluationError(
                f"the two share no topic that both have {name!r} for; compare runs over the same topics"
            )
        values[name] = tuple(_difference(topic, a, b, column_a[topic], column_b[topic]) for topic in both)
        left_out[name] = tuple(sorted(set(column_a) ^ set(column_b)))
    of_a, of_b = _ids(values_a), _ids(values_b)
    return Pairing(
        topics=len({topic.id for topics in values.values() for topic in topics}),
        values=values,
        left_out=left_out,
        only_a=tuple(sorted(of_a - of_b)),
        only_b=tuple(sorted(of_b - of_a)),
        reworded=reworded,
        notes=_notes(a, b),
    )


def _ids(values: Values) -> set[str]:
    return {topic for column in values.values() for topic in column}


def _reworded(a: RunFile, b: RunFile) -> tuple[str, ...]:
    """Ids under which both ask something, and not the same; white space does not count."""
    both = [topic for topic in a.topics if topic in b.topics]
    words = [(topic, a.topics[topic].text.split(), b.topics[topic].text.split()) for topic in both]
    return tuple(topic for topic, said_a, said_b in words if said_a and said_b and said_a != said_b)


def _difference(topic: str, a: RunFile, b: RunFile, value_a: float, value_b: float) -> TopicDifference:
    unknown = TopicInfo("")
    old, new = a.topics.get(topic, unknown), b.topics.get(topic, unknown)
    return TopicDifference(topic, new.text or old.text, new.category or old.category, value_a, value_b)


def _notes(a: RunFile, b: RunFile) -> tuple[str, ...]:
    notes: list[str] = []
    corpus_a, corpus_b = a.fingerprints.get("corpus"), b.fingerprints.get("corpus")
    other_corpus = bool(corpus_a and corpus_b and corpus_a != corpus_b)
    seen = any(a.topics[topic].text and b.topics[topic].text for topic in a.topics if topic in b.topics)
    if not seen:
        if other_corpus:
            raise EvaluationError(
                "the two runs are over different documents, and one was written without the words of its topics: "
                "nothing says that their ids mean the same; compare runs over the same data"
            )
        notes.append("one of the runs was written without the words of its topics: they were paired by id alone")
    if other_corpus:
        notes.append(
            "THE DOCUMENTS DIFFER between the two runs: a difference may come from them and not from the system"
        )
    moved = [t for t in a.topics if t in b.topics and a.topics[t].category != b.topics[t].category]
    if moved:
        notes.append(f"{len(moved)} topics changed their category, such as {moved[0]!r}; they count in that of B")
    return tuple(notes)
