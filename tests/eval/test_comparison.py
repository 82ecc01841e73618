"""Two runs compared: what is paired, what is said of it, and what is refused."""

import json
from dataclasses import replace

import pytest
from sota_rag.eval import Interval, paired_difference
from sota_rag.eval.comparison import compare
from sota_rag.eval.direction import lower_is_better
from sota_rag.eval.run_file import RunFile, SystemResult, TopicInfo, summarise
from sota_rag.eval.significance import randomisation_test
from sota_rag.index.errors import EvaluationError

TOPICS = {f"t{number}": TopicInfo(f"Question {number}?", "direct" if number < 3 else "how") for number in range(6)}
OLD = {"nDCG@10": {"t0": 1.0, "t1": 0.5, "t2": 0.0, "t3": 1.0, "t4": 0.4, "t5": 1.0}}
NEW = {"nDCG@10": {"t0": 0.0, "t1": 0.9, "t2": 0.0, "t3": 0.8, "t4": 0.4, "t5": 1.0}}


def run(values, *, topics=TOPICS, corpus="c", kind="retrieval", more=None, **fingerprints):
    measures, by_category = summarise(values, {topic: info.category for topic, info in topics.items()})
    systems = {"default": SystemResult(measures, values, by_category), **(more or {})}
    made_of = {"corpus": corpus, "settings": "s", **fingerprints}
    return RunFile(kind, "guides test", "2026-01-02T03:04:05Z", made_of, "default", systems, topics)


def test_differences_are_b_minus_a_with_the_paired_interval_and_p():
    found = compare(run(OLD), run(NEW)).measures["nDCG@10"]
    ours, theirs = ([values["nDCG@10"][topic] for topic in TOPICS] for values in (OLD, NEW))
    assert (found.topics, found.a, found.b) == (6, pytest.approx(3.9 / 6), pytest.approx(3.1 / 6))
    assert found.difference == paired_difference(theirs, ours)
    assert found.difference.mean == pytest.approx(-0.8 / 6)
    assert found.p == found.p_holm == randomisation_test(theirs, ours) == 1.0 - 2 * 1 / 8
    assert found.verdict == "no difference shown"


def test_topics_are_named_with_both_values_worst_losses_first():
    found = compare(run(OLD), run(NEW)).measures["nDCG@10"]
    assert [(topic.id, topic.a, topic.b) for topic in found.losses] == [("t0", 1.0, 0.0), ("t3", 1.0, 0.8)]
    assert [(topic.id, topic.a, topic.b) for topic in found.wins] == [("t1", 0.5, 0.9)]
    assert [topic.id for topic in found.even] == ["t2", "t4", "t5"]
    assert (found.losses[0].text, found.losses[0].category) == ("Question 0?", "direct")


def test_a_run_against_itself_differs_in_nothing():
    found = compare(run(OLD), run(OLD))
    measure = found.measures["nDCG@10"]
    assert measure.difference == Interval(0.0, 0.0, 0.0)
    assert (measure.p, measure.wins, measure.losses, found.differs_in) == (1.0, (), (), ())


def test_a_clear_gain_is_called_one_and_the_other_way_round_a_loss():
    topics = {f"t{number}": TopicInfo("") for number in range(30)}
    low = {"R@5": dict.fromkeys(topics, 0.0)}
    high = {"R@5": {topic: float(number % 3 > 0) for number, topic in enumerate(topics)}}
    assert compare(run(low, topics=topics), run(high, topics=topics)).measures["R@5"].verdict == "better"
    assert compare(run(high, topics=topics), run(low, topics=topics)).measures["R@5"].verdict == "worse"


def test_where_lower_is_better_a_rise_is_a_loss():
    topics = {f"t{number}": TopicInfo("") for number in range(12)}
    clean, leaking = ({"superseded-leak@5": dict.fromkeys(topics, value)} for value in (0.0, 1.0))
    found = compare(run(clean, topics=topics), run(leaking, topics=topics)).measures["superseded-leak@5"]
    assert (found.difference.mean, found.higher_is_better, len(found.losses)) == (1.0, False, 12)
    assert found.verdict == "worse"


@pytest.mark.parametrize(
    ("measure", "lower"),
    [
        ("nDCG@10", False), ("R@5", False), ("superseded-leak@5", True), ("successor-recall@5", False),
        ("AUROC", False), ("AURC", True), ("E-AURC", True), ("ECE", True), ("adaptive ECE", True), ("Brier", True),
        ("wrong silence", True), ("right silence", False), ("token F1", False), ("recall", False), ("risk", True),
    ],
)  # fmt: skip
def test_the_words_of_a_measure_say_which_way_it_points(measure, lower):
    assert lower_is_better(measure) is lower


def test_holm_s_correction_is_over_the_measures_asked_for():
    def two(values):
        return {**values, "R@5": {topic: float(value > 0.45) for topic, value in values["nDCG@10"].items()}}

    topics = {f"t{number}": TopicInfo("") for number in range(8)}
    old = two({"nDCG@10": dict.fromkeys(topics, 0.4)})
    new = two({"nDCG@10": dict.fromkeys(topics, 0.5)})
    both = compare(run(old, topics=topics), run(new, topics=topics)).measures
    assert {name: (found.p, found.p_holm) for name, found in both.items()} == {
        "nDCG@10": (2 / 256, 4 / 256),
        "R@5": (2 / 256, 4 / 256),
    }
    alone = compare(run(old, topics=topics), run(new, topics=topics), measures=["R@5", "R@5"]).measures
    assert [(name, found.p_holm) for name, found in alone.items()] == [("R@5", 2 / 256)]


