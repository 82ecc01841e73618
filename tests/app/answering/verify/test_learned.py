import json

import numpy as np
import pytest
from sota_rag.app.answering.logistic import LogisticModel
from sota_rag.app.answering.verify.judgement import Verdict
from sota_rag.app.answering.verify.learned import FEATURES, Combination, LearnedVerifier, make_reader
from sota_rag.app.answering.verify.lexical import LexicalVerifier
from sota_rag.app.answering.verify.windows import closest_windows
from sota_rag.index.errors import ModelError

EVIDENCE = ["LoRA freezes the pretrained weights.", "It trains two thin matrices.", "Training takes 3 hours."]
BY_SUPPORT = Combination(LogisticModel({"support": 16.0}, 0.0, 0.7, "nothing"), 0.4, 0.8)


class Says:
    """A reader with one opinion of everything; outputs of `supported`, `neutral` and `contradicted`."""

    id = "says@1"

    def __init__(self, *outputs):
        self.outputs, self.pairs = outputs, []

    def read(self, pairs):
        self.pairs += pairs
        return np.array([self.outputs] * len(pairs), dtype=np.float32)

    def cut(self, pairs):
        return sum(len(f"{claim} {text}".split()) > 200 for claim, text in pairs)


@pytest.fixture
def judge(minilm):
    def verify(claim, outputs, evidence=EVIDENCE):
        return LearnedVerifier(Says(*outputs), minilm, BY_SUPPORT).verify(claim, evidence)

    return verify


PARAPHRASE = "With LoRA the original parameters do not change."


@pytest.mark.parametrize(
    ("outputs", "verdict"),
    [
        ((3, 0, 0), Verdict.SUPPORTED),
        ((1.2, 0, 0), Verdict.UNCHECKED),
        ((0.7, 0, 0), Verdict.PARTIAL),
        ((0, 3, 0), Verdict.UNSUPPORTED),
        ((0, 0, 3), Verdict.UNSUPPORTED),
    ],
)
def test_verdicts_by_the_three_thresholds(judge, outputs, verdict):
    judgement = judge(PARAPHRASE, outputs)
    assert judgement.verdict is verdict
    odds = outputs[0] - np.logaddexp(outputs[1], outputs[2])
    assert judgement.score == pytest.approx(1 / (1 + np.exp(-2 * odds)), abs=1e-3)
    assert judgement.sentences
    assert bool(judgement.reason) is (verdict is not Verdict.SUPPORTED)


def test_a_contradiction_is_named(judge):
    assert judge(PARAPHRASE, (0, 0, 3)).reason == "the passage says otherwise"
    assert judge(PARAPHRASE, (0, 3, 0)).reason != "the passage says otherwise"


def test_what_a_guard_proves_wrong_is_not_supported_however_well_it_reads(judge):
    judgement = judge("Training takes 5 hours.", (9, 0, 0))
    assert judgement.verdict is Verdict.UNSUPPORTED
    assert "5" in judgement.reason
    assert judgement.score < BY_SUPPORT.partial


def test_what_stands_there_needs_no_model(judge):
    judgement = judge("It trains two thin matrices.", (0, 9, 0))
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.score == BY_SUPPORT.model.threshold


def test_no_evidence(judge):
    assert judge("LoRA.", (9, 0, 0), ["", " "]).verdict is Verdict.UNSUPPORTED


def test_the_best_window_decides(minilm):
    class ByWord(Says):
        id = "by-word@1"

        def read(self, pairs):
            return np.array([[4.0 if "matrices" in text else -4.0, 0, 0] for _, text in pairs], dtype=np.float32)

    evidence = [f"Sentence {n} speaks of parameters, LoRA and change in a long and winding way." for n in range(40)]
    verifier = LearnedVerifier(ByWord(), minilm, BY_SUPPORT)
    assert verifier.verify(PARAPHRASE, evidence).score < 0.1
    assert verifier.verify(PARAPHRASE, [*evidence, "The original LoRA matrices."]).score > 0.9


def test_what_is_cited_is_in_the_window_that_supports(minilm):
    class Once(Says):
        id = "once@1"

        def read(self, pairs):
            # The windows come with the one that holds most of the claim's words first; the last one is what supports.
            return np.array([[4.0 if text == pairs[-1][1] else -4.0, 0, 0] for _, text in pairs], dtype=np.float32)

    nearer = "The parameters stay, for LoRA has kept them as they were before."
    far = [f"Sentence {n} is about kites and the wind over the long northern shore." for n in range(20)]
    evidence = [nearer, *far, "", "LoRA keeps what was learned before.", *far]
    claim = "The parameters are kept by LoRA."
    last = closest_windows(claim, evidence)[-1]
    assert 0 not in last.sentences
    judgement = LearnedVerifier(Once(), minilm, BY_SUPPORT).verify(claim, evidence)
    assert judgement.score > 0.9
    assert set(judgement.sentences) <= set(last.sentences)


