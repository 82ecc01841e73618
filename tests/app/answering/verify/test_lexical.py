"""The verifier on hand-written claims: what it supports, what it refuses, and where it says that it cannot tell."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.app.answering.verify.agree import agrees
from sota_rag.app.answering.verify.align import align
from sota_rag.app.answering.verify.guards import is_english, missing_quotes
from sota_rag.app.answering.verify.judgement import Verdict
from sota_rag.app.answering.verify.tokens import Unit, is_name, name_key, tokenise

EVIDENCE = [
    "LoRA freezes the pretrained weights and trains two low-rank matrices in each adapted layer.",
    "It typically trains 0.1% to 1% of the parameters, depending on the rank.",
    "The 2021 LoRA paper reported 10,000 times fewer trainable parameters than fine-tuning GPT-3 175B with Adam.",
    "",
    "Mixtral 8x7B routes every token to 2 of 8 experts, so 12.9B of its 46.7B parameters are active.",
    "Switch Transformer, by contrast, routes each token to a single expert.",
    "",
    "DPO usually matches PPO on summarisation, and it needs no reward model.",
    "In most settings DPO may be preferred to PPO, but only if the preference data is clean.",
    "RMSNorm replaced LayerNorm in Llama because it is cheaper and equally accurate.",
    "Post-norm transformers do not train stably without learning-rate warm-up.",
    "QLoRA uses 4-bit NF4 weights and needs 48 GB for a 65B model.",
    "BM25 is faster than dense retrieval on a CPU.",
]


@pytest.mark.parametrize(
    "claim",
    [
        "LoRA freezes the pretrained weights.",
        "LoRA trains two low-rank matrices in each adapted layer.",
        "Mixtral 8x7B routes every token to 2 of 8 experts.",
        "RMSNorm replaced LayerNorm in Llama.",
        "QLoRA uses 4-bit NF4 weights.",
        *[sentence for sentence in EVIDENCE if sentence],
    ],
)
def test_a_sentence_and_its_faithful_shortening_are_supported(verifier, claim):
    judgement = verifier.verify(claim, EVIDENCE)
    assert judgement.verdict is Verdict.SUPPORTED and judgement.reason == ""
    assert len(judgement.sentences) == 1


@pytest.mark.parametrize(
    ("claim", "verdict", "why"),
    [
        ("The 2021 LoRA paper reported 1,000 times fewer trainable parameters.", Verdict.UNSUPPORTED, "1,000 times"),
        (
            "The 2021 LoRA paper reported 10,000 times more trainable parameters than fine-tuning GPT-3 175B.",
            Verdict.UNSUPPORTED,
            "opposite of 'more'",
        ),
        ("QLoRA uses 8-bit NF4 weights.", Verdict.UNSUPPORTED, "8-bit"),
        ("QLoRA needs 48 MB for a 65B model.", Verdict.UNSUPPORTED, "48 MB"),
        ("RMSNorm replaced LayerNorm in GPT-4.", Verdict.UNSUPPORTED, "GPT-4"),
        ("Post-norm transformers train stably without learning-rate warm-up.", Verdict.UNSUPPORTED, "'not' there"),
        ("DPO needs a reward model.", Verdict.UNSUPPORTED, "'no' there"),
        ("BM25 is slower than dense retrieval on a CPU.", Verdict.UNSUPPORTED, "opposite of 'slower'"),
        ("DPO never matches PPO on summarisation.", Verdict.UNSUPPORTED, "without 'never'"),
        ("Les modèles apprennent des matrices de bas rang dans les couches.", Verdict.UNSUPPORTED, "not English"),
        ('The paper says "RMSNorm is the best normalisation".', Verdict.UNSUPPORTED, "quotation"),
        ("LoRA trains the pretrained weights and freezes two low-rank matrices.", Verdict.UNCHECKED, "order"),
        ("LayerNorm replaced RMSNorm in Llama.", Verdict.UNCHECKED, "another place"),
        ("Dense retrieval is faster than BM25 on a CPU.", Verdict.UNCHECKED, "another place"),
        ("Mixtral 8x7B routes every token to 8 of 2 experts.", Verdict.UNCHECKED, "another place"),
        ("BM25 is always faster than dense retrieval.", Verdict.UNCHECKED, "'always'"),
        ("BM25 is faster than dense retrieval.", Verdict.PARTIAL, "'on a CPU'"),
        ("Post-norm transformers do not train stably without warm-up.", Verdict.PARTIAL, "'learning-rate'"),
        (
            "The 2021 LoRA paper reported 10,000 times fewer trainable parameters than fine-tuning GPT-3 175B.",
            Verdict.PARTIAL,
            "'with Adam'",
        ),
        ("DPO is preferred to PPO.", Verdict.PARTIAL, "'may'"),
        ("DPO may be preferred to PPO if the preference data is clean.", Verdict.PARTIAL, "left out"),
    ],
)
def test_what_is_not_simply_supported(verifier, claim, verdict, why):
    judgement = verifier.verify(claim, EVIDENCE)
    assert judgement.verdict is verdict, judgement
    assert why in judgement.reason


@pytest.mark.parametrize(
    "claim",
    [
        "PPO needs no reward model.",
        "Switch Transformer routes every token to 2 of 8 experts.",
        "Mixtral 8x7B routes each token to a single expert.",
        "PPO may be preferred to DPO in most settings.",
        "QLoRA needs 48 GB for a 13B model.",
        "LoRA was introduced in 2019.",
        "Direct preference optimisation makes a separate reward network superfluous.",
        "The moon is made of cheese.",
        "The answer is no.",
        "It is clean.",
    ],
)
def test_what_must_not_pass_does_not(verifier, claim):
    assert verifier.verify(claim, EVIDENCE).verdict in (Verdict.UNSUPPORTED, Verdict.UNCHECKED, Verdict.PARTIAL)
    assert verifier.verify(claim, EVIDENCE).verdict is not Verdict.SUPPORTED


def test_scores_order_claims(verifier):
    claims = ["QLoRA uses 4-bit NF4 weights.", "DPO is preferred to PPO.", "LayerNorm replaced RMSNorm in Llama.",
              "QLoRA uses 8-bit NF4 weights.", "The moon is made of cheese."]  # fmt: skip
    scores = [verifier.verify(claim, EVIDENCE).score for claim in claims]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_two_sentences_together_are_partial_and_both_are_named(verifier):
    judgement = verifier.verify("LoRA typically trains 0.1% to 1% of the parameters.", EVIDENCE[:2])
    assert judgement.verdict in (Verdict.PARTIAL, Verdict.UNCHECKED)
    assert judgement.sentences == (0, 1)
    apart = verifier.verify("LoRA typically trains 0.1% to 1% of the parameters.", [EVIDENCE[0], "", EVIDENCE[1]])
    assert apart.verdict is not Verdict.SUPPORTED and apart.sentences == (2,)


def test_without_evidence_nothing_is_supported(verifier):
    assert verifier.verify("LoRA freezes weights.", []).verdict is Verdict.UNSUPPORTED


def test_planted_errors_by_somebody_else_do_not_pass(verifier):
    """Every tenth of the 300 that `benchmarks/planted_errors.py` counts, and the true ones beside them."""
    root = Path(__file__).parents[4] / "benchmarks" / "answers"
    lines = [json.loads(line) for line in (root / "planted.jsonl").read_text(encoding="utf-8").splitlines()][::10]
    for line in lines:
        assert verifier.verify(line["false"], [line["quote"]]).verdict is not Verdict.SUPPORTED, line
        assert verifier.verify(line["quote"], [line["quote"]]).verdict is Verdict.SUPPORTED, line


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.lists(st.text(max_size=60), max_size=4))
def test_any_text_gets_a_verdict(verifier, claim, evidence):
    judgement = verifier.verify(claim, evidence)
    assert 0 <= judgement.score <= 1
    assert all(0 <= place < len(evidence) for place in judgement.sentences)


def test_tokens_know_names_quantities_and_turning_words():
    tokens = tokenise("In 2021 LoRA's authors didn't train more than 1% of GPT-3's weights, only low-rank matrices.")
    kinds = {token.text: token.unit for token in tokens}
    assert kinds["2021"] is Unit.QUANTITY and kinds["1%"] is Unit.QUANTITY
    assert kinds["LoRA's"] is Unit.NAME and kinds["GPT-3's"] is Unit.NAME
    assert kinds["didn't"] is Unit.NEGATION and kinds["only"] is Unit.SWEEPING
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)


@pytest.mark.parametrize(
    ("word", "first", "names"),
    [("LoRA", True, True), ("The", True, False), ("Adam", False, True), ("GPT-3", True, True),
     ("weights", False, False), ("lora_alpha", False, True), ("β", False, True), ("However", True, False)],
)  # fmt: skip
def test_names(word, first, names):
    assert is_name(word, first=first) is names


def test_a_name_is_the_same_with_a_possessive_or_a_plural():
    assert name_key("LoRA's") == name_key("LoRA") and name_key("LLMs") == name_key("LLM")
    assert name_key("GPT-3") == name_key("GPT3") != name_key("GPT-4")


def test_an_alignment_tells_what_is_absent_displaced_and_passed_over():
    found = align(tokenise("LayerNorm replaced RMSNorm in Mamba."), tokenise("RMSNorm replaced LayerNorm in Llama."))
    assert {token.text for token in found.absent} == {"Mamba"}
    assert len(found.displaced) == 2
    whole = tokenise("RMSNorm replaced LayerNorm in Llama.")
    assert align(whole, whole).covered == 1.0 and not align(whole, whole).absent


def test_quotations_must_stand_there():
    assert missing_quotes('It says "the weights stay frozen".', "Indeed the weights stay frozen there.") == []
    assert missing_quotes('It says "the weights are trained".', "The weights stay frozen.") == [
        "the weights are trained"
    ]


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("LoRA freezes weights.", True),
        ("Post-norm transformers train stably without warm-up.", True),
        ("Die Gewichte werden nicht trainiert und das Modell ist eingefroren.", False),
        ("Los pesos del modelo se congelan para los datos.", False),
        ("モデルは重みを固定する。", False),
        ("$O(n^2)$", True),
    ],
)
def test_english(text, english):
    assert is_english(text) is english


@pytest.mark.parametrize(
    ("claim", "evidence", "same"),
    [
        ("LoRA trains 1% of the parameters.", "Only 1% of the parameters are trained by LoRA or fewer.", False),
        ("LoRA trains 1% of the parameters.", "In the paper, LoRA trains 1% of all parameters.", True),
        ("LoRA trains 1% of the parameters.", "LoRA trains 2% of the parameters.", False),
        ("LoRA trains 1% of the parameters.", "QLoRA trains 1% of the parameters.", False),
        ("LoRA needs a reward model.", "LoRA needs no reward model.", False),
        ("RMSNorm replaced LayerNorm.", "LayerNorm replaced RMSNorm.", False),
    ],
)
def test_agreement(claim, evidence, same):
    assert agrees(claim, evidence) is same
