"""The verifier with a trained model: a cross-encoder reads claim and evidence together, beside plain signals.

The cross-encoder (`models/verifier`, made by `train/verifier`) says of each window of the evidence whether it supports
the claim, has nothing to do with it, or says otherwise. Its opinion, the plain signals of the similarity verifier and
the guards of the lexical one go into one logistic model, whose probability is calibrated; from two thresholds on, a
claim is `supported` or `partial`. What is refuted whatever the wording (a figure that stands nowhere) is
never supported, however well it reads.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ....index import Encoder
from ....index.cross_encoder import PairModel
from ....index.errors import ModelError
from ....index.models import find_model
from ..logistic import LogisticModel
from ..prompts import is_abstention
from .guards import is_english
from .judgement import Judgement, Verdict
from .lexical import LexicalVerifier, says_too_little
from .refuted import refuted, unfound
from .similarity import Signals, SimilarityVerifier
from .tokens import tokenise
from .windows import Window, closest_windows

VERSION = "learned-1"
OUTPUTS = ("supported", "neutral", "contradicted")
_LOGIT = 8.0
_NEARLY_ALL_WORDS = 0.95


class Reader(Protocol):
    """Anything that reads pairs of texts and gives three numbers for each, of `OUTPUTS`."""

    @property
    def id(self) -> str:
        """Name and fingerprint."""
        ...

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Outputs before the softmax, shape (len(pairs), 3), float32."""
        ...

    def cut(self, pairs: Sequence[tuple[str, str]]) -> int:
        """How many of the pairs are too long to be read to their end."""
        ...


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the combination sees of a claim.

    Attributes:
        support: log-odds of support in the window that supports the claim most, as -1 to 1 between ±8.
        contradiction: highest probability that a window says otherwise.
        plain: the plain signals.
        unfound: 1 where a name or a short quotation stands nowhere in the evidence, else 0.
        lexical: the score of the lexical verifier, which falls when words on which it turns differ.
    """

    support: float
    contradiction: float
    plain: Signals
    unfound: float
    lexical: float

    def values(self) -> dict[str, float]:
        """Name → value of every signal."""
        said = {"support": self.support, "contradiction": self.contradiction}
        return {**said, **asdict(self.plain), "unfound": self.unfound, "lexical": self.lexical}


FEATURES = ("support", "contradiction", *Signals.__slots__, "unfound", "lexical")


@dataclass(frozen=True, slots=True)
class Combination:
    """The logistic model over an opinion, with the two thresholds.

    Attributes:
        model: weights, bias, and the probability from which on a claim is `supported`.
        partial: the probability from which on it is `partial`.
        sure: the probability from which on the verdict `supported` is given where no rule decides; below it, the
            verdict is `unchecked`.
    """

    model: LogisticModel
    partial: float
    sure: float

    @classmethod
    def beside(cls, model_id: str) -> Self:
        """The one that was fitted to a model, `combination.json` in its folder.

        Raises:
            ModelError: the model is not there, or no combination lies beside it.
        """
        path = find_model(model_id).folder / "combination.json"
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            weights = {str(name): float(value) for name, value in held["weights"].items()}
            model = LogisticModel(weights, float(held["bias"]), float(held["threshold"]), str(held["trained_on"]))
            return cls(model, float(held["partial"]), float(held["sure"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{str(path)!r} holds no combination of the verifier's opinion with the plain signals ({error!r}); "
                "make the model with train.verifier, or name another one in the setting verifier.model"
            ) from error

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of all that can change a decision."""
        return hashlib.sha256(f"{self.model.fingerprint}/{self.partial}/{self.sure}".encode()).hexdigest()


def by_rule(claim: str, evidence: Sequence[str], judged: Judgement) -> Verdict | None:
    """What is decided without the model: `supported`, `unsupported`, or `unchecked` for what is left as it was judged.

    Args:
        claim: one sentence.
        evidence: sentences.
        judged: what the lexical verifier says.
    """
    if judged.verdict is Verdict.SUPPORTED:
        return Verdict.SUPPORTED
    if not is_english(claim) or is_abstention(claim) or says_too_little(tokenise(claim)):
        return Verdict.UNCHECKED
    return Verdict.UNSUPPORTED if refuted(claim, evidence) else None


def _held_back(opinion: Opinion, judged: Judgement) -> Verdict | None:
    """A lesser verdict on a claim that the model supports and the lexical verifier does not; None to believe the model.

    What that holds to be partly supported is so. What it disproves (another negation, direction or unit in the same
    words) is `unchecked`, and so is what it leaves open where nearly all words stand in one place.
    """
    if judged.verdict is Verdict.PARTIAL:
        return Verdict.PARTIAL
    if judged.verdict is Verdict.UNSUPPORTED and judged.proved:
        return Verdict.UNCHECKED
    if judged.verdict is Verdict.UNCHECKED and opinion.plain.word_share >= _NEARLY_ALL_WORDS:
        return Verdict.UNCHECKED
    return None


