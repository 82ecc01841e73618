"""Verifiers measured on human-labelled claims.

    claims = read_claims(path)
    judged = judge_all(judge, claims)
    result = evaluate_opinions(claims, judged)

A *judge* is any callable from a sentence and evidence sentences to an `Opinion`: a verdict and a score in [0, 1].
"""

from .differences import differences, one_length_auroc
from .evaluation import Rule, check_classes, choose_threshold, evaluate_opinions
from .judging import VERDICTS, Judge, Judged, Opinion, judge_all, judge_claim
from .reader import Claim, digest, read_claims, write_claims
from .score_log import ScoreLog
from .sets import SETS, read_set
from .slices import length_auroc, slices

__all__ = [
    "SETS",
    "VERDICTS",
    "Claim",
    "Judge",
    "Judged",
    "Opinion",
    "Rule",
    "ScoreLog",
    "check_classes",
    "choose_threshold",
    "differences",
    "digest",
    "evaluate_opinions",
    "judge_all",
    "judge_claim",
    "length_auroc",
    "one_length_auroc",
    "read_claims",
    "read_set",
    "slices",
    "write_claims",
]
