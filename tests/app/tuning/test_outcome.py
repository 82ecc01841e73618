"""Whether a study found more than chance, by numbers."""

from dataclasses import replace

import numpy as np
import pytest
from sota_rag.app.settings import Settings
from sota_rag.app.tuning.outcome import expected_gain, outcome_of
from sota_rag.app.tuning.parameters import Parameters, Space
from sota_rag.app.tuning.study import Tried

BASE = Parameters.of(Settings())
SPACE = Space(BASE, ("fusion", "bm25"), ())
TOPICS = 200


def noise(seed, scale=0.1):
    return np.random.default_rng(seed).normal(0, scale, TOPICS)


def tried(*values):
    points = [BASE, *(replace(BASE, alpha=round(0.01 * number, 2), k1=2.0) for number in range(1, len(values)))]
    return [Tried(number, point, value) for number, (point, value) in enumerate(zip(points, values, strict=True))]


def test_the_best_of_many_alike_is_no_gain():
    """Sixty systems that differ by noise alone: the best looks better, and the cross-validated gain is about zero."""
    study = tried(*(0.5 + noise(seed) for seed in range(60)))
    outcome = outcome_of(study, SPACE, lambda point: study[0].values)
    assert outcome.best.mean - outcome.before.mean > 0.01
    assert abs(outcome.expected_gain.mean) < 0.015
    assert outcome.expected_gain.low < 0 < outcome.expected_gain.high
    assert not outcome.better


def test_a_real_gain_is_found_and_what_gains_nothing_goes_back():
    study = tried(0.5 + noise(0), 0.6 + noise(0, 0.05) + noise(1, 0.01), 0.45 + noise(2))

    def measure(point):
        """All the gain is of the fusion; k1 is idle."""
        return study[1].values if point.alpha != BASE.alpha else study[0].values

    outcome = outcome_of(study, SPACE, measure)
    assert outcome.best is study[1]
    assert outcome.put_back == ("bm25",)
    assert outcome.after.parameters == replace(BASE, alpha=0.01)
    assert outcome.gain.mean == pytest.approx(0.1, abs=0.02)
    assert outcome.expected_gain.mean == pytest.approx(outcome.gain.mean)
    assert outcome.better


def test_parts_that_gain_together_stay():
    study = tried(0.5 + noise(0), 0.6 + noise(0))
    outcome = outcome_of(study, SPACE, lambda point: study[0].values)
    assert (outcome.put_back, outcome.after.parameters) == ((), study[1].parameters)


def test_nothing_else_was_tried():
    study = tried(0.5 + noise(0))
    outcome = outcome_of(study, SPACE, lambda point: study[0].values)
    assert (outcome.after, outcome.best, outcome.better) == (study[0], study[0], False)
    assert expected_gain(study) == outcome.gain
    assert (outcome.gain.low, outcome.gain.high) == (0.0, 0.0)
