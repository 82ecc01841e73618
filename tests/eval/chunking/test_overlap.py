import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.eval.chunking import TokenStarts, best_precision, token_scores
from sota_rag.eval.chunking.overlap import tokens_in, union
from sota_rag.eval.spans import Span

# Document "a" has a token at every tenth code point, "b" at every fifth.
TOKENS = {"a": TokenStarts(np.arange(0, 200, 10)), "b": TokenStarts(np.arange(0, 200, 5))}


def a(start, end):
    return Span("a", start, end)


def scores(gold, retrieved):
    found = token_scores(gold, retrieved, TOKENS)
    return found.recall, found.precision, found.iou


def test_by_hand_with_text_of_another_document():
    # Gold: 4 tokens of a. Retrieved: 6 tokens of a, 2 of them gold, and 4 tokens of b.
    assert scores([a(0, 40)], [a(20, 80), Span("b", 0, 20)]) == (2 / 4, 2 / 10, 2 / (4 + 10 - 2))


def test_a_gold_token_counts_once_and_every_retrieved_one_counts():
    # The same 4 gold tokens twice, and 2 of them a third time: 10 tokens retrieved.
    assert scores([a(0, 40)], [a(0, 40), a(0, 40), a(20, 40)]) == (1.0, 4 / 10, 4 / 10)


def test_gold_spans_that_overlap_are_one():
    assert scores([a(0, 30), a(20, 40)], [a(0, 40)]) == (1.0, 1.0, 1.0)


def test_several_gold_spans_in_one_passage_and_one_missed():
    assert scores([a(0, 10), a(30, 50), Span("b", 0, 5)], [a(0, 100)]) == (3 / 4, 3 / 10, 3 / (4 + 10 - 3))


def test_nothing_retrieved_scores_zero():
    assert scores([a(0, 10)], []) == (0.0, 0.0, 0.0)


def test_a_token_belongs_to_the_span_of_its_first_code_point():
    assert TOKENS["a"].count(0, 11) == 2
    assert TOKENS["a"].count(1, 10) == 0
    assert TOKENS["a"].count(195, 500) == 0
    assert TOKENS["a"].count(30, 30) == TOKENS["a"].count(40, 30) == 0


def test_the_first_tokens_of_a_span():
    tokens = TOKENS["a"]
    assert [tokens.first(amount, 0, 45) for amount in (0, 1, 4, 5, 9)] == [0, 10, 40, 45, 45]
    assert tokens.first(3, 180, 200) == 200


def test_the_best_precision_takes_every_passage_with_gold_once():
    gold = [a(0, 20), a(100, 120)]
    # Two passages hold the first span and overlap: 6 tokens together. Nothing holds the second: 2 tokens in vain.
    assert best_precision(gold, [a(0, 40), a(10, 60), a(60, 100), Span("b", 0, 50)], TOKENS) == 2 / (6 + 2)
    assert best_precision(gold, [a(0, 20), a(100, 120)], TOKENS) == 1.0


SPANS = st.lists(
    st.builds(
        lambda document, start, length: Span(document, start, start + length),
        st.sampled_from(["a", "b"]),
        st.integers(0, 150),
        st.integers(0, 60),
    ),
    max_size=6,
)


@given(SPANS, SPANS)
def test_scores_equal_those_of_sets_of_tokens(gold, retrieved):
    def tokens_of(span):
        return [(span.document_id, int(t)) for t in TOKENS[span.document_id].starts if span.start <= t < span.end]

    wanted = {token for span in gold for token in tokens_of(span)}
    if not wanted:
        return
    brought = [token for span in retrieved for token in tokens_of(span)]
    shared = len(wanted & set(brought))
    found = scores(gold, retrieved)
    assert found == (
        shared / len(wanted),
        shared / len(brought) if brought else 0.0,
        shared / (len(wanted) + len(brought) - shared),
    )


@given(SPANS)
def test_a_union_has_every_code_point_once(spans):
    def points(some):
        return [(span.document_id, point) for span in some for point in range(span.start, span.end)]

    merged = union(spans)
    assert sorted(points(merged)) == sorted(set(points(spans)))
    assert tokens_in(merged, TOKENS) <= tokens_in(spans, TOKENS)


def test_word_pieces_are_those_of_the_encoder(minilm):
    from sota_rag.eval.chunking import word_pieces

    text = "Naïve tokenisation,\n\n  twice.  Ünïcödé 𝛼 日本"
    starts = word_pieces(minilm.count_tokens.path)(text)
    assert len(starts) == minilm.count_tokens([text])[0]
    assert not any(text[start].isspace() for start in starts.starts)
    assert (np.diff(starts.starts) >= 0).all()
    with pytest.raises(IndexError):
        text[starts.starts[-1] + 3]