@pytest.mark.parametrize(
    "claim",
    [
        "Die Gewichte werden nicht verändert und die neuen Matrizen sind sehr klein.",
        "The answer is no.",
        "The passages do not say how long training takes.",
    ],
)
def test_some_claims_are_left_to_the_lexical_verifier(judge, minilm, claim):
    judgement, lexical = judge(claim, (9, 0, 0)), LexicalVerifier(minilm).verify(claim, EVIDENCE)
    assert (judgement.verdict, judgement.reason) == (lexical.verdict, lexical.reason)
    assert judgement.verdict is not Verdict.SUPPORTED
    assert judgement.score < BY_SUPPORT.partial


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("LoRA does not freeze the pretrained weights.", Verdict.UNCHECKED),  # disproved in its own words
        ("The pretrained weights freeze LoRA.", Verdict.UNCHECKED),  # the words of a sentence in another order
        ("The original weights stay as they are.", Verdict.SUPPORTED),
    ],
)
def test_in_the_words_of_the_evidence_the_model_does_not_overrule_the_rules(judge, claim, verdict):
    judgement = judge(claim, (9, 0, 0))
    assert judgement.verdict is verdict
    assert judgement.score > 0.9
    assert bool(judgement.reason) is (verdict is not Verdict.SUPPORTED)


def test_a_name_speaks_against_a_claim_only_where_it_stands_nowhere(judge, minilm):
    claim, apart = "LoRA trains two thin matrices.", [EVIDENCE[0], "The rest is kept as it is.", EVIDENCE[1]]
    verifier = LearnedVerifier(Says(0, 9, 0), minilm, BY_SUPPORT)
    assert [verifier.opinion(claim, told)[0].unfound for told in (apart, apart[1:])] == [0.0, 1.0]
    assert judge(claim, (0, 9, 0), apart[1:]).reason == "'LoRA' stands nowhere in the passages"


def test_what_cannot_be_read_to_its_end_is_not_supported(judge):
    long = "LoRA freezes the pretrained weights, " + "and so on, " * 120 + "as is known."
    judgement = judge(PARAPHRASE, (9, 0, 0), [long])
    assert judgement.verdict is Verdict.PARTIAL
    assert "too long" in judgement.reason


def test_signals_have_their_names(minilm):
    opinion, _, _ = LearnedVerifier(Says(0, 0, 0), minilm, BY_SUPPORT).opinion(PARAPHRASE, EVIDENCE)
    values = opinion.values()
    assert tuple(values) == FEATURES
    assert values["contradiction"] == pytest.approx(1 / 3)
    assert values["support"] == pytest.approx(-np.log(2) / 8)


def test_the_id_changes_with_whatever_can_change_a_verdict(minilm):
    one = LearnedVerifier(Says(0, 0, 0), minilm, BY_SUPPORT).id
    other = LearnedVerifier(Says(0, 0, 0), minilm, Combination(BY_SUPPORT.model, 0.5, 0.8)).id
    surer = LearnedVerifier(Says(0, 0, 0), minilm, Combination(BY_SUPPORT.model, 0.4, 0.9)).id
    assert len({one, other, surer}) == 3
    assert "says@1" in one


def test_a_combination_lies_beside_its_model(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"combination\.json.*make the model with train\.verifier"):
        Combination.beside(str(tmp_path))
    held = {"weights": {"support": 2}, "bias": -1, "threshold": 0.6, "partial": 0.3, "sure": 0.8}
    held["trained_on"] = "nothing"
    (tmp_path / "combination.json").write_text(json.dumps(held))
    model = LogisticModel({"support": 2.0}, -1.0, 0.6, "nothing")
    assert Combination.beside(str(tmp_path)) == Combination(model, 0.3, 0.8)
    (tmp_path / "combination.json").write_text(json.dumps({**held, "weights": [1]}))
    with pytest.raises(ModelError, match="holds no combination"):
        Combination.beside(str(tmp_path))


def test_a_model_with_another_number_of_outputs_is_no_reader():
    with pytest.raises(ModelError, match="name a model that gives 3"):
        make_reader("all-MiniLM-L6-v2")
