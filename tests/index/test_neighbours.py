import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index import Document, DocumentInfo, Passage
from sota_rag.index.neighbours import expand

TEXT = "aaaa\n\nbbb\n\ncc\n\nd\n\neeeee"
DOCUMENT = Document(DocumentInfo("x", "x", "X"), TEXT)
PATHS = [("X",), ("X", "One"), ("X", "One", "Deep"), ("X", "One"), ("X", "Two")]
WORDS = ["aaaa", "bbb", "cc", "d", "eeeee"]
SIBLINGS = [
    Passage(f"x#{n:05}", "x", n, TEXT.index(word), TEXT.index(word) + len(word), word, PATHS[n], len(word), page=n + 1)
    for n, word in enumerate(WORDS)
]


@pytest.mark.parametrize(
    ("ordinal", "budget", "first", "last"),
    [
        (2, 2, 2, 2),  # nothing fits beside it
        (2, 3, 2, 3),  # the following one first
        (2, 6, 1, 3),  # then the one before
        (2, 5, 2, 3),
        (2, 11, 1, 4),  # 2 + 1 + 3 + 5
        (2, 10, 0, 3),  # eeeee does not fit, aaaa does
        (2, 15, 0, 4),
        (0, 9, 0, 2),  # start of the document
        (4, 6, 3, 4),  # its end
        (0, 10**6, 0, 4),
        (4, 1, 4, 4),  # over the budget alone, and kept
    ],
)
def test_growth(ordinal, budget, first, last):
    grown = expand(SIBLINGS[ordinal], SIBLINGS, DOCUMENT, budget)
    assert (grown.start, grown.end) == (SIBLINGS[first].start, SIBLINGS[last].end)
    assert grown.text == TEXT[grown.start : grown.end]
    assert grown.token_count == sum(p.token_count for p in SIBLINGS[first : last + 1])
    assert (grown.id, grown.ordinal) == (SIBLINGS[ordinal].id, ordinal)
    assert grown.page == SIBLINGS[first].page


@pytest.mark.parametrize(
    ("ordinal", "budget", "path"),
    [(2, 6, ("X", "One")), (2, 15, ("X",)), (2, 2, ("X", "One", "Deep")), (4, 6, ("X",))],
)
def test_heading_path_is_what_all_parts_share(ordinal, budget, path):
    assert expand(SIBLINGS[ordinal], SIBLINGS, DOCUMENT, budget).heading_path == path


def test_parts_without_a_shared_heading():
    siblings = [Passage("x#00000", "x", 0, 0, 4, "aaaa", ("A",), 1), Passage("x#00001", "x", 1, 6, 9, "bbb", (), 1)]
    assert expand(siblings[0], siblings, DOCUMENT, 9).heading_path == ()


def test_nothing_to_grow_to_is_the_passage_itself():
    assert expand(SIBLINGS[0], SIBLINGS[:1], DOCUMENT, 100) is SIBLINGS[0]


@given(st.integers(0, 4), st.integers(0, 20))
def test_never_over_the_budget(ordinal, budget):
    passage = SIBLINGS[ordinal]
    grown = expand(passage, SIBLINGS, DOCUMENT, budget)
    assert grown.token_count <= max(budget, passage.token_count)
    assert grown.start <= passage.start
    assert grown.end >= passage.end
    assert DOCUMENT.text[grown.start : grown.end] == grown.text
