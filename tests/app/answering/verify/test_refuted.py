"""What no other wording excuses is refuted, and other wordings are not."""

import pytest
from sota_rag.app.answering.verify.refuted import refuted

EVIDENCE = [
    "Flamingo was ahead of fine-tuned systems on 6 of 16 tasks.",
    "Training took 3 hours, or 50% of the time, in January 2021.",
    "",
    "VALL-E imitates a voice; the authors call it a “neural codec language model”.",
]


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("Training took 5 hours.", "'5 hours'"),
        ("Training took 3 minutes.", "'3 minutes'"),
        ("It was trained in 2022.", "2022"),
        ("It was trained by Adafactor.", "'Adafactor'"),
        ("BEATs imitates a voice.", "'BEATs'"),
        ("The authors call it a “speech model”.", "'speech model'"),
    ],
)
def test_refuted(claim, why):
    assert why in refuted(claim, EVIDENCE)


@pytest.mark.parametrize(
    "claim",
    [
        "Half of the time was enough.",
        "On 6 of the 16 tests Flamingo did better than tuned models.",
        "VALL-E-style models copy voices.",
        "By early 2021 it took three hours.",
        "Nowhere did it fail.",
        "The authors speak of a “neural codec language model”.",
    ],
)
def test_not_refuted(claim):
    assert refuted(claim, EVIDENCE) == ""
