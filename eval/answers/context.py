"""How good the retrieved contexts are, and how near the answer is to the question.

Context precision and context recall as the RAGAS library defines them (docs.ragas.io, "Context Precision", "Context
Recall"): the mean of precision@k over the ranks that hold a relevant context, and the share of the reference that the
contexts support. Both from gold quotes, without a judge; recall also by the reference's sentences, with one. Answer
relevance and context relevance: Es et al., "RAGAs", EACL 2024, which ask a language model.
"""

from collections.abc import Sequence

import numpy as np

from ...ingest.sentences import sentence_spans
from ..spans import HELD, Span
from .grounding import Judge, evidence_sentences, share_supported
from .types import AnsweredTopic, AnswerSentence, Encode, Excerpt


def holds(excerpt: Excerpt, span: Span, share: float = HELD) -> bool:
    """Whether an excerpt holds at least this share of a gold quote's characters."""
    same = excerpt.document_id == span.document_id
    return same and span.overlap(excerpt.start, excerpt.end) >= share * (span.end - span.start)


def cites_gold(sentences: Sequence[AnswerSentence], gold: Sequence[Span]) -> bool:
    """Whether a quote of the answer overlaps a gold quote, by half of the shorter one at least."""
    return any(_meet(quote, span) for sentence in sentences for quote in sentence.citations for span in gold)


def _meet(quote: Excerpt, span: Span) -> bool:
    shorter = min(quote.end - quote.start, span.end - span.start)
    return quote.document_id == span.document_id and span.overlap(quote.start, quote.end) >= max(1, HELD * shorter)


def context_precision(relevant: Sequence[bool]) -> float:
    """Mean of precision@k over the ranks k with a relevant context; 0 without any.

    Args:
        relevant: of each context, best first.
    """
    hits = np.array(relevant, dtype=np.float64)
    if not hits.any():
        return 0.0
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / hits.sum())


def context_recall(contexts: Sequence[Excerpt], gold: Sequence[Span]) -> float:
    """Share of the gold quotes that some context holds; `gold` has one or more."""
    return sum(any(holds(context, span) for context in contexts) for span in gold) / len(gold)


def reference_recall(topic: AnsweredTopic, judge: Judge) -> float | None:
    """Share of the sentences of a reference that the contexts support; the best over the references.

    None where the judge gave no verdict. One who knows no synonyms finds little of a reference in other words.
    """
    evidence = evidence_sentences(topic.contexts)
    shares = []
    for reference in topic.question.references:
        statements = [reference[start:end] for start, end in sentence_spans(reference)]
        shares.append(share_supported([judge.verdict(statement, evidence) for statement in statements]))
    return max((share for share in shares if share is not None), default=None)


def embedded_relevance(question: str, answer: str, encode: Encode) -> float:
    """Cosine of question and answer, in [-1, 1].

    Not RAGAS's answer relevance, for which a language model asks what the answer answers; it rewards an answer that
    repeats the question.
    """
    vectors = encode([" ".join(question.split()), answer])
    return float(vectors[0] @ vectors[1])


def asked_relevance(question: str, asked: Sequence[str], encode: Encode) -> float:
    """Answer relevance of Es et al.: the mean cosine of the question and those that a model made from the answer.

    Args:
        question: as asked.
        asked: what a language model takes the answer for an answer to; one or more.
        encode: the encoder.
    """
    vectors = encode([" ".join(question.split()), *(" ".join(one.split()) for one in asked)])
    return float((vectors[1:] @ vectors[0]).mean())
