"""Choose the sentences that answer: near the question, covering its words, not repeating each other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...index.analysis import terms
from .expectation import could_answer
from .sentences import Candidate

_ALIKE = 0.8
"""Cosine from which two sentences say much the same."""


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """Weights of the sentence score and shape of the answer.

    Attributes:
        coverage_weight: weight of the share of the question's words, by idf, that the sentence holds; the heading
            path's words count half.
        passage_weight: weight of the passage's own retrieval score, relative to the best passage's.
        kind_penalty: subtracted when the question asks for a number or a year and the sentence holds no new one.
        lean_penalty: subtracted when the sentence refers back to one that would have to be shown too.
        max_sentences: sentences in an answer at most, those included that another one leans on.
        redundancy: how strongly likeness to a chosen sentence counts against a further one, 0 to 1.
        stop_ratio: a further sentence must reach this share of the best one's score.
    """

    coverage_weight: float = 0.5
    passage_weight: float = 0.2
    kind_penalty: float = 0.15
    lean_penalty: float = 0.15
    max_sentences: int = 3
    redundancy: float = 0.35
    stop_ratio: float = 0.7


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of all candidates.

    Attributes:
        total: shape (n,), the selection score.
        cosine: shape (n,), cosine of question and sentence.
        vectors: shape (n, dimension), the sentences' unit vectors.
    """

    total: NDArray[np.float64]
    cosine: NDArray[np.float64]
    vectors: NDArray[np.float32]


def score(
    question: str,
    found: Sequence[Candidate],
    vectors: NDArray[np.float32],
    asked: NDArray[np.float32],
    weights: Mapping[str, float],
    settings: SelectionSettings,
) -> Scored:
    """Score candidates for a question.

    Args:
        question: as asked.
        found: the candidates.
        vectors: their unit vectors, shape (n, dimension).
        asked: the question's unit vector, shape (dimension,).
        weights: the question's terms with their idf.
        settings: the weights.

    Returns:
        Selection scores of shape (n,), float64, of no fixed range; cosines of shape (n,), float64, in [-1, 1]; and
        the vectors as given, shape (n, dimension), float32.
    """
    cosine = (vectors @ asked).astype(np.float64)
    covered = np.array([coverage(candidate.text, candidate.hit.passage.heading_path, weights) for candidate in found])
    # Below zero are passages that a reranker had no time to read.
    score = np.array([max(candidate.hit.score, 0.0) for candidate in found])
    passage = score / (score.max() or 1.0)
    unfit = np.array([not could_answer(question, candidate.text) for candidate in found], dtype=float)
    leaning = np.array([candidate.leans for candidate in found], dtype=float)
    total = (
        cosine
        + settings.coverage_weight * covered
        + settings.passage_weight * passage
        - settings.kind_penalty * unfit
        - settings.lean_penalty * leaning
    )
    return Scored(total, cosine, vectors)


def coverage(text: str, heading_path: Sequence[str], weights: Mapping[str, float]) -> float:
    """Share of the question's terms, by idf, that a text holds; terms only in its headings count half."""
    whole = sum(weights.values())
    if not whole:
        return 0.0
    inside, above = set(terms(text)), set(terms(" ".join(heading_path)))
    held = sum(weight * (1.0 if term in inside else 0.5 if term in above else 0.0) for term, weight in weights.items())
    return held / whole


def select(found: Sequence[Candidate], scored: Scored, settings: SelectionSettings) -> list[int]:
    """Positions of the chosen candidates, in the order to be read.

    Greedy maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). A sentence that leans on the one
    before it brings that one along, or is not chosen; so nothing may be, when all lean on what cannot be shown or
    does not fit.
    """
    chosen: list[int] = []
    order = sorted(range(len(found)), key=lambda place: (-scored.total[place], place))
    if not order:
        return chosen
    floor = settings.stop_ratio * scored.total[order[0]]
    while order and len(chosen) < settings.max_sentences:
        gains = {place: _gain(place, chosen, scored, settings) for place in order}
        place = max(order, key=lambda candidate: (gains[candidate], -candidate))
        order.remove(place)
        if gains[place] < floor and chosen:
            break
        group = _with_antecedent(place, found)
        if group is None or len(chosen) + len(set(group) - set(chosen)) > settings.max_sentences:
            continue
        chosen += [member for member in group if member not in chosen]
        order = [other for other in order if other not in chosen]
    return _reading_order(chosen, found)


def best_left_out(
    found: Sequence[Candidate], scored: Scored, used: Collection[int], settings: SelectionSettings
) -> int | None:
    """The candidate that an answer of one sentence would be, where nothing used says much the same; None else."""
    best = select(found, scored, replace(settings, max_sentences=1))
    if not best or any(float(scored.vectors[best[0]] @ scored.vectors[place]) >= _ALIKE for place in used):
        return None
    return best[0]


def _gain(place: int, chosen: Sequence[int], scored: Scored, settings: SelectionSettings) -> float:
    likeness = max((float(scored.vectors[place] @ scored.vectors[other]) for other in chosen), default=0.0)
    # Likeness below one half is what any two sentences of one topic share.
    return float(scored.total[place]) - settings.redundancy * max(0.0, likeness - 0.5) * 2


def _with_antecedent(place: int, found: Sequence[Candidate]) -> list[int] | None:
    """The candidate and what it leans on, at most one sentence back; None if that is not to be had."""
    if not found[place].leans:
        return [place]
    before = found[place].before
    if before is None or found[before].leans:
        return None
    return [before, place]


def _reading_order(chosen: Sequence[int], found: Sequence[Candidate]) -> list[int]:
    """Best passage first; sentences of one document in the order they stand there."""
    documents = list(dict.fromkeys(found[place].hit.document.id for place in chosen))
    return sorted(chosen, key=lambda place: (documents.index(found[place].hit.document.id), found[place].start))
