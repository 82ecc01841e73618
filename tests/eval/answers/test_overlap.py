"""Words shared with a reference: SQuAD's definitions by hand and against its own formula, ROUGE-L by hand."""

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.eval.answers.overlap import normalised, overlap


def squad_words(text):
    """The steps of SQuAD's evaluation script, one by one."""
    lowered = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", lowered).split()).split()


def squad_f1(answer, reference):
    said, wanted = squad_words(answer), squad_words(reference)
    same = sum((Counter(said) & Counter(wanted)).values())
    if not same:
        return 0.0
    precision, recall = same / len(said), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    ("answer", "references", "f1", "exact"),
    [
        ("1976", ["1976"], 1.0, 1.0),
        ("The Eiffel Tower!", ["eiffel tower"], 1.0, 1.0),
        # 2 of 4 words right, 2 of 2 found: 2 · (1/2) · 1 / (1/2 + 1)
        ("in the 10th century, perhaps", ["10th century"], 2 / 3, 0.0),
        ("Rouen", ["Rollo", "the city of Rouen"], 0.5, 0.0),
        # Two equal words against one: precision 1/2, recall 1
        ("yes yes", ["yes"], 2 / 3, 0.0),
        ("", ["yes"], 0.0, 0.0),
        ("the", ["an"], 0.0, 1.0),
    ],
)
def test_token_f1_and_exact_match_are_squads(answer, references, f1, exact):
    found = overlap(answer, references)
    assert (found.f1, found.exact) == (pytest.approx(f1), exact)


words = st.lists(st.sampled_from(["a", "The", "cat", "cat's", "sat", "Sat.", "on-mat", "4.5", "é"]), max_size=8)


@given(words, words)
def test_token_f1_equals_squads_own_formula(answer, reference):
    answer, reference = " ".join(answer), " ".join(reference)
    assert normalised(answer) == squad_words(answer)
    assert overlap(answer, [reference]).f1 == pytest.approx(squad_f1(answer, reference))


def test_rouge_l_is_the_longest_common_subsequence():
    # "police the gunman": Lin (2004), section 3.1: 3 of 4 words in order in one candidate, 2 of 4 in the other.
    assert overlap("police kill the gunman", ["police killed the gunman"]).rouge_l == pytest.approx(0.75)
    assert overlap("the gunman kill police", ["police killed the gunman"]).rouge_l == pytest.approx(0.5)
