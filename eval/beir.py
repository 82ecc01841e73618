"""Judged collections in BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels/SPLIT.tsv`.

The layout is that of Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information
Retrieval Models", NeurIPS 2021. No line is skipped: one that cannot be used is named in the error.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..index.errors import EvaluationError

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
# Only a line that says it is a header is one; a first line with a broken score must not pass for it.
_SCORE_HEADINGS = frozenset({"score", "relevance", "rel", "label"})


@dataclass(frozen=True, slots=True)
class BeirDocument:
    """A document of a collection; the title may be empty."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A query with its id."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, topics and judgements, each in the order of its file.

    Attributes:
        name: the folder's name.
        split: which judgements were read.
        documents: the whole corpus.
        topics: those that have judgements in the split.
        qrels: topic id → document id → relevance; 0 or less means judged and not relevant.
    """

    name: str
    split: str
    documents: list[BeirDocument]
    topics: list[Topic]
    qrels: dict[str, dict[str, int]]


def load_beir(folder: Path, split: str) -> Collection:
    """Read a collection in BEIR layout with the judgements of one split.

    Raises:
        EvaluationError: a file or the split is missing, or a line is broken (the message has file and line).
    """
    documents = [
        BeirDocument(_text(row, "_id", where), _text(row, "title", where, ""), _text(row, "text", where))
        for where, row in _rows(folder, "corpus.jsonl")
    ]
    queries = [
        Topic(_text(row, "_id", where), _text(row, "text", where)) for where, row in _rows(folder, "queries.jsonl")
    ]
    qrels = _read_qrels(
        _split_path(folder, split), {topic.id for topic in queries}, {document.id for document in documents}
    )
    topics = [topic for topic in queries if topic.id in qrels]
    return Collection(folder.resolve().name, split, documents, topics, qrels)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Non-blank lines as (`file:line`, text); lines end at LF alone, as U+2028 may stand inside JSON."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                where = f"{path}:{number}"
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise EvaluationError(f"{where}: not UTF-8 ({error.reason}); save it as UTF-8") from error
                if line.strip():
                    yield where, line.rstrip("\r\n")
    except OSError as error:
        raise EvaluationError(
            f"cannot read {str(path)!r} ({error.strerror}); a collection in BEIR layout has "
            "corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv"
        ) from error


def _rows(folder: Path, name: str) -> Iterator[tuple[str, dict[str, object]]]:
    """JSON objects of a file with their place; every `_id` occurs once."""
    first_seen: dict[str, str] = {}
    for where, line in _lines(folder / name):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise EvaluationError(f"{where}: not JSON ({error}); each line holds one object") from error
        if not isinstance(row, dict):
            raise EvaluationError(f"{where}: {line[:60]!r} is not a JSON object")
        identifier = _text(row, "_id", where)
        if not identifier:
            raise EvaluationError(f"{where}: '_id' is empty")
        if identifier in first_seen:
            raise EvaluationError(f"{where}: '_id' {identifier!r} was already used at {first_seen[identifier]}")
        first_seen[identifier] = where
        yield where, row


def _text(row: dict[str, object], key: str, where: str, default: str | None = None) -> str:
    """A string value; a missing or null one gives the default if there is one."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if key not in row:
        raise EvaluationError(f"{where}: key {key!r} is missing; found {sorted(row)}")
    if not isinstance(value, str):
        raise EvaluationError(f"{where}: {key!r} is {value!r}; it must be a string")
    return value


def _split_path(folder: Path, split: str) -> Path:
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in (folder / "qrels").glob("*.tsv"))) or "none"
        raise EvaluationError(f"no split {split!r} in {str(folder / 'qrels')!r}; splits there: {known}")
    return path


def _read_qrels(path: Path, topic_ids: set[str], document_ids: set[str]) -> dict[str, dict[str, int]]:
    """Judgements of one split; both sets are only asked for membership."""
    qrels: dict[str, dict[str, int]] = {}
    for position, (where, line) in enumerate(_lines(path)):
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != 3:
            raise EvaluationError(
                f"{where}: {line[:60]!r} has {len(fields)} tab-separated columns, not query-id, corpus-id, score"
            )
        topic_id, document_id, score = fields
        if position == 0 and score.lower() in _SCORE_HEADINGS:
            continue
        if not _INTEGER.fullmatch(score):
            raise EvaluationError(f"{where}: score {score!r} is not an integer")
        if topic_id not in topic_ids:
            raise EvaluationError(f"{where}: query {topic_id!r} is not in queries.jsonl")
        if document_id not in document_ids:
            raise EvaluationError(f"{where}: document {document_id!r} is not in corpus.jsonl")
        judgements = qrels.setdefault(topic_id, {})
        if document_id in judgements:
            raise EvaluationError(f"{where}: document {document_id!r} is judged twice for query {topic_id!r}")
        judgements[document_id] = int(score)
    if not qrels:
        raise EvaluationError(f"{path}: holds no judgements")
    return qrels
