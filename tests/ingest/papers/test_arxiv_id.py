"""arXiv identifiers and the file names made from them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.errors import UsageError
from sota_rag.ingest.papers.arxiv_id import ArxivId


@pytest.mark.parametrize(
    ("text", "paper", "version"),
    [
        ("2106.09685", "2106.09685", None),
        ("2106.09685v2", "2106.09685", 2),
        ("0704.0001", "0704.0001", None),
        ("1412.6980", "1412.6980", None),
        (" arXiv:2106.09685v12 ", "2106.09685", 12),
        ("https://arxiv.org/abs/2106.09685", "2106.09685", None),
        ("http://www.arxiv.org/pdf/2106.09685v1.pdf", "2106.09685", 1),
        ("hep-th/9901001", "hep-th/9901001", None),
        ("math.GT/0309136v1", "math/0309136", 1),
        ("cond-mat/0207270v3", "cond-mat/0207270", 3),
    ],
)
def test_identifiers_of_all_times_are_understood(text, paper, version):
    assert ArxivId.parse(text) == ArxivId(paper, version)


@pytest.mark.parametrize(
    "text",
    [
        "", "lora", "2106", "2106.0968", "2106.096855", "1412.69800", "0703.0001", "2113.09685", "2106.09685v0",
        "2106.09685v", "../2106.09685", "2106.09685/../../x", "hep-th/99010011", "hep-th/9913001", "٢١٠٦.٠٩٦٨٥",
        "https://example.org/abs/2106.09685", "arXiv:https://arxiv.org/abs/2106.09685", "2106.09685\nx", "-hep/9901001",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match=r"is no arXiv identifier; write it like 2106\.09685") as caught:
        ArxivId.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2106.09685", "2106.09685.pdf"),
        ("2106.09685v2", "2106.09685v2.pdf"),
        ("hep-th/9901001", "hep-th_9901001.pdf"),
        ("math.GT/0309136v1", "math_0309136v1.pdf"),
    ],
)
def test_file_names_come_from_the_identifier(text, name):
    assert ArxivId.parse(text).file_name == name


@given(st.text(max_size=30) | st.from_regex(r"[a-z./-]{0,8}[0-9]{4}[./]?[0-9]{3,6}(v[0-9])?(\.pdf)?"))
def test_no_identifier_makes_a_name_that_leaves_its_folder(text):
    try:
        paper = ArxivId.parse(text)
    except UsageError:
        return
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*\.pdf", paper.file_name)
    assert ArxivId.parse(str(paper)) == paper
    assert ArxivId.from_file_stem(paper.file_name.removesuffix(".pdf")) == paper


@pytest.mark.parametrize(
    ("stem", "text"),
    [
        ("2106.09685v2", "2106.09685v2"),
        ("2106.09685 (1)", "2106.09685"),
        ("arXiv-2106.09685v1", "2106.09685v1"),
        ("1706.03762v7.Attention Is All You Need", "1706.03762v7"),
        ("2106.09685-lora", "2106.09685"),
        ("hep-th9901001v1", "hep-th/9901001v1"),
        ("hep-th_9901001", "hep-th/9901001"),
    ],
)
def test_a_file_name_that_begins_with_an_identifier_is_recognised(stem, text):
    assert ArxivId.from_file_stem(stem) == ArxivId.parse(text)


@pytest.mark.parametrize(
    "stem", ["thesis", "report-2021", "2023.12345 report", "2106.096851", "x2106.09685", "2106.0968"]
)
def test_other_file_names_are_not(stem):
    assert ArxivId.from_file_stem(stem) is None
