"""Above what was superseded stands what took its place."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index import DocumentInfo, Filters, Hit, Kind, Passage, Retriever, SearchSettings
from sota_rag.index.analysis import query_terms, terms
from sota_rag.index.builder import publish_generation
from sota_rag.index.generations import writer_lock
from sota_rag.index.practices import Practice, PracticeStatus
from sota_rag.index.structure import structure_of
from sota_rag.index.successors import Successors
from sota_rag.index.types import Relation

OLD, NEW, DEAD = "1701.00010", "2004.00020", "1801.00030"


def work(arxiv_id, title, start, **declared):
    year = 2000 + int(arxiv_id[:2])
    return Practice(
        arxiv_id, "r.yaml", start, start + 9, title, title=title, arxiv_id=arxiv_id, year=year, work=True, **declared
    )


CYCLIC = work(OLD, "Cyclic Baking", 0, superseded_by=(NEW,), reason="one slow cooling works as well")
SLOW = work(NEW, "Slow Cooling", 10)
COLD = work(DEAD, "Cold Ovens", 20, status=PracticeStatus.ATTIC, reason="nothing rises")


def place(links, rows, k=5, *, practices=(CYCLIC, SLOW, COLD), allowed=None, fused=None):
    """Placement of rows with falling scores."""
    scores = [1 - place / 10 for place in range(len(rows))]
    fused = dict(zip(rows, scores, strict=True)) if fused is None else fused
    named = [(row, practice.key, how) for row, practice, how in links]
    return Successors(practices, named).place(rows, scores, k, fused=fused, allowed=allowed)


def test_a_successor_below_is_moved_directly_above():
    placed = place([(3, CYCLIC, "registry"), (5, SLOW, "registry")], [1, 3, 4, 5, 6])

    assert placed.rows == [1, 5, 3, 4, 6]
    assert placed.scores == [1.0, 0.9, 0.9, 0.8, 0.6]
    old, new = placed.marks[3], placed.marks[5]
    assert (old.relation, old.practice_id, old.year) == (Relation.SUPERSEDED, OLD, 2017)
    assert old.reason == "one slow cooling works as well"
    assert [(other.id, other.title, other.year, other.rank) for other in old.other] == [(NEW, "Slow Cooling", 2020, 2)]
    assert (new.relation, new.practice_id) == (Relation.SUCCESSOR, NEW)
    assert [(other.id, other.rank) for other in new.other] == [(OLD, 3)]
    assert set(placed.marks) == {3, 5}
    assert placed.stage.detail == "2 marked, 1 moved up, 0 put in"


def test_a_successor_that_nobody_found_is_put_in_and_the_last_hit_falls_off():
    placed = place([(3, CYCLIC, "registry"), (9, SLOW, "registry")], [1, 3, 4], k=3)

    assert placed.rows == [1, 9, 3]
    assert placed.scores == [1.0, 0.9, 0.9]
    assert placed.stage.detail == "2 marked, 0 moved up, 1 put in, 1 fell off the end"


def test_a_successor_above_already_stays():
    placed = place([(3, CYCLIC, "registry"), (1, SLOW, "registry"), (4, SLOW, "source")], [1, 2, 3, 4])
    assert placed.rows == [1, 2, 3, 4]
    assert placed.marks[3].other[0].rank == 1
    assert placed.marks[1].relation is Relation.SUCCESSOR


def test_one_successor_stands_above_several_passages_of_its_predecessor():
    placed = place([(2, CYCLIC, "source"), (3, CYCLIC, "source"), (9, SLOW, "registry")], [1, 2, 3])
    assert placed.rows == [1, 9, 2, 3]
    assert [placed.marks[row].other[0].rank for row in (2, 3)] == [2, 2]
    assert [other.rank for other in placed.marks[9].other] == [3]


def test_among_candidates_the_best_fused_passage_stands_for_the_successor():
    links = [(1, CYCLIC, "registry"), (7, SLOW, "statement"), (8, SLOW, "source")]
    assert place(links, [1, 2], fused={1: 0.9, 2: 0.8, 7: 0.1, 8: 0.2}).rows == [8, 1, 2]


@pytest.mark.parametrize(("hows", "best"), [(("source", "registry", "statement"), 9), (("source", "registry"), 8)])
def test_beyond_the_candidates_the_best_link_stands_for_it(hows, best):
    links = [(1, CYCLIC, "registry"), *((7 + n, SLOW, how) for n, how in enumerate(hows))]
    assert place(links, [1, 2]).rows == [best, 1, 2]


def test_without_a_successor_a_practice_is_marked_where_it_stands():
    placed = place([(3, COLD, "registry")], [1, 3, 4])
    assert placed.rows == [1, 3, 4]
    assert (placed.marks[3].relation, placed.marks[3].reason) == (Relation.PUT_AWAY, "nothing rises")


def test_a_successor_that_was_put_away_itself_says_so():
    old = replace(CYCLIC, superseded_by=(DEAD,))
    placed = place([(3, old, "registry"), (4, COLD, "registry")], [3, 4], practices=(old, COLD))
    assert placed.rows == [4, 3]
    assert placed.marks[3].relation is Relation.SUPERSEDED
    assert (placed.marks[4].relation, placed.marks[4].reason) == (Relation.PUT_AWAY, "nothing rises")


def test_filters_are_respected():
    allowed = np.array([True, True, False])
    placed = place([(0, CYCLIC, "registry"), (2, SLOW, "registry")], [0, 1], allowed=allowed)
    assert placed.rows == [0, 1]
    assert placed.marks[0].relation is Relation.SUPERSEDED
    assert placed.marks[0].other[0].rank is None
    assert placed.marks[0].note == "its successor is excluded by the filters"
    assert placed.stage.detail == "1 marked, 0 moved up, 0 put in, 1 left out by the filters"


def test_a_successor_without_a_passage_is_named():
    placed = place([(0, CYCLIC, "registry")], [0, 1])
    assert placed.rows == [0, 1]
    assert placed.marks[0].note == "no passage holds its successor"
    assert placed.marks[0].other[0].title == "Slow Cooling"


def test_a_passage_that_holds_both_stays():
    placed = place([(1, CYCLIC, "registry"), (1, SLOW, "registry"), (2, SLOW, "registry")], [1, 2])
    assert placed.rows == [1, 2]
    assert placed.marks[1].other[0].rank == 1


def test_no_more_than_k_hits_even_when_only_the_successor_remains():
    placed = place([(1, CYCLIC, "registry"), (9, SLOW, "registry")], [1, 2], k=1)
    assert placed.rows == [9]
    assert placed.marks[9].other[0].rank is None
    assert placed.marks[9].reason == "one slow cooling works as well"


def test_without_links_nothing_happens():
    placed = place([], [1, 2, 3], k=2)
    assert (placed.rows, placed.scores, placed.marks) == ([1, 2], [1.0, 0.9], {})
    assert placed.stage.detail == "no hit is on a practice that was put away"


LINKS = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from([CYCLIC, SLOW, COLD]), st.sampled_from(["registry", "source", "statement"])
    ),
    unique_by=lambda link: (link[0], link[1].key),
)


@given(LINKS, st.permutations(range(8)), st.integers(1, 8))
def test_whatever_is_linked_hits_are_distinct_ordered_and_successors_above(links, rows, k):
    placed = place(links, rows, k)
    old = {row for row, practice, _ in links if practice is CYCLIC}
    new = {row for row, practice, _ in links if practice is SLOW}
    cold = {row for row, practice, _ in links if practice is COLD}

    assert len(placed.rows) == len(set(placed.rows)) == k
    assert placed.scores == sorted(placed.scores, reverse=True)
    rest = [row for row in placed.rows if row not in old | new]
    assert rest == [row for row in rows if row in rest]
    for place_, row in enumerate(placed.rows):
        if row in old and row not in cold and new:
            assert row in new or new & set(placed.rows[:place_])
    assert placed == place(links, rows, k)


@pytest.fixture
def index(tmp_path, small, hash_encoder):
    """Guides of which one restates a practice that the registry calls superseded."""
    made = small.documents_of(small.guides)
    made.append(
        small.make_document(
            "docs/r.yaml",
            ("Cyclic ovens restart every ten minutes.", "Slow ovens cool once."),
            kind=Kind.REGISTRY,
        )
    )
    passages = sorted((p for _, ps in made for p in ps), key=lambda p: p.id)
    rows = {passage.id: row for row, passage in enumerate(passages)}
    old, new = replace(CYCLIC, document_id="docs/r.yaml"), replace(SLOW, document_id="docs/r.yaml")
    documents = sorted((d for d, _ in made), key=lambda d: d.info.id)

    def publish(name, *, with_practices):
        with writer_lock(tmp_path / name):
            publish_generation(
                tmp_path / name,
                documents=documents,
                passages=passages,
                vectors=hash_encoder.encode([p.contextual_text for p in passages]),
                files=[],
                encoder=hash_encoder.info,
                chunker="test",
                roots=["/docs"],
                structures={"docs/r.yaml": structure_of([], None, [old, new])} if with_practices else {},
                links=[
                    (rows["docs/r.yaml#00000"], old.key, "registry"),
                    (rows["docs/r.yaml#00001"], new.key, "registry"),
                ]
                if with_practices
                else [],
            )
        return tmp_path / name

    return publish


@pytest.mark.parametrize(
    ("query", "marked", "moved"),
    [
        ("why cyclic baking", True, True),
        ("cyclic baking of loaves", True, True),
        ("cyclic toast loaves", True, False),
        ("cyclic ovens that toast bread", False, False),
        ("", True, True),
    ],
)
def test_what_a_document_states_is_moved_and_marked_as_far_as_the_query_speaks_of_it(query, marked, moved):
    """Half and three tenths of the words, question words left aside; without any words all are asked for."""
    for how in ("statement", "registry", "source"):
        links = [(0, CYCLIC.key, how), (2, SLOW.key, "registry")]
        found = Successors([CYCLIC, SLOW], links).place(
            [0, 1, 2], [3.0, 2.0, 1.0], 3, fused={}, allowed=None, asked=frozenset(query_terms(query))
        )
        own = how != "statement"
        assert found.rows == ([2, 0, 1] if moved or own else [0, 1, 2])
        assert (set(found.marks) == {0, 2}) is (marked or own)
        if marked or own:
            assert found.marks[0].other[0].rank == found.rows.index(2) + 1


def test_a_mark_without_a_move_names_the_successor_that_was_not_found():
    links = [(0, CYCLIC.key, "statement"), (7, SLOW.key, "registry")]
    asked = frozenset(query_terms("cyclic toast loaves"))
    found = Successors([CYCLIC, SLOW], links).place([0, 1], [2.0, 1.0], 2, fused={}, allowed=None, asked=asked)
    assert found.rows == [0, 1]
    assert [(other.id, other.rank) for other in found.marks[0].other] == [(NEW, None)]


def test_a_search_places_the_successor_and_history_does_not(index, hash_encoder):
    query, settings = "cyclic baking ovens", SearchSettings(legs="bm25")
    with (
        Retriever.open(index("with", with_practices=True), encoder=hash_encoder, settings=settings) as retriever,
        Retriever.open(index("without", with_practices=False), encoder=hash_encoder, settings=settings) as plain,
    ):
        current = retriever.search(query)
        history = retriever.search(query, settings=replace(settings, mode="history"))
        untouched = plain.search(query)

    assert untouched.hits[0].passage.text == "Cyclic ovens restart every ten minutes."
    assert history.hits == untouched.hits
    assert [(hit.passage.id, hit.rank) for hit in current.hits[:2]] == [
        ("docs/r.yaml#00001", 1),
        ("docs/r.yaml#00000", 2),
    ]
    assert current.hits[0].practice.other[0].rank == 2
    assert current.hits[0].score == current.hits[1].score == untouched.hits[0].score
    assert [stage.name for stage in current.stages][-1] == "successors"
    assert history.stages[-1].detail == "not run: in history mode hits stay as they were found"


def test_a_successor_that_no_leg_found_comes_with_empty_signals(index, hash_encoder):
    settings = SearchSettings(legs="bm25")
    with Retriever.open(index("with", with_practices=True), encoder=hash_encoder, settings=settings) as retriever:
        first, second = retriever.search("cyclic minutes", k=2).hits
        guides = retriever.search("cyclic minutes", filters=Filters(kinds=(Kind.GUIDE,)))
    assert (first.passage.id, second.passage.id) == ("docs/r.yaml#00001", "docs/r.yaml#00000")
    assert first.signals.fused_score is None
    assert guides.hits == ()


def test_of_several_practices_in_one_passage_the_one_that_was_asked_for_is_marked():
    links = [(1, CYCLIC.key, "registry"), (1, COLD.key, "registry"), (2, SLOW.key, "registry")]
    stage = Successors((CYCLIC, SLOW, COLD), links)

    def marked(*asked):
        placed = stage.place([1, 2], [1.0, 0.5], 5, fused={1: 1.0, 2: 0.5}, allowed=None, asked=frozenset(asked))
        return placed.marks[1].practice_id

    assert (marked(*terms("cold ovens")), marked(*terms("cyclic baking"))) == (DEAD, OLD)


def hit(document, start, end, mark=None, **info):
    passage = Passage(f"{document}#{start:05d}", document, 0, start, end, "x" * (end - start))
    return Hit(passage, DocumentInfo(document, document, document, **info), 1.0, 1, practice=mark)


def behind(*hits, practices=(CYCLIC, SLOW, COLD)):
    found = Successors(practices, []).behind(hits)
    return [(entry.practice.id, entry.passage_id, entry.named, entry.entry) for entry in found]


def test_behind_a_passage_of_a_registry_are_the_practices_whose_entries_it_overlaps():
    assert behind(hit("r.yaml", 5, 19), hit("r.yaml", 19, 20), hit("other.yaml", 0, 99)) == [
        (OLD, "r.yaml#00005", False, True),
        (NEW, "r.yaml#00005", False, True),
    ]


def test_behind_a_passage_of_a_paper_are_its_practices():
    assert behind(hit("paper.pdf", 500, 600, arxiv_id=DEAD)) == [(DEAD, "paper.pdf#00500", False, False)]


def test_behind_a_mark_are_the_practices_that_it_names():
    placed = place([(0, CYCLIC, "registry"), (1, SLOW, "registry")], [0, 1])
    assert behind(hit("guide.md", 0, 9, placed.marks[0])) == [
        (OLD, "guide.md#00000", True, False),
        (NEW, "guide.md#00000", True, False),
    ]
    assert behind(hit("r.yaml", 0, 9, placed.marks[0])) == [
        (OLD, "r.yaml#00000", True, True),
        (NEW, "r.yaml#00000", True, False),
    ]


def test_of_practices_that_share_an_id_a_mark_names_the_one_with_its_words():
    twin = replace(SLOW, document_id="s.yaml", statement="Another thing")
    placed = place([(0, CYCLIC, "registry")], [0])
    found = Successors((CYCLIC, SLOW, twin), []).behind([hit("g.md", 0, 9, placed.marks[0])])
    assert [entry.practice for entry in found] == [CYCLIC, SLOW]


def test_behind_says_where_practices_stand():
    standings = {
        entry.practice.id: entry.standing
        for entry in Successors((CYCLIC, SLOW, COLD), []).behind([hit("r.yaml", 0, 99)])
    }
    assert standings[NEW] is None
    assert standings[DEAD].successors == ()
    assert standings[OLD].successors == ((SLOW,),)


def test_a_view_tells_the_practices_behind_its_hits(index, hash_encoder):
    settings = SearchSettings(legs="bm25")
    with Retriever.open(index("with", with_practices=True), encoder=hash_encoder, settings=settings) as retriever:
        view = retriever.view()
        found = view.practices(view.search("cyclic baking ovens", k=2).hits)
    named = [(entry.practice.id, entry.passage_id) for entry in found if entry.named]
    assert named == [(NEW, "docs/r.yaml#00001"), (OLD, "docs/r.yaml#00001"), (OLD, "docs/r.yaml#00000"),
                     (NEW, "docs/r.yaml#00000")]  # fmt: skip
