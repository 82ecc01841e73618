"""Fused results: scores by hand, what is kept, and successors above what they superseded."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.app.strategies.merge import Part, merge, only_in
from sota_rag.index import DocumentInfo, Hit, Passage, SearchResult, Signals, Stage
from sota_rag.index.practices import Practice, PracticeStatus
from sota_rag.index.successors import Successors
from sota_rag.index.types import Counterpart, PracticeMark, Relation

DOCUMENT = DocumentInfo("d", "d", "D")


def hit(name, rank, mark=None, score=None):
    passage = Passage(name, "d", 0, 0, 4, "text")
    return Hit(passage, DOCUMENT, 1 / rank if score is None else score, rank, Signals(bm25_rank=rank), mark)


def result(names, *, query="q", generation="g", marks=(), timings=None, notes=()):
    marks = dict(marks)
    hits = tuple(hit(name, rank, marks.get(name)) for rank, name in enumerate(names, start=1))
    return SearchResult(query, generation, hits, timings or {}, (Stage("fuse", len(hits), query),), tuple(notes))


def ids(merged):
    return "".join(found.passage.id for found in merged.hits)


def test_scores_are_weighted_reciprocal_ranks():
    merged = merge([Part(result("ab")), Part(result("bc"), 0.5)], 3, rrf_k=60)
    assert ids(merged) == "bac"
    assert [found.score for found in merged.hits] == pytest.approx([1 / 62 + 0.5 / 61, 1 / 61, 0.5 / 62])
    assert [found.rank for found in merged.hits] == [1, 2, 3]
    assert merged.hits[0].signals == Signals(bm25_rank=2)  # of the first part that has it


def test_equal_scores_go_by_passage_id():
    assert ids(merge([Part(result("b")), Part(result("a"))], 2)) == "ab"


def test_the_query_timings_stages_and_notes():
    first = result("a", query="one", timings={"dense": 1.0, "total": 3.0}, notes=["n"])
    second = result("b", query="two", timings={"bm25": 0.5, "dense": 2.0, "total": 4.0}, notes=["n", "m"])
    merged = merge([Part(first), Part(second, 0.5, label="a part")], 5)
    assert (merged.query, merged.generation, merged.notes) == ("one", "g", ("n", "m"))
    assert merged.timings_ms == {"dense": 3.0, "bm25": 0.5, "total": 7.0}
    assert list(merged.timings_ms)[-1] == "total"
    assert [(stage.name, stage.detail) for stage in merged.stages] == [
        ("fuse", "one"),
        ("query", "weight 1: one"),
        ("query", "weight 0.5: a part"),
        ("merge", "reciprocal rank fusion of 2 results, 2 passages, best 2 kept"),
    ]


def test_what_cannot_be_merged():
    with pytest.raises(ValueError, match="nothing to merge"):
        merge([], 3)
    with pytest.raises(ValueError, match=r"several|generations \['g', 'h'\]"):
        merge([Part(result("a")), Part(result("a", generation="h"))], 3)


def test_the_first_hits_of_a_part_are_kept_in_their_order_by_score():
    agreed = [Part(result("xyzab")) for _ in range(3)]
    assert ids(merge([*agreed, Part(result("pqr"), 0.1)], 4)) == "xyza"
    assert ids(merge([*agreed, Part(result("pqr"), 0.1, keep=2)], 4)) == "xypq"


def test_with_little_room_every_part_keeps_its_first_hit():
    parts = [Part(result("ab"), keep=2), Part(result("cd"), keep=2)]
    assert set(ids(merge(parts, 2))) == {"a", "c"}


@given(st.lists(st.permutations("abcdefghij").map(lambda p: "".join(p)[:6]), min_size=1, max_size=4), st.integers(1, 8))
def test_rewordings_that_weigh_half_never_push_out_the_first_three(orders, k):
    parts = [Part(result(orders[0]), 1.0, keep=3), *(Part(result(order), 0.5) for order in orders[1:])]
    merged = merge(parts, k)
    assert set(orders[0][: min(3, k)]) <= set(ids(merged))
    assert list(merged.hits) == sorted(merged.hits, key=lambda h: (-h.score, h.passage.id))
    assert len(set(ids(merged))) == len(merged.hits) <= k


def test_only_in_counts_what_others_lack():
    assert only_in(result("abc").hits, [result("a"), result("c")]) == 1


# --- practices

OLD, NEW, DEAD = "1701.00010", "2004.00020", "1801.00030"
SUPERSEDED = PracticeMark(Relation.SUPERSEDED, OLD, "old", "worse", 2017, (Counterpart(NEW, "new", 2020, 1),))
SUCCESSOR = PracticeMark(Relation.SUCCESSOR, NEW, "new", "worse", 2020, (Counterpart(OLD, "old", 2017, 2),))


def marked(names, old, new):
    """A result in which `new` stands for the successor of what `old` holds."""
    places = {name: place for place, name in enumerate(names, start=1)}
    above = tuple(replace(other, rank=places[new]) for other in SUPERSEDED.other)
    below = tuple(replace(other, rank=places[old]) for other in SUCCESSOR.other)
    return result(names, marks={old: replace(SUPERSEDED, other=above), new: replace(SUCCESSOR, other=below)})


def test_ranks_in_marks_are_those_of_the_fused_result():
    merged = merge([Part(result("xyz")), Part(marked("nox", "o", "n"), 0.5)], 5)
    assert ids(merged) == "xyzno"
    by_name = {found.passage.id: found for found in merged.hits}
    assert by_name["o"].practice.other[0].rank == by_name["n"].rank == 4
    assert by_name["n"].practice.other[0].rank == by_name["o"].rank == 5


def test_a_successor_that_others_put_below_is_moved_directly_above_with_the_score_of_the_hit_below():
    merged = merge([Part(marked("no", "o", "n"), 0.2), Part(result("oxyn"))], 4)
    assert ids(merged) == "noxy"
    assert merged.hits[0].score == merged.hits[1].score


def test_a_successor_below_the_cut_is_put_in_and_the_last_hit_falls_off():
    merged = merge([Part(marked("no", "o", "n"), 0.1), Part(result("xyo"), 1.0)], 3)
    assert ids(merged) == "xno"


def test_a_successor_whose_predecessor_is_not_kept_loses_its_mark():
    merged = merge([Part(result("xyz"), 2.0), Part(marked("no", "o", "n"))], 4)
    assert ids(merged) == "xyzn"
    assert merged.hits[3].practice is None


def test_a_successor_whose_predecessor_fell_off_in_the_search_itself_keeps_its_mark():
    mark = replace(SUCCESSOR, other=(replace(SUCCESSOR.other[0], rank=None),))
    merged = merge([Part(result("xy")), Part(result("n", marks={"n": mark}))], 3)
    assert {found.passage.id: found.practice for found in merged.hits} == {"x": None, "n": mark, "y": None}


def test_a_predecessor_pushed_off_the_end_is_named_without_a_rank():
    merged = merge([Part(marked("no", "o", "n"), 0.1), Part(result("ox"))], 1)
    assert ids(merged) == "n"
    assert merged.hits[0].practice == replace(SUCCESSOR, other=(replace(SUCCESSOR.other[0], rank=None),))


def test_one_of_two_stand_ins_is_enough():
    merged = merge([Part(marked("no", "o", "n")), Part(marked("mo", "o", "m"), 0.5)], 4)
    assert ids(merged) == "nom"
    assert merged.hits[1].practice.other[0].rank == 1
    assert merged.hits[2].practice is None


def test_a_practice_put_away_keeps_its_mark_wherever_it_stands():
    dead = PracticeMark(Relation.PUT_AWAY, DEAD, "dead", "nothing rises")
    merged = merge([Part(result("xa")), Part(result("ay", marks={"a": dead}), 0.1)], 3)
    assert {found.passage.id: found.practice for found in merged.hits}["a"] == dead


def work(key, start, **declared):
    return Practice(key, "r.yaml", start, start + 9, key, title=key, arxiv_id=key, year=2017, work=True, **declared)


CYCLIC, SLOW = work(OLD, 0, superseded_by=(NEW,), reason="slow works"), work(NEW, 10)
COLD = work(DEAD, 20, status=PracticeStatus.ATTIC, reason="nothing rises")
LINKS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([CYCLIC, SLOW, COLD]), st.sampled_from(["registry", "statement"])),
    unique_by=lambda link: (link[0], link[1].key),
)


def searched(links, rows, k):
    """A result as a search would place it."""
    scores = [1 - place / 10 for place in range(len(rows))]
    named = [(row, practice.key, how) for row, practice, how in links]
    fused = dict(zip(rows, scores, strict=True))
    placed = Successors([CYCLIC, SLOW, COLD], named).place(rows, scores, k, fused=fused, allowed=None)
    hits = tuple(
        hit(str(row), rank, placed.marks.get(row), score)
        for rank, (row, score) in enumerate(zip(placed.rows, placed.scores, strict=True), start=1)
    )
    return SearchResult("q", "g", hits)


@given(LINKS, st.permutations(range(8)), st.integers(1, 8))
def test_one_result_alone_comes_out_as_it_went_in(links, rows, k):
    alone = searched(links, rows, k)
    merged = merge([Part(alone)], k)
    assert ids(merged) == ids(alone)
    for before, after in zip(alone.hits, merged.hits, strict=True):
        assert (before.practice is None) == (after.practice is None)
        if before.practice is not None and after.practice is not None:
            assert before.practice.relation == after.practice.relation
            assert {(o.id, o.rank) for o in after.practice.other} <= {(o.id, o.rank) for o in before.practice.other}
            if before.practice.relation is Relation.SUPERSEDED:
                assert before.practice == after.practice


def test_a_successor_that_holds_the_former_practice_too_names_itself():
    links = [(1, CYCLIC, "registry"), (1, SLOW, "registry"), (2, CYCLIC, "registry"), (3, SLOW, "registry")]
    orders = [[0, 1, 2, 3], [0, 2, 3, 1]]
    merged = merge([Part(searched(links, rows, 3), 1 / (1 + place)) for place, rows in enumerate(orders)], 3)
    assert ids(merged) == "012"
    assert (merged.hits[1].practice.other[0].id, merged.hits[1].practice.other[0].rank) == (NEW, 2)


@settings(max_examples=300)
@given(LINKS, st.lists(st.permutations(range(8)), min_size=2, max_size=3), st.integers(1, 8))
def test_of_several_results_every_rank_in_a_mark_is_true(links, orders, k):
    merged = merge([Part(searched(links, rows, k), 1 / (1 + place)) for place, rows in enumerate(orders)], k)
    holds = {str(row): set() for row in range(10)}
    for row, practice, _ in links:
        holds[str(row)].add(practice.id)
    assert [found.rank for found in merged.hits] == list(range(1, len(merged.hits) + 1))
    assert [found.score for found in merged.hits] == sorted((found.score for found in merged.hits), reverse=True)
    assert len({found.passage.id for found in merged.hits}) == len(merged.hits) <= k
    for found in merged.hits:
        mark = found.practice
        if mark is None:
            continue
        assert mark.practice_id in holds[found.passage.id] or mark.practice_id == NEW
        for other in mark.other:
            if other.rank is not None:
                assert other.id in holds[merged.hits[other.rank - 1].passage.id]
                above = other.id == NEW
                assert (other.rank <= found.rank) if above else (other.rank > found.rank)
        if (
            mark.relation is Relation.SUPERSEDED
            and holds[found.passage.id] >= {OLD}
            and NEW in set().union(*holds.values())
        ):
            assert mark.other[0].rank is not None
