"""What is current practice, composed from practices, marks and passages."""

import json
from dataclasses import asdict, replace

import pytest
from sota_rag.app.answering.practice import CurrentPractice, PracticeState, Replaced, practice_sentences
from sota_rag.app.answering.practice_history import current_practice
from sota_rag.index import DocumentInfo, Hit, Kind, Passage
from sota_rag.index.practices import Practice, PracticeStatus
from sota_rag.index.successors import Successors

QUESTION = "How should the learning rate be scheduled?"


def practice(name, year, statement, start, **declared):
    return Practice(name, "r.yaml", start, start + 9, statement, year=year, **declared)


STEPS = practice(
    "steps", 2012, "drop the learning rate in steps", 0, superseded_by=("restarts",), reason="It needs tuning."
)
RESTARTS = practice(
    "restarts", 2017, "restart the learning rate", 10, superseded_by=("cosine",), reason="One decay works as well."
)
COSINE = practice("cosine", 2020, "decay the learning rate once", 20, status=PracticeStatus.STANDARD)
LINEAR = practice("linear", 2024, "decay the learning rate linearly to zero", 30, status=PracticeStatus.EXPERIMENTAL)
FROZEN = practice(
    "frozen", 2010, "keep the learning rate constant", 40, status=PracticeStatus.ATTIC, reason="The loss stalls."
)
WARMUP = practice("warmup", 2018, "warm the learning rate up", 50, status=PracticeStatus.STANDARD)
BATCHES = practice("batches", 2019, "use large batches", 60, status=PracticeStatus.STANDARD)
ALL = (STEPS, RESTARTS, COSINE, LINEAR, FROZEN, WARMUP, BATCHES)


def compose(practices, shown, question=QUESTION, *, k=10, document="r.yaml", texts=None, **options):
    """Current practices where the passages of some practices' entries are the hits; row is the practice's place."""
    links = [(place, one.key, "registry") for place, one in enumerate(practices)]
    successors = Successors(practices, links)
    rows = [practices.index(one) for one in shown]
    placed = successors.place(rows, [1.0 - place / 50 for place in range(len(rows))], k, fused={}, allowed=None)
    hits = [
        hit(practices[row], rank, placed.marks.get(row), document=document, text=(texts or {}).get(practices[row].id))
        for rank, row in enumerate(placed.rows, start=1)
    ]
    return current_practice(question, hits, successors.behind(hits), **options)


def hit(one, rank, mark=None, *, document="r.yaml", text=None, **info):
    about = DocumentInfo(document, document, document, Kind.REGISTRY, **info)
    passage = Passage(f"{document}#{one.id}", document, rank, one.start, one.end, text or one.statement)
    return Hit(passage, about, 1.0, rank, practice=mark)


def told(*args, **options):
    return practice_sentences(compose(*args, **options))


def test_a_practice_that_replaced_another():
    (part,) = compose((RESTARTS, COSINE), [RESTARTS])
    assert part == CurrentPractice(
        COSINE.statement, 2020, PracticeState.STANDARD,
        replaced=(Replaced(RESTARTS.statement, 2017, RESTARTS.reason, ("r.yaml#restarts",)),),
        passages=("r.yaml#cosine",),
    )  # fmt: skip
    assert part.text == (
        "Standard since 2020: decay the learning rate once; replaced “restart the learning rate” (2017), "
        "because one decay works as well."
    )
    assert compose((RESTARTS, COSINE), [COSINE, RESTARTS]) == (part,)
    assert compose((RESTARTS, COSINE), [RESTARTS, COSINE]) == (part,)


def test_markers_follow_what_is_cited():
    parts = compose((RESTARTS, COSINE), [RESTARTS])
    assert practice_sentences(parts, {"r.yaml#cosine": 2, "r.yaml#restarts": 1}) == [
        "Standard since 2020: decay the learning rate once [2]; replaced “restart the learning rate” (2017) "
        "[1], because one decay works as well."
    ]
    assert practice_sentences(parts, {"r.yaml#other": 1}) == [parts[0].text]


def test_a_successor_that_is_only_named():
    links = [(0, RESTARTS.key, "registry")]
    successors = Successors((RESTARTS, COSINE), links)
    placed = successors.place([0], [1.0], 5, fused={}, allowed=None)
    hits = [hit(RESTARTS, 1, placed.marks[0])]
    (part,) = current_practice(QUESTION, hits, successors.behind(hits))
    assert (part.statement, part.state, part.passages) == (COSINE.statement, PracticeState.STANDARD, ())
    assert part.replaced[0].passages == ("r.yaml#restarts",)


def test_a_predecessor_that_fell_off():
    (part,) = compose((RESTARTS, COSINE), [RESTARTS], k=1)
    assert part.passages == ("r.yaml#cosine",)
    assert part.replaced == (Replaced(RESTARTS.statement, 2017, RESTARTS.reason),)


