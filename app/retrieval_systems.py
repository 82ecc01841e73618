"""The systems of an ablation: the retriever as it is set, and with one stage changed at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, cast, get_args

from ..eval import Pairs, Ranking, System
from ..index import Encoder, Retriever, SearchResult, SearchSettings
from ..index.types import Passage
from .judged_indexes import bare_id
from .llm import LanguageModel
from .strategies import retrieve
from .strategies.reports import StrategyName

SystemName = Literal[
    "default",
    "bm25",
    "dense",
    "rrf",
    "convex",
    "learned",
    "rrf+rerank",
    "convex+rerank",
    "learned+rerank",
    "no-successors",
    "neighbours",
    "hyde",
    "multi-query",
    "decompose",
]
"""`default` is the retriever as the settings have it; legs and fusions run without the reranker, but for `+rerank`."""

SYSTEMS: tuple[SystemName, ...] = get_args(SystemName)
USUAL: tuple[SystemName, ...] = ("default", "bm25", "dense", "rrf", "convex", "learned")
RERANKED: tuple[SystemName, ...] = ("rrf+rerank", "convex+rerank", "learned+rerank")
WITH_MODEL: tuple[SystemName, ...] = ("hyde", "multi-query", "decompose")

NEIGHBOUR_TOKENS = 600
"""Word pieces up to which a hit is grown in the system `neighbours`: as much as an answer reads by default."""

Ranker = Callable[[Sequence[tuple[Passage, float]]], Pairs]
"""Turns passages with their scores, best first, into the ids that the judgements are about."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the systems of one ablation share.

    Attributes:
        retriever: over the index that is measured.
        encoder: the index's own.
        base: settings of the search.
        depth: passages that a ranking holds at most; neighbours and strategies end with the hits of one search.
        ranker: passages to judged ids.
        model: writes for the strategies; None where there is none.
    """

    retriever: Retriever
    encoder: Encoder
    base: SearchSettings
    depth: int
    ranker: Ranker
    model: LanguageModel | None = None

    def system(self, name: SystemName) -> System:
        """The system of that name, as a function from a query to a ranking."""
        settings = self.settings(name)
        if name in WITH_MODEL:
            return lambda query: self._with_strategy(query, cast(StrategyName, name), settings)
        if name == "neighbours":
            return lambda query: self._grown(query, settings)
        return lambda query: self._ranked(query, settings)

    def settings(self, name: SystemName) -> SearchSettings:
        """How that system searches."""
        match name:
            case "bm25" | "dense":
                return replace(self.base, legs=name, rerank=False)
            case "rrf" | "convex" | "learned":
                return replace(self.base, legs="hybrid", fusion=name, rerank=False)
            case "rrf+rerank" | "convex+rerank":
                fusion = cast(Literal["rrf", "convex"], name.partition("+")[0])
                return replace(self.base, legs="hybrid", fusion=fusion, rerank=True, rerank_mix="weighted")
            case "learned+rerank":
                return replace(self.base, legs="hybrid", fusion="learned", rerank=True, rerank_mix="learned")
            case "no-successors":
                return replace(self.base, mode="history")
            case _:
                return self.base

    def _ranked(self, query: str, settings: SearchSettings) -> Ranking:
        """The hits of a search as a user makes it, and below them what a deeper one adds.

        Asked for more hits, a search takes more candidates from each leg, which changes the scores it normalises, and
        its reranker reads more. The first ranks, and the time, are those of a search that does neither.
        """
        reranks = settings.rerank and self.retriever.reranker is not None
        k = max(1, min(settings.rerank_depth, settings.depth // 3) if reranks else settings.depth // 3)
        head = self.retriever.search(query, min(k, self.depth), settings=settings)
        rest = self.retriever.search(query, self.depth, settings=replace(settings, rerank=False))
        known = {hit.passage.id for hit in head.hits}
        below = min((hit.score for hit in head.hits), default=0.0)
        tail = [
            (hit.passage, below - place)
            for place, hit in enumerate((hit for hit in rest.hits if hit.passage.id not in known), start=1)
        ]
        return Ranking(self.ranker([*_scored(head), *tail]), head.timings_ms)

    def _grown(self, query: str, settings: SearchSettings) -> Ranking:
        """Each hit followed by the passages that reading it would bring along."""
        view = self.retriever.view()
        found = view.search(query, max(1, settings.depth // 3), settings=settings)
        order: dict[str, Passage] = {}
        for hit in found.hits:
            wide = view.expand(hit.passage, NEIGHBOUR_TOKENS)
            order.setdefault(hit.passage.id, hit.passage)
            for passage in view.passages(hit.passage.document_id):
                if wide.start <= passage.start and passage.end <= wide.end:
                    order.setdefault(passage.id, passage)
        ranked = [(passage, -float(place)) for place, passage in enumerate(order.values())][: self.depth]
        return Ranking(self.ranker(ranked), _stages(found))

    def _with_strategy(self, query: str, name: StrategyName, settings: SearchSettings) -> Ranking:
        found = retrieve(
            self.retriever.view(),
            query,
            max(1, settings.depth // 3),
            strategies=(name,),
            model=self.model,
            encoder=self.encoder,
            settings=settings,
        )
        spent = {"strategy": sum(report.ms for report in found.reports)}
        return Ranking(self.ranker(_scored(found.result)), spent | _stages(found.result))


def by_passage(scored: Sequence[tuple[Passage, float]]) -> Pairs:
    """Passage ids; for topics whose gold was matched to passages."""
    return _strictly_falling([(passage.id, score) for passage, score in scored])


def by_document(scored: Sequence[tuple[Passage, float]]) -> Pairs:
    """Ids of a collection's documents (`COLLECTION/ID` in the index), each at the place of its best passage."""
    best: dict[str, float] = {}
    for passage, score in scored:
        best.setdefault(bare_id(passage.document_id), score)
    return _strictly_falling(list(best.items()))


def by_whole_document(scored: Sequence[tuple[Passage, float]]) -> Pairs:
    """Ids of the index's documents, each at the place of its best passage."""
    best: dict[str, float] = {}
    for passage, score in scored:
        best.setdefault(passage.document_id, score)
    return _strictly_falling(list(best.items()))


def _strictly_falling(pairs: Pairs) -> Pairs:
    """The same order with a score for each place where scores tie: a successor bears the score of what it precedes."""
    if all(before > after for (_, before), (_, after) in pairwise(pairs)):
        return pairs
    return [(key, float(len(pairs) - place)) for place, (key, _) in enumerate(pairs)]


def _scored(found: SearchResult) -> list[tuple[Passage, float]]:
    return [(hit.passage, hit.score) for hit in found.hits]


def _stages(found: SearchResult) -> dict[str, float]:
    return {name: spent for name, spent in found.timings_ms.items() if name != "total"}
