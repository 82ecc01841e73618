"""What the verifier must not support because all that differs are small words, and the shortenings it must."""

import pytest
from sota_rag.app.answering.verify.agree import agrees
from sota_rag.app.answering.verify.faithful import is_shortening
from sota_rag.app.answering.verify.guards import missing_quotes
from sota_rag.app.answering.verify.judgement import Verdict
from sota_rag.app.answering.verify.tokens import name_key
from sota_rag.app.answering.verify.wording import pieces

PRUNING = "Pruning improves accuracy."
STABLE = "Training is stable."
FALSE = {
    "passive": [
        ("Chinchilla replaced Gopher.", "Chinchilla was replaced by Gopher."),
        ("LoRA beats full fine-tuning.", "LoRA is beaten by full fine-tuning."),
        ("BERT outperforms RoBERTa.", "BERT is outperformed by RoBERTa."),
        ("GPT-3 distilled Alpaca.", "GPT-3 was distilled into Alpaca."),
        ("The reward model trains the policy.", "The reward model is trained by the policy."),
    ],
    "preposition": [
        ("The model was distilled from GPT-4.", "The model was distilled to GPT-4."),
        ("Weights are moved to CPU.", "Weights are moved from CPU."),
        ("The accuracy fell by 20%.", "The accuracy fell to 20%."),
        ("The accuracy fell to 20%.", "The accuracy fell by 20%."),
        ("The learning rate is decayed to 1e-4.", "The learning rate is decayed from 1e-4."),
        ("Quantization runs before training.", "Quantization runs during training."),
    ],
    "not yet": [
        ("OpenAI released the weights.", "OpenAI plans to release the weights."),
        ("OpenAI releases the weights.", "OpenAI promised to release the weights."),
        ("The team releases the weights.", "The team will release the weights."),
        ("Researchers solved the task.", "Researchers tried to solve the task."),
        ("The method reduces cost.", "The method aims to reduce cost."),
        ("LSTMs are state of the art.", "LSTMs used to be state of the art."),
        ("LSTMs are state of the art.", "LSTMs were state of the art."),
    ],
    "report": [
        (PRUNING, "It is a myth that pruning improves accuracy."),
        (PRUNING, "The claim that pruning improves accuracy is false."),
        (PRUNING, "It is unclear whether pruning improves accuracy."),
        (PRUNING, "Critics deny that pruning improves accuracy."),
        (PRUNING, "Pruning is believed to improve accuracy."),
        (PRUNING, "Pruning improves accuracy, which is disputed."),
        (PRUNING, "Pruning improves accuracy is a common misconception."),
        (PRUNING, "Does pruning improve accuracy?"),
    ],
    "part of something": [
        ("BERT is slow.", "Compared to BERT, the distilled model is slow."),
        ("BERT reads left to right.", "Rather than BERT, the decoder reads left to right."),
        ("OpenAI bought the startup.", "The head of OpenAI bought the startup."),
        ("Layers are frozen.", "A third of the layers are frozen."),
        ("Experts share the parameters.", "Half of the experts share the parameters."),
        ("Models pass the test.", "Few models pass the test."),
        ("The loss is the sum of the task loss.", "The loss is the sum of the task loss and the penalty."),
    ],
    "exception": [
        ("All layers are frozen.", "All layers apart from the head are frozen."),
        ("All layers are frozen.", "All layers are frozen apart from the head."),
        ("Weight decay applies to every parameter.", "Weight decay applies to every parameter but biases."),
        ("Adam does not converge.", "Adam does not always converge."),
        ("BERT is not better.", "BERT is not only better but faster."),
    ],
    "condition": [
        (STABLE, "Training is stable once warmup is used."),
        (STABLE, "Training is stable under bf16."),
        (STABLE, "Given gradient clipping, training is stable."),
        (STABLE, "Training, under bf16, is stable."),
        ("The method is optimal.", "The method is optimal for convex losses."),
        ("The model needs 48 GB.", "The model needs 48 GB per GPU."),
        ("The learning rate is 1e-4.", "For Llama 2, the learning rate is 1e-4."),
        ("Latency is 20 ms.", "Latency is 20 ms per token."),
        ("Models overfit.", "Models trained on tiny data overfit."),
    ],
    "another subject": [
        ("GPT-4 scores 80%.", "GPT-3 and GPT-4 score 80% and 90%, respectively."),
        ("LoRA trains adapters and merges them.", "LoRA trains adapters and prefix tuning merges them."),
        ("Encoders generate text.", "Encoders read both directions and decoders generate text."),
        ("Encoders generate text.", "Encoders read in both directions whereas decoders generate text."),
        ("The teacher learns from soft labels.", "The teacher is frozen and the student learns from soft labels."),
        ("BERT is small and slow.", "BERT is small, GPT is large, and slow."),
        ("Geoffrey Hinton proposed dropout.", "Geoffrey and Hinton proposed dropout."),
    ],
    "less": [
        ("The model has 7B parameters.", "The model has 7B fewer parameters."),
        ("Throughput is 3x.", "Throughput is 3x lower."),
        ("The model is accurate.", "The model is less accurate."),
        ("The rank is high.", "The rank is too high."),
        ("The model needs labels.", "The model needs little labels."),
        ("The small model is better.", "The small model is better than nothing."),
    ],
    "sign": [
        ("The output is W + BA.", "The output is W - BA."),
        ("The loss is $L = a + b$.", "The loss is $L = a - b$."),
        ("The rank r < d.", "The rank r > d."),
        ("The step is x - y.", "The step is y - x."),
        ("The complexity is $O(n)$.", "The complexity is $O(n^2)$."),
        ("Loss is A ∩ B.", "Loss is A ∪ B."),
        ("US models win.", "Us models win."),
        ("GPT-35 is old.", "GPT-3.5 is old."),
        ("The model generates news.", "The model generates new."),
    ],
}  # fmt: skip
SHORTENED = [
    (STABLE, "However, training is stable."),
    (STABLE, "However, in practice, training is stable."),
    (STABLE, "And training is stable."),
    (STABLE, "On the other hand, training is stable."),
    (STABLE, "Note that training is stable."),
    (STABLE, "Training is also stable."),
    (STABLE, "Training, however, is stable."),
    (STABLE, "**Training** is `stable`."),
    (STABLE, "Training is stable, because gradients are clipped."),
    (STABLE, "Training is stable because gradients are clipped."),
    (STABLE, "Training is stable, so warm-up can be short."),
    (STABLE, "Training is stable, since gradients are clipped."),
    (STABLE, "Training is stable, which saves time."),
    (STABLE, "Training is stable, while decoding is fast."),
    (STABLE, "Training is stable and cheap."),
    (STABLE, "Training is stable; it takes three days."),
    (STABLE, "Training is stable – a surprise."),
    (STABLE, "Training is stable (see the appendix)."),
    (STABLE, "Training is stable [12]."),
    ("LoRA freezes the weights.", "LoRA (2021) freezes the weights."),
    ("LoRA freezes the weights.", "LoRA, a method of two matrices, freezes the weights."),
    ("LoRA freezes the weights.", "LoRA, published in 2021, freezes the weights and trains two matrices."),
    ("LoRA freezes the weights.", "LoRA, which is cheap, freezes the weights."),
    ("LoRA trains two matrices.", "LoRA freezes the weights and trains two matrices."),
    ("DPO optimises the policy.", "DPO directly optimises the policy."),
    ("DPO optimises the policy.", "Thus DPO simply optimises the policy (see above), and it needs no critic."),
    ("The dataset ends in 2021.", "The dataset starts small and ends in 2021."),
    ("GPT-2 was replaced by Gopher.", "However, GPT-2 was replaced by Gopher."),
    ("The output is W + BA.", "The output is W + BA, so nothing is slower."),
    ("All layers apart from the head are frozen.", "Thus all layers apart from the head are frozen."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "evidence"), [pair for pairs in FALSE.values() for pair in pairs], ids=lambda text: text[:40]
)
def test_a_claim_on_which_small_words_turn_is_not_supported(verifier, claim, evidence):
    judgement = verifier.verify(claim, [evidence])
    assert judgement.verdict is not Verdict.SUPPORTED and judgement.reason
    assert not is_shortening(claim, evidence)


