from hypothesis import given
from hypothesis import strategies as st
from sota_rag.ingest.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_abbreviations_do_not_end_a_sentence():
    assert sentences("See Eq. (2) for it.  It holds, e.g. for $x$. Yes!") == [
        "See Eq. (2) for it.",
        "It holds, e.g. for $x$.",
        "Yes!",
    ]


def test_bullets_and_blank_lines_end_a_sentence():
    assert sentences("We use\n- adapters\n- prompts\n\nand more\n  2. later") == [
        "We use", "- adapters", "- prompts", "and more", "2. later",
    ]  # fmt: skip


def test_a_range_counts_in_the_whole_text():
    text = "Before. One here. Two there. After."
    assert sentence_spans(text, 8, 28) == [(8, 17), (18, 28)]
    assert sentence_spans("  \n ") == []


@given(st.text(alphabet="aB.?! \n-1)é", max_size=80))
def test_spans_are_trimmed_ordered_and_complete(text):
    spans = sentence_spans(text)
    position = 0
    for start, end in spans:
        assert text[position:start].strip() == ""
        assert text[start:end] == text[start:end].strip() != ""
        position = end
    assert text[position:].strip() == ""
