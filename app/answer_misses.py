"""What a search found and the answer did not use: the stage of answering that lost it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from ..eval.misses import Miss, Misses
from ..eval.spans import GoldPassages, Span, locate
from ..eval.topics import JudgedTopic
from ..index.errors import EvaluationError
from .answering import Answer, Answerer


class LostByAnswer(StrEnum):
    """The stage of answering that lost what was found, from the first to the last."""

    NOT_READ = "not read"
    GATE = "gate"
    PACKING = "packing"
    SELECTION = "selection"


ADVICE: Mapping[str, str] = {
    LostByAnswer.NOT_READ: "raise answer.read, or get it ranked higher",
    LostByAnswer.GATE: "choose answer.threshold on training questions (`sota-rag tune --gate`)",
    LostByAnswer.PACKING: "raise answer.evidence_tokens, or use a model with a larger window",
    LostByAnswer.SELECTION: "raise answer.max_sentences, or write the answer (answer.mode) instead of quoting",
}


def with_answers(
    misses: Misses,
    topics: Sequence[JudgedTopic],
    answerer: Answerer,
    progress: Callable[[int, int], None] | None = None,
) -> Misses:
    """The misses of a search and, of the topics that it found, those that the answer lost.

    An answer uses what was found when one of its citations overlaps a gold quote.

    Args:
        misses: what `explain_misses` said of the same topics in the same index.
        topics: as judged.
        answerer: over the index.
        progress: called with (topics done, topics in all) after each answered topic.
    """
    kept: dict[str, int] = {}
    lost: list[Miss] = []
    asked = [topic for topic in topics if topic.id in misses.found]
    for done, topic in enumerate(asked, start=1):
        miss = answer_miss(answerer, topic)
        if miss is None:
            kept[topic.id] = misses.found[topic.id]
        else:
            lost.append(miss)
        if progress is not None:
            progress(done, len(asked))
    return replace(misses, found=kept, lost=(*misses.lost, *lost))


def answer_miss(answerer: Answerer, topic: JudgedTopic) -> Miss | None:
    """Answer one topic; the miss where no citation overlaps its gold, else None."""
    view = answerer.retriever.view()
    holding = GoldPassages(view.document, view.passages)
    spans: list[Span] = []
    passages: set[str] = set()
    for gold in topic.gold:
        try:
            passages.update(holding.holding(gold, topic.where))
            spans.append(locate(gold, view.document(gold.document_id).text, topic.where))
        except EvaluationError:
            continue  # of several quotes, one that the index lacks; the search was content with another
    answer = answerer.ask(topic.question)
    if any(_overlaps(answer, span) for span in spans):
        return None
    stage, detail = _stage(answer, passages, answerer.settings.read)
    return Miss(topic.id, topic.question, stage, detail, f"{topic.gold[0].document_id}: {topic.gold[0].quote}")


def _overlaps(answer: Answer, span: Span) -> bool:
    return any(
        citation.document.id == span.document_id and span.overlap(citation.start, citation.end)
        for citation in answer.citations
    )


def _stage(answer: Answer, passages: set[str], read: int) -> tuple[LostByAnswer, str]:
    ranks = [hit.rank for hit in answer.hits if hit.passage.id in passages]
    rank = min(ranks, default=None)
    threshold = answer.receipt.gate.threshold
    if answer.confidence < threshold:
        return LostByAnswer.GATE, f"stayed silent: {answer.confidence:.2f} is below the threshold {threshold:.2f}"
    drafting = answer.drafting
    if drafting is not None and not passages & set(drafting.evidence.passages):
        had = f"{drafting.evidence.tokens} of {drafting.evidence.budget} tokens were taken"
        return LostByAnswer.PACKING, f"rank {rank} had no room: {had}"
    if drafting is None and rank is not None and rank > read:
        return LostByAnswer.NOT_READ, f"rank {rank}, and the first {read} hits are read"
    silent = f"nothing was shown: {answer.reason}" if answer.abstained else "other sentences were chosen"
    return LostByAnswer.SELECTION, f"rank {rank}; {silent}"
