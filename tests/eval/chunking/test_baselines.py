import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.eval.chunking import TokenStarts, fixed, recursive, sentences
from sota_rag.index.errors import UsageError


def words(text):
    """Tokens are words."""
    return TokenStarts(np.array([found.start() for found in re.finditer(r"\S+", text)], dtype=np.int64))


def cut(chunker, text, size, overlap=0):
    return [text[start:end] for start, end in chunker(text, words(text), size, overlap)]


def test_fixed_windows_with_and_without_overlap():
    assert cut(fixed, "a b c d e f g", 3) == ["a b c", "d e f", "g"]
    assert cut(fixed, "a b c d e f g", 3, 1) == ["a b c", "c d e", "e f g"]
    assert cut(fixed, "a b c", 3, 2) == ["a b c"]


def test_recursive_takes_the_gentlest_separator_that_is_enough():
    text = "a b\n\nc d\ne f g h\n\ni j"
    assert cut(recursive, text, 20) == [text]
    assert cut(recursive, text, 6) == ["a b", "c d\ne f g h", "i j"]
    assert cut(recursive, text, 4) == ["a b", "c d", "e f g h", "i j"]
    assert cut(recursive, text, 3) == ["a b", "c d", "e f g", "h", "i j"]


def test_recursive_overlaps_by_whole_pieces():
    assert cut(recursive, "a b\nc d\ne f\ng h", 4, 2) == ["a b\nc d", "c d\ne f", "e f\ng h"]
    assert cut(recursive, "a b\nc d\ne f\ng h", 4, 1) == ["a b\nc d", "e f\ng h"]


def test_recursive_cuts_between_tokens_where_there_is_no_separator():
    text = "abcdefgh"
    each = TokenStarts(np.arange(8))
    assert [text[start:end] for start, end in recursive(text, each, 3, 1)] == ["abc", "cde", "efg", "gh"]


def test_sentences_stay_whole_while_they_fit():
    text = "One two three. Four five six. Seven eight nine ten eleven twelve thirteen."
    assert cut(sentences, text, 6) == [
        "One two three. Four five six.",
        "Seven eight nine ten eleven twelve",
        "thirteen.",
    ]
    assert cut(sentences, "Aa bb. Cc dd. Ee ff.", 4, 2) == ["Aa bb. Cc dd.", "Cc dd. Ee ff."]


@pytest.mark.parametrize("chunker", [fixed, recursive, sentences])
@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (5, 5), (5, -1)])
def test_sizes_that_make_no_passages_are_refused(chunker, size, overlap):
    with pytest.raises(UsageError, match="cannot overlap by"):
        chunker("a b", words("a b"), size, overlap)


PROSE = st.text(st.sampled_from("abc .\n!-é\u00a0日"), max_size=120)


@pytest.mark.parametrize("chunker", [fixed, recursive, sentences])
@settings(max_examples=60, deadline=None)
@given(text=PROSE, size=st.integers(1, 8), overlap=st.integers(0, 7), by=st.integers(1, 3))
def test_spans_are_in_order_within_the_size_and_hold_every_character(chunker, text, size, overlap, by):
    # Tokens of `by` characters each, so that words have several.
    tokens = TokenStarts(np.array([p for p in range(0, len(text), by) if not text[p].isspace()], dtype=np.int64))
    overlap = min(overlap, size - 1)
    spans = chunker(text, tokens, size, overlap)
    held = {point for start, end in spans for point in range(start, end)}
    assert all(point in held for point, character in enumerate(text) if not character.isspace())
    for start, end in spans:
        assert start < end
        assert text[start:end] == text[start:end].strip()
        assert tokens.count(start, end) <= size
    for (first, first_end), (second, second_end) in pairwise(spans):
        assert first < second
        assert first_end <= second_end
        assert tokens.count(second, first_end) <= overlap


@pytest.mark.parametrize("chunker", [fixed, recursive, sentences])
def test_tokens_that_begin_at_one_place_do_not_stop_it(chunker):
    tokens = TokenStarts(np.array([0, 0, 0, 1, 1, 2], dtype=np.int64))
    spans = chunker("xyz", tokens, 2, 1)
    assert {point for start, end in spans for point in range(start, end)} == {0, 1, 2}