class LearnedVerifier:
    """A cross-encoder, plain signals and guards; fills the `Verifier` seam, and is safe to share between threads.

    Args:
        reader: the cross-encoder.
        encoder: gives the cosines; one that remembers spares the work of encoding the same evidence for every claim.
        combination: weights and thresholds, fitted to that cross-encoder.
    """

    def __init__(self, reader: Reader, encoder: Encoder, combination: Combination) -> None:
        self._reader = reader
        self._similarity, self._lexical = SimilarityVerifier(encoder), LexicalVerifier(encoder)
        self.combination = combination

    @property
    def id(self) -> str:
        """Version, the cross-encoder, the combination's fingerprint, and what else has a say."""
        return f"{VERSION}+{self._reader.id}+{self.combination.fingerprint[:12]}+{self._lexical.id}"

    @property
    def threshold(self) -> float:
        """The score from which on a claim is `supported`, unless rules hold it back."""
        return self.combination.model.threshold

    def verify(self, claim: str, evidence: Sequence[str]) -> Judgement:
        """Judge one claim; `Verifier.verify` describes the arguments.

        The score is the probability of support, but for what rules decide: what stands there word for word, or is
        safely shortened, scores no less than the threshold, and what is refuted, or cannot be checked (it is not
        English, says too little, or says that nothing is said), less than `partial`.

        The verdict is stricter than the score. A claim in the words of the evidence hangs on the small ones, on their
        order and on what was left out, and a small cross-encoder goes by the words in common (McCoy et al., "Right for
        the Wrong Reasons", ACL 2019): there it must not overrule the lexical verifier (`_held_back`). What is
        more likely supported than not, and not surely, is `unchecked`.
        """
        if not any(sentence.strip() for sentence in evidence):
            return Judgement(Verdict.UNSUPPORTED, 0.0, "there is no evidence")
        opinion, judged, window = self.opinion(claim, evidence)
        probability, low = self.combination.model.of(opinion.values()), 0.9 * self.combination.partial
        ruled = by_rule(claim, evidence, judged)
        if ruled is Verdict.SUPPORTED:
            return replace(judged, score=round(max(probability, self.threshold), 4))
        if ruled is Verdict.UNSUPPORTED:
            return Judgement(ruled, round(low * probability, 4), refuted(claim, evidence), judged.sentences, True)
        if ruled is Verdict.UNCHECKED:
            return replace(judged, score=min(judged.score, round(low, 4)))
        score, places = round(probability, 4), self._cited(claim, evidence, window)
        if score < self.threshold:
            verdict = Verdict.PARTIAL if score >= self.combination.partial else Verdict.UNSUPPORTED
            return Judgement(verdict, score, self._why_not(claim, evidence, opinion, judged), places)
        if self._reader.cut([(" ".join(claim.split()), window.text)]):
            return Judgement(Verdict.PARTIAL, score, "too long to be read to the end beside the passage", places)
        if verdict := _held_back(opinion, judged):
            return Judgement(verdict, score, judged.reason, places)
        if score < self.combination.sure:
            return Judgement(Verdict.UNCHECKED, score, "the passage may say it in other words", places)
        return Judgement(Verdict.SUPPORTED, score, "", places)

    @staticmethod
    def _why_not(claim: str, evidence: Sequence[str], opinion: Opinion, judged: Judgement) -> str:
        if missing := unfound(claim, evidence):
            return f"{missing[0]!r} stands nowhere in the passages"
        if opinion.contradiction > 0.5:
            return "the passage says otherwise"
        return judged.reason or "the passage does not say it"

    def opinion(self, claim: str, evidence: Sequence[str]) -> tuple[Opinion, Judgement, Window]:
        """What the combination sees, what the lexical verifier says, and the window that supports the claim most."""
        plain, _ = self._similarity.signals(claim, evidence)
        judged = self._lexical.verify(claim, evidence)
        text = " ".join(claim.split())
        windows = closest_windows(text, evidence)
        logits = self._reader.read([(text, window.text) for window in windows]).astype(np.float64)
        odds = logits[:, 0] - np.logaddexp(logits[:, 1], logits[:, 2])
        best = int(odds.argmax())
        shares = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
        return (
            Opinion(
                support=float(np.clip(odds[best] / _LOGIT, -1, 1)),
                contradiction=float(shares[:, 2].max()),
                plain=plain,
                unfound=float(bool(unfound(claim, evidence))),
                lexical=judged.score,
            ),
            judged,
            windows[best],
        )

    def _cited(self, claim: str, evidence: Sequence[str], window: Window) -> tuple[int, ...]:
        """The sentences of a window that come nearest to the claim, of each passage that it takes from."""
        places: list[int] = []
        for full, passage in groupby(range(len(evidence)), key=lambda place: bool(evidence[place].strip())):
            inside = {place for place in passage if place in window.sentences} if full else set()
            if inside:
                held = [text if place in inside else "" for place, text in enumerate(evidence)]
                places += self._similarity.signals(claim, held)[1]
        return tuple(places)


def make_reader(model_id: str, *, device: str = "auto", precision: str = "auto") -> PairModel:
    """The cross-encoder by name or folder."""
    return PairModel(model_id, len(OUTPUTS), device=device, precision=precision)
