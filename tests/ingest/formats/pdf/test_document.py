from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sota_rag.index.blocks import BlockKind
from sota_rag.index.errors import QuarantineError
from sota_rag.index.types import Kind
from sota_rag.ingest.formats.pdf import parse_pdf
from sota_rag.ingest.normalise import canonical_text
from sota_rag.ingest.parsed import Parsed

LEFT, RIGHT, WIDTH = 54.0, 318.0, 240.0


@pytest.fixture
def two_columns(paper, prose):
    """A paper of three pages in two columns with everything that the parser knows."""
    made = paper()
    for page in range(3):
        made.line(54, 40, "Authors et al.", size=9)
        made.line(480, 40, f"A Running Head {page + 1}", size=9)
        made.line(303, 770, str(page + 1))
        if page == 0:
            made.bold(150, 90, "Reading Papers in Two Columns", size=17)
            made.line(240, 115, "Ada Lovelace", size=12)
            made.line(345, 115, "Alan Turing", size=12)
            made.line(260, 130, "{ada,alan}@example.org")
            made.bold(150, 160, "Abstract", size=12)
            made.text(LEFT, 176, prose(84, 1), width=WIDTH)
            made.bold(LEFT, 340, "1 Introduction", size=12)
            made.text(LEFT, 356, prose(250, 2), width=WIDTH)
            made.text(RIGHT, 160, "and here the sentence of the first column ends. " + prose(200, 3), width=WIDTH)
            made.canvas.saveState()
            made.canvas.translate(30, 300)
            made.canvas.rotate(90)
            made.canvas.setFont("Times-Roman", 20)
            made.canvas.drawString(0, 0, "arXiv:1706.03762v7 [cs.CL] 2 Aug 2023")
            made.canvas.restoreState()
        elif page == 1:
            y = made.text(LEFT, 80, prose(120, 4), width=WIDTH)
            made.bold(LEFT, y + 16, "2 Method", size=12)
            made.bold(LEFT, y + 36, "2.1 Encoder", size=11)
            y = made.text(LEFT, y + 52, prose(90, 5), width=WIDTH)
            made.line(LEFT, y, "The best recall comes with vec-")
            made.line(LEFT, y + 12, "tors of state-of-the-")
            made.line(LEFT, y + 24, "art models, as every vectors test shows for")
            made.rule(LEFT, 700, LEFT + 80)
            made.line(LEFT, 712, "1", size=6)
            made.line(LEFT + 4, 715, "A footnote says more.", size=8)
            made.text(RIGHT, 80, "the whole collection. " + prose(100, 6), width=WIDTH)
            made.line(RIGHT, 330, "Table 1: Recall of two models.")
            for y in (340, 356, 392):
                made.rule(RIGHT, y, RIGHT + WIDTH)
            rows = {352: "Model R@1 R@10", 370: "BM25 41.0 72.5", 386: "Ours 52.3 80.1"}
            for y, row in rows.items():
                for x, cell in zip((RIGHT + 2, RIGHT + 120, RIGHT + 190), row.split(), strict=True):
                    made.line(x, y, cell)
            made.text(RIGHT, 430, prose(60, 7), width=WIDTH)
        else:
            made.text(LEFT, 80, prose(130, 8), width=WIDTH)
            made.text(RIGHT, 80, prose(80, 9), width=WIDTH)
            made.bold(RIGHT, 300, "References", size=12)
            for index in range(6):
                made.line(
                    RIGHT, 316 + 26 * index, f"[{index + 1}] A. Author and B. Author. A title of some length for the"
                )
                made.line(RIGHT + 16, 328 + 26 * index, f"entry. In Proceedings, pages 1-{index + 9}, 2017.")
        made.next_page()
    return made.data()


def check(parsed: Parsed) -> None:
    assert canonical_text(parsed.text) == parsed.text
    covered = 0
    for block in parsed.blocks:
        assert block.start >= covered and block.end > block.start
        assert not parsed.text[covered : block.start].strip()
        covered = block.end
    assert not parsed.text[covered:].strip()
    layout = parsed.layout
    assert layout is not None
    for before, after in pairwise(layout.spans):
        assert before.end <= after.start
    for span in layout.spans:
        width, height = layout.sizes[span.page - 1]
        assert 0 <= span.x0 <= span.x1 <= width + 0.01 and 0 <= span.y0 <= span.y1 <= height + 0.01
        assert parsed.text[span.start : span.end].strip()


