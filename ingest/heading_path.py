"""Clipping a heading path to its share of the encoder's window."""

from collections.abc import Callable, Mapping
from itertools import takewhile

from ..index.types import HEADING_SEPARATOR
from .pack import CHARACTERS_PER_PIECE, effective_size
from .split import Count

ELLIPSIS = "…"


def path_clipper(
    pieces: Mapping[str, int], separator_pieces: int, limit: int, count: Count
) -> Callable[[tuple[str, ...]], tuple[tuple[str, ...], int]]:
    """A function from a heading path to the clipped path and its effective size, at most `limit`.

    Middle levels go first, the outermost before the inner ones; the title and the innermost heading stay, cut
    at a word where they are too long. `pieces` tells the word pieces of each title.
    """
    known: dict[tuple[str, ...], tuple[tuple[str, ...], int]] = {}

    def size(path: tuple[str, ...]) -> int:
        total = sum(pieces[title] for title in path) + separator_pieces * (len(path) - 1)
        return effective_size(total, len(HEADING_SEPARATOR.join(path)) + 1)

    def clip(path: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        while len(path) > 2 and size(path) > limit:
            path = path[:1] + path[2:]
        if not path or size(path) <= limit:
            return path, size(path) if path else 0
        # The innermost heading says most about the passage, so the title yields first, down to a half.
        room = limit - separator_pieces - 2
        sizes = [effective_size(pieces[title], len(title)) for title in path]
        inner_limit = room if len(path) == 1 else max(room // 2, room - sizes[0])
        inner, inner_size = cut_words(path[-1], sizes[-1], inner_limit, count)
        if len(path) == 1:
            return (inner,), inner_size + 1
        outer, outer_size = cut_words(path[0], sizes[0], room - inner_size, count)
        return (outer, inner), outer_size + inner_size + separator_pieces + 2

    def clipped(path: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        if path not in known:
            known[path] = clip(path)
        return known[path]

    return clipped


def cut_words(title: str, size: int, limit: int, count: Count) -> tuple[str, int]:
    """The title, or as many of its first words as the limit holds with an ellipsis, and the size.

    Args:
        title: any text on one line.
        size: its effective size.
        limit: the most that is allowed, 8 or more.
        count: word pieces of each string.
    """
    if size <= limit:
        return title, size
    # No more characters than this can fit, however long the title is.
    words = title[: limit * CHARACTERS_PER_PIECE].split()
    total = 0

    def fits(word_and_pieces: tuple[str, int]) -> bool:
        nonlocal total
        word, pieces = word_and_pieces
        total += effective_size(pieces, len(word) + 1)
        return total <= limit - 2

    kept = [word for word, _ in takewhile(fits, zip(words, count(words), strict=True))]
    # One endless word: a character has at most four pieces, those of its decomposed form.
    shown = (" ".join(kept) or title[: max(1, limit // 4 - 1)]) + ELLIPSIS
    return shown, limit
