"""The gate's threshold by balanced accuracy on training questions."""

import numpy as np
import pytest
from sota_rag.app.tuning.gate_threshold import GateExample, choose_threshold, gate_examples
from sota_rag.eval.topics import Gold, JudgedTopic
from sota_rag.index.errors import EvaluationError


def examples(answerable, unanswerable):
    yes = [GateExample(f"t{n}", True, value) for n, value in enumerate(answerable)]
    return yes + [GateExample(f"t{n}", False, value) for n, value in enumerate(unanswerable)]


def test_a_threshold_that_parts_both_kinds():
    """Many answerable ones weigh no more than few unanswerable ones."""
    rng = np.random.default_rng(0)
    found = choose_threshold(examples(rng.uniform(0.6, 0.9, 200), rng.uniform(0.1, 0.4, 40)), 0.8)
    assert 0.4 <= found.after <= 0.6
    assert (found.accuracy_after, found.answerable, found.unanswerable) == (1.0, 200, 40)
    assert found.accuracy_before == pytest.approx(0.67, abs=0.1)
    assert found.better
    assert found.expected_gain.mean == pytest.approx(1 - found.accuracy_before, abs=0.02)


def test_a_threshold_that_is_fine_stays():
    rng = np.random.default_rng(0)
    found = choose_threshold(examples(rng.uniform(0.4, 0.9, 80), rng.uniform(0.1, 0.6, 80)), 0.5)
    assert not found.better
    assert found.expected_gain.low <= 0


@pytest.mark.parametrize("kinds", [([0.5], []), ([], [0.5])])
def test_one_kind_alone_tells_nothing(kinds):
    with pytest.raises(EvaluationError, match="answerable and some that are not"):
        choose_threshold(examples(*kinds), 0.5)


def test_gold_documents_are_hidden_for_a_second_asking():
    asked = []

    class Answerer:
        class retriever:  # noqa: N801
            @staticmethod
            def documents():
                return [type("Info", (), {"id": name}) for name in ("a.md", "b.md")]

        def ask(self, question, filters=None):
            asked.append((question, filters.sources if filters else None))
            return type("Answer", (), {"confidence": 0.2 if filters else 0.8})

    topics = [JudgedTopic("1", "one?", gold=(Gold("a.md", "x"),)), JudgedTopic("2", "two?", answerable=False)]
    found = gate_examples(Answerer(), topics)
    assert asked == [("one?", None), ("one?", ("b.md",)), ("two?", None)]
    assert found == [GateExample("1", True, 0.8), GateExample("1", False, 0.2), GateExample("2", False, 0.8)]
