"""How much of the gold a retrieval holds, and how much else: token recall, precision and IoU.

Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma technical report, 2024. With t_e the
tokens of the gold excerpts and t_r those of the retrieved passages:

    recall = |t_e ∩ t_r| / |t_e|    precision = |t_e ∩ t_r| / |t_r|    IoU = |t_e ∩ t_r| / (|t_e| + |t_r| - |t_e ∩ t_r|)

A gold token counts once however often it is retrieved, while |t_r| counts every retrieved token, so that a chunker
pays for passages that overlap.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..spans import Span
from .tokens import TokenStarts


@dataclass(frozen=True, slots=True)
class TokenScores:
    """What one retrieval scores, each in [0, 1]."""

    recall: float
    precision: float
    iou: float


def union(spans: Iterable[Span]) -> list[Span]:
    """The same code points in as few spans as can be, by document and place; empty spans drop out."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.document_id, span.start, span.end)):
        if span.start >= span.end:
            continue
        last = merged[-1] if merged else None
        if last is not None and last.document_id == span.document_id and span.start <= last.end:
            merged[-1] = Span(span.document_id, last.start, max(last.end, span.end))
        else:
            merged.append(span)
    return merged


def tokens_in(spans: Iterable[Span], tokens: Mapping[str, TokenStarts]) -> int:
    """Tokens of all spans; those of several spans count several times."""
    return sum(tokens[span.document_id].count(span.start, span.end) for span in spans)


def token_scores(gold: Sequence[Span], retrieved: Sequence[Span], tokens: Mapping[str, TokenStarts]) -> TokenScores:
    """Recall, precision and IoU of a retrieval; all 0 where nothing was retrieved.

    Args:
        gold: spans that answer, with at least one token; they may overlap.
        retrieved: spans of the retrieved passages; they may overlap or repeat.
        tokens: document id → tokens of its text.
    """
    wanted = union(gold)
    relevant, found = tokens_in(wanted, tokens), tokens_in(retrieved, tokens)
    shared = tokens_in(_intersection(wanted, union(retrieved)), tokens)
    return TokenScores(shared / relevant, shared / found if found else 0.0, shared / (relevant + found - shared))


def best_precision(gold: Sequence[Span], passages: Sequence[Span], tokens: Mapping[str, TokenStarts]) -> float:
    """Precision of a retrieval that brings every passage with gold in it, and no other (the report's Precision_Ω).

    It says what the cuts alone allow. As in the report's implementation, overlapping passages count once here, and
    gold that no passage holds counts as retrieved in vain.

    Args:
        gold: as for `token_scores`.
        passages: those of the gold's documents, or all.
        tokens: document id → tokens of its text.
    """
    wanted = union(gold)
    holding = union(
        passage
        for passage in passages
        if any(span.document_id == passage.document_id and span.overlap(passage.start, passage.end) for span in wanted)
    )
    shared = tokens_in(_intersection(wanted, holding), tokens)
    missed = tokens_in(wanted, tokens) - shared
    return shared / (tokens_in(holding, tokens) + missed)


def _intersection(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Code points in both; each side's own spans share none."""
    return [
        Span(one.document_id, max(one.start, other.start), min(one.end, other.end))
        for one in left
        for other in right
        if one.document_id == other.document_id and one.overlap(other.start, other.end)
    ]
