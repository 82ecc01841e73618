"""Retrieval measured on judged questions: a collection in BEIR layout, or topics with quotes over an index."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..eval import Qrels, RetrievalReport, Topic, evaluate_retrieval, load_beir
from ..eval.provenance import file_sha256, fingerprints, now, peak_memory_mib
from ..eval.run_file import RunFile, SystemResult, TopicInfo, summarise
from ..eval.spans import GoldPassages, superseded_leak
from ..eval.topics import JudgedTopic, TopicSet
from ..index import Retriever, SearchSettings
from ..index.errors import EvaluationError, UsageError
from ..ingest.progress import Progress, Silent
from ..ingest.report import IngestReport
from .compose import make_encoder, make_language_model, make_reranker
from .judged_indexes import collection_index, shipped_index
from .llm.types import LanguageModelInfo
from .retrieval_systems import (
    RERANKED,
    SYSTEMS,
    USUAL,
    WITH_MODEL,
    Bench,
    Ranker,
    SystemName,
    by_document,
    by_passage,
    by_whole_document,
)
from .settings import Settings

if TYPE_CHECKING:
    from ..index.encoder import SentenceTransformerEncoder

Item = TypeVar("Item")

# Several passages of one document may be hits; this many passages hold well over 100 documents.
_PASSAGES_FOR_DOCUMENTS = 400
_PASSAGES = 100
_KEPT_RANKS = 100
_CUTS = (5, 10)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run on the topics.

    Attributes:
        systems: names, in the order of the report; `default` is always among them.
        alpha: weight of the dense leg in the convex fusion; None takes the setting.
        limit: at most so many topics, spread evenly over all there are.
        rankings: keep the first 100 ranks of every topic in the run file, for TREC files and plots.
        skipped: systems that were asked for as a whole and cannot run here, with the reason.
    """

    systems: tuple[SystemName, ...] = USUAL
    alpha: float | None = None
    limit: int | None = None
    rankings: bool = True
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"the limit is {self.limit}; evaluate 1 topic or more")
        if self.alpha is not None and not 0 <= self.alpha <= 1:
            raise UsageError(f"alpha is {self.alpha}; it weighs the dense leg from 0 to 1")


def ablation(settings: Settings, *, collection: bool, **options: Any) -> Plan:
    """Every system that can run here; those that cannot are named in the plan with the reason.

    Args:
        settings: say whether there is a reranker.
        collection: whether a collection in BEIR layout is measured, which is judged by whole documents.
        options: the other fields of the plan.
    """
    why: dict[SystemName, str] = {}
    reranker = make_reranker(settings)
    if reranker is None:
        why |= dict.fromkeys(RERANKED, "the settings have no reranker, or switch it off")
    elif not reranker.calibrated:
        why["learned+rerank"] = "the reranker's scores are not calibrated, so the learned weights do not fit them"
    if collection:
        why["neighbours"] = "a collection is judged by whole documents, and neighbours are of the same document"
        why["no-successors"] = "a collection has no practices that supersede each other"
    kept: tuple[SystemName, ...] = tuple(name for name in SYSTEMS if name not in why)
    return Plan(systems=kept, skipped=tuple(f"{name} not run: {reason}" for name, reason in why.items()), **options)


def evaluate_collection(
    settings: Settings,
    folder: Path,
    split: str,
    plan: Plan = Plan(),
    *,
    index: Path | None = None,
    progress: Progress | None = None,
) -> RunFile:
    """Run systems over the topics of a collection in BEIR layout, at document level.

    Args:
        settings: encoder, chunking and search defaults.
        folder: the collection.
        split: which judgements.
        plan: what is run.
        index: where the collection's index is kept; by default `eval/NAME` beside the main index.
        progress: is told how the work goes.

    Raises:
        EvaluationError: the collection is broken or has no such split, or the index holds something else.
        ModelError: a system needs a model that is not there.
    """
    collection = load_beir(folder, split)
    encoder = make_encoder(settings)
    index, report = collection_index(settings, collection, index, encoder, progress)
    job = _Job(settings, plan, index, encoder, f"{collection.name} {split}", progress)
    details = {"collection": collection.name, "split": split}
    return job.run(
        spread(collection.topics, plan.limit), lambda _: collection.qrels, by_document, _PASSAGES_FOR_DOCUMENTS,
        report=report, details=details,
    )  # fmt: skip


