"""Sentence boundaries, as spans."""

import re
from collections.abc import Iterator

# A list item starts a sentence, and a blank line ends one, whatever the punctuation says.
_BREAK = re.compile(r"\n(?=[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t])|\n[ \t]*(?=\n)")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences within `text[start:end]`.

    Offsets count in the whole text. Spans are free of surrounding white space, in order, and do not overlap;
    together they hold every character that is not white space.
    """
    from nupunkt import sent_spans  # its model is the one slow import of this folder

    end = len(text) if end is None else end
    section = text[start:end]
    spans: list[tuple[int, int]] = []
    for first, last in sent_spans(section):
        for piece_start, piece_end in _split_at_breaks(section, first, last):
            span = trim(section, piece_start, piece_end)
            if span[0] < span[1]:
                spans.append((start + span[0], start + span[1]))
    return spans


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at either end; empty when there is nothing else."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, max(start, end - (len(piece) - len(piece.rstrip())))


def _split_at_breaks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _BREAK.finditer(text, start, end):
        yield start, found.start()
        start = found.end()
    yield start, end
