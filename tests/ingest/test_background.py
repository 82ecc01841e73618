import threading

import pytest
from sota_rag.ingest.background import Background


def drained(background):
    items = []
    while not background.done:
        items += background.take(wait=True)
    return items


def test_items_come_in_order_and_end():
    assert drained(Background(range(100))) == list(range(100))
    assert drained(Background([])) == []


def test_taking_without_waiting_returns_what_is_there():
    gate = threading.Event()

    def items():
        yield 1
        gate.wait(10)
        yield 2

    background = Background(items())
    assert background.take(wait=True) == [1]
    assert background.take(wait=False) == [] and not background.done
    gate.set()
    assert drained(background) == [2]


def test_what_the_iterable_raises_is_raised_after_what_came_before():
    def items():
        yield 1
        raise OSError("gone")

    background = Background(items())
    found = []
    with pytest.raises(OSError, match="gone"):
        while not background.done:
            found += background.take(wait=True)
    assert found in ([1], []) and background.done


def test_closing_ends_the_thread_at_its_next_item():
    taken, gate = [], threading.Event()

    def items():
        for number in range(10):
            taken.append(number)
            yield number
            gate.wait(10)

    background = Background(items())
    background.take(wait=True)
    background.close()
    gate.set()
    background._thread.join(10)
    assert not background._thread.is_alive() and len(taken) <= 2 and background.take(wait=True) == []
