"""A second opinion on whether evidence supports a claim: a logistic model over plain signals, fitted to labels.

It shares no rule with `LexicalVerifier`: it looks for nearness and shared words and gives a probability, lets
paraphrases pass, and knows neither negation nor direction. So it can judge what the lexical one has filtered, and must
not filter by itself. Its weights are in `models/verifier_similarity/weights.json`, made by
`train/similarity_verifier/fit.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ....index import Encoder
from ....index.analysis import is_question_word, terms
from ..logistic import LogisticModel
from .judgement import Judgement, Verdict

VERSION = "similarity-1"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W_]+")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Signals:
    """What the model sees of a claim and its evidence; higher speaks for support. Shares are in [0, 1].

    Attributes:
        window_cosine: highest cosine of the claim with a sentence of the evidence or with two neighbouring ones, these
            by the mean of their vectors.
        word_share: share of the claim's words that stand in one sentence, or in two neighbouring ones, whichever has
            most; function words are not counted.
        evidence_share: share of the claim's words that stand anywhere in the evidence.
        pair_share: share of the pairs of neighbouring words in the claim that the evidence has too.
        exact_share: share of its numbers and names that stand in the evidence; 1 without any.
    """

    window_cosine: float
    word_share: float
    evidence_share: float
    pair_share: float
    exact_share: float


FEATURES = tuple(Signals.__slots__)


@cache
def shipped_model() -> LogisticModel:
    """The model in `models/verifier_similarity/weights.json`."""
    return LogisticModel.shipped("verifier_similarity", "weights.json")


class SimilarityVerifier:
    """Nearness and shared words; fills the `Verifier` seam, and is safe to share between threads.

    Args:
        encoder: gives the cosines; one that remembers spares the work of encoding the same evidence for every claim.
        model: weights and threshold; by default the ones that ship.
    """

    def __init__(self, encoder: Encoder, model: LogisticModel | None = None) -> None:
        self._encoder = encoder
        self.model = model or shipped_model()

    @property
    def id(self) -> str:
        """Version, the weights' and the encoder's fingerprints."""
        info = self._encoder.info
        return f"{VERSION}@{self.model.fingerprint[:12]}+{info.id}@{info.fingerprint[:12]}"

    def verify(self, claim: str, evidence: Sequence[str]) -> Judgement:
        """Judge one claim: `supported` from the threshold on, else `unsupported`; the score is the probability."""
        if not any(sentence.strip() for sentence in evidence):
            return Judgement(Verdict.UNSUPPORTED, 0.0, "there is no evidence")
        signals, places = self.signals(claim, evidence)
        score = round(self.model.of(asdict(signals)), 4)
        if score >= self.model.threshold:
            return Judgement(Verdict.SUPPORTED, score, "", places)
        return Judgement(Verdict.UNSUPPORTED, score, _what_is_missing(claim, evidence), places)

    def signals(self, claim: str, evidence: Sequence[str]) -> tuple[Signals, tuple[int, ...]]:
        """The signals of a claim, and the places of the sentences that come nearest.

        Args:
            claim: one sentence.
            evidence: as for `Verifier.verify`; at least one sentence is not blank.
        """
        claim, told = " ".join(claim.split()), [" ".join(sentence.split()) for sentence in evidence]
        places = [place for place, sentence in enumerate(told) if sentence]
        beside = [(one, other) for one, other in pairwise(places) if other == one + 1]
        vectors = self._encoder.encode([claim, *(told[place] for place in places)])
        row = {place: number + 1 for number, place in enumerate(places)}
        single = vectors[1:] @ vectors[0]
        nearest, window_cosine = (places[int(single.argmax())],), float(single.max())
        if beside:
            doubled = _means(vectors, [(row[one], row[other]) for one, other in beside]) @ vectors[0]
            if doubled.max() > window_cosine:
                nearest, window_cosine = beside[int(doubled.argmax())], float(doubled.max())
        words, stems = _words(claim), {place: set(_words(told[place])) for place in places}
        windows = [*stems.values(), *(stems[one] | stems[other] for one, other in beside)]
        everything = set().union(*stems.values())
        whole = " ".join(told)
        signals = Signals(
            window_cosine=window_cosine,
            word_share=max(_share(words, window) for window in windows),
            evidence_share=_share(words, everything),
            pair_share=_share(_pairs(claim), {pair for place in places for pair in _pairs(told[place])}),
            exact_share=_share(
                [*_numbers(claim), *_names(claim)],
                {*_numbers(whole), *(word.lower() for word in _WORD.findall(whole))},
            ),
        )
        return signals, nearest


def _means(vectors: NDArray[np.float32], rows: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """Directions between two unit vectors each, shape (rows, dimension)."""
    ones, others = (np.array(column) for column in zip(*rows, strict=True))
    sums = vectors[ones] + vectors[others]
    return sums / np.linalg.norm(sums, axis=1, keepdims=True).clip(min=1e-12)


def _share(wanted: Sequence[object], held: set) -> float:
    return sum(one in held for one in wanted) / len(wanted) if wanted else 1.0


def _words(text: str) -> list[str]:
    """Stems of the words that say something, each once."""
    kept = " ".join(word for word in _WORD.findall(text) if not is_question_word(word.lower()))
    return list(dict.fromkeys(terms(kept)))


def _pairs(text: str) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pairwise(terms(text))))


def _numbers(text: str) -> list[str]:
    """Numbers as digits, thousands separators taken out."""
    return list(dict.fromkeys(number.replace(",", "") for number in _NUMBER.findall(text)))


def _names(text: str) -> list[str]:
    """Words with a capital where no sentence begins, or with a digit beside letters, in lower case."""
    found = _WORD.findall(text)
    named = [word for place, word in enumerate(found) if _is_name(word, first=not place)]
    return list(dict.fromkeys(word.lower() for word in named))


def _is_name(word: str, *, first: bool) -> bool:
    rest = word[1:] if first else word
    return any(letter.isupper() for letter in rest) or (not word.isdigit() and any(sign.isdigit() for sign in word))


def _what_is_missing(claim: str, evidence: Sequence[str]) -> str:
    """Words and numbers of the claim that stand nowhere in the evidence, as a reason."""
    held = set(_words(" ".join(evidence)))
    missing = [
        word for word in _WORD.findall(claim) if not is_question_word(word.lower()) and not set(_words(word)) <= held
    ]
    if not missing:
        return "no passage says it closely enough"
    return f"the evidence does not say {', '.join(repr(word) for word in dict.fromkeys(missing[:_NAMED]))}"
