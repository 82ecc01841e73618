"""How well the best sentences match a question: the signals that the gate decides by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...index.analysis import is_question_word, terms
from ...index.encoder import WordEncoder, WordVectors
from .expectation import could_answer
from .select import Scored
from .sentences import Candidate

_BEST = 8
_UNKNOWN_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gate looks at; only sentences that could hold the kind of fact asked for count.

    Attributes:
        sentence_cosine: of the question and the nearest sentence, in [-1, 1].
        word_match: how well one sentence matches the question's words: their best cosines with words of the
            sentence in context, averaged by idf, in [-1, 1].
        weakest_word: the best cosine of the question word that the sentence matches least, in [-1, 1]; the
            greatest over the sentences. A near miss matches every word of the question but one.
    """

    sentence_cosine: float
    word_match: float
    weakest_word: float


def weigh(
    question: str,
    found: Sequence[Candidate],
    scored: Scored | None,
    weights: Mapping[str, float],
    encoder: WordEncoder,
) -> Evidence | None:
    """The signals for a question, or None when no sentence could hold the answer.

    Matching words by their best cosine is ColBERT's late interaction (Khattab and Zaharia, SIGIR 2020), here with
    an encoder that was not trained for it.

    Args:
        question: as asked.
        found: candidate sentences.
        scored: their scores.
        weights: the question's index terms with their rarity, 0 to 1.
        encoder: the encoder that made the scores.
    """
    if scored is None:
        return None
    fit = [place for place, candidate in enumerate(found) if could_answer(question, candidate.text)]
    if not fit:
        return None
    best = sorted(fit, key=lambda place: (-scored.total[place], place))[:_BEST]
    asked, *sentences = encoder.encode_words([question, *(" ".join(found[place].text.split()) for place in best)])
    kept = [row for row, word in enumerate(asked.words) if not is_question_word(word)]
    if not kept:
        return None
    rarity = np.array([_rarity(asked.words[row], weights) for row in kept])
    matches = np.array([_matches(asked.vectors[kept], sentence) for sentence in sentences])
    return Evidence(
        sentence_cosine=float(scored.cosine[best].max()),
        word_match=float((matches @ rarity / rarity.sum()).max()),
        weakest_word=float(matches.min(axis=1).max()),
    )


def _matches(asked: NDArray[np.float32], sentence: WordVectors) -> NDArray[np.float64]:
    """Best cosine of each question word with any word of the sentence: shape (question words,)."""
    if not len(sentence.vectors):
        return np.zeros(len(asked))
    return (asked @ sentence.vectors.T).max(axis=1).astype(np.float64)


def _rarity(word: str, weights: Mapping[str, float]) -> float:
    return max((weights.get(term, _UNKNOWN_WEIGHT) for term in terms(word)), default=_UNKNOWN_WEIGHT)
