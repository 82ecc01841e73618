import pytest
from sota_rag.index.layout import Layout, PageSpan

LAYOUT = Layout(
    ((612.0, 792.0), (612.0, 792.0)),
    (
        PageSpan(0, 10, 1, 100, 50, 200, 60),
        PageSpan(11, 21, 1, 100, 62, 200, 72),
        PageSpan(25, 35, 2, 100, 50, 150, 60),
    ),
)


@pytest.mark.parametrize(
    ("offset", "page"), [(0, 1), (9, 1), (10, 1), (20, 1), (21, 2), (24, 2), (34, 2), (35, 2), (99, 2)]
)
def test_page_of_the_first_text_from_an_offset_on(offset, page):
    assert LAYOUT.page_at(offset) == page


def test_lines_partly_within_a_span_are_cut_in_proportion():
    assert LAYOUT.regions(5, 16) == [PageSpan(5, 10, 1, 150, 50, 200, 60), PageSpan(11, 16, 1, 100, 62, 150, 72)]
    assert LAYOUT.regions(0, 35) == list(LAYOUT.spans)


def test_joins_and_empty_spans_stand_nowhere():
    assert LAYOUT.regions(21, 25) == []
    assert LAYOUT.regions(3, 3) == []
    assert Layout((), ()).page_at(0) is None


def test_json_round_trip():
    assert Layout.from_json(LAYOUT.to_json()) == LAYOUT


def test_a_turned_line_is_marked_whole():
    turned = PageSpan(0, 10, 1, 20, 100, 30, 300)
    assert Layout(((612.0, 792.0),), (turned,)).regions(2, 4) == [turned]
