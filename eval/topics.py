"""Judged questions over documents of one's own: JSONL, one topic a line.

    {"id": "t01", "question": "What does LoRA freeze?", "category": "direct", "answerable": true,
     "gold": [{"document": "guides/peft.md", "quote": "LoRA freezes the pretrained weights."}],
     "superseded": [], "reference": "The pretrained weights."}

Gold is a document and a quote from it, never a passage id, so that it survives re-chunking. `category`, `superseded`
(quotes that were the answer once) and `reference` (an answer in a person's words) may be left out. A topic that
no document answers has `"answerable": false` and no gold. `"reviewed": false` marks a topic that no person has judged;
such topics are read only when asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..index.errors import EvaluationError
from .lines import read_rows, text_of

PARTS = ("dev", "test")
DEV_SHARE = 0.4

_EXPECTED = "a topics file is JSONL with keys id, question, answerable and gold"
_KEYS = frozenset(
    {"id", "question", "category", "answerable", "gold", "superseded", "reference", "reviewed", "style", "origin"}
)


@dataclass(frozen=True, slots=True)
class Gold:
    """A quote that answers a topic, and the id of the document it stands in."""

    document_id: str
    quote: str


@dataclass(frozen=True, slots=True)
class JudgedTopic:
    """A question with what answers it.

    Attributes:
        id: unique in its file.
        question: as a user would ask it.
        category: topics of one category are also reported together; may be empty.
        answerable: whether the documents answer it.
        gold: quotes that do; none where it is not answerable.
        superseded: quotes that answered it once and no longer should.
        reference: an answer in a person's words; may be empty.
        reviewed: whether a person has judged the topic.
        where: `file:line`.
    """

    id: str
    question: str
    category: str = ""
    answerable: bool = True
    gold: tuple[Gold, ...] = ()
    superseded: tuple[Gold, ...] = ()
    reference: str = ""
    reviewed: bool = True
    where: str = ""


def read_topics(path: Path, *, unreviewed: bool = False) -> list[JudgedTopic]:
    """Topics of a file, in its order.

    Args:
        path: the file.
        unreviewed: read the topics that no person has judged, and only those; judged and drafted topics never mix.

    Raises:
        EvaluationError: the file or a line cannot be used (the message has file and line), an answerable topic has
            no gold or one that is not answerable has some, or no topic is left.
    """
    topics = [_topic(row, where) for where, row in read_rows(path, _EXPECTED, identifier="id")]
    kept = [topic for topic in topics if topic.reviewed is not unreviewed]
    if not kept:
        others = f"; {len(topics)} {'reviewed' if unreviewed else 'unreviewed'} ones were left out" if topics else ""
        raise EvaluationError(f"{path}: holds no {'unreviewed ' if unreviewed else ''}topics{others}")
    return kept


def _topic(row: dict[str, Any], where: str) -> JudgedTopic:
    if unknown := sorted(set(row) - _KEYS):
        raise EvaluationError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    question = text_of(row, "question", where)
    if not question.strip():
        raise EvaluationError(f"{where}: 'question' is empty")
    gold, answerable = _quotes(row, "gold", where), _flag(row, "answerable", where)
    if answerable and not gold:
        raise EvaluationError(f"{where}: topic {row['id']!r} has no gold; add a document and a quote that answers it")
    if gold and not answerable:
        raise EvaluationError(f"{where}: topic {row['id']!r} is not answerable, yet has gold; drop one of the two")
    return JudgedTopic(
        id=row["id"],
        question=question,
        category=text_of(row, "category", where, ""),
        answerable=answerable,
        gold=gold,
        superseded=_quotes(row, "superseded", where),
        reference=text_of(row, "reference", where, ""),
        reviewed=_flag(row, "reviewed", where),
        where=where,
    )


def _flag(row: dict[str, Any], key: str, where: str) -> bool:
    value = row.get(key, True)
    if not isinstance(value, bool):
        raise EvaluationError(f"{where}: {key!r} is {value!r}; it must be true or false")
    return value


def _quotes(row: dict[str, Any], key: str, where: str) -> tuple[Gold, ...]:
    entries: Any = row.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise EvaluationError(f"{where}: {key!r} must be a list of objects with keys document and quote")
    quotes = tuple(Gold(text_of(entry, "document", where), text_of(entry, "quote", where)) for entry in entries)
    if empty := next((quote for quote in quotes if not quote.quote.strip()), None):
        raise EvaluationError(f"{where}: a quote of {key!r} from {empty.document_id!r} is empty")
    return quotes


def categories(topics: Iterable[JudgedTopic]) -> dict[str, str]:
    """Category of each topic, by id."""
    return {topic.id: topic.category for topic in topics}


@dataclass(frozen=True, slots=True)
class TopicSet:
    """A topics file, or one of the two parts of it.

    Attributes:
        path: the file.
        part: `dev` to choose by, `test` to report, None for the whole file.
    """

    path: Path
    part: str | None = None

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"{self.path.stem} {self.part}" if self.part else self.path.stem

    def read(self, *, unreviewed: bool = False) -> list[JudgedTopic]:
        """Its topics, as `read_topics` reads them.

        Raises:
            EvaluationError: as `read_topics`, or the part is unknown or has no topic.
        """
        topics = read_topics(self.path, unreviewed=unreviewed)
        if self.part is None:
            return topics
        if self.part not in PARTS:
            raise EvaluationError(f"{self.path}: there is no part {self.part!r}; the parts are {' and '.join(PARTS)}")
        dev = dev_ids(topics)
        kept = [topic for topic in topics if (topic.id in dev) is (self.part == "dev")]
        if not kept:
            raise EvaluationError(f"{self.path}: its part {self.part!r} has no topic; the file is too small to divide")
        return kept


def dev_ids(topics: Iterable[JudgedTopic]) -> frozenset[str]:
    """Ids of the topics to choose by; the others are to report.

    Two fifths of every category: those whose ids have the lowest sha256. Who adds a topic may so move another one of
    its category into the other part, never one of another category.
    """
    by_category: dict[str, list[str]] = {}
    for topic in topics:
        by_category.setdefault(topic.category, []).append(topic.id)
    ordered = (sorted(ids, key=lambda identity: sha256(identity.encode()).digest()) for ids in by_category.values())
    return frozenset(identity for ids in ordered for identity in ids[: round(DEV_SHARE * len(ids))])
