"""SciFact: claims of science against the abstracts they cite.

Wadden et al., "Fact or Fiction: Verifying Scientific Claims", EMNLP 2020. An abstract that holds evidence supports or
contradicts the claim; one that is cited and holds none does neither. The labels of the published test claims are kept
by the authors, so the part `test` here is the published `dev`; `dev` is the published `train`, without the abstracts
that `test` cites.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...index.errors import EvaluationError
from ..lines import read_rows
from .parts import unknown_elsewhere
from .reader import Claim, digest

LABELS = {"SUPPORT": True, "CONTRADICT": False}
_NONE = "NOT_ENOUGH_INFO"
_PUBLISHED = {"dev": "claims_train.jsonl", "test": "claims_dev.jsonl"}
_LAYOUT = "SciFact has claims_train.jsonl, claims_dev.jsonl and corpus.jsonl"


def read_scifact(folder: Path, split: str) -> list[Claim]:
    """Claim and abstract pairs of the part `dev` or `test`.

    Beside files in BEIR's layout, which has a `corpus.jsonl` of its own, claims are looked for in `claims/` and the
    abstracts, sentence by sentence, in `corpus_sentences.jsonl`.

    Raises:
        EvaluationError: there is no such part, a line is broken, or an abstract is missing.
    """
    if split not in _PUBLISHED:
        raise EvaluationError(f"no split {split!r} of SciFact; its parts are dev (the published train) and test (dev)")
    claims = _read(folder, split)
    if split == "test":
        return claims
    return unknown_elsewhere(
        claims, [claim.source for claim in claims], (claim.source for claim in _read(folder, "test"))
    )


def _read(folder: Path, split: str) -> list[Claim]:
    apart = folder / "corpus_sentences.jsonl"
    abstracts: dict[str, list[str]] = {}
    for where, row in read_rows(apart if apart.is_file() else folder / "corpus.jsonl", _LAYOUT):
        if not isinstance(told := row.get("abstract"), list):
            raise EvaluationError(f"{where}: 'abstract' is no list of sentences; {_LAYOUT}")
        abstracts[str(row.get("doc_id"))] = [" ".join(str(sentence).split()) for sentence in told]
    inner = folder / "claims"
    path = (inner if inner.is_dir() else folder) / _PUBLISHED[split]
    return [claim for where, row in read_rows(path, _LAYOUT) for claim in _claims(row, abstracts, where)]


def _claims(row: dict[str, Any], abstracts: dict[str, list[str]], where: str) -> Iterator[Claim]:
    try:
        for document in dict.fromkeys(map(str, row["cited_doc_ids"])):
            found = row["evidence"].get(document)
            label = str(found[0]["label"]) if found else _NONE
            if found and label not in LABELS:
                raise EvaluationError(f"{where}: 'label' is {label!r}; SciFact has {', '.join(LABELS)}")
            yield Claim(
                id=f"{row['id']}-{document}",
                text=str(row["claim"]),
                evidence=("\n\n".join(abstracts[document]),),
                supported=LABELS.get(label, False),
                source=digest(document),
                original=label,
                where=where,
            )
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise EvaluationError(f"{where}: {type(error).__name__}: {error}; {_LAYOUT}") from error
