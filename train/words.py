"""Sentences of training texts, and windows of them."""

import re
from collections.abc import Sequence

from sota_rag.ingest.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    """Sentences of a text, white space made single."""
    return [plain for start, end in sentence_spans(text) if (plain := " ".join(text[start:end].split()))]


def windows(parts: Sequence[str], words: int) -> list[str]:
    """Sentences joined to windows of about as many words; none is cut, and none is in two."""
    found: list[str] = []
    held: list[str] = []
    count = 0
    for part in parts:
        size = len(part.split())
        if held and count + size > words:
            found.append(" ".join(held))
            held, count = [], 0
        held.append(part)
        count += size
    if held:
        found.append(" ".join(held))
    return [window for window in found if window.strip()]


def detokenised(text: str) -> str:
    """Text of Natural Questions with its punctuation put back."""
    text = text.replace("``", '"').replace("''", '"').replace("-LRB-", "(").replace("-RRB-", ")")
    text = re.sub(r" ([.,;:!?%)\]])", r"\1", text)
    text = re.sub(r"([(\[]) ", r"\1", text)
    return re.sub(r" (n't|'s|'re|'ve|'ll|'d|'m)\b", r"\1", text)
