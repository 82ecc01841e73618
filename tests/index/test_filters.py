import numpy as np
import pytest
from sota_rag.index import DocumentInfo, Filters, Kind, Retriever, SearchSettings, Status
from sota_rag.index.filters import allowed_rows, matches, role_codes
from sota_rag.index.types import Role

PAPER = DocumentInfo("papers/2021/lora.pdf", "papers/2021/lora.pdf", "LoRA", Kind.PAPER, "2021-06-17", Status.CURRENT)
NOTE = DocumentInfo("notes/a b.md", "notes/a b.md", "Note", Kind.NOTE)
BODY = role_codes([Role.BODY] * 4)


@pytest.mark.parametrize(
    ("filters", "paper", "note"),
    [
        (Filters(), True, True),
        (Filters(kinds=(Kind.PAPER,)), True, False),
        (Filters(kinds=(Kind.PAPER, Kind.NOTE)), True, True),
        (Filters(statuses=(Status.CURRENT,)), True, False),
        (Filters(statuses=(Status.UNKNOWN,)), False, True),
        (Filters(years=(2021, 2021)), True, False),
        (Filters(years=(2022, None)), False, False),
        (Filters(years=(2021, None)), True, False),
        (Filters(years=(None, 2021)), True, False),
        (Filters(years=(None, 2020)), False, False),
        (Filters(years=(None, None)), True, False),  # undated documents fail every year
        (Filters(sources=("papers/*",)), True, False),  # `*` crosses `/`
        (Filters(sources=("*.md", "*.pdf")), True, True),
        (Filters(sources=("Papers/*",)), False, False),
        (Filters(sources=("lora.pdf",)), False, False),
        (Filters(sources=("notes/a b.md",)), False, True),
        (Filters(kinds=(Kind.PAPER,), statuses=(Status.DRAFT,)), False, False),
        (Filters(kinds=(Kind.PAPER,), years=(2020, 2022), sources=("*lora*",)), True, False),
    ],
)
def test_matches(filters, paper, note):
    assert (matches(PAPER, filters), matches(NOTE, filters)) == (paper, note)


@pytest.mark.parametrize(("published", "year"), [("2021", 2021), ("2021-06", 2021), ("2021-06-17", 2021), (None, None)])
def test_year(published, year):
    assert DocumentInfo("a", "a", "A", published=published).year == year


def test_mask_has_one_entry_per_row():
    rows = np.array([0, 0, 1, 0], dtype=np.int32)
    notes, others = Filters(kinds=(Kind.NOTE,)), Filters(kinds=(Kind.OTHER,))
    assert allowed_rows([PAPER, NOTE], rows, BODY, notes).tolist() == [False, False, True, False]
    assert allowed_rows([PAPER, NOTE], rows, BODY, others).tolist() == [False] * 4


def test_no_filter_is_no_mask():
    assert allowed_rows([PAPER], np.zeros(3, dtype=np.int32), BODY[:3], None) is None
    assert allowed_rows([PAPER], np.zeros(3, dtype=np.int32), BODY[:3], Filters()) is None


def test_references_and_figure_text_are_returned_only_when_asked_for():
    rows, roles = np.zeros(4, dtype=np.int32), role_codes([Role.BODY, Role.REFERENCES, Role.FOOTNOTE, Role.FIGURE])
    assert allowed_rows([PAPER], rows, roles, None).tolist() == [True, False, True, False]
    asked = Filters(roles=(Role.REFERENCES, Role.FIGURE))
    assert allowed_rows([PAPER], rows, roles, asked).tolist() == [False, True, False, True]
    assert allowed_rows([PAPER], rows, roles, Filters(kinds=(Kind.NOTE,))).tolist() == [False] * 4


@pytest.mark.parametrize("legs", ["hybrid", "dense", "bm25"])
def test_filters_act_inside_the_search(tmp_path, small, hash_encoder, legs):
    # The three notes are by far the worst matches: beyond a depth of 5 in each leg.
    guides = [small.make_document(f"guides/{n:02}.md", ("rank rank rank",)) for n in range(40)]
    long = "rank " + "of many other words that say nothing here at all " * 5
    notes = [small.make_document(f"notes/{n}.md", (long + str(n),), kind=Kind.NOTE) for n in range(3)]
    small.publish(tmp_path, guides + notes, hash_encoder)
    target = hash_encoder.encode([guides[0][1][0].contextual_text])[0]
    settings = SearchSettings(legs=legs, depth=5)
    with Retriever.open(tmp_path, encoder=hash_encoder) as retriever:
        every = retriever.search("rank", k=3, vector=target, settings=settings)
        assert all(hit.document.kind == Kind.GUIDE for hit in every.hits)
        found = retriever.search("rank", k=3, vector=target, settings=settings, filters=Filters(kinds=(Kind.NOTE,)))
        assert {hit.document.id for hit in found.hits} == {"notes/0.md", "notes/1.md", "notes/2.md"}
        assert found.stages[0].name == "filter"
        assert found.stages[0].count == 3
        assert "43" in found.stages[0].detail


def test_a_filter_that_nothing_passes(index, hash_encoder):
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        result = retriever.search("weights", filters=Filters(sources=("nowhere/*",)))
    assert result.hits == ()
    assert result.stages[0].count == 0