def evaluate_topics(
    settings: Settings,
    topics: TopicSet,
    plan: Plan = Plan(),
    *,
    index: Path | None = None,
    unreviewed: bool = False,
    whole_documents: bool = False,
    progress: Progress | None = None,
) -> RunFile:
    """Run systems over judged topics with quotes; unanswerable topics are left out.

    A passage counts when it holds at least half of a gold quote.

    Args:
        settings: encoder and search defaults.
        topics: a topics file, or a part of it (see `eval/topics.py`).
        plan: what is run.
        index: the index that is searched; by default one of the documents that ship, kept in `eval/shipped` beside the
            main index and brought up to date first.
        unreviewed: measure on the topics that no person has judged instead.
        whole_documents: a document that a gold quote stands in counts, at the place of its best passage.
        progress: is told how the work goes.

    Raises:
        EvaluationError: the topics file is broken, or a quote does not stand in its document.
        MissingIndexError: there is no index at that path.
        ModelError: a system needs a model that is not there.
    """
    judged = spread([topic for topic in topics.read(unreviewed=unreviewed) if topic.answerable], plan.limit)
    if not judged:
        raise EvaluationError(f"{topics.path}: no topic is answerable, so there is nothing to find; see `eval answers`")
    encoder = make_encoder(settings)
    report = None
    if index is None:
        index, report = shipped_index(settings, None, encoder, progress)
    name = f"{topics.name} unreviewed" if unreviewed else topics.name
    job = _Job(settings, plan, index, encoder, f"{name} topics", progress)
    asked = [Topic(topic.id, topic.question, topic.category) for topic in judged]
    details = {"topics_sha256": file_sha256(topics.path), "split": topics.part}
    if whole_documents:
        job = replace(job, name=f"{job.name}, whole documents")
        details["level"] = "documents"
        return job.run(
            asked, lambda retriever: _documents_of_gold(retriever, judged), by_whole_document, _PASSAGES_FOR_DOCUMENTS,
            report=report, details=details,
        )  # fmt: skip
    return job.run(
        asked, lambda retriever: _gold(retriever).qrels(judged), by_passage, _PASSAGES,
        report=report, details=details, extra=lambda retriever, result: _currency(retriever, judged, result),
    )  # fmt: skip