def test_every_character_lies_in_one_block_and_on_a_page(two_columns):
    check(parse_pdf(two_columns))


def test_reading_twice_gives_the_same(two_columns):
    assert parse_pdf(two_columns) == parse_pdf(two_columns)


def test_headings_have_levels_by_number(two_columns):
    headings = [(block.level, block.title) for block in parse_pdf(two_columns).blocks if block.level]
    assert headings == [
        (1, "Reading Papers in Two Columns"),
        (2, "Abstract"),
        (2, "1 Introduction"),
        (2, "2 Method"),
        (3, "2.1 Encoder"),
        (2, "References"),
    ]


def test_metadata_come_from_title_authors_and_side_stamp(two_columns):
    meta = parse_pdf(two_columns).meta
    assert meta.title == "Reading Papers in Two Columns"
    assert meta.authors == ("Ada Lovelace", "Alan Turing")
    assert meta.arxiv_id == "1706.03762"
    assert meta.published == "2017-06"
    assert meta.kind is Kind.PAPER


def test_running_heads_page_numbers_and_stamp_are_not_in_the_text(two_columns):
    text = parse_pdf(two_columns).text
    assert "Running Head" not in text
    assert "et al." not in text
    assert "arXiv:" not in text
    assert not any(line.strip().isdigit() for line in text.split("\n"))


def test_a_paragraph_goes_on_in_the_next_column(two_columns, texts):
    paragraphs = texts(parse_pdf(two_columns), BlockKind.PARAGRAPH)
    assert any("of the first column ends" in paragraph and len(paragraph) > 1000 for paragraph in paragraphs)
    assert not any(paragraph.startswith("and here the sentence") for paragraph in paragraphs)


def test_a_footnote_does_not_interrupt_the_sentence_around_it(two_columns, texts):
    parsed = parse_pdf(two_columns)
    assert "test shows for the whole collection." in parsed.text
    assert texts(parsed, BlockKind.FOOTNOTE) == ["1 A footnote says more."]


def test_hyphens_go_where_the_document_spells_the_word_without(two_columns):
    text = parse_pdf(two_columns).text
    assert "comes with vectors of state-of-the-art models" in text


def test_the_halves_of_a_broken_word_stand_in_two_places(two_columns):
    parsed = parse_pdf(two_columns)
    start = parsed.text.index("vectors of state")
    assert parsed.layout is not None
    first, second = parsed.layout.regions(start, start + len("vectors"))
    assert parsed.text[first.start : first.end] == "vec"
    assert parsed.text[second.start : second.end] == "tors"
    assert second.y0 - first.y0 == pytest.approx(12, abs=0.5)
    assert first.x0 > second.x0


def test_a_table_has_a_row_a_line(two_columns, texts):
    parsed = parse_pdf(two_columns)
    assert texts(parsed, BlockKind.TABLE) == ["Model | R@1 | R@10\nBM25 | 41.0 | 72.5\nOurs | 52.3 | 80.1"]
    assert texts(parsed, BlockKind.CAPTION) == ["Table 1: Recall of two models."]


def test_each_reference_is_a_block(two_columns, texts):
    references = texts(parse_pdf(two_columns), BlockKind.REFERENCE_LIST)
    assert len(references) == 6
    assert references[1] == (
        "[2] A. Author and B. Author. A title of some length for the entry. In Proceedings, pages 1-10, 2017."
    )


def test_boxes_hold_the_text_that_stands_there(two_columns):
    parsed = parse_pdf(two_columns)
    assert parsed.layout is not None
    start = parsed.text.index("A footnote says more.")
    (region,) = parsed.layout.regions(start, start + 5)
    assert region.page == 2
    assert region.y0 < 715 < region.y1 + 2
    assert region.y1 - region.y0 < 14


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=6)), min_size=1, max_size=12))
def test_mutated_bytes_are_read_or_quarantined(two_columns, changes):
    data = bytearray(two_columns)
    for place, replacement in changes:
        at = place % len(data)
        data[at : at + len(replacement)] = replacement
    try:
        parsed = parse_pdf(bytes(data))
    except QuarantineError as error:
        assert str(error)
    else:
        check(parsed)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
def test_truncated_bytes_are_read_or_said_to_be_damaged(two_columns, share):
    try:
        check(parse_pdf(two_columns[: int(share * len(two_columns))]))
    except QuarantineError as error:
        assert "damaged" in str(error)
