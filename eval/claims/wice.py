"""WiCE: sentences of Wikipedia against the articles they cite.

Kamoi et al., "WiCE: Real-World Entailment for Claims in Wikipedia", EMNLP 2023. Labels come by claim and, where that
folder is there, by sub-claim. `partially_supported` counts as unsupported, as in LLM-AggreFact (Tang et al.,
"MiniCheck", EMNLP 2024): part of what such a claim says stands nowhere in its evidence.
"""

from pathlib import Path
from typing import Any

from ...index.errors import EvaluationError
from ..lines import read_rows, text_of
from .reader import Claim, digest

LABELS = {"supported": True, "partially_supported": False, "not_supported": False}
_LAYOUT = "WiCE has data/entailment_retrieval/claim/SPLIT.jsonl"


def read_wice(folder: Path, split: str) -> list[Claim]:
    """Claims and sub-claims of a published split (`train`, `dev` or `test`); claims of one page share a source.

    Raises:
        EvaluationError: there is no such split, or a line is broken.
    """
    root = folder / "data" / "entailment_retrieval"
    known = sorted(path.stem for path in (root / "claim").glob("*.jsonl"))
    if split not in known:
        raise EvaluationError(
            f"no split {split!r} in {str(root / 'claim')!r}; splits there: {', '.join(known) or 'none'}"
        )
    kinds = [kind for kind in ("claim", "subclaim") if (root / kind / f"{split}.jsonl").is_file()]
    return [
        _claim(row, where, kind) for kind in kinds for where, row in read_rows(root / kind / f"{split}.jsonl", _LAYOUT)
    ]


def _claim(row: dict[str, Any], where: str, kind: str) -> Claim:
    label, meta, sentences = text_of(row, "label", where), row.get("meta"), row.get("evidence")
    if label not in LABELS:
        raise EvaluationError(f"{where}: 'label' is {label!r}; WiCE has {', '.join(LABELS)}")
    if not isinstance(meta, dict) or not isinstance(sentences, list):
        raise EvaluationError(f"{where}: 'meta' or 'evidence' is missing; {_LAYOUT}")
    return Claim(
        id=text_of(meta, "id", where),
        text=text_of(row, "claim", where),
        # One article: its sentences stay apart, and may explain each other.
        evidence=("\n\n".join(map(str, sentences)),),
        supported=LABELS[label],
        group=kind,
        source=digest(text_of(meta, "claim_title", where)),
        original=label,
        where=where,
    )