@pytest.mark.parametrize(("claim", "evidence"), SHORTENED)
def test_a_safe_deletion_leaves_a_claim_supported(verifier, claim, evidence):
    judgement = verifier.verify(claim, [evidence])
    assert judgement.verdict is Verdict.SUPPORTED and judgement.reason == "", judgement
    assert is_shortening(claim, evidence)


@pytest.mark.parametrize(
    ("claim", "evidence", "verdict", "why"),
    [
        ("BM25 is faster.", "BM25 is faster on a CPU.", Verdict.PARTIAL, "leaves out 'on a CPU'"),
        ("Chinchilla replaced Gopher.", "Chinchilla was replaced by Gopher.", Verdict.UNCHECKED, "'was"),
        ("The model was moved to disk.", "The model was moved from disk.", Verdict.UNCHECKED, "'was moved from' there"),
        ("OpenAI released the weights.", "OpenAI plans to release the weights.", Verdict.UNCHECKED, "'plans to' there"),
        (PRUNING, "It is a myth that pruning improves accuracy.", Verdict.UNCHECKED, "'It is a myth that' before it"),
        ("The output is W + BA.", "The output is W - BA.", Verdict.UNCHECKED, "'-' there"),
        ("The model generates news.", "The model generates new.", Verdict.UNCHECKED, "news"),
        ("It needs no reward model.", "It needs no reward model, and no critic.", Verdict.PARTIAL, "'It' refers"),
        (PRUNING, "Pruning improves accuracy?", Verdict.PARTIAL, "only asks"),
        (
            "Reading scores 80%.",
            "Reading and writing score 80% and 90%, respectively.",
            Verdict.UNCHECKED,
            "respectively",
        ),
    ],
)
def test_the_reader_is_told_what_is_left_out_or_turned(verifier, claim, evidence, verdict, why):
    judgement = verifier.verify(claim, [evidence])
    assert judgement.verdict is verdict, judgement
    assert why in judgement.reason


