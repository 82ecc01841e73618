"""The chunkers that users know, as baselines: fixed windows, recursive splitting at separators, whole sentences.

Each gives spans (start, end) of a text, in order and without white space at their ends; together they hold every
character that is not white space. Sizes and overlaps are in tokens. None of them knows of headings or blocks.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from ...index.errors import UsageError
from ...ingest.sentences import sentence_spans, trim
from .tokens import TokenStarts

SEPARATORS = ("\n\n", "\n", " ", "")
"""From the gentlest to the harshest; the empty one cuts between tokens."""

_Span = tuple[int, int]


def fixed(text: str, tokens: TokenStarts, size: int, overlap: int = 0) -> list[_Span]:
    """Windows of `size` tokens, each beginning `size - overlap` tokens after the one before.

    Raises:
        UsageError: the size is not positive, or the overlap not below it.
    """
    _check(size, overlap)
    return list(_windows(text, tokens, 0, len(text), size, overlap))


def recursive(text: str, tokens: TokenStarts, size: int, overlap: int = 0) -> list[_Span]:
    """Split at blank lines; what is too large at line ends, then spaces, then anywhere; and pack what is small enough.

    Neighbouring pieces are packed up to `size` tokens, and a passage begins with the last pieces of the one before
    as far as `overlap` tokens hold them. This is the scheme of LangChain's RecursiveCharacterTextSplitter with its
    separators, lengths taken in tokens; a separator stays with the piece after it.

    Raises:
        UsageError: as for `fixed`.
    """
    _check(size, overlap)
    return list(_split(text, tokens, (0, len(text)), SEPARATORS, (size, overlap)))


def sentences(text: str, tokens: TokenStarts, size: int, overlap: int = 0) -> list[_Span]:
    """Whole sentences packed up to `size` tokens; a sentence that alone is larger is cut into windows.

    A passage begins with the last sentences of the one before as far as `overlap` tokens hold them.

    Raises:
        UsageError: as for `fixed`.
    """
    _check(size, overlap)
    pieces: list[_Span] = []
    for start, end in sentence_spans(text):
        pieces += _windows(text, tokens, start, end, size, 0)
    return list(_packed(text, tokens, pieces, (size, overlap)))


def _check(size: int, overlap: int) -> None:
    if size < 1 or not 0 <= overlap < size:
        raise UsageError(
            f"passages of {size} tokens cannot overlap by {overlap}; take 1 token or more, and less overlap"
        )


def _windows(text: str, tokens: TokenStarts, start: int, end: int, size: int, overlap: int) -> Iterator[_Span]:
    while True:
        stop = tokens.first(size, start, end)
        # Several tokens may begin at one code point, and a window holds at least that one.
        stop = max(stop, min(start + 1, end))
        if (span := trim(text, start, stop))[0] < span[1]:
            yield span
        if stop >= end:
            return
        start = max(tokens.first(size - overlap, start, end), start + 1)


def _split(
    text: str, tokens: TokenStarts, span: _Span, separators: Sequence[str], sizes: tuple[int, int]
) -> Iterator[_Span]:
    start, end = span
    place = next(place for place, mark in enumerate(separators) if text.find(mark, start, end) >= 0)
    separator, harsher = separators[place], separators[place + 1 :]
    if not separator:
        yield from _windows(text, tokens, start, end, *sizes)
        return
    small: list[_Span] = []
    for piece in _pieces(text, start, end, separator):
        if tokens.count(*piece) <= sizes[0]:
            small.append(piece)
            continue
        yield from _packed(text, tokens, small, sizes)
        small = []
        yield from _split(text, tokens, piece, harsher, sizes)
    yield from _packed(text, tokens, small, sizes)


def _pieces(text: str, start: int, end: int, separator: str) -> Iterator[_Span]:
    """Adjacent spans, each but the first beginning with the separator."""
    while (following := text.find(separator, start + 1, end)) >= 0:
        yield start, following
        start = following
    yield start, end


def _packed(text: str, tokens: TokenStarts, pieces: Iterable[_Span], sizes: tuple[int, int]) -> Iterator[_Span]:
    """Pieces in order, as many together as fit; the last of one passage begin the next as far as the overlap holds."""
    size, overlap = sizes
    held: deque[_Span] = deque()
    for piece in pieces:
        if held and tokens.count(held[0][0], piece[1]) > size:
            yield from _trimmed(text, held)
            while held and (
                tokens.count(held[0][0], held[-1][1]) > overlap or tokens.count(held[0][0], piece[1]) > size
            ):
                held.popleft()
        held.append(piece)
    yield from _trimmed(text, held)


def _trimmed(text: str, held: Sequence[_Span]) -> Iterator[_Span]:
    if held and (span := trim(text, held[0][0], held[-1][1]))[0] < span[1]:
        yield span
