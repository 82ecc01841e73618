"""The published sets of labelled claims that can be read from their folders."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from ...index.errors import EvaluationError
from .begin import read_begin
from .expertqa import read_expertqa
from .factcheck_gpt import read_factcheck_gpt
from .halueval import read_halueval
from .reader import Claim
from .scifact import read_scifact
from .wice import read_wice

SETS: Mapping[str, Callable[[Path, str], list[Claim]]] = MappingProxyType(
    {
        "begin": read_begin,
        "expertqa": read_expertqa,
        "factcheck_gpt": read_factcheck_gpt,
        "halueval": read_halueval,
        "scifact": read_scifact,
        "wice": read_wice,
    }
)
"""Name → reader of (folder as its authors publish it, part); the part is `dev` or `test`, in WiCE also `train`."""


def read_set(name: str, folder: Path, split: str) -> list[Claim]:
    """Claims of one part of a published set.

    Args:
        name: a key of `SETS`.
        folder: as its authors publish it.
        split: `dev` for whatever is fitted or chosen, `test` to report; no document is in both.

    Raises:
        EvaluationError: the set or the part is unknown, or a line is broken.
    """
    if name not in SETS:
        raise EvaluationError(f"no set {name!r}; known are {', '.join(SETS)}")
    claims = SETS[name](folder, split)
    if not claims:
        raise EvaluationError(f"{str(folder)!r}: the part {split!r} of {name} holds no claims")
    return claims
