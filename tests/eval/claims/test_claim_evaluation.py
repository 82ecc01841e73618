"""A verifier's opinions as a system of a run file."""

from dataclasses import replace

import numpy as np
import pytest
from sota_rag.eval.claims import (
    Claim,
    Judged,
    Opinion,
    Rule,
    check_classes,
    choose_threshold,
    differences,
    evaluate_opinions,
    length_auroc,
    slices,
)
from sota_rag.eval.run_file import RunFile, TopicInfo
from sota_rag.index.errors import EvaluationError

VERDICTS = ("supported", "supported", "partial", "unchecked", "unsupported", "unsupported")
SCORES = (0.9, 0.8, 0.7, 0.4, 0.3, 0.1)
LABELS = (True, False, True, True, False, False)


def material(copies=1, group=lambda n: ""):
    claims, judged = [], []
    for n in range(6 * copies):
        one = n % 6
        name = "yes" if LABELS[one] else ("partly" if one == 4 else "no")
        claims.append(
            Claim(f"c{n}", f"Claim {n}.", ("word " * (30 + 100 * one),), LABELS[one], group(n), "", f"s{n}", name)
        )
        judged.append(Judged(f"c{n}", Opinion(VERDICTS[one], SCORES[one]), 10.0 + one))
    return claims, judged


def test_the_verdict_supported_counts_unless_another_rule_is_given():
    claims, judged = material()
    figures = {
        rule: evaluate_opinions(claims, judged, rule, resamples=200).measures
        for rule in (Rule(), Rule("partial"), Rule("unchecked"), Rule(threshold=0.35))
    }
    assert [m["recall"].mean for m in figures.values()] == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert [m["specificity"].mean for m in figures.values()] == pytest.approx([2 / 3] * 4)
    assert figures[Rule()]["balanced accuracy"].mean == pytest.approx(0.5)
    assert figures[Rule()]["precision"].mean == pytest.approx(0.5)
    assert figures[Rule()]["AUROC"].mean == pytest.approx(7 / 9)
    assert "partial" in Rule("partial").words() and "0.3500" in Rule(threshold=0.35).words()


def test_every_claim_can_be_paired_and_the_set_has_intervals():
    claims, judged = material(copies=8, group=lambda n: "even" if n % 2 == 0 else "odd")
    result = evaluate_opinions(claims, judged, resamples=200)
    assert len(result.per_topic["accuracy"]) == 48
    for measure, values in result.per_topic.items():
        assert np.mean(list(values.values())) == pytest.approx(result.measures[measure].mean)
    assert result.measures["balanced accuracy"].low < 0.5 < result.measures["balanced accuracy"].high
    assert set(result.by_category) == {"even", "odd"}
    # Odd claims: supported and scored 0.4; unsupported and scored 0.8 and 0.1.
    assert result.by_category["odd"]["AUROC"].mean == pytest.approx(0.5)
    assert result.latency_ms["total"]["p50"] == pytest.approx(12.5)


def test_curves_fit_into_a_run_file(tmp_path):
    claims, judged = material(copies=8)
    result = evaluate_opinions(claims, judged, resamples=200)
    reliability, risk = result.curves["reliability"], result.curves["risk–coverage"]
    assert reliability.kind == "calibration" and sum(reliability.sizes) == 48
    assert all(low <= y <= high for low, y, high in zip(reliability.low, reliability.y, reliability.high, strict=True))
    assert risk.x[-1] == 1.0 and risk.y[-1] == pytest.approx(0.5) and risk.y[0] == 0.0
    run = RunFile("verifier", "t", "now", {}, "v", {"v": result}, {claim.id: TopicInfo("") for claim in claims})
    run.write(tmp_path / "run.json")
    assert RunFile.read(tmp_path / "run.json").systems["v"].measures == result.measures


