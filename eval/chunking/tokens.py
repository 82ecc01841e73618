"""The tokens of a text, as places: the unit in which passages and gold spans are compared."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class TokenStarts:
    """Where the tokens of one text begin; a token belongs to the span that holds its first code point.

    So spans that share no code point share no token, and the tokens of adjacent spans add up to those of both.

    Args:
        starts: shape (tokens,), int64, code points, ascending; equal ones are tokens of one code point.
    """

    def __init__(self, starts: NDArray[np.int64]) -> None:
        self.starts = starts

    def __len__(self) -> int:
        return len(self.starts)

    def count(self, start: int, end: int) -> int:
        """Tokens that begin at `start` or later and before `end`."""
        return max(0, int(np.searchsorted(self.starts, end) - np.searchsorted(self.starts, start)))

    def first(self, amount: int, start: int, end: int) -> int:
        """End of the longest beginning of a span that has at most so many tokens; `end` where it has no more."""
        place = int(np.searchsorted(self.starts, start)) + amount
        return end if place >= len(self.starts) else min(end, max(start, int(self.starts[place])))


Tokenise = Callable[[str], TokenStarts]
"""Finds the tokens of a text."""


class _WordPieces:
    def __init__(self, tokenizer: Path) -> None:
        self._path = tokenizer

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def __call__(self, text: str) -> TokenStarts:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return TokenStarts(np.array([start for start, _ in encoding.offsets], dtype=np.int64))


def word_pieces(tokenizer: Path) -> Tokenise:
    """Tokens of an encoder, found with its own `tokenizer.json`; the file is read at the first text."""
    return _WordPieces(tokenizer)
