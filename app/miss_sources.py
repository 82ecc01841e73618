"""What `eval misses` looks for, and where: a run's lost topics, a topics file, or a judged collection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..eval import Qrels, load_beir
from ..eval.misses import Wanted, wanted_judged, wanted_quotes
from ..eval.run_file import RunFile
from ..eval.topics import JudgedTopic, TopicSet
from ..index import Retriever
from ..index.errors import EvaluationError, UsageError
from ..index.view import View
from ..ingest.progress import Progress
from .compose import make_encoder, make_reranker
from .judged_indexes import collection_index, shipped_index
from .settings import Settings


@dataclass(frozen=True, slots=True)
class MissSource:
    """Topics and the index that is to answer them.

    Attributes:
        index: its folder.
        by_document: whether documents are judged in place of passages.
        wanted: the topics with what they expect, once the index is open.
        judged: the topics as written, where they are of a topics file.
        notes: what the reader should know.
    """

    index: Path
    by_document: bool
    wanted: Callable[[View], Sequence[Wanted]]
    judged: tuple[JudgedTopic, ...] = ()
    notes: tuple[str, ...] = ()

    def open(self, settings: Settings) -> Retriever:
        """The retriever as the settings have it."""
        encoder, reranker = make_encoder(settings), make_reranker(settings)
        search = settings.measured_search_settings()
        return Retriever.open(self.index, encoder=encoder, reranker=reranker, settings=search)


def source_of_topics(settings: Settings, topics: TopicSet, index: Path | None, progress: Progress | None) -> MissSource:
    """Judged questions over an index; where none is named, over one of the documents that ship.

    Raises:
        EvaluationError: the file is broken or no topic in it is answerable.
    """
    if index is None:
        index, _ = shipped_index(settings, index, make_encoder(settings), progress)
    judged = tuple(topic for topic in topics.read() if topic.answerable)
    if not judged:
        raise EvaluationError(f"{topics.path}: no topic is answerable, so none can be missed; see `eval answers`")
    return MissSource(index, False, lambda view: wanted_quotes(view, judged), judged)


def source_of_beir(
    settings: Settings, folder: Path, split: str, index: Path | None, progress: Progress | None
) -> MissSource:
    """A collection in BEIR layout over an index of its own.

    Raises:
        EvaluationError: the collection is broken or has no such split.
    """
    collection = load_beir(folder, split)
    place, _ = collection_index(settings, collection, index, make_encoder(settings), progress)
    questions = {topic.id: topic.text for topic in collection.topics if _relevant(collection.qrels, topic.id)}
    return MissSource(place, True, _by_document(collection.name, questions, collection.qrels))


def source_of_run(settings: Settings, path: Path, k: int, system: str | None, index: Path | None) -> MissSource:
    """The topics of a run that have no relevant hit among its first k.

    Raises:
        EvaluationError: the run cannot be read, is not of retrieval, has no judgements or no rankings, or lost nothing.
        UsageError: it has no such system.
    """
    run = RunFile.read(path)
    qrels, rankings = run.details.get("qrels"), run.details.get("rankings", {})
    if run.kind != "retrieval" or not isinstance(qrels, dict):
        raise EvaluationError(f"{path}: holds no retrieval judgements; explain a run of `eval retrieval`")
    name = system or run.default
    if name not in run.systems:
        raise UsageError(f"{path}: has no system {name!r}; it has {', '.join(run.systems)}")
    if name not in rankings:
        raise EvaluationError(f"{path}: holds no rankings of {name!r}; measure again without --no-rankings")
    lost = [
        topic
        for topic in run.topics
        if not any(qrels.get(topic, {}).get(key, 0) > 0 for key, _ in rankings[name].get(topic, [])[:k])
    ]
    if not lost:
        raise EvaluationError(f"{path}: {name!r} lost no topic at {k}; there is nothing to explain")
    questions = {topic: run.topics[topic].text for topic in lost}
    collection = run.details.get("collection")
    note = (
        f"of {len(run.topics)} topics of {run.name!r}, {name!r} lost {len(lost)} at {k}; they are searched again here"
    )
    if collection:
        place = index or settings.index.parent / "eval" / collection
        return MissSource(place, True, _by_document(collection, questions, qrels), notes=(note,))
    place = index or settings.index.parent / "eval" / "shipped"
    whole = run.details.get("level") == "documents"
    return MissSource(
        place, whole, lambda view: wanted_judged(view, questions, qrels, by_document=whole), notes=(note,)
    )


def _by_document(collection: str, questions: dict[str, str], qrels: Qrels) -> Callable[[View], list[Wanted]]:
    return lambda view: wanted_judged(view, questions, qrels, by_document=True, name=lambda key: f"{collection}/{key}")


def _relevant(qrels: Qrels, topic: str) -> bool:
    return any(grade > 0 for grade in qrels[topic].values())
