"""Answers measured: right, grounded in their sources, and silent when they should be.

    answered = [AnsweredTopic(question, gold, sentences, contexts, confidence, forced), …]
    assessment = evaluate_answers(answered, judges=[Judge("mine", "mine-1", verdict)], encode=encode)
    assessment.result.measures["faithfulness (mine)"]

Any system can be measured: put what it said into `AnsweredTopic`. A *judge* is any callable from a claim and evidence
sentences to a verdict; which one it was stands in the name of the measure.
"""

from .abstention import RiskCoverage, auroc, balanced_silence, risk_coverage, widest, worthwhile
from .evaluate import Assessment, Reader, evaluate_answers
from .grounding import Judge, Verdict, citation_scores
from .labels import read_labels
from .overlap import Overlap, overlap
from .reading import ReadingSet, hidden_gold, read_clapnq, read_qasa, read_squad, sample
from .summary import outcome
from .types import AnsweredTopic, AnswerSentence, Encode, Excerpt, Question

__all__ = [
    "AnswerSentence",
    "AnsweredTopic",
    "Assessment",
    "Encode",
    "Excerpt",
    "Judge",
    "Overlap",
    "Question",
    "Reader",
    "ReadingSet",
    "RiskCoverage",
    "Verdict",
    "auroc",
    "balanced_silence",
    "citation_scores",
    "evaluate_answers",
    "hidden_gold",
    "outcome",
    "overlap",
    "read_clapnq",
    "read_labels",
    "read_qasa",
    "read_squad",
    "risk_coverage",
    "sample",
    "widest",
    "worthwhile",
]
