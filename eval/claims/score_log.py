"""Opinions kept in a file while they are made, so that an interrupted run goes on where it was.

JSONL, one opinion a line: `{"verifier", "claim", "verdict", "score", "ms"}`; `claim` is a hash of the claim and its
evidence, so that one file serves all sets and holds no text.
"""

import json
import math
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ...index.errors import EvaluationError, UnwritableError
from ..lines import read_rows, text_of
from .judging import VERDICTS, Judged, Opinion
from .reader import Claim, digest


class ScoreLog:
    """The opinions of one verifier in a file; others may stand in it too.

    Args:
        path: read if it is there; new opinions are appended.
        verifier: id of the verifier, with its version.

    Raises:
        EvaluationError: a line is broken.
        UnwritableError: the file cannot be written.
    """

    def __init__(self, path: Path, verifier: str) -> None:
        self._verifier = verifier
        self._known: dict[str, tuple[Opinion, float]] = {}
        try:
            self._file = path.open("ab+")
        except OSError as error:
            raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error
        try:
            self._drop_unfinished_line()
            for where, row in read_rows(path, "it holds opinions of `eval verifier --scores`"):
                self._read(row, where)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def known(self, claim: Claim) -> Judged | None:
        """What this verifier said of the claim before."""
        found = self._known.get(_key(claim))
        return None if found is None else Judged(claim.id, *found)

    def keep(self, claim: Claim, judged: Judged) -> None:
        """Append an opinion."""
        self._known[_key(claim)] = judged.opinion, judged.ms
        row = {
            "verifier": self._verifier,
            "claim": _key(claim),
            "verdict": judged.opinion.verdict,
            "score": judged.opinion.score,
            "ms": round(judged.ms, 3),
        }
        self._file.write((json.dumps(row) + "\n").encode())
        self._file.flush()

    def _read(self, row: dict, where: str) -> None:
        verifier, claim = text_of(row, "verifier", where), text_of(row, "claim", where)
        verdict = text_of(row, "verdict", where)
        score, ms = (_number(row.get(key)) for key in ("score", "ms"))
        if verdict not in VERDICTS or score is None or ms is None or score > 1:
            raise EvaluationError(f"{where}: 'verdict', 'score' or 'ms' cannot be used; delete the line")
        if verifier == self._verifier:
            self._known[claim] = Opinion(verdict, score), ms

    def _drop_unfinished_line(self) -> None:
        """A run that was killed may have left half a line."""
        self._file.seek(0)
        content = self._file.read()
        self._file.truncate(content.rfind(b"\n") + 1)
        self._file.seek(0, os.SEEK_END)


def _number(value: object) -> float | None:
    """A finite number from 0 on; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _key(claim: Claim) -> str:
    return digest(claim.question, claim.text, *claim.evidence)
