"""Words of an answer that a reference has too: token F1 and exact match as SQuAD defines them, and ROUGE-L.

Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016, section 6.1: both texts in
lower case, without punctuation and articles, as bags of words; the best value over the references counts. That F1 is
ROUGE-1 over such words, so rouge-score computes it. ROUGE-L: Lin, "ROUGE: A Package for Automatic Evaluation of
Summaries", 2004, with rouge-score's own tokenizer and no stemming.
"""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ...index.errors import OptionalDependencyError

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class Overlap:
    """An answer against its references, each figure in [0, 1] and the best over the references."""

    f1: float
    exact: float
    rouge_l: float


def overlap(answer: str, references: Sequence[str]) -> Overlap:
    """Token F1, exact match and ROUGE-L of an answer.

    Args:
        answer: without citation markers.
        references: one or more.

    Raises:
        OptionalDependencyError: rouge-score is not installed.
    """
    words, longest = _scorers()
    plain = normalised(answer)
    return Overlap(
        f1=max(words.score(reference, answer)["rouge1"].fmeasure for reference in references),
        exact=float(any(plain == normalised(reference) for reference in references)),
        rouge_l=max(longest.score(reference, answer)["rougeL"].fmeasure for reference in references),
    )


def normalised(text: str) -> list[str]:
    """The words that SQuAD compares."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


class _SquadWords:
    """SQuAD's words as rouge-score asks for them."""

    def tokenize(self, text: str) -> list[str]:
        return normalised(text)


@cache
def _scorers() -> "tuple[RougeScorer, RougeScorer]":
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise OptionalDependencyError("rouge-score", "eval") from error
    return RougeScorer(["rouge1"], tokenizer=_SquadWords()), RougeScorer(["rougeL"])
