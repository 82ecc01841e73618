"""A model's text in pieces, cut into sentences with their markers; everything that small models do wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.app.answering.drafting import Drafter, Flaw, parse, repeats_prompt
from sota_rag.app.answering.prompts import SYSTEM, is_abstention, marker_grammar


def drafted(text, *, passages=3, piece=5, complete=True, most=9):
    drafter = Drafter(passages, most)
    found = []
    for start in range(0, len(text), piece):
        found += drafter.add(text[start : start + piece])
        if drafter.stopped:
            return found, drafter.stopped
    found += drafter.end(complete=complete)
    return found, drafter.stopped


@pytest.mark.parametrize("piece", [1, 3, 17, 1000])
def test_sentences_come_out_whole_however_they_are_cut(piece):
    found, stopped = drafted(
        "LoRA freezes the weights [1]. It trains 0.1% to 1% of them. [2][3] Rank 16 is common, e.g. for chat [2].",
        piece=piece,
    )
    assert [(one.text, one.markers) for one in found] == [
        ("LoRA freezes the weights.", (1,)),
        ("It trains 0.1% to 1% of them.", (2, 3)),
        ("Rank 16 is common, e.g. for chat.", (2,)),
    ]
    assert not stopped and not any(one.flaw for one in found)


def test_a_sentence_is_given_before_the_text_ends():
    drafter = Drafter(2)
    assert not list(drafter.add("LoRA freezes the weights. "))
    assert [one.text for one in drafter.add("[1] It trains two ")] == ["LoRA freezes the weights."]


@pytest.mark.parametrize(
    ("sentence", "text", "markers", "unknown"),
    [
        ("It holds [1].", "It holds.", (1,), ()),
        ("It holds. [2]", "It holds.", (2,), ()),
        ("It holds [1, 2].", "It holds.", (1, 2), ()),
        ("It holds [1][3][1].", "It holds.", (1, 3), ()),
        ("It holds [Passage 2].", "It holds.", (2,), ()),
        ("It holds[2].", "It holds.", (2,), ()),
        ("It holds [0].", "It holds.", (), (0,)),
        ("It holds [7][99].", "It holds.", (), (7, 99)),
        ("It holds.", "It holds.", (), ()),
        ("Use `x[1]` here.", "Use `x[1]` here.", (), ()),
        ("The value weights[1]x is read.", "The value weights[1]x is read.", (), ()),
        ("Probabilities lie in [0, 1]. [2]", "Probabilities lie in [0, 1].", (2,), ()),
        ("Take $[1, 2]$ or the range [1, 3] [2].", "Take $[1, 2]$ or the range [1, 3].", (2,), ()),
        ("As stated in [1, 2].", "As stated in.", (1, 2), ()),
        ("It holds [^1].", "It holds.", (1,), ()),
        ("It holds 【1】 here 【2†source】.", "It holds here.", (1, 2), ()),
        ("It holds [1†lines 4-9].", "It holds.", (1,), ()),
        ("It holds [passages 1, 2].", "It holds.", (1, 2), ()),
        ("It holds [Passage 1 and 2].", "It holds.", (1, 2), ()),
        ("It holds [1]-[3].", "It holds.", (1, 3), ()),
        ("It holds [1], [2] and [3].", "It holds.", (1, 2, 3), ()),
        ("Dropout of .5 helps .", "Dropout of .5 helps.", (), ()),
        ('"Attention is all you need" introduced it [1].', '"Attention is all you need" introduced it.', (1,), ()),
        ('"Attention is all you need.', "Attention is all you need.", (), ()),
        ("- It holds [1].", "It holds.", (1,), ()),
        ("Answer: It holds [1].", "It holds.", (1,), ()),
        ("It holds [1](https://evil.example/?q=2).", "It holds 1.", (), ()),
        ("See ![x](https://evil.example/b.png) it [1].", "See it.", (1,), ()),
        ("It <b>holds</b> <script>x()</script> [1].", "It holds x().", (1,), ()),
    ],
)
def test_markers_within_range_are_taken_and_others_are_not_shown(sentence, text, markers, unknown):
    found = parse(sentence, 3)
    assert (found.text, found.markers, found.unknown) == (text, markers, unknown)


def test_a_repeated_sentence_is_dropped_and_a_second_one_ends_the_draft():
    found, stopped = drafted("It holds here. [1] It holds here. [1] It holds HERE. It holds here. It goes on.")
    assert [one.flaw for one in found] == [None, Flaw.REPEATED, Flaw.REPEATED]
    assert stopped == "the draft repeated itself"


def test_a_loop_inside_a_sentence_ends_the_draft():
    found, stopped = drafted("The model is a model of the " + "model of the model of the " * 20)
    assert stopped == "the draft went in circles"
    assert found[-1].flaw is Flaw.LOOPING


@pytest.mark.parametrize("piece", [7, 1000])
@pytest.mark.parametrize("circle", [" and so on", " And so on", " it is a loop of words"])
def test_what_was_finished_before_a_loop_stands(piece, circle):
    found, stopped = drafted("LoRA is small here [1]. It trains two matrices. [2]" + circle * 8, piece=piece)
    assert [(one.text, one.markers, one.flaw) for one in found[:2]] == [
        ("LoRA is small here.", (1,), None),
        ("It trains two matrices.", (2,), None),
    ]
    assert found[2].flaw is Flaw.LOOPING and len(found) == 3
    assert stopped == "the draft went in circles"


@pytest.mark.parametrize("piece", [1, 4, 1000])
def test_a_marker_in_pieces_belongs_to_the_sentence_before_it(piece):
    found, _ = drafted("LoRA is small here. [Passages 1 and 2] It trains two matrices. 【3†source】", piece=piece)
    assert [(one.text, one.markers) for one in found] == [
        ("LoRA is small here.", (1, 2)),
        ("It trains two matrices.", (3,)),
    ]


def test_a_draft_that_never_ends_is_ended():
    text = " ".join(f"Sentence number {word} says a thing." for word in "one two three four five six seven".split())
    found, stopped = drafted(text, most=4)
    assert len(found) == 4 and "4 sentences" in stopped


def test_a_sentence_that_breaks_off_is_marked():
    found, _ = drafted("It holds here. [1] And then the", complete=False)
    assert [one.flaw for one in found] == [None, Flaw.UNFINISHED]
    found, _ = drafted("It holds here. [1] And then the", complete=True)
    assert [one.flaw for one in found] == [None, None]


def test_the_prompt_is_recognised():
    assert repeats_prompt(SYSTEM) and repeats_prompt(SYSTEM[40:120])
    assert not repeats_prompt("LoRA freezes the weights of the model and trains two matrices.")
    found, _ = drafted(SYSTEM.replace("[1]", "(1)"))
    assert found[0].flaw is Flaw.PROMPT


@pytest.mark.parametrize("text", ["", " ", "\n\n", ".", "[1]", " . [1] \n", "…"])
def test_nothing_is_nothing(text):
    found, _ = drafted(text)
    assert not [one for one in found if one.flaw is None]


def test_lines_end_sentences():
    found, _ = drafted("LoRA is small [1]\nQLoRA is smaller [2]\n\n- NF4 is a type [3]")
    assert [(one.text, one.markers) for one in found] == [
        ("LoRA is small", (1,)),
        ("QLoRA is smaller", (2,)),
        ("NF4 is a type", (3,)),
    ]


@settings(max_examples=150)
@given(st.text(alphabet="aB .[]12`\n!?(x)é“", max_size=120), st.integers(1, 20))
def test_any_text_in_any_pieces_gives_known_markers_only(text, piece):
    found, _ = drafted(text, piece=piece)
    for one in found:
        assert set(one.markers) <= {1, 2, 3}
        assert "](" not in one.text


@pytest.mark.parametrize(
    ("sentence", "abstains"),
    [
        ("The passages do not say.", True),
        ("The provided passages don't mention the licence of Mixtral.", True),
        ("I cannot find the answer in the passages.", True),
        ("There is no information about that.", True),
        ("It is not mentioned in the context.", True),
        ("The answer is not in the passages.", True),
        ("Not mentioned in the passages.", True),
        ("Neither passage answers the question.", True),
        ("None of the passages mention it.", True),
        ("Sorry, I don't know.", True),
        ("It is not stated.", True),
        ("The licence of Mixtral is not mentioned in the passages.", True),
        ("The question cannot be answered from the passages.", True),
        ("There is no information about Mixtral in the provided passages.", True),
        ("There is no evidence that LoRA loses accuracy at rank 16.", False),
        ("The passages that do not answer the question serve as hard negatives.", False),
        ("The text encoder does not include positional information.", False),
        ("SQuAD 2.0 adds questions that the given context does not answer.", False),
        ("SQuAD 2.0 adds questions that are not answered by the given context.", False),
        ("It is not stable.", False),
        ("There is no information flow between the two branches.", False),
        ("If the context does not answer the question, the reader predicts no span.", False),
        ("The passages do not say " + "how it is and " * 12 + "so on.", False),
        ("DPO does not need a reward model.", False),
        ("The passage length does not change the cost.", False),
        ("Retrieval finds the passages that say no.", False),
    ],
)
def test_an_abstention_in_words(sentence, abstains):
    assert is_abstention(sentence) is abstains


def test_the_grammar_names_every_passage_and_no_other():
    grammar = marker_grammar(3)
    assert '"1" | "2" | "3"' in grammar and '"4"' not in grammar