def test_a_chain_is_told_oldest_first():
    assert told((STEPS, RESTARTS, COSINE), [RESTARTS, STEPS]) == [
        "Standard since 2020: decay the learning rate once; replaced “drop the learning rate in steps” (2012), "
        "because it needs tuning; and “restart the learning rate” (2017), because one decay works as well."
    ]
    (part,) = compose((STEPS, RESTARTS, COSINE), [STEPS])
    assert [old.statement for old in part.replaced] == [STEPS.statement]


def test_branches_are_two_practices_and_their_reason_is_given_once():
    forked = replace(RESTARTS, superseded_by=("cosine", "linear"))
    assert told((forked, COSINE, LINEAR), [forked]) == [
        "Standard since 2020: decay the learning rate once; replaced “restart the learning rate” (2017), "
        "because one decay works as well.",
        "Experimental since 2024: decay the learning rate linearly to zero; replaced “restart the learning rate” "
        "(2017), for the same reason.",
    ]


def test_what_was_put_away_without_a_successor():
    assert told((FROZEN,), [FROZEN]) == [
        "No longer recommended (a practice of 2010): keep the learning rate constant, because the loss stalls."
    ]
    assert told((replace(FROZEN, reason="", year=None),), [replace(FROZEN, reason="", year=None)]) == [
        "No longer recommended: keep the learning rate constant."
    ]


def test_doubt_about_what_was_put_away_is_told():
    doubtful = replace(FROZEN, confidence="low")
    assert told((doubtful,), [doubtful]) == [
        "No longer recommended (a practice of 2010; low confidence): keep the learning rate constant, because the loss "
        "stalls."
    ]
    undated = replace(doubtful, year=None, reason="")
    assert told((undated,), [undated]) == ["No longer recommended (low confidence): keep the learning rate constant."]


def test_doubt_without_a_year_and_with_a_first_one():
    sure = CurrentPractice("C", None, PracticeState.STANDARD, confidence="high")
    assert sure.text == "Standard (high confidence): C."
    assert replace(sure, since=2020, first=2012).text == (
        "Standard again since 2020 (high confidence) (first in 2012): C."
    )


def test_what_a_registry_says_stands_on_one_line():
    old = Replaced("old\nways.", 2017, until=" 2021-06;\n")
    part = CurrentPractice("C", 2020, PracticeState.STANDARD, replaced=(old,), confidence=" low;\n")
    assert part.text == "Standard (low confidence): C; replaced “old ways” (2017 until 2021-06)."


def test_a_successor_that_was_put_away_itself_is_not_called_current():
    old = replace(RESTARTS, superseded_by=("frozen",))
    assert told((old, FROZEN), [old]) == [
        "No longer recommended (a practice of 2010): keep the learning rate constant, because the loss stalls. It had "
        "replaced “restart the learning rate” (2017), because one decay works as well."
    ]


def test_a_practice_that_returned():
    first = replace(STEPS, id="first", year=2012, statement=COSINE.statement, superseded_by=("restarts",))
    assert told((first, RESTARTS, COSINE), [RESTARTS, first]) == [
        "Standard again since 2020 (first in 2012): decay the learning rate once; replaced “restart the learning "
        "rate” (2017), because one decay works as well."
    ]


def test_two_that_replace_each_other_are_not_told_as_replacing():
    one, other = replace(STEPS, superseded_by=("restarts",)), replace(RESTARTS, superseded_by=("steps",))
    (part,) = compose((one, other), [one])
    assert (part.state, part.statement, part.replaced) == (PracticeState.PUT_AWAY, RESTARTS.statement, ())


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"year": None}, {}, "Standard since 2020: C; replaced “restart the learning rate”, because B."),
        ({}, {"year": None}, "Standard: C; replaced “A”, because B."),
        ({"reason": ""}, {}, "Standard since 2020: C; replaced “A”."),
        (
            {"put_away_on": "2021-06"},
            {"confidence": "low"},
            "Standard (low confidence): C; replaced “restart the learning rate” (2017 until 2021-06), because B.",
        ),
        (
            {"put_away_on": "2016"},
            {},
            "Standard: C; replaced “restart the learning rate” (until 2016), because B.",
        ),
        (
            {"put_away_on": "2016"},
            {"title": "Decay"},
            "Standard: C, from Decay (2020); replaced “restart the learning rate” (until 2016), because B.",
        ),
        ({"reason": "Learning stalls."}, {}, "Standard since 2020: C; replaced “A”, because learning stalls."),
        (
            {"reason": "Learning by Heart ended; Sets of Learning too."},
            {},
            "Standard since 2020: C; replaced “A”, because Learning by Heart ended; Sets of Learning too.",
        ),
        ({"reason": "GPT-3 does without."}, {}, "Standard since 2020: C; replaced “A”, because GPT-3 does without."),
        (
            {"reason": "Superseded by C."},
            {},
            "Standard since 2020: C; replaced “A” (reason given: “Superseded by C.”).",
        ),
        (
            {"reason": "It costs. It fails."},
            {},
            "Standard since 2020: C; replaced “A” (reason given: “It costs. It fails.”).",
        ),
        ({"statement": "restart the learning rate."}, {}, "Standard since 2020: C; replaced “A”, because B."),
        ({}, {"status": PracticeStatus.UNKNOWN}, "Current practice since 2020: C; replaced “A”, because B."),
        ({}, {"title": "Decay"}, "Standard since 2020: C, from Decay; replaced “A”, because B."),
    ],
)
def test_words(old, new, text):
    first, second = replace(RESTARTS, **old), replace(COSINE, statement="C", **new)
    text = text.replace("“A”", "“restart the learning rate” (2017)").replace(" B.", " one decay works as well.")
    assert told((first, second), [first]) == [text]


