"""A figure that stands nowhere refutes a claim in whatever words, a name speaks against it; other wordings do not."""

import pytest
from sota_rag.app.answering.verify.refuted import asserted, refuted, unfound

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
        ("It was trained in 2022. [1]", "2022"),
        ("When was it trained? In 2022.", "2022"),
        ("The authors call it a “large model of the spoken word”.", "'large model of the spoken word'"),
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
        "It was trained by Adafactor.",
        "It belongs to the 21st century.",
        "Did it take 7 hours? No, Flamingo was faster [4].",
        "The authors call it a “speech model”.",
        "The authors speak of a “neural codec language model”.",
    ],
)
def test_not_refuted(claim):
    assert refuted(claim, EVIDENCE) == ""


def test_figures_that_the_evidence_has_in_another_form_are_not_refuted():
    evidence = [
        "Zhu Shijie (1249–1314) solved equations.",
        "Teachers Day is on October 5.",
        "It is for people aged 10-24.",
    ]
    for claim in (
        "Zhu Shijie died in 1314.",
        "Teachers Day is the 5th of October.",
        "It takes in 10-24 year old people.",
    ):
        assert refuted(claim, evidence) == "", claim
    assert "1315" in refuted("Zhu Shijie died in 1315.", evidence)


def test_names_and_short_quotations_that_stand_nowhere():
    assert unfound("It was trained by Adafactor.", EVIDENCE) == ["Adafactor"]
    assert unfound("BEATs imitates a voice.", EVIDENCE) == ["BEATs"]
    assert unfound("The authors call it a “speech model”.", EVIDENCE) == ["speech model"]
    assert unfound("VALL-E-style models copy voices.", EVIDENCE) == []
    assert unfound("Is it Whisper? It is Flamingo.", EVIDENCE) == []


def test_a_question_and_markers_assert_nothing():
    assert asserted("Who was it? Flamingo [2, 3].") == "Flamingo  ."
    assert asserted("It asks: who was it?") == "It asks: who was it?"
