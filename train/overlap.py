"""Which texts are for the greater part known from others, so that nothing that is reported on is trained on."""

import re
from collections.abc import Iterable

_N = 10
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Words in lower case; spacing and punctuation do not matter."""
    return _WORD.findall(text.lower())


class Known:
    """Runs of ten words of some texts.

    Args:
        texts: what is reported on.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs: set[int] = set()
        for text in texts:
            self._runs.update(_runs(words(text)))

    def share(self, text: str) -> float:
        """Share of a text's runs of ten words that stand in the known ones too; 0 for a text without any."""
        runs = _runs(words(text))
        return sum(run in self._runs for run in runs) / len(runs) if runs else 0.0


def _runs(text: list[str]) -> list[int]:
    return [hash(tuple(text[start : start + _N])) for start in range(len(text) - _N + 1)]


def alike(one: str, other: str) -> float:
    """Jaccard index of two texts' words."""
    mine, theirs = set(words(one)), set(words(other))
    return len(mine & theirs) / max(1, len(mine | theirs))