def test_many_that_were_replaced_are_counted():
    olds = [
        replace(RESTARTS, id=f"old{n}", start=n, end=n + 1, statement=f"learning rate trick {n}", year=2010 + n)
        for n in range(5)
    ]
    practices = (*olds, replace(COSINE, start=50, end=60))
    assert told(practices, olds) == [
        "Standard since 2020: decay the learning rate once; replaced “learning rate trick 0” (2010) and “learning "
        "rate trick 1” (2011) and “learning rate trick 2” (2012), because one decay works as well; and 2 more."
    ]


def test_practices_in_use_are_told_where_they_are_asked_for():
    question = "Should I warm up the learning rate?"
    assert told(ALL, [BATCHES, WARMUP], question) == ["Standard since 2018: warm the learning rate up."]
    assert told(ALL, [BATCHES], question) == []
    assert told(ALL, [WARMUP], "Which tokenizer should I use?") == []
    assert (
        told(
            (replace(WARMUP, status=PracticeStatus.UNKNOWN),),
            [replace(WARMUP, status=PracticeStatus.UNKNOWN)],
            question,
        )
        == []
    )


def test_the_same_recommendation_in_two_registries_is_told_once():
    again = replace(WARMUP, id="again", start=70, end=79, year=2016)
    (part,) = compose((WARMUP, again), [WARMUP, again], "Should I warm up the learning rate?")
    assert (part.since, part.passages) == (2016, ("r.yaml#warmup", "r.yaml#again"))


def test_a_paper_tells_a_practice_only_where_it_states_it():
    own = replace(WARMUP, arxiv_id="1706.02677")
    successors = Successors((own,), [])
    question = "Should I warm up the learning rate?"
    for text, count in (("We warm the learning rate up slowly.", 1), ("Batches are large.", 0)):
        paper = hit(own, 1, document="paper.pdf", text=text, arxiv_id="1706.02677")
        assert len(current_practice(question, [paper], successors.behind([paper]))) == count


def test_a_history_that_nobody_asked_for_is_told_only_when_it_is_cited():
    question = "How are tokens embedded in transformers?"
    assert compose((RESTARTS, COSINE), [RESTARTS], question) == ()
    for cited in ("r.yaml#restarts", "r.yaml#cosine"):
        assert len(compose((RESTARTS, COSINE), [RESTARTS], question, cited=[cited])) == 1
    rare = {"token": 1.0, "rate": 0.1}
    assert compose((RESTARTS, COSINE), [RESTARTS], question, weights=rare) == ()
    assert len(compose((RESTARTS, COSINE), [RESTARTS], question, weights={"token": 0.1, "rate": 1.0})) == 1


def test_in_history_mode_nothing_is_composed():
    assert compose((RESTARTS, COSINE), [RESTARTS], mode="history") == ()


def test_histories_come_first_and_there_is_a_limit():
    question = "Should I warm up the learning rate?"
    parts = compose(ALL, [WARMUP, FROZEN, RESTARTS], question)
    assert [part.statement for part in parts] == [FROZEN.statement, COSINE.statement, WARMUP.statement]
    assert compose(ALL, [WARMUP, FROZEN, RESTARTS], question, limit=1) == parts[:1]


def test_statements_of_one_work_stand_for_one_successor():
    """What replaced two practices is one work, whichever of its statements is nearest to either."""
    work = {"arxiv_id": "2005.14165", "title": "Large Models"}
    cosine, batch = replace(COSINE, **work), replace(BATCHES, **work)
    about = replace(COSINE, id="2005.14165", start=100, end=150, statement="Large Models", work=True, **work)
    old = replace(RESTARTS, superseded_by=("2005.14165",))
    older = replace(STEPS, statement="small batches at a constant learning rate", superseded_by=("2005.14165",))
    parts = compose((older, old, cosine, batch, about), [old, older])
    assert len(parts) == 1
    assert [one.statement for one in parts[0].replaced] == [older.statement, old.statement]


def test_parts_are_plain_data():
    form = json.loads(json.dumps(asdict(compose((RESTARTS, COSINE), [RESTARTS])[0])))
    assert form["state"] == "standard"
    assert form["replaced"][0]["year"] == 2017