def spread(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most so many of them, evenly over the whole, in their order; all where there is no limit."""
    if limit is None or limit >= len(items):
        return items
    return [items[place * len(items) // limit] for place in range(limit)]


def _documents_of_gold(retriever: Retriever, judged: Sequence[JudgedTopic]) -> Qrels:
    """The documents that gold stands in; a quote that does not stand there is found out here too."""
    _gold(retriever).qrels(judged)
    return {topic.id: {gold.document_id: 1 for gold in topic.gold} for topic in judged}


@dataclass(frozen=True, slots=True)
class _Job:
    """One evaluation while it runs."""

    settings: Settings
    plan: Plan
    index: Path
    encoder: "SentenceTransformerEncoder"
    name: str
    progress: Progress | None

    def run(
        self,
        topics: Sequence[Topic],
        qrels_of: Callable[[Retriever], Qrels],
        ranker: Ranker,
        depth: int,
        *,
        report: IngestReport | None,
        details: Mapping[str, Any],
        extra: Callable[[Retriever, RetrievalReport], Mapping[str, Mapping[str, float]]] = lambda *_: {},
    ) -> RunFile:
        """All systems over all topics, as a run file."""
        names = tuple(dict.fromkeys(("default", *self.plan.systems)))
        base = self.settings.measured_search_settings()
        base = base if self.plan.alpha is None else replace(base, alpha=self.plan.alpha)
        systems: dict[str, SystemResult] = {}
        rankings: dict[str, dict[str, list[list[Any]]]] = {}
        with ExitStack() as stack:
            model = None
            if any(name in WITH_MODEL for name in names):
                model = make_language_model(self.settings)
                stack.callback(model.close)
            retriever = stack.enter_context(
                Retriever.open(self.index, encoder=self.encoder, reranker=make_reranker(self.settings), settings=base)
            )
            qrels = qrels_of(retriever)
            bench = Bench(retriever, self.encoder, base, depth, ranker, model)
            retriever.search(topics[0].text)  # loads the encoder outside the first topic's latency
            for name in names:
                found = self._measure(name, bench, topics, qrels)
                systems[name] = self._result(found, topics, bench.settings(name), extra(retriever, found))
                rankings[name] = _first_ranks(found)
            made_of = self._fingerprints(retriever, base, model.info if model else None)
            counts = retriever.manifest.counts
        kept = {"rankings": rankings} if self.plan.rankings else {}
        judgements = {topic.id: dict(qrels[topic.id]) for topic in topics}
        return RunFile(
            kind="retrieval",
            name=self.name,
            created=now(),
            fingerprints=made_of,
            default="default",
            systems=systems,
            topics={topic.id: TopicInfo(topic.text, topic.category) for topic in topics},
            notes=(*self.plan.skipped, *_remembering(names, bench)),
            details={
                **details,
                "judgements": sum(map(len, judgements.values())),
                "documents": counts.documents,
                "passages": counts.passages,
                "peak_memory_mib": round(peak_memory_mib(), 1),
                **({"indexing_s": report.seconds, "encoded": report.encoded} if report and report.published else {}),
                "qrels": judgements,
                **kept,
            },
        )

    def _measure(self, name: SystemName, bench: Bench, topics: Sequence[Topic], qrels: Qrels) -> RetrievalReport:
        progress = self.progress or Silent()
        progress.begin(name, len(topics), "topics")
        found = evaluate_retrieval(
            bench.system(name),
            topics,
            qrels,
            progress=lambda *_: progress.advance(),
            collection=self.name,
            system_name=name,
        )
        progress.end()
        return found

    def _result(
        self,
        found: RetrievalReport,
        topics: Sequence[Topic],
        settings: SearchSettings,
        extra: Mapping[str, Mapping[str, float]],
    ) -> SystemResult:
        categories = {topic.id: topic.category for topic in topics}
        result = found.as_system(categories, {"search": asdict(settings)})
        if not extra:
            return result
        values = {**result.per_topic, **extra}
        measures, by_category = summarise(values, categories)
        return replace(result, per_topic=values, measures=measures, by_category=by_category)

    def _fingerprints(
        self, retriever: Retriever, base: SearchSettings, model: LanguageModelInfo | None
    ) -> dict[str, Any]:
        manifest = retriever.manifest
        corpus = json.dumps([(document.id, document.sha256) for document in retriever.documents()])
        models = {"encoder": f"{manifest.encoder.id}@{manifest.encoder.fingerprint}"}
        if retriever.reranker is not None:
            models["reranker"] = retriever.reranker.id
        if model is not None:
            models["llm"] = f"{model.id}@{model.fingerprint}"
        said = json.dumps([self.settings.fingerprint, asdict(base)], sort_keys=True)
        return fingerprints(
            corpus=hashlib.sha256(corpus.encode()).hexdigest(),
            index=f"{manifest.generation} chunker {manifest.chunker[:12]}",
            models=models,
            settings=hashlib.sha256(said.encode()).hexdigest(),
            seed=self.settings.llm.seed,
        )


def _gold(retriever: Retriever) -> GoldPassages:
    view = retriever.view()
    return GoldPassages(view.document, view.passages)


def _currency(
    retriever: Retriever, topics: Sequence[JudgedTopic], found: RetrievalReport
) -> dict[str, dict[str, float]]:
    """Superseded-leak@k and successor-recall@k, over the topics that something superseded belongs to."""
    gold = _gold(retriever)
    old, new = gold.superseded(topics), gold.qrels(topic for topic in topics if topic.superseded)
    if not old:
        return {}
    order = {topic: list(found.run.get(topic, {})) for topic in old}
    values: dict[str, dict[str, float]] = {}
    for k in _CUTS:
        values[f"superseded-leak@{k}"] = {
            topic: superseded_leak(order[topic], old[topic], new[topic], k) for topic in old
        }
        values[f"successor-recall@{k}"] = {
            topic: len(set(order[topic][:k]) & set(new[topic])) / len(new[topic]) for topic in old
        }
    return values


def _remembering(names: Sequence[SystemName], bench: Bench) -> list[str]:
    """A note on the systems whose reranker remembered pairs that it had read for an earlier one."""
    if bench.retriever.reranker is None:
        return []
    late = [name for name in names if bench.settings(name).rerank][1:]
    why = "their reranker remembers the pairs that it read for an earlier system"
    return [f"times of {', '.join(late)} are too short: {why}"] if late else []


def _first_ranks(found: RetrievalReport) -> dict[str, list[list[Any]]]:
    return {
        topic: [[key, score] for key, score in list(scores.items())[:_KEPT_RANKS]]
        for topic, scores in found.run.items()
    }
