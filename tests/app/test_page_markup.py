"""Document text as inert HTML."""

from html import unescape
from re import DOTALL, findall, sub

import pytest

pytest.importorskip("streamlit", reason="the page needs the extra `app`")

from hypothesis import given
from hypothesis import strategies as st
from sota_rag.app.page.passage_markup import passage_html, sentence_html

MARKDOWN = st.text(alphabet=list("ab1 \n\n`$*|#-~<>&\"'\t\r\u2028"))
ALLOWED = {"div", "span", "mark", "bdi"}


def plain(html: str) -> str:
    return unescape(sub(r"<[^>]*>", "", html))


@given(MARKDOWN, st.integers(0, 60), st.integers(0, 60))
def test_every_character_is_kept_and_the_mark_is_the_quote(text, one, other):
    span = min(one, other), max(one, other)
    html = passage_html(text, span)
    assert plain(html) == text
    assert "".join(map(plain, findall(r"<mark>(.*?)</mark>", html, DOTALL))) == text[slice(*span)]
    assert set(findall(r"<([a-z]+)", html)) <= ALLOWED
    assert plain(sentence_html(text)) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("```python\nx = 1\n\ny\n```", "code"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "table"),
        ("$$\n\\sum_i x_i\n$$", "code"),
        ("$$ a + b $$", "code"),
        ("- a\n  more", "item"),
        ("## Title", "heading"),
        ("plain", "prose"),
    ],
)
def test_a_block_is_shown_as_what_it_is(text, kind):
    assert findall(r'<div class="rag-(\w+)"', passage_html(text)) == ["passage", kind]


def test_paragraphs_stand_apart():
    assert passage_html("one\ntwo\n\nthree").count('class="rag-prose"') == 2


def test_formulas_are_told_from_prices():
    assert "rag-inline-math" in passage_html("rank $r$ of $r(d + k)$")
    assert "rag-inline-math" not in passage_html("from $5 to $10 a month")