def test_claims_of_one_source_widen_the_interval():
    claims, judged = material(copies=20)
    apart = evaluate_opinions(claims, judged, resamples=200).measures["accuracy"]
    # Twenty claims a source, alike in label and verdict: six observations, not 120.
    together = [Claim(c.id, c.text, c.evidence, c.supported, source=f"s{n % 6}") for n, c in enumerate(claims)]
    whole = evaluate_opinions(together, judged, resamples=200).measures["accuracy"]
    assert whole.mean == apart.mean
    assert whole.high - whole.low > 3 * (apart.high - apart.low)


def test_what_is_not_defined_is_left_out_and_named():
    claims, judged = material(copies=3, group=lambda n: "only supported" if LABELS[n % 6] else "rest")
    never = [Judged(one.claim_id, Opinion("unchecked", one.opinion.score), 1.0) for one in judged]
    result = evaluate_opinions(claims, never, resamples=200)
    assert "precision" not in result.measures and result.facts["undefined"] == ["precision"]
    assert result.measures["F1"].mean == 0
    assert {"accuracy", "recall"} <= set(result.by_category["only supported"])
    assert not {"AUROC", "balanced accuracy"} & set(result.by_category["only supported"])


def test_parts_by_the_labels_of_the_set_and_by_length():
    claims, judged = material(copies=2)
    parts = slices(claims, judged)
    assert parts["original"]["yes"] == {"claims": 6, "called supported": 0.3333, "mean score": 0.6667}
    assert parts["original"]["partly"]["called supported"] == 0
    assert {name: part["claims"] for name, part in parts["evidence words"].items()} == {
        "0 to 49": 2, "100 to 199": 2, "200 to 999": 8,
    }  # fmt: skip
    assert parts["evidence words"]["0 to 49"]["AUROC"] is None


def test_a_threshold_needs_scores_that_differ():
    claims, judged = material()
    assert choose_threshold(claims, judged) == pytest.approx(0.35)
    flat = [Judged(one.claim_id, Opinion("partial", 0.5), 1.0) for one in judged]
    with pytest.raises(EvaluationError, match=r"all 6 claims score 0\.5"):
        choose_threshold(claims, flat)


def test_claims_on_which_nothing_can_be_told_apart():
    claims, judged = material()
    with pytest.raises(EvaluationError, match=r"all 3 claims are supported, from f\.jsonl:4 on"):
        check_classes([Claim(str(n), "c", ("e",), True, where=f"f.jsonl:{n + 4}") for n in range(3)], "file")
    with pytest.raises(EvaluationError, match="no claims"):
        check_classes([], "file")
    with pytest.raises(EvaluationError, match="twice"):
        check_classes([*claims, claims[0]], "file")
    with pytest.raises(EvaluationError, match="one opinion for each claim"):
        evaluate_opinions(claims, judged[1:])


def test_labels_that_length_gives_away_are_noticed():
    claims = [Claim(str(n), "word " * (n + 1), ("e",), n % 2 == 0) for n in range(4)]
    assert length_auroc(claims) == pytest.approx(3 / 4)
    assert length_auroc([Claim(str(n), "word " * (n + 1), ("e",), n < 2) for n in range(4)]) == 1.0


def test_what_one_verifier_gains_over_another_is_paired():
    claims, judged = material(copies=8)
    better = [
        Judged(claim.id, Opinion("supported" if claim.supported else "unsupported", 0.5 + claim.supported / 4), 1.0)
        for claim in claims
    ]
    gains = differences(claims, (better, Rule()), (judged, Rule(threshold=0.75)), resamples=200)
    assert gains["AUROC"].mean == pytest.approx(2 / 9)
    assert gains["balanced accuracy"].mean == pytest.approx(0.5)
    assert gains["balanced accuracy"].low > 0.2
    assert gains["AUROC at one length"].mean == pytest.approx(2 / 9)
    nothing = differences(claims, (judged, Rule()), (judged, Rule()), resamples=200)
    assert all((gain.mean, gain.low, gain.high) == (0, 0, 0) for gain in nothing.values())
    of_own_length = [replace(claim, text="word " * (n + 1)) for n, claim in enumerate(claims)]
    assert set(differences(of_own_length, (better, Rule()), (judged, Rule()), resamples=50)) == {
        "AUROC",
        "balanced accuracy",
    }
