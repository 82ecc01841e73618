"""Factcheck-GPT: claims from ChatGPT's answers against passages from the web.

Wang et al., "Factcheck-Bench: Fine-Grained Evaluation Benchmark for Automatic Fact-checkers", Findings of EMNLP 2024,
subtask 3. Only `completely-support` counts as supported: a passage that supports a part, refutes or has nothing to do
with the claim is no ground to show it. A pair that is labelled twice counts once, and not at all where the labels
disagree. The set has no split; claims are parted by a hash of the passages they share.
"""

from pathlib import Path
from typing import Any

from ...index.errors import EvaluationError
from ..lines import read_rows, text_of
from .parts import connected, half_of
from .reader import Claim, digest

LABELS = {"completely-support": True, "partially-support": False, "refute": False, "irrelevant": False}
_FILE = "subtask3_claim_evidence_stance.jsonl"


def read_factcheck_gpt(folder: Path, split: str) -> list[Claim]:
    """Claim and passage pairs of the part `dev` or `test`.

    Raises:
        EvaluationError: there is no such part, or a line is broken.
    """
    if split not in ("dev", "test"):
        raise EvaluationError(f"no split {split!r} of Factcheck-GPT; its parts are dev and test, by a hash")
    rows = list(read_rows(folder / _FILE, f"Factcheck-GPT has {_FILE}"))
    labels: dict[tuple[str, str], set[bool]] = {}
    for where, row in rows:
        labels.setdefault(_pair(row, where), set()).add(_supported(row, where))
    component = connected(labels)
    claims: list[Claim] = []
    for where, row in rows:
        pair = _pair(row, where)
        if len(labels.pop(pair, ())) != 1 or half_of(component[pair[0]]) != split:
            continue
        claims.append(
            Claim(
                id=f"pair-{where.rpartition(':')[2]}",
                text=pair[0],
                evidence=(pair[1],),
                supported=_supported(row, where),
                source=digest(component[pair[0]]),
                original=row["stance"],
                where=where,
            )
        )
    return claims


def _pair(row: dict[str, Any], where: str) -> tuple[str, str]:
    return text_of(row, "claim", where), text_of(row, "evidence", where)


def _supported(row: dict[str, Any], where: str) -> bool:
    stance = text_of(row, "stance", where)
    if stance not in LABELS:
        raise EvaluationError(f"{where}: 'stance' is {stance!r}; Factcheck-GPT has {', '.join(LABELS)}")
    return LABELS[stance]
