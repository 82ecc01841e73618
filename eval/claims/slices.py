"""Where a verifier is right and wrong, and whether the claims give their labels away."""

from collections.abc import Sequence

import numpy as np

from .evaluation import Rule
from .judging import Judged
from .measures import CALL_MEASURES, RANK_MEASURES, ranks_of
from .reader import Claim

_LENGTHS = (50, 100, 200, 1000)


def length_auroc(claims: Sequence[Claim]) -> float:
    """AUROC, from 0.5 to 1, of a verifier that reads nothing and goes by the number of words in a claim.

    A set on which it is high was labelled or written in a way that gives the label away (Gururangan et al., "Annotation
    Artifacts in Natural Language Inference Data", NAACL 2018).
    """
    labels = np.array([claim.supported for claim in claims])
    words = np.array([len(claim.text.split()) for claim in claims], dtype=np.float64)
    area = RANK_MEASURES["AUROC"](labels, ranks_of(words))
    return max(area, 1 - area)


def slices(claims: Sequence[Claim], judged: Sequence[Judged], rule: Rule = Rule()) -> dict[str, dict[str, dict]]:
    """Figures without intervals for parts of the claims: by the label of their set, and by length of the evidence.

    Returns:
        `original`: label → claims, share called supported, mean score; `evidence words`: range → claims, share of
        supported ones, balanced accuracy and AUROC (None where not defined).
    """
    called, scores = rule.calls(judged), np.array([one.opinion.score for one in judged])
    labels = np.array([claim.supported for claim in claims])
    words = np.array([sum(len(passage.split()) for passage in claim.evidence) for claim in claims])
    originals: dict[str, list[int]] = {}
    for row, claim in enumerate(claims):
        originals.setdefault(claim.original, []).append(row)
    by_label = {
        name: {
            "claims": len(rows),
            "called supported": round(float(called[rows].mean()), 4),
            "mean score": round(float(scores[rows].mean()), 4),
        }
        for name, rows in sorted(originals.items())
        if name
    }
    by_length: dict[str, dict] = {}
    for low, high in zip((0, *_LENGTHS), (*_LENGTHS, None), strict=True):
        rows = np.flatnonzero((words >= low) & (words < (high or np.inf)))
        if rows.size:
            by_length[f"{low} to {high - 1}" if high else f"{low} and more"] = {
                "claims": int(rows.size),
                "supported": round(float(labels[rows].mean()), 4),
                "balanced accuracy": _rounded(CALL_MEASURES["balanced accuracy"](labels[rows], called[rows])),
                "AUROC": _rounded(RANK_MEASURES["AUROC"](labels[rows], ranks_of(scores[rows]))),
            }
    return {"original": by_label, "evidence words": by_length}


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
