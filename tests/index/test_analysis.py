import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.analysis import STOP_WORDS, analyzer_fingerprint, query_terms, states, terms


def test_words_are_lower_cased_and_stemmed():
    assert terms("Layers TRAINED Training") == ["layer", "train", "train"]


def test_order_and_repetitions_are_kept():
    assert terms("rank, low rank") == ["rank", "low", "rank"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GPT-4", ["gpt", "4", "gpt4"]),
        ("bge-small-en-v1.5", ["bge", "small", "en", "v1", "5", "bgesmallenv15"]),
        ("lora_alpha", ["lora", "alpha", "loraalpha"]),
        ("read/write", ["read", "write", "readwrit"]),
        ("0.5", ["0", "5", "05"]),
        ("state-of-the-art", ["state", "art", "stateoftheart"]),
        ("--flag__name-", ["flag", "name"]),
        ("end. Next", ["end", "next"]),
    ],
)
def test_compounds_yield_parts_and_themselves(text, expected):
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("one", "other"), [("GPT-4", "gpt4"), ("fine-tuning", "finetuning"), ("pre-trained", "pretraining")]
)
def test_both_spellings_of_a_compound_meet(one, other):
    assert set(terms(one)) & set(terms(other))


def test_stop_words_are_dropped():
    assert terms("The cat is not on the mat") == ["cat", "mat"]
    assert terms(" ".join(STOP_WORDS)) == []


def test_question_words_count_in_documents_only():
    assert query_terms("How does LoRA work?") == ["lora", "work"]
    assert terms("How does LoRA work?") == ["how", "doe", "lora", "work"]


def test_a_query_of_question_words_keeps_them():
    assert query_terms("Why, how?") == ["whi", "how"]
    assert query_terms("What is it?") == ["what"]


@pytest.mark.parametrize("text", ["", "   ", "?!,.-_/", "\u200b", "the"])
def test_nothing_to_index(text):
    assert terms(text) == query_terms(text) == []


def test_unicode():
    assert terms("Zürich naïve 东京 café_noir") == ["zürich", "naïv", "东京", "café", "noir", "cafénoir"]
    assert terms("ÉCOLE") == terms("école")


def test_decomposed_letters_meet_composed_ones():
    composed = "Poincaré naïve Müller"
    assert query_terms(unicodedata.normalize("NFD", composed)) == terms(composed)


@given(st.text())
def test_terms_are_never_empty_and_pure(text):
    first = terms(text)
    assert all(first)
    assert first == terms(text)
    assert set(query_terms(text)) <= set(first)


def test_fingerprint_is_stable_across_processes(small):
    printed = small.run("from sota_rag.index.analysis import analyzer_fingerprint; print(analyzer_fingerprint())")
    assert isinstance(printed, subprocess.CompletedProcess)
    assert printed.stdout.strip() == analyzer_fingerprint()
    assert len(analyzer_fingerprint()) == 64


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("0-dimensional biomaterials lack inductive properties.", True),
        ("Aspirin reduces the risk of colorectal cancer", True),
        ("Patients, which were treated when young, can do more about it", True),
        ("sparse upcycling how are the experts initialised", False),
        ("Is aspirin good for the heart", False),
        ("Does aspirin reduce the risk of cancer?", False),
        ("how does lora train fewer parameters", False),
        ("Aspirin reduces the risk of cancer?", False),
        ("mixture of experts routing", False),
        ("", False),
    ],
)
def test_statements_are_told_from_questions_and_topics(query, expected):
    assert states(query) is expected
