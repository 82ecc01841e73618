"""Human-labelled claims: JSONL, one claim a line.

    {"claim": "LoRA freezes the base weights.", "evidence": ["LoRA keeps the pretrained weights frozen. It …", "…"],
     "label": "supported", "group": "guides", "id": "c1"}

`claim` may hold several sentences; it is supported only where all of them are. `evidence` is one passage or a list of
passages, of any length; sentences of different passages do not explain each other. `label` is `supported` or
`unsupported`. These may be left out:

- `id`: unique in the file; by default the number of the line.
- `group`: claims of one group are also reported together.
- `question`: what a claim answers that does not stand alone ("In 2017."); each of its sentences is then judged with the
  question before it.
- `source`: what the claim was taken from; claims of one source, by default those with the same evidence, stand or
  fall together in the intervals.
- `original`: the label in its set's own words, such as `partially_supported`.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...index.errors import EvaluationError, UnwritableError
from ..lines import read_rows, text_of

_EXPECTED = "a claims file is JSONL with keys claim, evidence and label"
_KEYS = frozenset({"id", "claim", "evidence", "label", "group", "question", "source", "original"})
_LABELS = {"supported": True, "unsupported": False}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, what it is held against, and what people said of it.

    Attributes:
        id: unique among the claims it is read with.
        text: one sentence or several.
        evidence: passages, at least one of them not blank.
        supported: whether the evidence supports all of the claim.
        group: may be empty.
        question: what the claim answers, where it does not stand alone; else empty.
        source: claims of one source are drawn together in resamples; never empty.
        original: the label in the words of its set; may be empty.
        where: `file:line`.
    """

    id: str
    text: str
    evidence: tuple[str, ...]
    supported: bool
    group: str = ""
    question: str = ""
    source: str = ""
    original: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise EvaluationError(f"{self.where or self.id}: 'claim' is empty")
        if not any(passage.strip() for passage in self.evidence):
            raise EvaluationError(f"{self.where or self.id}: 'evidence' is empty; leave the claim out or add a passage")
        if not self.source:
            object.__setattr__(self, "source", digest(*self.evidence))


def digest(*texts: str) -> str:
    """A short name for texts that tells nothing of them: 16 hex digits of their sha256."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def read_claims(path: Path) -> list[Claim]:
    """Claims of a file, in its order.

    Raises:
        EvaluationError: the file or a line cannot be used (the message has file and line), or it holds no claims.
    """
    claims: list[Claim] = []
    places: dict[str, str] = {}
    for where, row in read_rows(path, _EXPECTED):
        claim = _claim(row, where)
        if claim.id in places:
            raise EvaluationError(f"{where}: 'id' {claim.id!r} was already used at {places[claim.id]}")
        places[claim.id] = where
        claims.append(claim)
    if not claims:
        raise EvaluationError(f"{path}: holds no claims; {_EXPECTED}")
    return claims


def write_claims(claims: Iterable[Claim], path: Path) -> None:
    """Write claims in the form that `read_claims` reads; the file is complete or not there.

    Raises:
        UnwritableError: the file cannot be written.
    """
    text = "".join(json.dumps(_row(claim), ensure_ascii=False) + "\n" for claim in claims)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error


def _claim(row: dict[str, Any], where: str) -> Claim:
    if unknown := sorted(set(row) - _KEYS):
        raise EvaluationError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    label = text_of(row, "label", where)
    if label not in _LABELS:
        raise EvaluationError(f"{where}: 'label' is {label!r}; it must be supported or unsupported")
    return Claim(
        id=text_of(row, "id", where, "") or where.rpartition(":")[2],
        text=text_of(row, "claim", where),
        evidence=_passages(row, where),
        supported=_LABELS[label],
        group=text_of(row, "group", where, ""),
        question=text_of(row, "question", where, ""),
        source=text_of(row, "source", where, ""),
        original=text_of(row, "original", where, ""),
        where=where,
    )


def _passages(row: dict[str, Any], where: str) -> tuple[str, ...]:
    value = row.get("evidence")
    if isinstance(value, list) and all(isinstance(passage, str) for passage in value):
        return tuple(value)
    if value is not None and not isinstance(value, str):
        raise EvaluationError(f"{where}: 'evidence' is {str(value)[:60]!r}; it must be a string or a list of strings")
    return (text_of(row, "evidence", where),)


def _row(claim: Claim) -> dict[str, Any]:
    said = {"group": claim.group, "question": claim.question, "source": claim.source, "original": claim.original}
    return {
        "id": claim.id,
        "claim": claim.text,
        "evidence": list(claim.evidence),
        "label": "supported" if claim.supported else "unsupported",
        **{key: value for key, value in said.items() if value},
    }
