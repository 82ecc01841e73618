"""The pieces of long evidence that a claim is held against, when all of it does not fit a model's window."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log

from ....index.analysis import terms

WINDOW_WORDS = 120
WINDOWS = 3


@dataclass(frozen=True, slots=True)
class Window:
    """Some sentences of the evidence, joined.

    Attributes:
        text: the sentences, a space between them.
        sentences: their positions in the evidence, rising.
        share: weighted share of the claim's words that stand in them, in [0, 1]; 1 for a claim without words.
    """

    text: str
    sentences: tuple[int, ...]
    share: float


def closest_windows(
    claim: str, evidence: Sequence[str], *, words: int = WINDOW_WORDS, most: int = WINDOWS
) -> list[Window]:
    """Windows of the evidence that hold most of the claim's words, the best first; at least one.

    Evidence that fits is one window. Of longer evidence, windows are runs of neighbouring sentences of one passage,
    as long as may be and sharing no sentence with a better one, and one that takes the closest sentences from anywhere,
    for claims that are stated piecemeal. A word weighs the more the fewer sentences have it.

    Args:
        claim: one sentence.
        evidence: sentences in order; an empty one parts two passages.
        words: how long a window may be; a sentence that is longer is a window by itself.
        most: how many windows at most.
    """
    told = [(place, " ".join(sentence.split())) for place, sentence in enumerate(evidence)]
    held = [(place, text) for place, text in told if text]
    if not held:
        return [Window("", (), 0.0)]
    stems = {place: set(terms(text)) for place, text in held}
    weights = _weights(claim, list(stems.values()))
    sizes = {place: len(text.split()) for place, text in held}
    texts = dict(held)

    def window(places: Sequence[int]) -> Window:
        found = set().union(*(stems[place] for place in places))
        total = sum(weights.values())
        share = sum(weight for term, weight in weights.items() if term in found) / total if total else 1.0
        return Window(" ".join(texts[place] for place in places), tuple(places), share)

    if sum(sizes.values()) <= words:
        return [window([place for place, _ in held])]
    runs = sorted(
        (window(run) for passage in _passages(told) for run in _runs(passage, sizes, words)),
        key=lambda one: (-one.share, one.sentences),
    )
    chosen = [window(_piecemeal(stems, weights, sizes, words))]
    for one in runs:
        if len(chosen) == most:
            break
        if not any(set(one.sentences) & set(other.sentences) for other in chosen[1:]) and one not in chosen:
            chosen.append(one)
    return sorted(chosen, key=lambda one: (-one.share, one.sentences))


def _weights(claim: str, stems: Sequence[set[str]]) -> dict[str, float]:
    count = len(stems)
    return {term: log(1 + count / (1 + sum(term in held for held in stems))) for term in dict.fromkeys(terms(claim))}


def _passages(told: Sequence[tuple[int, str]]) -> list[list[int]]:
    return [[place for place, _ in group] for full, group in groupby(told, key=lambda one: bool(one[1])) if full]


def _runs(passage: Sequence[int], sizes: dict[int, int], words: int) -> list[list[int]]:
    """Longest runs that fit, from every sentence on; those at the end that are part of another are left out."""
    runs: list[list[int]] = []
    for first in range(len(passage)):
        run, size = [passage[first]], sizes[passage[first]]
        for place in passage[first + 1 :]:
            if size + sizes[place] > words:
                break
            run.append(place)
            size += sizes[place]
        if not runs or run[-1] != runs[-1][-1]:
            runs.append(run)
    return runs


def _piecemeal(stems: dict[int, set[str]], weights: dict[str, float], sizes: dict[int, int], words: int) -> list[int]:
    """The closest sentences from anywhere, each chosen for what it adds, then for what it shares."""
    left, chosen, size = dict(weights), [], 0
    open_ = set(stems)

    def shared(place: int, terms: dict[str, float]) -> float:
        return sum(weight for term, weight in terms.items() if term in stems[place])

    while open_ and size <= words * 0.7:
        best = min(open_, key=lambda place: (-shared(place, left), -shared(place, weights), place))
        open_.discard(best)
        if not chosen or size + sizes[best] <= words:
            chosen.append(best)
            size += sizes[best]
            left = {term: weight for term, weight in left.items() if term not in stems[best]}
    return sorted(chosen)
