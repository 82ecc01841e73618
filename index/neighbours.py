"""Retrieve small, read big: a hit grows to its neighbours while a token budget lasts."""

from collections.abc import Sequence
from dataclasses import replace

from .types import Document, Passage


def expand(passage: Passage, siblings: Sequence[Passage], document: Document, max_tokens: int) -> Passage:
    """The passage, grown by whole neighbouring passages, the following one first, then alternating.

    Args:
        passage: where to start; it is kept even if it exceeds the budget alone.
        siblings: all passages of its document, by ordinal.
        document: the document, for the text between passages.
        max_tokens: budget in word pieces, counted over the passages' own texts and headings.

    Returns:
        A passage with the id and ordinal of the given one, a wider span, and the heading path that all parts share.
    """
    first = last = passage.ordinal
    tokens = passage.token_count
    forward = backward = True
    while forward or backward:
        for step, wanted in ((1, forward), (-1, backward)):
            place = last + 1 if step == 1 else first - 1
            if not wanted:
                continue
            fits = 0 <= place < len(siblings) and tokens + siblings[place].token_count <= max_tokens
            if fits:
                tokens += siblings[place].token_count
                first, last = min(first, place), max(last, place)
            elif step == 1:
                forward = False
            else:
                backward = False
    if first == last:
        return passage
    parts = siblings[first : last + 1]
    start, end = parts[0].start, parts[-1].end
    return replace(
        passage,
        start=start,
        end=end,
        text=document.text[start:end],
        heading_path=_shared([part.heading_path for part in parts]),
        token_count=tokens,
        page=parts[0].page,
        context=parts[0].context,
    )


def _shared(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    length = 0
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        length += 1
    return paths[0][:length]
