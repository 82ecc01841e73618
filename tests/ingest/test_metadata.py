import time
from datetime import date, datetime

import pytest
from pydantic import ValidationError
from sota_rag.index.errors import QuarantineError
from sota_rag.index.types import Kind, Status
from sota_rag.ingest.metadata import (
    DocumentMeta,
    front_matter_span,
    front_matter_values,
    merge,
    read_front_matter,
    read_sidecar,
)


def front_matter(body: str) -> str:
    return f"---\n{body}\n---\n# Text\n"


def test_front_matter_of_ours():
    text = front_matter(
        "title: LoRA in practice\nkind: note\ndate: 2021-06-17\nstatus: Superseded\n"
        "authors: Edward Hu and Yelong Shen; Phillip Wallis\narxiv: arXiv:2106.09685v2"
    )
    meta, warnings = read_front_matter(text)
    assert warnings == ()
    assert meta == DocumentMeta(
        title="LoRA in practice",
        kind=Kind.NOTE,
        published="2021-06-17",
        status=Status.SUPERSEDED,
        authors=("Edward Hu", "Yelong Shen", "Phillip Wallis"),
        arxiv_id="2106.09685",
    )


def test_foreign_front_matter_is_fine():
    meta, warnings = read_front_matter(front_matter("layout: post\ntags: [a, b]\nauthor:\n- name: Ada\n- Bob"))
    assert (meta.authors, warnings) == (("Ada", "Bob"), ())


def test_one_bad_value_costs_that_value_only():
    meta, warnings = read_front_matter(front_matter("title: Fine\nstatus: fresh\ndate: 2021-13-45"))
    assert meta == DocumentMeta(title="Fine")
    assert len(warnings) == 2
    assert any("published '2021-13-45' ignored" in warning for warning in warnings)
    assert any("status 'fresh' ignored" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("title: [unclosed", "broken YAML"),
        ("title: &a x\nother: *a", "aliases are not allowed"),
        ("title: x\n" + "# filler\n" * 10_000, "longer than 65536"),
        ("title: " + "[" * 5_000 + "]" * 5_000, "nested deeper than 40"),
        ("title: !!python/object:os.system x", "broken YAML"),
        ("title: !!bool maybe", "broken YAML"),
        ("title: !!timestamp maybe", "broken YAML (AttributeError)"),
        ("title: !!int abc", "broken YAML (invalid literal for int()"),
        ("title: !!float 1" + ":1" * 2_000, "broken YAML (OverflowError)"),
        ("title: " + "9" * 5_000, "broken YAML in line 1 (a number of 5000 characters)"),
        ("date: 0x" + "f" * 5_000, "broken YAML in line 1 (a number of 5002 characters)"),
    ],
)
def test_broken_front_matter_is_ignored_with_a_warning(body, reason):
    meta, (warning,) = read_front_matter(front_matter(body))
    assert meta == DocumentMeta()
    assert reason in warning


def test_alias_bomb_costs_nothing():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "aliases" in read_front_matter(front_matter("\n".join(lines)))[1][0]


@pytest.mark.parametrize("text", ["---\nA rule.\n---\n", "# Title\n", "---\ntitle: never closed\n", "", "---"])
def test_no_front_matter(text):
    assert front_matter_span(text) is None
    assert read_front_matter(text) == (DocumentMeta(), ())


def test_front_matter_span_holds_both_rules():
    assert front_matter_span("---\ntitle: x\n---\nText") == (0, 16)


@pytest.mark.parametrize(
    ("value", "published"),
    [
        (2021, "2021"),
        ("2021", "2021"),
        ("2021-06", "2021-06"),
        ("2021-06-17", "2021-06-17"),
        ("2021-06-17T08:00:00Z", "2021-06-17"),
        (date(2021, 6, 17), "2021-06-17"),
        (datetime(2021, 6, 17, 8), "2021-06-17"),
        (None, None),
    ],
)
def test_published(value, published):
    assert DocumentMeta.from_mapping({"date": value}).published == published


@pytest.mark.parametrize("value", ["June 2021", "2021-02-30", "0021", 21, 9999, True, 2021.5, ["2021"], "17.06.2021"])
def test_implausible_dates(value):
    with pytest.raises(ValidationError):
        DocumentMeta.from_mapping({"published": value})


def test_published_goes_before_date_and_year():
    assert DocumentMeta.from_mapping({"year": 2019, "date": "2020", "published": "2021"}).published == "2021"


def test_arxiv_id_keeps_its_trailing_zero():
    assert read_front_matter(front_matter("arxiv: 2106.09680"))[0].arxiv_id == "2106.09680"
    assert DocumentMeta.from_mapping({"arxiv": "cs.CL/9901001v1"}).arxiv_id == "cs.cl/9901001"
    with pytest.raises(ValidationError):
        DocumentMeta.from_mapping({"arxiv": "10.1000/xyz"})


def test_sidecar(tmp_path):
    path = tmp_path / "x.md.meta.yaml"
    path.write_text("published: 2020-05\nstatus: historical\n")
    assert read_sidecar(path) == DocumentMeta(published="2020-05", status=Status.HISTORICAL)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("publishd: 2020", r"x\.md\.meta\.yaml has the unknown key 'publishd'; known are title, kind, published"),
        ("published: soon", r"invalid published \(not a date"),
        ("- a\n- b", "not a YAML mapping"),
        ("title: [", "broken YAML"),
        ("a: &a 1\nb: *a", "aliases"),
        ("", "empty"),
    ],
)
def test_mistake_in_a_sidecar_is_told(tmp_path, content, reason):
    path = tmp_path / "x.md.meta.yaml"
    path.write_text(content)
    with pytest.raises(QuarantineError, match=reason):
        read_sidecar(path)


def test_merge_takes_the_first_that_says_something():
    sidecar = DocumentMeta(title="A", status=Status.CURRENT)
    matter = DocumentMeta(title="B", published="2020", authors=("X",))
    flags = DocumentMeta(status=Status.DRAFT, published="1999", kind=Kind.PAPER)
    assert merge(sidecar, matter, flags) == DocumentMeta(
        title="A", status=Status.CURRENT, published="2020", authors=("X",), kind=Kind.PAPER
    )
    assert merge(None, DocumentMeta()) == DocumentMeta()


def test_deep_front_matter_is_ignored_in_time():
    started = time.process_time()
    meta, (warning,) = read_front_matter("---\ntitle: " + "[" * 30_000 + "\n---\ntext")
    assert meta == DocumentMeta() and "nested deeper than 40 levels" in warning
    assert time.process_time() - started < 2


def test_blank_lines_before_the_first_key_cost_no_more_than_their_length():
    started = time.process_time()
    assert front_matter_span("---\n" + "\n" * 60_000 + "!\n---\n") is None
    assert front_matter_span("---\n\n \t\n # remark\ntitle: x\n---\n") is not None
    assert time.process_time() - started < 1


def test_values_are_those_between_the_rules_with_dates_and_fractions_as_text():
    text = "---\ndate: 2024-02-30\narxiv: 2106.09680\nyear: 2021\nrule: |\n  a\n----\n---\n"
    with pytest.raises(ValueError, match="broken YAML in line 6"):
        front_matter_values(text)
    values = {"date": "2024-02-30", "arxiv": "2106.09680", "year": 2021, "rule": "a\n ----"}
    assert front_matter_values(text.replace("\n----", "\n   ----")) == values
    assert front_matter_values("# No front matter\n") == {}
