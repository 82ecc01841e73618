"""Speeds learnt from events."""

import threading

import pytest
from sota_rag.app.llm.types import Finished, Prompted, Queued, Text
from sota_rag.app.strategies.speeds import NEWEST, SpeedMeter, Speeds


def test_the_first_measurement_takes_the_place_of_the_default_and_the_next_are_averaged():
    meter = SpeedMeter()
    assert meter.speeds == Speeds()
    meter.observe(Prompted(1100, 100, 0.0, 2000.0))
    meter.observe(Finished("stop", 50, 1000.0))
    assert meter.speeds == Speeds(prompt_tokens_s=500.0, tokens_s=50.0, measured=True)
    meter.observe(Finished("stop", 100, 1000.0))
    assert meter.speeds.tokens_s == pytest.approx(1 / (NEWEST / 100 + (1 - NEWEST) / 50))


@pytest.mark.parametrize(
    "event",
    [
        Prompted(None, None, 0.0, 5.0),
        Prompted(1000, 990, 0.0, 5.0),
        Prompted(1000, 0, 0.0, 0.0),
        Finished("stop", None, 5.0),
        Finished("stop", 3, 5.0),
        Finished("stop", 30, 0.0),
        Queued(1),
        Text("x"),
    ],
)
def test_what_says_too_little_is_passed_over(event):
    meter = SpeedMeter()
    meter.observe(event)
    assert meter.speeds == Speeds()


def test_what_a_reranker_takes_is_learnt():
    meter = SpeedMeter()
    meter.reranked(0.0)
    assert meter.speeds.rerank_s == Speeds().rerank_s
    meter.reranked(2.0)
    assert meter.speeds.rerank_s == 2.0
    meter.reranked(1.0)
    assert meter.speeds.rerank_s == pytest.approx(2.0 - NEWEST)


def test_many_threads_share_one_meter():
    meter = SpeedMeter()

    def observe():
        for _ in range(300):
            meter.observe(Finished("stop", 50, 1000.0))

    threads = [threading.Thread(target=observe) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.speeds.tokens_s == pytest.approx(50)
