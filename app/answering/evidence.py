"""How well the best sentences match a question: the signals that the gate decides by."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...index.analysis import is_question_word, terms
from ...index.encoder import WordEncoder, WordVectors
from ...index.types import HEADING_SEPARATOR, Passage
from .expectation import could_answer
from .select import Scored
from .sentences import Candidate

_NAME = re.compile(r"[A-Z0-9]")
_BEST = 8
_UNKNOWN_WEIGHT = 0.3
_LOGIT = 8.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gate looks at; only sentences that could hold the kind of fact asked for count.

    Attributes:
        sentence_cosine: of the question and the nearest sentence, in [-1, 1].
        word_match: how well one sentence, under its headings, matches the question's words: their best cosines
            with words of the sentence in context, averaged by idf, in [-1, 1].
        weakest_word: the best cosine of the question word that the sentence matches least, in [-1, 1]; the
            greatest over the sentences. A near miss matches every word of the question but one.
        question_words: natural logarithm of how many words the question has that say something; the longer it
            is, the less any one sentence matches all of it.
        missing_names: how many names and figures of the question (`RTX 4090`, `German`) occur in none of the passages.
        relevance: the highest logit that a calibrated reranker gave to a passage that was read, as -1 to 1 between ±8;
            None where none was asked.
    """

    sentence_cosine: float
    word_match: float
    weakest_word: float
    question_words: float
    missing_names: float
    relevance: float | None = None


def weigh(
    question: str,
    passages: Sequence[Passage],
    found: Sequence[Candidate],
    scored: Scored | None,
    weights: Mapping[str, float],
    encoder: WordEncoder,
    logits: Sequence[float] = (),
) -> Evidence | None:
    """The signals for a question, or None when no sentence could hold the answer.

    Matching words by their best cosine is ColBERT's late interaction (Khattab and Zaharia, SIGIR 2020), here with
    an encoder that was not trained for it.

    Args:
        question: as asked.
        passages: what was read.
        found: candidate sentences.
        scored: their scores.
        weights: the question's index terms with their rarity, 0 to 1.
        encoder: the encoder that made the scores.
        logits: of a calibrated reranker, of what it read of the passages.
    """
    if scored is None:
        return None
    fit = [place for place, candidate in enumerate(found) if could_answer(question, candidate.text)]
    if not fit:
        return None
    best = sorted(fit, key=lambda place: (-scored.total[place], place))[:_BEST]
    asked, *sentences = encoder.encode_words([question, *(_in_context(found[place]) for place in best)])
    kept = [row for row, word in enumerate(asked.words) if not is_question_word(word)]
    if not kept:
        return None
    rarity = np.array([_rarity(asked.words[row], weights) for row in kept])
    matches = np.array([_matches(asked.vectors[kept], sentence) for sentence in sentences])
    return Evidence(
        sentence_cosine=float(scored.cosine[best].max()),
        word_match=float((matches @ rarity / rarity.sum()).max()),
        weakest_word=float(matches.min(axis=1).max()),
        question_words=math.log(len(kept)),
        missing_names=float(len(missing_names(question, passages))),
        relevance=max(-1.0, min(1.0, max(logits) / _LOGIT)) if logits else None,
    )


def _in_context(candidate: Candidate) -> str:
    """A sentence under its headings, where the topic is often named that the sentence takes for granted."""
    return "\n".join([HEADING_SEPARATOR.join(candidate.hit.passage.heading_path), " ".join(candidate.text.split())])


def missing_names(question: str, passages: Sequence[Passage]) -> list[str]:
    """Words of the question that name something, by a capital or a digit, and that no passage holds."""
    held = set(terms(" ".join(passage.contextual_text for passage in passages)))
    words = [word.strip(".,;:!?\"'()[]") for word in question.split()]
    named = [word for place, word in enumerate(words) if _NAME.search(word[1:] if place == 0 else word)]
    return [word for word in named if (inside := terms(word)) and not held & set(inside)]


def _matches(asked: NDArray[np.float32], sentence: WordVectors) -> NDArray[np.float64]:
    """Best cosine of each question word with any word of the sentence: shape (question words,)."""
    if not len(sentence.vectors):
        return np.zeros(len(asked))
    return (asked @ sentence.vectors.T).max(axis=1).astype(np.float64)


def _rarity(word: str, weights: Mapping[str, float]) -> float:
    return max((weights.get(term, _UNKNOWN_WEIGHT) for term in terms(word)), default=_UNKNOWN_WEIGHT)
