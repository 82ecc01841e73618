"""A study can be interrupted and taken up again, stops hopeless trials, and is about one thing."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("ir_measures", reason="the measures need the extra `eval`")
pytest.importorskip("optuna", reason="tuning needs the extra `tune`")

from optuna.trial import TrialState
from sota_rag.app.settings import Settings
from sota_rag.app.tuning.judged import JudgedSet
from sota_rag.app.tuning.parameters import GROUPS, Parameters, Space
from sota_rag.app.tuning.study import finished, open_study, run_trials
from sota_rag.index.errors import IndexBusyError, UsageError

TOPICS = 60
TRAIN = JudgedSet("toy train", {f"t{n}": f"question {n}" for n in range(TOPICS)}, {}, True, lambda store: {}, "0" * 64)
SPACE = Space.around(Settings(), groups=("fusion",), chunk_sizes=(), reranker=False)
MADE_FOR = {"measure": "nDCG@10"}


class Toy:
    """The nearer alpha is to 0.3, the better, and for some topics more than for others."""

    def __init__(self, fail_at=None):
        self.asked, self.fail_at = 0, fail_at
        slopes = np.random.default_rng(0).uniform(0.8, 1.2, TOPICS)
        self._slopes = dict(zip(TRAIN.questions, slopes.tolist(), strict=True))

    def values(self, judged, parameters, measures, topics=()):
        self.asked += 1
        if self.asked == self.fail_at:
            raise KeyboardInterrupt
        away = 0.7 if parameters.fusion == "rrf" else abs(parameters.alpha - 0.3)
        values = {topic: 0.9 - self._slopes[topic] * away for topic in topics or judged.questions}
        return dict.fromkeys(measures, values)


@pytest.fixture
def study_in(tmp_path):
    def open_(made_for=MADE_FOR, *, prune=True):
        return open_study(tmp_path / "study", made_for, seed=0, prune=prune)

    return open_


def go(study, toy, trials):
    run_trials(study, SPACE, toy, TRAIN, "nDCG@10", trials, seed=0)


def test_the_first_trial_is_the_settings_as_they_are_and_the_best_one_is_found(study_in):
    with study_in(prune=False) as study:
        go(study, Toy(), 16)
        tried = finished(study)
    assert len(tried) == 16
    assert tried[0].parameters == SPACE.base == Parameters.of(Settings())
    assert tried[0].mean == pytest.approx(0.7, abs=0.01)
    best = max(tried, key=lambda one: one.mean)
    assert best.parameters.alpha == pytest.approx(0.3, abs=0.15)
    assert best.values.shape == (TOPICS,)


def test_it_goes_on_where_it_was(study_in):
    with study_in(prune=False) as study:
        go(study, Toy(), 3)
    with study_in(prune=False) as study:
        toy = Toy()
        go(study, toy, 5)
        again = finished(study)
    assert [one.number for one in again] == [0, 1, 2, 3, 4]
    assert toy.asked == 2 * 40
    with study_in(prune=False) as study:
        go(study, toy, 5)
    assert toy.asked == 2 * 40
    assert len({one.parameters for one in again}) == 5


def test_an_interrupt_loses_the_running_trial_alone(study_in):
    with study_in(prune=False) as study, pytest.raises(KeyboardInterrupt):
        go(study, Toy(fail_at=90), 10)
    with study_in(prune=False) as study:
        assert [trial.state for trial in study.live.trials] == [TrialState.COMPLETE] * 2
        go(study, Toy(), 4)
    with study_in(prune=False) as study:
        assert [one.number for one in finished(study)] == [0, 1, 2, 3]


def test_an_interrupted_first_trial_is_taken_up_again(study_in):
    with study_in() as study, pytest.raises(KeyboardInterrupt):
        go(study, Toy(fail_at=3), 2)
    with study_in() as study:
        go(study, Toy(), 1)
        assert [one.parameters for one in finished(study)] == [SPACE.base]


def test_hopeless_trials_are_stopped(study_in):
    told = []
    with study_in() as study:
        toy = Toy()
        run_trials(study, SPACE, toy, TRAIN, "nDCG@10", 12, seed=0, told=told.append)
        states = [trial.state for trial in study.live.trials]
        kept = finished(study)
    assert len(told) == 12
    assert states.count(TrialState.PRUNED) >= 3
    assert toy.asked < 12 * 40
    # What is better than all before is never stopped.
    means = [one.mean for one in kept]
    assert max(means) >= 0.7
    assert kept[0].parameters == SPACE.base


def test_one_process_at_a_time(study_in):
    with study_in(), pytest.raises(IndexBusyError, match="another process is tuning"), study_in():
        pass


def test_a_study_about_something_else(study_in):
    with study_in():
        pass
    with (
        pytest.raises(UsageError, match=r"begun with measure 'nDCG@10', not 'AP'; name another --study"),
        study_in({"measure": "AP"}),
    ):
        pass


def test_no_trial_was_finished(study_in):
    with study_in() as study, pytest.raises(UsageError, match="no trial of the study was finished"):
        finished(study)


def test_what_makes_sense_is_tuned():
    def groups(has_reranker=False, **settings):
        return Space.around(
            Settings(**settings), groups=tuple(GROUPS), chunk_sizes=(100,), reranker=has_reranker
        ).groups

    assert groups() == ("fusion", "depth", "bm25", "chunks")
    assert groups(search={"legs": "dense"}) == ("depth", "chunks")
    assert groups(search={"legs": "bm25"}) == ("depth", "bm25", "chunks")
    assert groups(has_reranker=True) == tuple(GROUPS)
    assert groups(has_reranker=True, reranker={"enabled": False}) == ("fusion", "depth", "bm25", "chunks")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "search": {"alpha": 0.3333, "depth": 77, "rrf_k": 1},
            "bm25": {"k1": 0.0, "b": 0.123},
            "chunking": {"target_tokens": 77},
        },
    ],
)
def test_any_settings_can_be_the_first_trial(settings, tmp_path):
    """Also those off the grid and out of the usual range: the base is measured exactly as it is."""
    space = Space.around(Settings(**settings), groups=tuple(GROUPS), chunk_sizes=(100, 150), reranker=True)
    with open_study(tmp_path, {}, seed=0, prune=False) as study:
        live = study.live
        live.enqueue_trial(space.present())
        assert space.suggest(live.ask()) == space.base
        others = [space.suggest(live.ask()) for _ in range(16)]
    assert {one.fusion for one in others} == {"convex", "rrf", "learned"}
    assert all(0 <= one.alpha <= 1 and 0 <= one.b <= 1 and one.depth > 0 for one in others)
    assert {one.target_tokens for one in others} == {*(100, 150), space.base.target_tokens}
    json.dumps(space.as_dict())


def test_a_weight_that_has_no_say_is_not_tried(tmp_path):
    space = Space.around(Settings(), groups=("rerank",), chunk_sizes=(), reranker=True, weighted=False)
    with open_study(tmp_path, {}, seed=0, prune=False) as study:
        live = study.live
        live.enqueue_trial(space.present())
        tried = [space.suggest(live.ask()) for _ in range(8)]
    assert tried[0] == space.base
    assert {one.rerank_weight for one in tried} == {space.base.rerank_weight}
    assert len({one.rerank_depth for one in tried}) > 1


def test_changes_name_the_settings_and_leave_the_unused_fusion_alone():
    base = Parameters.of(Settings())
    assert base.changes(base) == {}
    assert replace(base, alpha=0.6, k1=0.9, target_tokens=150).changes(base) == {
        "search": {"alpha": 0.6},
        "bm25": {"k1": 0.9},
        "chunking": {"target_tokens": 150},
    }
    assert replace(base, fusion="rrf", alpha=0.9, rrf_k=20).changes(base) == {"search": {"fusion": "rrf", "rrf_k": 20}}
    assert replace(base, rerank_depth=50, rerank_weight=0.7).changes(base) == {"reranker": {"depth": 50, "weight": 0.7}}
    assert SimpleNamespace(**base.as_dict()).alpha == base.alpha
