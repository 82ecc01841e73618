"""The verifier without a trained model: a claim is supported when one sentence says it, in the same order.

It compares units of meaning (`tokens.py`), so it knows a faithful shortening from a changed number, name, negation or
direction. It does not know synonyms: a free paraphrase is `partial` or `unchecked`, never `supported`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ....index import Encoder
from .align import Alignment, align, weight
from .faithful import is_shortening, leans
from .guards import contradictions, doubts, is_english, missing_quotes, reservations
from .hinges import left_out, other_words, turned
from .judgement import Judgement, Verdict
from .quantities import check
from .tokens import Token, Unit, tokenise

VERSION = "lexical-2"
_LOOKED_AT = 6
# Two names and a word, or three words: "The answer is no" can be found in too many passages.
_LEAST = 2.5
_UNCHECKED_FROM, _UNCHECKED_COSINE = 0.5, 0.55


class LexicalVerifier:
    """Words, order, guards, and an encoder that picks the sentences to look at; safe to share between threads.

    Args:
        encoder: gives the cosine of claim and sentence; one that remembers (`RememberingEncoder`) spares the work of
            encoding the same evidence for every claim.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def id(self) -> str:
        """Version of the rules and the encoder's fingerprint."""
        return f"{VERSION}+{self._encoder.info.id}@{self._encoder.info.fingerprint[:12]}"

    def verify(self, claim: str, evidence: Sequence[str]) -> Judgement:
        """Judge one claim; `Verifier.verify` describes the arguments."""
        if not evidence:
            return Judgement(Verdict.UNSUPPORTED, 0.0, "there is no evidence")
        plain = " ".join(claim.split())
        for place, sentence in enumerate(evidence):
            if plain == " ".join(sentence.split()):
                return Judgement(Verdict.SUPPORTED, 1.0, "", (place,))
        cosines = self._cosines(plain, evidence)
        if not is_english(plain):
            nearest = int(cosines.argmax())
            return Judgement(Verdict.UNSUPPORTED, _clip(cosines[nearest] / 4), "it is not English", (nearest,))
        claimed = tokenise(plain)
        places = np.lexsort((np.arange(len(evidence)), -cosines))[:_LOOKED_AT]
        judged = [self._judge(plain, claimed, evidence, int(place), float(cosines[place])) for place in places]
        supporting = [one for one in judged if one[1].verdict in (Verdict.SUPPORTED, Verdict.PARTIAL)]
        if supporting:
            return max(supporting, key=lambda one: (one[1].verdict is Verdict.SUPPORTED, one[1].score))[1]
        # What the likeliest sentence says counts: a contradiction there is not outweighed by silence elsewhere.
        return max(judged, key=lambda one: one[0])[1]

    def _judge(
        self, claim: str, claimed: Sequence[Token], evidence: Sequence[str], place: int, cosine: float
    ) -> tuple[float, Judgement]:
        """The claim against one sentence, and how much of it that sentence covers.

        The sentence before it may name what the sentence takes for granted.
        """
        sentence = evidence[place]
        told = tokenise(" ".join(sentence.split()))
        alone = align(claimed, told)
        before = tokenise(" ".join(evidence[place - 1].split())) if place else []
        wider = align(claimed, [*before, *told]) if before and alone.absent else alone
        widened = wider.covered > alone.covered + 0.05
        alignment, read = (wider, [*before, *told]) if widened else (alone, told)
        places = (place - 1, place) if widened else (place,)
        around = " ".join(evidence[one] for one in places)
        score = _clip(0.35 * cosine + 0.65 * alignment.covered)
        whole = " ".join(evidence)
        names = _missing_names(alignment)
        against = [problem.message for problem in check(claim, around)]
        elsewhere = [f"{token.text!r} stands in none of its sentences" for token in names]
        against += [f"the quotation {quote!r} stands nowhere" for quote in missing_quotes(claim, whole)]
        against += contradictions(alignment, read)
        if against or elsewhere:
            proved = bool(against) or any(token.text.casefold() not in whole.casefold() for token in names)
            return score, Judgement(Verdict.UNSUPPORTED, score * 0.3, [*against, *elsewhere][0], places, proved)
        unsure = doubts(alignment)
        if unsure:
            return score, Judgement(Verdict.UNCHECKED, score * 0.6, unsure[0], places)
        plain = " ".join(sentence.split())
        if not widened and not alignment.absent and is_shortening(claim, plain):
            return score, Judgement(Verdict.SUPPORTED, score, "", places)
        if says_too_little(claimed):
            return score, Judgement(Verdict.UNCHECKED, score * 0.6, "it says too little to be checked", places)
        weighed = _weighed(alignment, reservations(alignment), score, cosine, places)
        return score, _read_closely(weighed, claim, plain, score)

    def _cosines(self, claim: str, evidence: Sequence[str]) -> NDArray[np.float64]:
        """Cosine of the claim with each sentence, shape (len(evidence),); -1 for the gap between passages."""
        vectors = self._encoder.encode([" ".join(text.split()) for text in [claim, *evidence]])
        cosines = (vectors[1:] @ vectors[0]).astype(np.float64)
        cosines[[not text.strip() for text in evidence]] = -1.0
        return cosines


