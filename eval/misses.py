"""Why topics are lost: the stage of the search that lost each one, a count of the stages, and what can be done."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..index.errors import EvaluationError
from ..index.expected import Expected, expected_document, expected_passage
from ..index.search_settings import SearchSettings
from ..index.trace import Lost, PassageTrace
from ..index.view import View
from .measures import Qrels
from .spans import GoldPassages
from .topics import Gold, JudgedTopic

ADVICE: Mapping[str, str] = {
    Lost.NOT_PARSED: "look at `sota-rag corpus lint`, mend or convert the file, and ingest its folder",
    Lost.NOT_INDEXED: "look at `sota-rag corpus show`; mend the quote, or cut otherwise (chunking.target_tokens)",
    Lost.NOT_SEARCHED: "search with the role or without the filters that leave it out",
    Lost.BEYOND_DENSE: "raise search.depth, search with both legs, or use another encoder (encoder.model)",
    Lost.BEYOND_BM25: "raise search.depth, or search with both legs",
    Lost.BEYOND_BOTH: "raise search.depth, try a query strategy (answer.strategies) or another encoder",
    Lost.FUSION: "tune the fusion (`sota-rag tune`), or use a reranker (reranker.model)",
    Lost.RERANK: "raise reranker.depth or reranker.budget_s, give it less weight (reranker.mix, reranker.weight), "
    "or use another reranker",
    Lost.SUCCESSORS: "ask for more hits, or search with --history",
}
"""What can be done about each stage, in words for the user."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic with what would have answered it; one of the expected things is enough.

    Attributes:
        topic_id: the topic.
        question: as asked.
        expected: passages, by the quote or document that they stand for.
    """

    topic_id: str
    question: str
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A lost topic.

    Attributes:
        topic_id: the topic.
        question: as asked.
        stage: what lost it: a value of `Lost`, or a later stage that the caller knows of.
        detail: what that stage did.
        expected: what got furthest, in words.
        trace: of the passage that got furthest; None where the index holds none.
    """

    topic_id: str
    question: str
    stage: str
    detail: str
    expected: str
    trace: PassageTrace | None = None


@dataclass(frozen=True, slots=True)
class Misses:
    """All lost topics of a set.

    Attributes:
        k: hits among which one had to be.
        by_document: whether k counts documents.
        found: ids of the topics that were not lost, with the rank of the first hit.
        lost: the others.
    """

    k: int
    by_document: bool
    found: Mapping[str, int]
    lost: tuple[Miss, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Stage → lost topics, in the order of the pipeline; stages that lost none are left out."""
        counted = Counter(miss.stage for miss in self.lost)
        return {**{str(stage): counted.pop(stage) for stage in Lost if stage in counted}, **counted}

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {
            "k": self.k,
            "counts": "documents" if self.by_document else "passages",
            "topics": len(self.found) + len(self.lost),
            "found": dict(self.found),
            "stages": self.counts,
            "lost": [
                {**asdict(miss), "trace": asdict(miss.trace) if miss.trace is not None else None} for miss in self.lost
            ],
        }


def wanted_quotes(view: View, topics: Sequence[JudgedTopic]) -> list[Wanted]:
    """What answers each answerable topic in an index, by its quotes."""
    gold = GoldPassages(view.document, view.passages)
    return [
        Wanted(topic.id, topic.question, tuple(_expected_quote(view, gold, quote, topic.where) for quote in topic.gold))
        for topic in topics
        if topic.answerable
    ]


def wanted_judged(
    view: View,
    questions: Mapping[str, str],
    qrels: Qrels,
    *,
    by_document: bool,
    name: Callable[[str], str] = str,
) -> list[Wanted]:
    """What answers each topic in an index, by judgements.

    Args:
        view: the index.
        questions: topic id → question.
        qrels: judgements over passages, or over documents.
        by_document: which of the two.
        name: maps a judged id to the one in the index.

    Raises:
        EvaluationError: a topic has no relevant judgement.
    """
    find = expected_document if by_document else expected_passage
    wanted = []
    for topic, question in questions.items():
        relevant = [key for key, grade in qrels.get(topic, {}).items() if grade > 0]
        if not relevant:
            raise EvaluationError(f"topic {topic!r} has no relevant judgement; leave it out or judge it")
        wanted.append(Wanted(topic, question, tuple(find(view, name(key)) for key in relevant)))
    return wanted


def explain_misses(
    view: View,
    wanted: Sequence[Wanted],
    k: int = 10,
    *,
    by_document: bool = False,
    settings: SearchSettings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Misses:
    """Search for every topic and tell which stage lost those without a hit among the first k.

    Of several expected things the one that got furthest decides.

    Args:
        view: the index.
        wanted: topics with what they expect.
        k: hits, 1 or more.
        by_document: k counts documents, each by its best passage.
        settings: how the search is made; None for the view's own.
        progress: called with (topics done, topics in all) after each topic.

    Raises:
        EvaluationError: there are no topics.
    """
    if not wanted:
        raise EvaluationError("there are no answerable topics to look for")
    found: dict[str, int] = {}
    lost: list[Miss] = []
    for done, topic in enumerate(wanted, start=1):
        outcome = _explain(view, topic, k, by_document, settings)
        if isinstance(outcome, Miss):
            lost.append(outcome)
        else:
            found[topic.topic_id] = outcome
        if progress is not None:
            progress(done, len(wanted))
    return Misses(k, by_document, found, tuple(lost))


def _explain(view: View, topic: Wanted, k: int, by_document: bool, settings: SearchSettings | None) -> Miss | int:
    """The rank of the first hit, or the miss."""
    owner = {passage: one.name for one in topic.expected for passage in one.passages}
    if not owner:
        first = topic.expected[0]
        assert first.lost is not None
        return Miss(topic.topic_id, topic.question, first.lost, first.detail, first.name)
    trace = view.trace(topic.question, list(owner), k, by_document=by_document, settings=settings)
    best = trace.furthest_first()[0]
    if best.lost is None:
        assert best.final_rank is not None
        return best.final_rank
    return Miss(topic.topic_id, topic.question, best.lost, best.detail, owner[best.passage_id], best)


def _expected_quote(view: View, gold: GoldPassages, quote: Gold, where: str) -> Expected:
    name = f"{quote.document_id}: {quote.quote}"
    document = expected_document(view, quote.document_id)
    if not document.passages:
        return Expected(name, (), document.lost, document.detail)
    try:
        return Expected(name, tuple(gold.holding(quote, where)))
    except EvaluationError as error:
        return Expected(name, (), Lost.NOT_INDEXED, str(error))