def test_only_topics_that_both_have_are_paired_and_the_others_are_named():
    old = {"nDCG@10": {**OLD["nDCG@10"], "gone": 1.0}, "R@5": {"t0": 1.0, "t1": 0.0}}
    new = {"nDCG@10": {**NEW["nDCG@10"], "fresh": 0.0}, "R@5": {"t0": 1.0, "t1": 1.0, "t2": 1.0}}
    found = compare(run(old), run(new))
    assert (found.paired, found.only_a, found.only_b) == (6, ("gone",), ("fresh",))
    assert found.measures["nDCG@10"].left_out == ("fresh", "gone")
    assert (found.measures["R@5"].topics, found.measures["R@5"].left_out) == (2, ("t2",))
    assert found.measures["nDCG@10"].difference == compare(run(OLD), run(NEW)).measures["nDCG@10"].difference


def test_by_category():
    found = compare(run(OLD), run(NEW)).by_category
    assert list(found) == ["direct", "how"]
    direct = found["direct"]["nDCG@10"]
    assert (direct.topics, direct.a, direct.b) == (3, 0.5, pytest.approx(0.3))
    assert direct.difference == paired_difference([0.0, 0.9, 0.0], [1.0, 0.5, 0.0])


def test_two_systems_of_one_run():
    both = run(OLD, more={"bm25": SystemResult({}, NEW)})
    found = compare(both, both, system_b="bm25")
    assert (found.a.system, found.b.system) == ("default", "bm25")
    assert found.measures["nDCG@10"].difference == compare(run(OLD), run(NEW)).measures["nDCG@10"].difference


def test_measures_of_the_whole_set_stand_side_by_side():
    intervals = Interval(0.8, 0.7, 0.9), Interval(0.9, 0.8, 1.0)
    a, b = (
        run({}, kind="verifier", more={"default": SystemResult({"AUROC": interval}, {"correct": {"t1": 1.0}})})
        for interval in intervals
    )
    found = compare(a, b)
    assert found.whole_set == {"AUROC": intervals}
    assert list(found.measures) == ["correct"]


def test_what_only_one_has_and_what_was_made_otherwise_is_told():
    new = run({**NEW, "AP": dict.fromkeys(TOPICS, 1.0)}, settings="other", seed=1)
    found = compare(run(OLD), new)
    assert found.differs_in == ("settings", "seed")
    assert any("only one of the two has AP" in note for note in found.notes)


def test_other_documents_are_told_loudly():
    assert "THE DOCUMENTS DIFFER" in compare(run(OLD), run(NEW, corpus="d")).notes[0]


def test_another_question_under_one_id_is_an_error_or_left_out():
    reworded = TOPICS | {"t1": TopicInfo("Something else?", "direct"), "t2": TopicInfo(" Question  2?", "direct")}
    with pytest.raises(EvaluationError, match=r"topic 't1' asks 'Question 1\?' in A and 'Something else\?' in B"):
        compare(run(OLD), run(NEW, topics=reworded))
    found = compare(run(OLD), run(NEW, topics=reworded), leave_out_reworded=True)
    assert (found.reworded, found.measures["nDCG@10"].topics) == (("t1",), 5)


def test_runs_without_texts_are_paired_by_id_and_it_is_said():
    found = compare(run(OLD).without_texts(), run(NEW))
    assert any("paired by id alone" in note for note in found.notes)
    assert found.measures["nDCG@10"].losses[0].text == "Question 0?"
    with pytest.raises(EvaluationError, match="over different documents"):
        compare(run(OLD).without_texts(), run(NEW, corpus="d"))


def test_a_topic_that_moved_counts_in_its_new_category():
    moved = TOPICS | {"t0": replace(TOPICS["t0"], category="how")}
    found = compare(run(OLD), run(NEW, topics=moved))
    assert found.by_category["direct"]["nDCG@10"].topics == 2
    assert any("'t0'" in note and "category" in note for note in found.notes)


@pytest.mark.parametrize(
    ("other", "options", "says"),
    [
        (run(NEW, kind="chunking"), {}, "'retrieval' cannot be compared with one of 'chunking'"),
        (run(NEW), {"system_b": "dense"}, "no system 'dense'; it has default"),
        (run(NEW), {"measures": ["nDCG@1"]}, "do not both have 'nDCG@1' for each topic; they have nDCG@10"),
        (run({"AP": {"t0": 1.0}}), {}, "no measure per topic in common"),
        (run({"nDCG@10": {"x": 1.0}}), {}, "share no topic"),
    ],
)
def test_what_cannot_be_compared_is_an_error(other, options, says):
    with pytest.raises(EvaluationError, match=says):
        compare(run(OLD), other, **options)


def test_the_json_form_has_everything():
    form = json.loads(json.dumps(compare(run(OLD), run(NEW)).as_dict(), allow_nan=False))
    assert form["format"] == "sota-rag comparison 1"
    assert form["topics"] == {"paired": 6, "only_a": [], "only_b": [], "reworded": []}
    measure = form["measures"]["nDCG@10"]
    assert measure.keys() == {
        "topics", "a", "b", "difference", "p", "p_holm", "higher_is_better", "verdict", "wins", "ties", "losses",
        "left_out",
    }  # fmt: skip
    assert measure["losses"][0] == {"topic": "t0", "text": "Question 0?", "category": "direct", "a": 1.0, "b": 0.0}
    assert (measure["ties"], form["a"]["system"]) == (3, "default")
    assert form["by_category"]["how"]["nDCG@10"]["topics"] == 3
