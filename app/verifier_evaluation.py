"""The verifiers of the answering part, measured on human-labelled claims."""

import hashlib
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..eval.claims import (
    Claim,
    Judge,
    Judged,
    Opinion,
    Rule,
    ScoreLog,
    check_classes,
    choose_threshold,
    differences,
    evaluate_opinions,
    judge_all,
    length_auroc,
    one_length_auroc,
    slices,
)
from ..eval.claims.judging import evidence_of
from ..eval.claims.measures import ranks_of
from ..eval.provenance import fingerprints, now, peak_memory_mib
from ..eval.run_file import RunFile, SystemResult, TopicInfo
from ..index.errors import UsageError
from ..ingest.progress import Progress, Silent
from .answering.remember import RememberingEncoder
from .answering.verify.judgement import Verifier
from .compose import make_encoder
from .compose import make_verifier as configured
from .settings import Settings

VERIFIERS = ("lexical", "similarity", "learned")
_LOOSER = ("partial", "unchecked")
_TELLING = 0.8


@dataclass(frozen=True, slots=True)
class ClaimData:
    """Claims with what they are called in a report."""

    name: str
    claims: Sequence[Claim]


def make_verifier(name: str, settings: Settings, encoder: RememberingEncoder) -> Verifier:
    """A verifier by its name.

    Raises:
        UsageError: no verifier has that name, or the settings name no model for the learned one.
        ModelError: that model is not there.
    """
    if name == "lexical":
        from .answering.verify.lexical import LexicalVerifier

        return LexicalVerifier(encoder)
    if name == "similarity":
        from .answering.verify.similarity import SimilarityVerifier

        return SimilarityVerifier(encoder)
    if name == "learned":
        if settings.verifier.model is None or not settings.verifier.enabled:
            raise UsageError(
                "the settings name no model in verifier.model, or switch it off; measure another verifier, or name one"
            )
        return configured(settings, encoder)
    raise UsageError(f"no verifier {name!r}; known are {', '.join(VERIFIERS)}")


def sample(data: ClaimData, limit: int | None, seed: int) -> ClaimData:
    """At most so many claims, drawn by seed and left in their order; the name says so.

    Raises:
        UsageError: the limit is less than 1.
    """
    if limit is None or limit >= len(data.claims):
        return data
    if limit < 1:
        raise UsageError(f"the limit is {limit}; judge 1 claim or more")
    rows = sorted(random.Random(seed).sample(range(len(data.claims)), limit))
    return ClaimData(f"{data.name}, {limit} of {len(data.claims)}", [data.claims[row] for row in rows])


