"""Figures as a report writes them, by hand."""

import pytest
from sota_rag.eval import Interval
from sota_rag.eval.report.words import ends, figure, flat, label, milliseconds, signed, when, with_code


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [
        (0.73804, "0.738", "+0.738"),
        (-0.0472, "−0.047", "−0.047"),
        (0.0, "0.000", "0.000"),
        (-0.0001, "0.000", "0.000"),
        (0.0001, "0.000", "0.000"),
        (12.34, "12.3", "+12.3"),
        (-12345.6, "−12,346", "−12,346"),
    ],
)
def test_figures(value, plain, with_sign):
    assert (figure(value), signed(value)) == (plain, with_sign)


def test_intervals_and_times():
    assert ends(Interval(0.5, 0.4, 0.6)) == "0.400–0.600"
    assert ends(Interval(0.0, -0.1, 0.1)) == "−0.100 to 0.100"
    assert [milliseconds(value) for value in (0.123, 12.34, 1234.5)] == ["0.12", "12.3", "1,234"]
    assert when("2026-11-25T10:20:30Z") == "2026-11-25 10:20 UTC"
    assert when("yesterday") == "yesterday"


def test_labels_are_one_short_line():
    assert label("two\nlines\x07 here") == "two lines here"
    assert label("multi-query (SmolLM2-135M-Instruct)", 16) == "multi-quer…ruct)"
    assert len(label("x" * 100, 20)) == 20


def test_backticks_are_code_and_all_else_is_text():
    assert str(with_code("a `b` & <c>")) == "a <code>b</code> &amp; &lt;c&gt;"
    assert str(with_code("a `b & <c>")) == "a `b &amp; &lt;c&gt;"


def test_nested_values_get_dotted_keys():
    nested = {"a": {"b": 1, "c": 0.5}, "d": "", "e": None}
    assert list(flat(nested)) == [("a.b", "1"), ("a.c", "0.500"), ("d", "–"), ("e", "–")]
