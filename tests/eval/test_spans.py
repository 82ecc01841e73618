"""Quotes found in documents and in passages, however those are cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.eval.spans import GoldPassages, Span, locate, superseded_leak
from sota_rag.eval.topics import Gold, JudgedTopic
from sota_rag.index.errors import EvaluationError
from sota_rag.index.types import Document, DocumentInfo, Passage, passage_id

TEXT = "Zero one two three four.\nFive six seven eight nine. Ten eleven twelve."
DOCUMENT = Document(DocumentInfo("d", "d", "D"), TEXT)


def cut(*places):
    ends = [0, *places, len(TEXT)]
    return [
        Passage(passage_id("d", number), "d", number, start, end, TEXT[start:end])
        for number, (start, end) in enumerate(pairwise(ends))
    ]


def judge(passages):
    return GoldPassages({"d": DOCUMENT}.__getitem__, {"d": passages}.__getitem__)


def test_white_space_of_any_kind_is_alike_and_everything_else_counts():
    span = locate(Gold("d", " four. Five\t six "), TEXT)
    assert TEXT[span.start : span.end] == "four.\nFive six"
    with pytest.raises(EvaluationError, match=r"topics:3: the quote 'four\. five' does not stand in document 'd'"):
        locate(Gold("d", "four. five"), TEXT, "topics:3")
    assert locate(Gold("d", "(a+b)* [c]"), "x (a+b)*\n[c]") == Span("d", 2, 12)


def test_a_passage_holds_a_quote_with_half_of_its_characters():
    quote = Gold("d", "Five six seven eight nine.")  # code points 25 to 51
    assert judge(cut()).holding(quote) == ["d#00000"]
    assert judge(cut(40)).holding(quote) == ["d#00000"]
    assert judge(cut(36)).holding(quote) == ["d#00001"]
    assert judge(cut(38)).holding(quote) == ["d#00000", "d#00001"]
    # In thirds none holds half: the one with most of it.
    assert judge(cut(33, 43)).holding(quote) == ["d#00001"]


@given(st.lists(st.integers(1, len(TEXT) - 1), unique=True, max_size=8))
def test_however_it_is_cut_some_passage_holds_the_quote(places):
    passages = cut(*sorted(places))
    held = judge(passages).holding(Gold("d", "six seven"))
    assert held
    best = max(Span("d", 30, 39).overlap(p.start, p.end) for p in passages)
    assert all(Span("d", 30, 39).overlap(p.start, p.end) >= min(best, 4.5) for p in passages if p.id in held)


def test_judgements_name_what_is_wrong():
    unknown = JudgedTopic("t", "q", gold=(Gold("none.md", "x"),), where="topics.jsonl:7")
    with pytest.raises(EvaluationError, match=r"topics\.jsonl:7: document 'none\.md' is not in the index; ingest"):
        judge(cut()).qrels([unknown])
    gap = [Passage("d#00000", "d", 0, 0, 24, TEXT[:24])]
    with pytest.raises(EvaluationError, match="no passage of 'd' holds 'Ten eleven'"):
        judge(gap).holding(Gold("d", "Ten eleven"))


def test_only_answerable_topics_are_judged_and_only_some_have_something_superseded():
    topics = [
        JudgedTopic("a", "q", gold=(Gold("d", "one"), Gold("d", "Ten")), superseded=(Gold("d", "Five six"),)),
        JudgedTopic("b", "q", answerable=False),
    ]
    gold = judge(cut(25, 52))
    assert gold.qrels(topics) == {"a": {"d#00000": 1, "d#00002": 1}}
    assert gold.superseded(topics) == {"a": frozenset({"d#00001"})}


@pytest.mark.parametrize(
    ("ranking", "k", "leak"),
    [
        ("old new", 5, 1.0),
        ("new old", 5, 0.0),
        ("x old", 5, 1.0),
        ("x old", 1, 0.0),
        ("x y", 5, 0.0),
        ("", 5, 0.0),
        ("x new old", 2, 0.0),
    ],
)
def test_a_superseded_passage_leaks_unless_a_current_one_stands_above_it(ranking, k, leak):
    assert superseded_leak(ranking.split(), {"old"}, {"new": 1, "x": 0}, k) == leak
