"""Retrieval with query strategies: what each of them adds to one search, and what it says of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...index import Encoder, Filters, SearchResult, SearchSettings, View
from ..llm.types import Cancellation, LanguageModel
from .decompose import compound, split
from .hyde import hyde_vector, make_up
from .merge import Part, merge, only_in
from .multi_query import reword
from .reports import StrategyName, StrategyReport, counted, not_run

KEPT_OF_QUESTION = 3
"""First hits of the question's own search that no rewording can push out."""

KEPT_OF_A_PART = 2
"""First hits of each part of a compound question that stay, as far as there is room."""

# Two rewordings that agree can bring in a passage, one alone hardly: a weak model is seldom wrong twice in one way.
# With `RRF_K`, chosen on 36 training questions with the embedded model; at 1.0 more gold passages are lost.
_WEIGHT_OF_A_REWORDING = 0.5
_WEIGHT_OF_A_PART = 1.0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found.

    Attributes:
        result: of the plain search, or of all searches in one.
        reports: one a strategy, in the order in which they were asked for.
    """

    result: SearchResult
    reports: tuple[StrategyReport, ...] = ()


@dataclass(slots=True)
class _Run:
    """One retrieval while its strategies run."""

    view: View
    model: LanguageModel | None
    encoder: Encoder
    filters: Filters | None
    settings: SearchSettings | None
    cancel: Cancellation | None
    seed: int
    deadline: float | None
    question: str
    depth: int
    parts: list[Part] = field(default_factory=list)

    def search(self, query: str, *, rerank: bool) -> SearchResult:
        settings = self.settings or self.view.settings
        settings = replace(settings, rerank=rerank and settings.rerank)
        return self.view.search(query, self.depth, filters=self.filters, settings=settings)


def retrieve(
    view: View,
    question: str,
    k: int,
    *,
    strategies: Sequence[StrategyName],
    model: LanguageModel | None,
    encoder: Encoder,
    filters: Filters | None = None,
    settings: SearchSettings | None = None,
    cancel: Cancellation | None = None,
    seed: int = 0,
    deadline: float | None = None,
) -> Retrieved:
    """Search for a question, with strategies or plainly.

    Whatever goes wrong with a strategy, the plain search stands and its report says so.

    Args:
        view: what is searched.
        question: at most 4,000 characters.
        k: hits at most, 1 or more.
        strategies: which ones to try, each once; `self-critique` needs an answer first and is passed over here.
        model: writes passages and queries; None when there is none.
        encoder: the index's own.
        filters: which documents qualify, in every search.
        settings: in place of the view's, in every search.
        cancel: stops the model; what was found until then is returned.
        seed: of the model's sampler.
        deadline: `time.monotonic()` seconds after which no strategy begins and the model is stopped.

    Raises:
        QueryError: the question is empty or too long, or k is below 1.
    """
    wanted: list[StrategyName] = [name for name in dict.fromkeys(strategies) if name != "self-critique"]
    plain = view.search(question, k, filters=filters, settings=settings)
    if not wanted:
        return Retrieved(plain)
    run = _Run(view, model, encoder, filters, settings, cancel, seed, deadline, plain.query, k)
    run.parts.append(Part(plain, keep=KEPT_OF_QUESTION))
    # HyDE changes the question's own search, to which the other strategies add theirs.
    reports = {name: _timed(name, run) for name in sorted(wanted, key=lambda name: name != "hyde")}
    result = merge(run.parts, k) if len(run.parts) > 1 else run.parts[0].result
    return Retrieved(result, tuple(reports[name] for name in wanted))


def _timed(name: StrategyName, run: _Run) -> StrategyReport:
    started = time.perf_counter()
    report = {"hyde": _hyde, "multi-query": _multi_query, "decompose": _decompose}[name](run)
    spent = round((time.perf_counter() - started) * 1000, 3)
    return StrategyReport(report.name, report.ran, report.detail, report.queries, spent)


def _hyde(run: _Run) -> StrategyReport:
    plain = run.parts[0].result
    if plain.hits and all(hit.signals.dense_score is None for hit in plain.hits):
        return not_run("hyde", "only BM25 is searched, which needs no vector")
    passage, why = make_up(run.question, run.model, cancel=run.cancel, seed=run.seed, deadline=run.deadline)
    if why:
        return not_run("hyde", why)
    vector = hyde_vector(run.encoder, run.question, (passage,))
    found = run.view.search(run.question, run.depth, filters=run.filters, vector=vector, settings=run.settings)
    run.parts[0] = Part(found, keep=KEPT_OF_QUESTION)
    new = only_in(found.hits, [plain])
    detail = f"a made-up passage of {counted(len(passage.split()), 'word')}; {new} of {_hits(found)} came only from it"
    return StrategyReport("hyde", True, detail, (passage,))


def _multi_query(run: _Run) -> StrategyReport:
    queries, why = reword(run.question, run.model, cancel=run.cancel, seed=run.seed, deadline=run.deadline)
    if why:
        return not_run("multi-query", why)
    # A reranker reads the question as it was asked; what it would say of a rewording counts for little in the fusion.
    return _searched("multi-query", run, queries, "rewording", _WEIGHT_OF_A_REWORDING, 0, rerank=False)


def _decompose(run: _Run) -> StrategyReport:
    queries, why = split(run.question, run.model, cancel=run.cancel, seed=run.seed, deadline=run.deadline)
    if why:
        return not_run("decompose", why)
    keep = max(1, min(KEPT_OF_A_PART, run.depth // (len(queries) + 1)))
    report = _searched("decompose", run, queries, "part", _WEIGHT_OF_A_PART, keep, rerank=True)
    return StrategyReport("decompose", True, f"{compound(run.question)}: {report.detail}", queries)


def _searched(
    name: StrategyName, run: _Run, queries: tuple[str, ...], what: str, weight: float, keep: int, *, rerank: bool
) -> StrategyReport:
    """Search further queries and add them to the fusion."""
    own = [Part(run.search(query, rerank=rerank), weight, keep) for query in queries]
    fused = merge([run.parts[0], *own], run.depth)
    new = only_in(fused.hits, [run.parts[0].result])
    run.parts += own
    them = "it" if len(queries) == 1 else "them"
    detail = f"{counted(len(queries), what)}; {new} of {_hits(fused)} came only from {them}"
    return StrategyReport(name, True, detail, queries)


def _hits(result: SearchResult) -> str:
    return counted(len(result.hits), "hit")