def evaluate_verifiers(
    settings: Settings,
    data: ClaimData,
    names: Sequence[str] = VERIFIERS[:1],
    *,
    threshold_from: ClaimData | None = None,
    scores: Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> RunFile:
    """Judge all claims with each verifier, and measure the verdicts.

    Each verifier is a system by its own name. Where its verdicts have more than two grades, looser readings of the same
    verdicts are systems too; and where claims for it are given, so is a threshold on its score.

    Args:
        settings: encoder.
        data: what is reported on.
        names: of `VERIFIERS`; the first is the default system.
        threshold_from: other claims, on which a threshold is chosen.
        scores: a file that keeps opinions, and gives those it has.
        seed: for the record; with which claims were drawn.
        progress: is told how the work goes.

    Raises:
        EvaluationError: the claims have one class, or the scores file is broken.
        UsageError: a verifier is unknown, or the threshold would be chosen on a claim that is reported on.
    """
    check_classes(data.claims, data.name)
    if threshold_from is not None:
        _check_apart(data, threshold_from)
    encoder = RememberingEncoder(make_encoder(settings))
    encoder.encode([data.claims[0].text])  # loads the weights outside the first claim's latency
    bench = _Bench(data, threshold_from, scores, progress or Silent(), {})
    systems: dict[str, SystemResult] = {}
    details, ids = {}, {}
    for name in dict.fromkeys(names):
        verifier = make_verifier(name, settings, encoder)
        ids[name] = verifier.id
        systems |= bench.measure(name, verifier, details)
    return RunFile(
        kind="verifier",
        name=data.name,
        created=now(),
        fingerprints=fingerprints(
            corpus=_digest(data.claims),
            index="",
            models=ids,
            settings=settings.fingerprint,
            seed=seed,
        ),
        default=names[0],
        systems=systems,
        topics={claim.id: TopicInfo(claim.text, claim.group) for claim in data.claims},
        notes=_notes(systems, data.claims),
        details={
            "claims": len(data.claims),
            "supported": sum(claim.supported for claim in data.claims),
            "sources": len({claim.source for claim in data.claims}),
            "AUROC of length alone": round(length_auroc(data.claims), 4),
            "peak_memory_mib": round(peak_memory_mib(), 1),
            "slices": details,
            "differences": bench.gains(),
        },
    )


@dataclass(frozen=True, slots=True)
class _Bench:
    """What verifiers are measured on, and what those said that were."""

    data: ClaimData
    threshold_from: ClaimData | None
    scores: Path | None
    progress: Progress
    opinions: dict[str, tuple[list[Judged], Rule]]

    def measure(self, name: str, verifier: Verifier, details: dict[str, object]) -> dict[str, SystemResult]:
        """All readings of one verifier; its slices are added to `details`."""
        claims = self.data.claims
        judged = self._judge(name, verifier, self.data)
        own = getattr(verifier, "threshold", None)
        self.opinions[name] = judged, Rule(threshold=own)
        main = evaluate_opinions(claims, judged)
        main = replace(
            main,
            facts={**main.facts, "verifier": verifier.id, **_facts(claims, judged)},
        )
        details[name] = slices(claims, judged)
        systems = {name: main}
        if own is not None:
            by_score = evaluate_opinions(claims, judged, Rule(threshold=own), scores_too=False)
            systems[f"{name}, score"] = replace(
                by_score, facts={**by_score.facts, "threshold chosen on": "training parts"}
            )
        given = {one.opinion.verdict for one in judged}
        for verdict in _LOOSER:
            if verdict in given:
                label = f"{name}, {verdict} too"
                looser = evaluate_opinions(claims, judged, Rule(verdict), scores_too=False)
                systems[label] = replace(looser, per_topic={})
        if self.threshold_from is not None:
            chosen_on = self.threshold_from
            threshold = choose_threshold(chosen_on.claims, self._judge(name, verifier, chosen_on))
            at = evaluate_opinions(claims, judged, Rule(threshold=threshold), scores_too=False)
            facts = {**at.facts, "threshold chosen on": f"{chosen_on.name}, {len(chosen_on.claims)} claims"}
            systems[f"{name}, threshold"] = replace(at, facts=facts)
        return systems

    def gains(self) -> dict[str, dict[str, dict[str, float]]]:
        """What each verifier reaches more than each that was measured before it, by measure, with its interval.

        A verifier with a threshold of its own is taken by its score, the others by their verdicts.
        """
        return {
            f"{name} - {other}": {
                measure: asdict(gain)
                for measure, gain in differences(self.data.claims, self.opinions[name], self.opinions[other]).items()
            }
            for place, name in enumerate(self.opinions)
            for other in list(self.opinions)[:place]
        }

    def _judge(self, name: str, verifier: Verifier, data: ClaimData) -> list[Judged]:
        with ExitStack() as stack:
            memory = stack.enter_context(ScoreLog(self.scores, verifier.id)) if self.scores else None
            self.progress.begin(name, len(data.claims), "claims")
            stack.callback(self.progress.end)
            return judge_all(as_judge(verifier), data.claims, memory=memory, progress=self.progress)


def as_judge(verifier: Verifier) -> Judge:
    """A verifier in the form that the evaluation is handed."""

    def judge(claim: str, evidence: Sequence[str]) -> Opinion:
        judgement = verifier.verify(claim, evidence)
        return Opinion(judgement.verdict.value, judgement.score)

    return judge


def _check_apart(data: ClaimData, chosen_on: ClaimData) -> None:
    check_classes(chosen_on.claims, chosen_on.name)
    reported = {claim.source for claim in data.claims}
    shared = sum(claim.source in reported for claim in chosen_on.claims)
    if shared:
        raise UsageError(
            f"{shared} claims of {chosen_on.name} have a source that {data.name} reports on; "
            "choose the threshold on other claims"
        )


def _speed(claims: Sequence[Claim], judged: Sequence[Judged]) -> dict[str, float | int]:
    seconds = sum(one.ms for one in judged) / 1000
    return {
        "claims/s": round(len(judged) / seconds, 2) if seconds else 0.0,
        "evidence sentences a claim": round(sum(len(evidence_of(claim)) for claim in claims) / len(claims), 1),
    }


def _facts(claims: Sequence[Claim], judged: Sequence[Judged]) -> dict[str, float | int]:
    """Speed, and AUROC over pairs of claims of one length, where there are any."""
    area = one_length_auroc(
        np.array([claim.supported for claim in claims]),
        ranks_of(np.array([one.opinion.score for one in judged])),
        np.array([len(claim.text.split()) for claim in claims]),
    )
    return _speed(claims, judged) | ({} if np.isnan(area) else {"AUROC at one length": round(area, 4)})


def _digest(claims: Sequence[Claim]) -> str:
    whole = hashlib.sha256()
    for claim in claims:
        whole.update(repr(sorted({**asdict(claim), "where": ""}.items())).encode())
    return whole.hexdigest()


def _notes(systems: dict[str, SystemResult], claims: Sequence[Claim]) -> list[str]:
    notes = [
        f"{name}: not defined here: {', '.join(system.facts['undefined'])}"
        for name, system in systems.items()
        if "undefined" in system.facts
    ]
    if (area := length_auroc(claims)) >= _TELLING:
        notes.append(
            f"the number of words in a claim alone tells the labels apart (AUROC {area:.3f}): a poor test of reading"
        )
    return notes
