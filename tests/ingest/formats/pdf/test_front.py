import pytest
from sota_rag.index.blocks import BlockKind
from sota_rag.ingest.formats.pdf import parse_pdf
from sota_rag.ingest.formats.pdf.published import published_on


def test_an_abstract_without_a_heading_is_running_text(paper, prose, texts):
    made = paper()
    made.bold(150, 80, "A Paper Without the Word", size=17)
    made.bold(72, 110, "Ada Lovelace, Alan Turing and Grace Hopper", size=9)
    y = made.text(72, 150, prose(120, 1), width=468)
    made.bold(72, y + 20, "1. Introduction", size=13)
    made.text(72, y + 40, prose(120, 2), width=468, size=11)
    parsed = parse_pdf(made.data())
    assert texts(parsed, BlockKind.METADATA) == ["Ada Lovelace, Alan Turing and Grace Hopper"]
    assert prose(120, 1) in texts(parsed, BlockKind.PARAGRAPH)
    assert parsed.meta.authors == ("Ada Lovelace", "Alan Turing", "Grace Hopper")


def test_a_title_goes_on_in_a_smaller_line_below(paper, prose):
    made = paper()
    made.bold(200, 80, "STAR: A Reasoner", size=17)
    made.bold(180, 100, "Learning Without a Teacher", size=14.4)
    made.bold(250, 130, "Ada Lovelace, Alan Turing")
    made.bold(280, 160, "Abstract", size=12)
    made.text(72, 180, prose(200, 1), width=468)
    meta = parse_pdf(made.data()).meta
    assert meta.title == "STAR: A Reasoner Learning Without a Teacher"
    assert meta.authors == ("Ada Lovelace", "Alan Turing")


def test_what_stands_twice_on_a_line_is_no_author(paper, prose):
    made = paper()
    made.bold(150, 80, "A Paper From One Town", size=17)
    for x, name in ((150, "Ada Lovelace"), (350, "Alan Susan Goyal")):
        made.bold(x, 110, name)
        made.line(x, 122, "Mountain View")
    made.bold(280, 160, "Abstract", size=12)
    made.text(72, 180, prose(200, 1), width=468)
    assert parse_pdf(made.data()).meta.authors == ("Ada Lovelace", "Alan Susan Goyal")


def test_the_date_at_which_the_file_was_made_says_nothing_of_the_paper(paper, prose):
    made = paper()
    made.bold(150, 80, "An Undated Paper", size=17)
    made.bold(280, 120, "Abstract", size=12)
    made.text(72, 140, prose(200, 1), width=468)
    data = made.data()
    assert b"CreationDate" in data
    assert parse_pdf(data).meta.published is None


@pytest.mark.parametrize(
    ("arxiv_id", "front", "first_page", "expected"),
    [
        ("1706.03762", (), (), "2017-06"),
        ("hep-th/9711200", (), (), "1997-11"),
        ("1799.00001", (), (), None),
        (None, ("Ada Lovelace", "August 15, 2025"), (), "2025-08"),
        (None, ("3 March 2021",), (), "2021-03"),
        (None, ("since May 2021 at the institute",), (), None),
        (None, (), ("35th Conference on Neural Information Processing Systems (NeurIPS 2021).",), "2021"),
        (None, (), ("Published as a conference paper at ICLR 2021",), "2021"),
        (None, (), ("We read the Proceedings of 2021.",), None),
    ],
)
def test_published(arxiv_id, front, first_page, expected):
    assert published_on(arxiv_id, front, first_page) == expected
