"""Typesetting resolved, with each character's place in the source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.app.answering.verify.typeset import typeset


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("$10^{-4}$", "10^-4"),
        ("10⁻⁴", "10^-4"),
        ("10<sup>-4</sup>", "10^-4"),
        (r"$1 \times 10^{-4}$", "1 ×10^-4"),
        (r"$\beta_{2} = 0.95$", "β_2 = 0.95"),
        ("β₂", "β_2"),
        (r"\frac{1}{3}", "1/3"),
        (r"50\,\%", "50 %"),
        ("1{,}000", "1,000"),
        ("**16** layers", "16 layers"),
        ("`r=16`", "r=16"),
        ("3*n", "3*n"),
        ("−5", "-5"),
        ("8\u202fGB", "8 GB"),
        ("½ and 1½", "1/2 and 1.5"),
        ("from $5 to $10", "from $5 to $10"),
        ("&lt; 8", "< 8"),
    ],
)
def test_typesetting_is_read(text, read):
    assert typeset(text).text == read


def test_a_span_leads_back_to_the_source():
    text = "a rate of $10^{-4}$ with **8** layers"
    result = typeset(text)
    start = result.text.index("10^-4")
    assert text[slice(*result.span(start, start + 5))] == "10^{-4}"
    start = result.text.index("8")
    assert text[slice(*result.span(start, start + 1))] == "8"


@given(st.text(alphabet="ab1 .,$\\{}^_*`⁻⁴₂½\u202f−<sup>&lt;", max_size=60))
def test_every_span_lies_in_the_source_and_ascends(text):
    result = typeset(text)
    last = 0
    for place in range(len(result.text)):
        start, end = result.span(place, place + 1)
        assert last <= end
        assert 0 <= start < end <= len(text)
        last = start
