"""What registries declare, resolved; and what a linter finds in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.history import MOST_ENDS, follow
from sota_rag.index.practices import (
    Practice,
    Practices,
    PracticeStatus,
    arxiv_key,
    practice_from_json,
    practice_to_json,
)

A, B, C = "1701.00010", "2004.00020", "2206.00030"


def work(arxiv_id, title, *, start=0, document="works.yaml", year=None, status=PracticeStatus.UNKNOWN, **declared):
    """An entry about a work."""
    year = 2000 + int(arxiv_id[:2]) if year is None else year
    return Practice(
        arxiv_id, document, start, start + 50, title, title=title, arxiv_id=arxiv_id, year=year, status=status,
        work=True, **declared,
    )  # fmt: skip


def line(identity, statement, *, start=0, document="list.yaml", arxiv_id=None, **declared):
    """A recommendation."""
    return Practice(identity, document, start, start + 10, statement, arxiv_id=arxiv_id, **declared)


def codes(practices):
    return [(problem.code, problem.practice_id) for problem in practices.problems()]


def successors(practices, practice):
    """Ids of the first practice of each successor."""
    standing = practices.standing(practice)
    return None if standing is None else [group[0].id for group in standing.successors]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2106.09680", "2106.09680"),
        (" arXiv:2106.09680v2 ", "2106.09680"),
        ("https://arxiv.org/abs/2106.09680v1", "2106.09680"),
        ("https://arxiv.org/pdf/2106.09680.pdf", "2106.09680"),
        ("cs/9901001", "cs/9901001"),
        ("MLR-2014-1", None),
        ("2106.968", None),
        ("", None),
    ],
)
def test_arxiv_ids_in_any_spelling(text, key):
    assert arxiv_key(text) == key


def test_practices_survive_json():
    practice = work(A, "Old", reason="why", superseded_by=(B,), see_also=(C,), status=PracticeStatus.ATTIC)
    assert practice_from_json(practice_to_json(practice)) == practice


def test_practices_survive_json_with_every_field_set():
    practice = work(
        A, "Old", reason="why", superseded_by=(B,), documents=("a.md", "b.md"), put_away_on="2021-03", confidence="low",
        returns="K-1",
    )  # fmt: skip
    assert practice_from_json(json.loads(json.dumps(practice_to_json(practice)))) == practice


def test_a_practice_stored_before_it_had_documents_is_read_and_one_without_targets_is_not():
    practice = work(A, "Old", superseded_by=(B,), see_also=(C,))
    form = practice_to_json(practice)
    for key in ("documents", "put_away_on", "confidence", "returns"):
        del form[key]
    assert practice_from_json(form) == practice
    for key in ("superseded_by", "see_also", "status"):
        with pytest.raises(KeyError, match=key):
            practice_from_json({name: value for name, value in form.items() if name != key})


def test_keys_are_unique_where_ids_are_not():
    first, second = line("K-1", "weigh flour"), line("K-1", "sift flour", start=20)
    assert first.key != second.key
    assert Practices([first, second]).by_key == {first.key: first, second.key: second}


@pytest.mark.parametrize("target", [B, f"arXiv:{B}v3", f"https://arxiv.org/abs/{B}", "slow  COOLING", " K-1 "])
def test_a_target_is_found_by_id_identifier_or_title(target):
    new = work(B, "Slow Cooling")
    named = line("K-1", "cool slowly", arxiv_id=B)
    old = work(A, "Cyclic Baking", start=100, superseded_by=(target,))
    practices = Practices([new, old, named])

    assert successors(practices, old) in ([B], ["K-1"])
    assert practices.problems() == []


def test_the_attic_of_a_work_holds_in_every_registry():
    old = work(A, "Cyclic Baking", superseded_by=(B,), reason="one cooling works as well")
    new = work(B, "Slow Cooling", start=100)
    elsewhere = line("K-1", "restart the oven", arxiv_id=A, status=PracticeStatus.STANDARD)
    practices = Practices([elsewhere, new, old])

    standing = practices.standing(elsewhere)
    assert standing.reason == "one cooling works as well"
    assert successors(practices, elsewhere) == [B]
    assert practices.standing(new) is None
    assert practices.involved() == [elsewhere, old, new]
    assert codes(practices) == [("status_conflict", "K-1")]


def test_a_work_without_identifier_is_known_by_its_title():
    old = Practice("x", "d", 0, 9, "Old Ways", title="Old Ways", work=True, status=PracticeStatus.ATTIC, reason="r")
    same = Practice("y", "e", 0, 9, "bake twice", title="old ways")
    assert Practices([old, same]).standing(same).reason == "r"


def test_successors_are_followed_to_the_end():
    first = work(A, "First", superseded_by=(B,))
    second = work(B, "Second", start=100, superseded_by=("Third",))
    third = work(C, "Third", start=200)
    practices = Practices([first, second, third])
    assert successors(practices, first) == successors(practices, second) == [C]


def test_a_successor_s_most_related_practice_comes_first():
    old = work(A, "Cyclic Baking", superseded_by=(B,), reason="slow cooling of the oven works as well")
    new = work(B, "Kitchen Notes", start=100)
    weigh = line("K-1", "weigh flour", arxiv_id=B)
    cool = line("K-2", "cool the oven once", start=20, arxiv_id=B)
    standing = Practices([old, new, weigh, cool]).standing(old)
    assert [[practice.id for practice in group] for group in standing.successors] == [["K-2", B, "K-1"]]


def test_a_practice_of_its_own_may_be_superseded_while_its_work_is_not():
    new, old = line("K-2", "sift once"), line("K-1", "sift twice", start=20, arxiv_id=A, superseded_by=("K-2",))
    sibling = line("K-3", "weigh flour", start=40, arxiv_id=A)
    practices = Practices([new, old, sibling])
    assert successors(practices, old) == ["K-2"]
    assert practices.standing(sibling) is None


def test_a_cycle_is_broken_at_the_step_back_in_time():
    old = work(A, "Old", start=100, superseded_by=(B,))
    new = work(B, "New", superseded_by=(A,))
    practices = Practices([new, old])

    assert successors(practices, old) == [B]
    assert successors(practices, new) == []
    assert practices.standing(new) is not None
    assert codes(practices) == [("cycle", B), ("successor_put_away", A)]


def test_what_is_wrong_is_named():
    practices = Practices(
        [
            work(A, "Old", superseded_by=("2110.99999", A), see_also=("Nowhere",), year=2023),
            work(B, "New", start=100, status=PracticeStatus.ATTIC, reason="Hallucination?"),
            work(B, "New", start=200),
            line("K-1", "a", status_word="obsolete"),
            line("K-1", "b", start=20),
        ]
    )
    problems = practices.problems()

    assert [(problem.level, problem.code, problem.start) for problem in problems] == [
        ("warning", "unknown_status", 0),
        ("error", "duplicate_id", 20),
        ("warning", "dangling_reference", 0),
        ("error", "dangling_target", 0),
        ("error", "self_reference", 0),
        ("warning", "year_mismatch", 0),
        ("info", "suspected_invention", 100),
        ("error", "duplicate_id", 200),
        ("warning", "duplicate_work", 200),
    ]
    said = {problem.code: problem.message for problem in problems}
    assert said["dangling_target"] == "superseded by '2110.99999', which no registry has an entry for"
    assert said["year_mismatch"] == "its year is 2023, but arXiv id 1701.00010 is of 2017"
    assert said["suspected_invention"] == "its reason says 'Hallucination': check that the work exists"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"see_also": ("Nowhere",)}, ["see also 'Nowhere', which no registry has an entry for"]),
        ({"returns": "Nowhere"}, ["a return of 'Nowhere', which no registry has an entry for"]),
        (
            {"see_also": ("Nowhere", "Nowhere"), "returns": "Nowhere"},
            [
                "a return of 'Nowhere', which no registry has an entry for",
                "see also 'Nowhere', which no registry has an entry for",
            ],
        ),
        ({"see_also": ("K-2",), "returns": "K-2"}, []),
    ],
)
def test_what_is_referred_to_must_be_there(declared, said):
    problems = Practices([line("K-1", "a", **declared), line("K-2", "b", start=20)]).problems()
    assert [(problem.code, problem.practice_id, problem.message) for problem in problems] == [
        ("dangling_reference", "K-1", message) for message in said
    ]


@pytest.mark.parametrize(("year", "fine"), [(2016, True), (2017, True), (2018, True), (2015, False), (2019, False)])
def test_a_year_may_differ_by_one_from_the_identifier(year, fine):
    assert (codes(Practices([work(A, "Old", year=year)])) == []) is fine


def test_a_successor_in_the_attic_is_named():
    old = work(A, "Old", superseded_by=(B,))
    dead = work(B, "Dead end", start=100, status=PracticeStatus.ATTIC)
    practices = Practices([old, dead])
    assert successors(practices, old) == [B]
    assert codes(practices) == [("successor_put_away", A)]


def test_no_practices_no_problems():
    assert Practices([]).problems() == []
    assert Practices([]).involved() == []


NODES = "abcdefgh"
EDGES = st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES), max_size=4))


@given(EDGES)
def test_every_chain_ends_where_nothing_follows(edges):
    ends, dropped = follow(edges, sorted(edges))

    kept = {node: [t for t in targets if (node, t) not in dropped] for node, targets in edges.items()}
    assert set(edges) <= set(ends)
    for node, found in ends.items():
        reached, todo = set(), [node]
        while todo:
            here = todo.pop()
            if here not in reached:
                reached.add(here)
                todo += kept.get(here, [])
        assert set(found) == {end for end in reached if not kept.get(end)}
        assert len(found) <= MOST_ENDS


def test_a_chain_may_be_long():
    edges = {f"{n}": [f"{n + 1}"] for n in range(50_000)}
    ends, dropped = follow(edges, edges)
    assert ends["0"] == ("50000",)
    assert dropped == []


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, C]), st.lists(st.sampled_from([A, B, C, "x", "T"]), max_size=3)), max_size=6
    )
)
def test_nothing_is_fatal_and_order_does_not_matter(entries):
    made = [
        work(arxiv_id, "T", start=100 * place, superseded_by=tuple(targets))
        for place, (arxiv_id, targets) in enumerate(entries)
    ]
    there, back = Practices(made), Practices(reversed(made))
    assert there.problems() == back.problems()
    for practice in made:
        assert there.standing(practice) == back.standing(practice)
