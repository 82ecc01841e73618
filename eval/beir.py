"""Judged collections in BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels/SPLIT.tsv`.

The layout is that of Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information
Retrieval Models", NeurIPS 2021. No line is skipped: one that cannot be used is named in the error.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from ..index.errors import EvaluationError
from .lines import read_lines, read_rows, text_of

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_LAYOUT = "a collection in BEIR layout has corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv"
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
    """A query with its id; topics of one category are also reported together."""

    id: str
    text: str
    category: str = ""


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
        BeirDocument(text_of(row, "_id", where), text_of(row, "title", where, ""), text_of(row, "text", where))
        for where, row in read_rows(folder / "corpus.jsonl", _LAYOUT, identifier="_id")
    ]
    queries = [
        Topic(text_of(row, "_id", where), text_of(row, "text", where))
        for where, row in read_rows(folder / "queries.jsonl", _LAYOUT, identifier="_id")
    ]
    qrels = _read_qrels(
        _split_path(folder, split), {topic.id for topic in queries}, {document.id for document in documents}
    )
    topics = [topic for topic in queries if topic.id in qrels]
    return Collection(folder.resolve().name, split, documents, topics, qrels)


def _split_path(folder: Path, split: str) -> Path:
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in (folder / "qrels").glob("*.tsv"))) or "none"
        raise EvaluationError(f"no split {split!r} in {str(folder / 'qrels')!r}; splits there: {known}")
    return path


def _read_qrels(path: Path, topic_ids: set[str], document_ids: set[str]) -> dict[str, dict[str, int]]:
    """Judgements of one split; both sets are only asked for membership."""
    qrels: dict[str, dict[str, int]] = {}
    for position, (where, line) in enumerate(read_lines(path, _LAYOUT)):
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