def says_too_little(claimed: Sequence[Token]) -> bool:
    """Whether a claim could be found in too many passages."""
    return weight(claimed) < _LEAST


def _weighed(
    alignment: Alignment, held_back: Sequence[str], score: float, cosine: float, places: tuple[int, ...]
) -> Judgement:
    """The verdict where nothing speaks against the claim: by how much of it the sentence says."""
    missing = [token for token in alignment.absent if token.unit is not Unit.RESERVATION]
    if not missing and not held_back and len(places) == 1:
        return Judgement(Verdict.SUPPORTED, score, "", places)
    if not missing:
        reason = held_back[0] if held_back else "it takes two sentences together"
        return Judgement(Verdict.PARTIAL, score * 0.8, reason, places)
    named = ", ".join(repr(token.text) for token in missing[:3])
    reason = f"the passage does not say {named}"
    if alignment.covered >= _UNCHECKED_FROM or cosine >= _UNCHECKED_COSINE:
        return Judgement(Verdict.UNCHECKED, score * 0.6, reason, places)
    return Judgement(Verdict.UNSUPPORTED, score * 0.3, reason, places)


def _read_closely(weighed: Judgement, claim: str, sentence: str, score: float) -> Judgement:
    """The verdict on a claim that is no safe shortening, after all words are read and not only those with meaning."""
    if weighed.verdict not in (Verdict.SUPPORTED, Verdict.PARTIAL):
        return weighed
    whole = weighed.verdict is Verdict.SUPPORTED
    if reason := turned(claim, sentence):
        return Judgement(Verdict.UNCHECKED, score * 0.6, reason, weighed.sentences)
    if not whole:
        return weighed
    if reworded := other_words(claim, sentence):
        named = ", ".join(repr(word) for word in reworded[:3])
        return Judgement(Verdict.UNCHECKED, score * 0.6, f"the passage has another word for {named}", weighed.sentences)
    return Judgement(Verdict.PARTIAL, score * 0.8, _what_is_less(claim, sentence), weighed.sentences)


def _what_is_less(claim: str, sentence: str) -> str:
    """Why a claim that the sentence covers is not simply what it says."""
    if pronoun := leans(claim):
        return f"{pronoun!r} refers to something before it"
    if sentence.endswith("?"):
        return "the passage only asks it"
    missing = left_out(claim, sentence)
    return f"it leaves out {missing}" if missing else "the passage says it in other words"


def _missing_names(alignment: Alignment) -> list[Token]:
    return [token for token in alignment.absent if token.unit is Unit.NAME]


def _clip(value: float) -> float:
    return round(min(1.0, max(0.0, float(value))), 4)
