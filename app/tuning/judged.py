"""What settings are tuned and reported on: judged questions over a corpus that can be indexed in several ways."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...eval import Collection, Qrels, load_beir
from ...eval.provenance import file_sha256
from ...eval.spans import GoldPassages
from ...eval.topics import JudgedTopic, TopicSet
from ...index.errors import EvaluationError, UsageError
from ...index.generations import read_current_manifest
from ...index.store import PassageStore
from ...ingest.metadata import DocumentMeta
from ...ingest.progress import Progress
from ..compose import CountingEncoder, run_ingestion, starter_corpus, starter_topics
from ..judged_indexes import collection_index
from ..settings import Settings

_NAMED = 5

Build = Callable[[Settings, CountingEncoder, Progress | None], None]
"""Indexes the corpus in the folder and in the way that the settings say."""


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """The judged questions of one split.

    Attributes:
        name: of the collection or file, with the split.
        questions: topic id → question.
        categories: topic id → category, may be empty.
        by_document: whether documents are judged; else passages.
        qrels: judgements over the ids of an index, given its store.
        digest: hex sha256 of questions and judgements.
    """

    name: str
    questions: Mapping[str, str]
    categories: Mapping[str, str]
    by_document: bool
    qrels: Callable[[PassageStore], Qrels]
    digest: str


@dataclass(frozen=True, slots=True)
class Task:
    """A corpus with training questions, and test questions that are looked at once, at the end.

    Attributes:
        name: of the corpus.
        build: makes an index of it.
        train: what settings are chosen on.
        test: what is reported; None for nothing.
        notes: what the reader should know.
    """

    name: str
    build: Build
    train: JudgedSet
    test: JudgedSet | None
    notes: tuple[str, ...] = ()


def collection_task(folder: Path, split: str, test_split: str | None) -> Task:
    """A collection in BEIR layout, one split to tune on and another one to report.

    Raises:
        UsageError: the split to tune on is one for reporting, or both are the same.
        EvaluationError: the collection is broken, lacks a split, or both splits ask the same questions.
    """
    _refuse_test(f"--split {split!r}", split)
    collection = load_beir(folder, split)
    train = _judged_collection(collection)
    test = None
    if test_split is not None:
        if test_split == split:
            raise UsageError(f"--test-split {test_split!r} is what is tuned on; report on another split")
        test = _judged_collection(load_beir(folder, test_split))

    def build(settings: Settings, encoder: CountingEncoder, progress: Progress | None) -> None:
        collection_index(settings, collection, settings.index, encoder, progress)

    return _task(collection.name, build, train, test)


def topics_task(settings: Settings, topics: TopicSet | None, test_topics: TopicSet | None) -> Task:
    """Judged questions over the folders of an index; without a file, those about the documents that ship.

    Args:
        settings: name the index whose folders are read again.
        topics: training questions.
        test_topics: questions to report on; None for no report, or with no `topics` for the test questions that ship.

    Raises:
        UsageError: the file to tune on is one for reporting.
        EvaluationError: a file is broken, has no answerable topic, or both ask the same questions.
        MissingIndexError: there is no index.
    """
    if topics is None:
        train, test = _judged_topics(starter_topics("dev")), _judged_topics(test_topics or starter_topics("test"))
        return _task("shipped", _build_roots({str(root): {} for root in starter_corpus()}), train, test)
    _refuse_test(f"--topics {str(topics.path)!r}", topics.name)
    if topics.part is None and topics.path.resolve() == starter_topics("test").path.resolve():
        raise UsageError("the shipped topics hold those for reporting too; leave --topics out, or add --split dev")
    train = _judged_topics(topics)
    test = _judged_topics(test_topics) if test_topics is not None else None
    manifest = read_current_manifest(settings.index)
    return _task(
        topics.name, _build_roots({root: manifest.flags.get(root, {}) for root in manifest.roots}), train, test
    )


def _build_roots(roots: Mapping[str, Mapping[str, object]]) -> Build:
    def build(settings: Settings, encoder: CountingEncoder, progress: Progress | None) -> None:
        for root, flags in roots.items():
            said = DocumentMeta.model_validate(flags)
            run_ingestion(settings, [root], flags=said, progress=progress, encoder=encoder)

    return build


def _judged_collection(collection: Collection) -> JudgedSet:
    qrels = {
        topic: {f"{collection.name}/{document}": grade for document, grade in judged.items()}
        for topic, judged in collection.qrels.items()
    }
    questions = {topic.id: topic.text for topic in collection.topics}
    name = f"{collection.name} {collection.split}"
    return JudgedSet(name, questions, dict.fromkeys(questions, ""), True, lambda _: qrels, _digest(questions, qrels))


def _judged_topics(chosen: TopicSet) -> JudgedSet:
    topics = [topic for topic in chosen.read() if topic.answerable]
    if not topics:
        raise EvaluationError(f"{chosen.path}: no topic is answerable, so retrieval cannot be tuned on them")
    questions = {topic.id: topic.question for topic in topics}
    return JudgedSet(
        chosen.name,
        questions,
        {topic.id: topic.category for topic in topics},
        False,
        lambda store: _located(store, topics),
        f"{file_sha256(chosen.path)} {chosen.part or ''}".strip(),
    )


def _located(store: PassageStore, topics: Sequence[JudgedTopic]) -> Qrels:
    return GoldPassages(store.document, store.document_passages).qrels(topics)


def _digest(questions: Mapping[str, str], qrels: Qrels) -> str:
    said = json.dumps([dict(questions), {topic: dict(judged) for topic, judged in qrels.items()}], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _refuse_test(flag: str, name: str) -> None:
    if "test" in name.casefold():
        raise UsageError(f"{flag} is for reporting; settings are chosen on training questions, name those")


def _task(name: str, build: Build, train: JudgedSet, test: JudgedSet | None) -> Task:
    """A task whose training questions are none of its test questions, whatever their ids."""
    reported = {_plain(question) for question in test.questions.values()} if test is not None else set[str]()
    shared = [topic for topic, question in train.questions.items() if _plain(question) in reported]
    if not shared:
        return Task(name, build, train, test)
    assert test is not None
    kept = {topic: question for topic, question in train.questions.items() if topic not in shared}
    if not kept:
        raise EvaluationError(f"all questions of {train.name!r} are also in {test.name!r}; tune on others")
    named = ", ".join(map(repr, shared[:_NAMED])) + (
        f" and {len(shared) - _NAMED} more" if len(shared) > _NAMED else ""
    )
    note = f"left out of {train.name!r}, because {test.name!r} asks the same: {named}"
    digest = hashlib.sha256("\0".join([train.digest, *kept]).encode()).hexdigest()
    return Task(name, build, replace(train, questions=kept, digest=digest), test, (note,))


def _plain(question: str) -> str:
    return " ".join(question.casefold().split())