def test_a_whole_sentence_is_supported_whatever_it_says(verifier):
    for sentence in (
        "It needs no reward model.",
        "Does pruning improve accuracy?",
        "Chinchilla was replaced by Gopher.",
    ):
        assert verifier.verify(sentence, [sentence]).score == 1.0


@pytest.mark.parametrize("claim", ["This doubles memory.", "They need 48 GB.", "Such models win.", "It is a sum."])
def test_a_claim_that_leans_is_no_shortening(claim):
    assert not is_shortening(claim, claim)
    assert is_shortening("There are two stages.", "There are two stages.")


@pytest.mark.parametrize(
    ("claim", "evidence", "same"),
    [
        ("Gopher replaced Chinchilla.", "Gopher was replaced by Chinchilla.", False),
        ("Accuracy fell to 20%.", "Accuracy fell by 20%.", False),
        ("LoRA beats Adam.", "LoRA is beaten by Adam.", False),
        ("LoRA beats Adam.", "In every test LoRA beats Adam.", True),
        ("Gopher was replaced by Chinchilla.", "In 2022 Gopher was replaced by Chinchilla.", True),
    ],
)
def test_a_passive_or_another_preposition_does_not_agree(claim, evidence, same):
    assert agrees(claim, evidence) is same


def test_a_decimal_point_in_a_name_counts():
    assert name_key("GPT-3.5") != name_key("GPT-35") and name_key("Phi-1.5") != name_key("Phi-15")
    assert name_key("GPT-3.5") == name_key("GPT3.5")


@pytest.mark.parametrize(
    ("claim", "missing"),
    [
        ('It says "Adam wins".', ["Adam wins"]),
        ('It says "Adam win".', ["Adam win"]),
        ("They call it 'the best'.", ["the best"]),
        ("They call it ‘the best’.", ["the best"]),
        ("They call it ‹the best›.", ["the best"]),
        ("They call it 'Adam's rule'.", ["Adam's rule"]),
        ('It says "adaptive steps".', []),
        ('It says "Adaptive".', []),
        ("It says 'adaptive steps'.", []),
        ("The authors' claim is that Adam's steps suit the users' data.", []),
        ("In the '90s it's said that they don't fit.", []),
    ],
)
def test_short_and_single_quotations_are_checked_as_whole_words(claim, missing):
    assert missing_quotes(claim, "Adam winds on with adaptive steps.") == missing


def test_pieces_keep_function_words_signs_and_capitals():
    assert [piece.key for piece in pieces("The US-made A few of W – BA.")] == [
        "us-made",
        "a",
        "few",
        "of",
        "w",
        "–",
        "BA",
    ]
    assert [piece.key for piece in pieces("US a + b −5 4–8")] == ["US", "a", "+", "b", "-", "5", "4-8"]
