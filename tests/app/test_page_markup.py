"""Document text as inert HTML."""

from html import unescape
from re import DOTALL, findall, sub

import pytest

pytest.importorskip("streamlit", reason="the page needs the extra `app`")

from hypothesis import given
from hypothesis import strategies as st
from sota_rag.app.answering import Sentence, Verdict
from sota_rag.app.answering.conflicts import Conflict, ConflictKind, Side
from sota_rag.app.answering.types import DraftReport, EvidenceReport, Origin, Strength
from sota_rag.app.page.beside_answer import conflicts_html
from sota_rag.app.page.drafting_view import draft_table, strategies_table, withdrawn_html
from sota_rag.app.page.evidence import signals_html
from sota_rag.app.page.passage_markup import passage_html, sentence_html
from sota_rag.app.page.sentence_view import badges_html, remarks_html
from sota_rag.app.strategies import StrategyReport
from sota_rag.index import DocumentInfo
from sota_rag.index.types import Signals

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


BAD = '<img src=x onerror="alert(1)"> ![a](https://evil.example/) [b](javascript:alert(1)) </div><script>'
BAD_DOCUMENT = DocumentInfo("d", BAD, BAD, published="2024")


def side(says):
    return Side("p", BAD_DOCUMENT, 0, 9, BAD, "2024", says, BAD)


@pytest.mark.parametrize(
    "html",
    [
        remarks_html(Sentence("x", (1,), Verdict.SUPPORTED, 1.0, Origin.REPLACED, BAD, BAD)),
        remarks_html(Sentence("x", (1,), Verdict.PARTIAL, 0.5, Origin.GENERATED, BAD)),
        badges_html(Sentence("x", (1,), Verdict.UNCHECKED, 0.5, Origin.GENERATED, BAD)),
        withdrawn_html([Sentence(BAD, (), Verdict.SUPPORTED, 1.0, draft=BAD)], BAD),
        conflicts_html([Conflict(ConflictKind.NUMBER, side(BAD), side("9"), BAD)]),
        strategies_table([StrategyReport("hyde", True, BAD, (BAD,), 3.0)]),
        draft_table(DraftReport(1, 0, 0, (), BAD, EvidenceReport((), (), 1, 2, True, 1))),
    ],
)
def test_what_others_wrote_is_text_wherever_it_is_shown(html):
    assert BAD in plain(html) or BAD in unescape("".join(findall(r'title="([^"]*)"', html)))
    for tag in ("<img", "<a ", "<script", "</div><script"):
        assert tag not in html


@pytest.mark.parametrize(
    ("strength", "said"),
    [
        (None, ""),
        (Strength(0), ""),
        (Strength(1, ("a",), (2020,)), "1 document"),
        (Strength(2, ("a", "b"), ()), "2 independent documents"),
        (Strength(2, ("a", "b"), (2020,)), "2 independent documents, 2020"),
        (Strength(3, ("a", "b", "c"), (2020, 2021, 2024)), "3 independent documents, 2020–2024"),
    ],
)
def test_the_strength_is_told_with_its_years(strength, said):
    html = badges_html(Sentence("x", (1,), Verdict.SUPPORTED, 1.0, Origin.GENERATED, strength=strength))
    assert plain(html) == f"✓ supportedwritten by the language model{said}"


def test_doubts_are_told_and_certainty_is_not():
    sure = Sentence("x", (1,), Verdict.SUPPORTED, 1.0, Origin.GENERATED, "another passage than the one it named")
    assert remarks_html(sure) == ""
    assert "another passage than the one it named" in badges_html(sure)


def test_the_reranker_s_opinion_is_a_probability_where_it_is_calibrated():
    fused = {"dense_rank": 1, "dense_score": 0.7, "fused_score": 0.8}
    calibrated = signals_html(Signals(**fused, rerank_score=1.2, rerank_probability=0.77), 1)
    assert "Reranker (probability)" in calibrated and "0.770" in calibrated and "1.200" not in calibrated
    other = signals_html(Signals(**fused, rerank_score=1.2), 1)
    assert "probability" not in other and "1.200" in other
    assert "not run" in signals_html(Signals(**fused), 1)
