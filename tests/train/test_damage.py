import random
import re

import pytest

from train.verifier.damage import RULES, damaged, names_of, shortened
from train.verifier.examples import _with_damage
from train.verifier.statements import statement

SENTENCES = {
    "number": "GPT-3 was trained on 300 billion tokens with 96 layers.",
    "date": "The Transformer was introduced in 2017 by eight authors.",
    "unit": "The checkpoint takes 350 GB on disk and loads in 20 seconds.",
    "name": "A year later the model LLaMA was released by Meta AI.",
    "negation": "Dropout is used during training.",
    "comparison": "The larger model needs more memory than the small one.",
    "scope": "Some benchmarks are contaminated, and results may differ.",
    "swap": "On this benchmark Chinchilla outperforms Gopher by seven points.",
}


def test_the_word_not_does_not_give_the_label_away():
    plain = "The larger model of Meta needs more memory than the small one of 2017."
    negated = "The larger model of Meta does not need more memory than the small one of 2017."

    def share(sentence):
        made = [
            [one.claim for one in _with_damage("guides", "s", sentence, [sentence], ["Google"], random.Random(seed))][1]
            for seed in range(200)
        ]
        return sum(" not " in claim for claim in made) / len(made)

    assert 0.05 < share(plain) < 0.3
    assert share(negated) == 0.0


@pytest.mark.parametrize("kind", RULES)
def test_one_thing_is_changed(kind):
    sentence = SENTENCES[kind]
    made = {damaged(sentence, kind, random.Random(seed), ["Google Brain", "PaLM-2"]) for seed in range(30)}
    assert None not in made
    for other in made:
        assert other != sentence
        before, after = re.findall(r"\S+", sentence), re.findall(r"\S+", other)
        assert abs(len(before) - len(after)) <= 2
        assert len(set(before) & set(after)) >= len(set(before)) - 3


@pytest.mark.parametrize("kind", sorted(set(RULES) - {"negation"}))
def test_what_has_nothing_of_the_kind_is_left(kind):
    assert damaged("dropout hurts here", kind, random.Random(0), []) is None


def test_worked_examples():
    dice = random.Random(0)
    assert damaged("BERT is not a decoder.", "negation", dice, []) == "BERT is a decoder."
    assert damaged("LoRA freezes the weights.", "negation", dice, []) == "LoRA does not freeze the weights."
    assert (
        damaged(SENTENCES["swap"], "swap", dice, [])
        == "On this benchmark Gopher outperforms Chinchilla by seven points."
    )
    assert damaged("We saw it in the 1960s.", "unit", dice, []) is None
    assert damaged("It takes 4 GB.", "number", dice, []) != "It takes 4.0 GB."
    assert damaged("Both A and B use ReLU, GELU.", "swap", dice, []) is None


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("It is over 300 pages long.", "number"),  # fewer pages may be over 300 as well
        ("It is the most common choice, and we speak about models.", "scope"),
        ("It appeared in May.", "negation"),
        ("It runs across the cluster.", "negation"),
    ],
)
def test_what_would_stay_true_or_become_nonsense_is_left(sentence, kind):
    made = {damaged(sentence, kind, random.Random(seed), []) for seed in range(20)}
    assert made <= {None, "It does not run across the cluster."}


def test_a_name_gives_way_to_another_one():
    made = {
        damaged("We chose Dennis Publishing.", "name", random.Random(seed), ["Dennis Publishing Ltd", "Meta"])
        for seed in range(9)
    }
    assert made == {"We chose Meta."}


def test_a_list_keeps_its_last_item():
    sentence = "The three are adam, sgd, and lion, which all work."
    assert {shortened(sentence, random.Random(seed)) for seed in range(40)} == {
        sentence,
        "The three are adam, sgd, and lion.",
    }


def test_names_of_a_document():
    assert names_of("We train BERT and the Vision Transformer on ImageNet. BERT wins.") == [
        "BERT",
        "Vision Transformer",
        "ImageNet",
    ]
    assert names_of("- The model wins.\n- Compared to the others, we compared BERT.") == ["BERT"]


def test_a_shorter_sentence_says_no_more():
    sentence = "However, LoRA (low-rank adaptation) trains few weights of the whole model, which saves memory."
    made = {shortened(sentence, random.Random(seed)) for seed in range(40)}
    assert "LoRA trains few weights of the whole model." in made
    assert all(set(re.findall(r"\w+", one)) <= set(re.findall(r"\w+", sentence)) for one in made)


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Who was the Norse leader?", "Rollo", "The Norse leader was Rollo."),
        ("who invented the telephone", "Bell", "Bell invented the telephone."),
        ("What did the Normans adopt?", "feudal doctrines", "The Normans did adopt feudal doctrines."),
        ("When did the war end?", "1918", "The war end: 1918."),
        ("Which city has the most museums?", "Paris", "The city that has the most museums is Paris."),
        ("What did Shirley leave at Oswego?", "garrisons", None),
        ("What nationality was Arthur Woolf?", "British", None),
        ("Why is the sky blue?", "scattering", None),
    ],
)
def test_statements(question, answer, expected):
    assert statement(question, answer) == expected
