"""What an answer and a list of hits say of practices that were put away."""

from dataclasses import replace

import pytest
from sota_rag.app.answering import Citation
from sota_rag.app.answering.currency import practice_notes
from sota_rag.app.forms import hit_form
from sota_rag.app.page.markup import mark_badge, mark_html
from sota_rag.app.practice_words import chip, explained
from sota_rag.app.settings import Settings
from sota_rag.index import DocumentInfo, Hit, Passage
from sota_rag.index.types import Counterpart, PracticeMark, Relation

DOCUMENT = DocumentInfo("r.yaml", "r.yaml", "Kitchen")
OLD = PracticeMark(
    Relation.SUPERSEDED, "K-1", "restart the oven", "One cooling works as well.", 2017,
    (Counterpart("K-2", "Slow Cooling", 2020, 1),),
)  # fmt: skip
NEW = PracticeMark(
    Relation.SUCCESSOR, "K-2", "cool once", "One cooling works as well.", 2020, (Counterpart("K-1", "Old", 2017, 2),)
)
DEAD = PracticeMark(Relation.PUT_AWAY, "K-3", "cold ovens", "", None)


def hit(rank, mark=None):
    return Hit(Passage(f"r.yaml#{rank:05d}", "r.yaml", rank, 0, 9, "text"), DOCUMENT, 1.0, rank, practice=mark)


def cite(marker, rank, mark=None):
    return Citation(marker, f"r.yaml#{rank:05d}", DOCUMENT, (), None, 0, 9, "text", mark)


HITS = [hit(1, NEW), hit(2, OLD), hit(3, DEAD), hit(4)]


def test_a_note_points_at_the_citation_of_the_successor():
    assert practice_notes([cite(1, 1, NEW), cite(2, 2, OLD)], HITS) == [
        "passage [2] describes a practice that was superseded: One cooling works as well; see [1]"
    ]


def test_a_successor_that_is_not_cited_is_named_with_its_rank():
    assert practice_notes([cite(1, 2, OLD)], HITS) == [
        "passage [1] describes a practice that was superseded: One cooling works as well; see 'Slow Cooling', "
        "passage 1 of those found"
    ]


def test_a_practice_without_a_successor_is_no_longer_recommended():
    assert practice_notes([cite(1, 3, DEAD), cite(2, 4)], HITS) == [
        "passage [1] describes a practice that is no longer recommended"
    ]


def test_a_practice_that_is_cited_twice_is_noted_once():
    assert practice_notes([cite(1, 3, DEAD), cite(2, 3, DEAD)], HITS) == [
        "passages [1] and [2] describe a practice that is no longer recommended"
    ]


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (OLD, "practice of 2017, superseded → see hit 1"),
        (NEW, "current practice of 2020, in place of hit 2"),
        (DEAD, "practice, no longer recommended"),
    ],
)
def test_a_chip_says_it_in_a_few_words(mark, words):
    assert chip(mark) == words


def test_a_hit_that_holds_two_successors_is_named_once():
    twice = replace(OLD, other=tuple(replace(OLD.other[0], id=name, rank=3) for name in ("a", "b")))
    assert chip(twice).endswith("superseded → see hit 3")


def test_the_reason_is_told_in_words():
    ended = replace(OLD, other=tuple(replace(other, title=f"{other.title}.") for other in OLD.other))
    assert explained(ended) == explained(OLD)
    assert explained(OLD) == (
        "Practice: restart the oven. Put away because: One cooling works as well. Current: Slow Cooling."
    )


def test_html_is_escaped():
    mark = PracticeMark(Relation.PUT_AWAY, "x", "<script>", '"><img>')
    assert "<script>" not in mark_html(mark) + mark_badge(mark)
    assert "<img>" not in mark_html(mark) + mark_badge(mark)
    assert mark_badge(None) == mark_html(None) == ""


def test_the_json_form_holds_the_mark():
    assert hit_form(hit(1))["practice"] is None
    assert hit_form(hit(2, OLD))["practice"] == {
        "relation": "superseded",
        "practice_id": "K-1",
        "statement": "restart the oven",
        "reason": "One cooling works as well.",
        "year": 2017,
        "other": ({"id": "K-2", "title": "Slow Cooling", "year": 2020, "rank": 1},),
        "note": "",
    }


def test_the_mode_is_a_setting(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOTA_RAG_SEARCH__ALPHA", "0.3")
    settings = Settings.load(search={"mode": "history"})
    assert (settings.search_settings().mode, settings.search_settings().alpha) == ("history", 0.3)
    assert Settings.load().search_settings().mode == "current"
