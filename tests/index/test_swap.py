"""A new generation takes over while searches go on."""

import json
import shutil
import threading
import time

import pytest
from sota_rag.index import Retriever
from sota_rag.index.errors import DamagedIndexError, EncoderMismatchError
from sota_rag.index.generations import collect, current_file, generation_folder, writer_lock
from sota_rag.index.repair import repair


@pytest.fixture
def generation(tmp_path, small, hash_encoder, make_hash_encoder):
    """Publish generation n, each of whose passages says n."""

    def publish(number, encoder=None):
        made = [
            small.make_document(
                f"docs/{name}.md", tuple(f"Generation {number} says {name} weights {m}." for m in range(3))
            )
            for name in ("a", "b", "c", "d")[: 2 + number % 3]
        ]
        small.publish(tmp_path / "index", made, encoder or make_hash_encoder())
        return tmp_path / "index"

    return publish


def said(result):
    """The generation that the texts of a result speak of."""
    return {int(hit.passage.text.split()[1]) for hit in result.hits}


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about"
        time.sleep(0.01)


def test_a_new_generation_is_served_without_reopening(generation, hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        assert said(retriever.search("weights")) == {1}
        generation(2)
        result = retriever.search("weights")  # noticed, opened in the background: served by either
        assert said(result) == {int(result.generation)}
        until(lambda: retriever.search("weights").generation == "000002")
        result = retriever.search("weights", k=20)
        assert said(result) == {2}
        assert result.notes == ()
        assert retriever.manifest.generation == "000002"
        assert len(retriever.documents()) == 4


def test_refresh(generation, hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        assert retriever.refresh() is False
        generation(2)
        assert retriever.refresh() is True
        assert retriever.refresh() is False
        assert retriever.search("weights").generation == "000002"


def test_64_threads_search_while_generations_are_published(generation, hash_encoder):
    index = generation(1)
    stop, failures, served = threading.Event(), [], set()

    def search(retriever):
        try:
            while not stop.is_set():
                result = retriever.search("which weights?", k=20)
                served.add(result.generation)
                if said(result) != {int(result.generation)} or len(result.hits) != 3 * (2 + int(result.generation) % 3):
                    failures.append((result.generation, said(result), len(result.hits)))
                if result.notes:
                    failures.append(result.notes)
        except Exception as error:
            failures.append(error)

    with Retriever.open(index, encoder=hash_encoder) as retriever:
        threads = [threading.Thread(target=search, args=(retriever,)) for _ in range(64)]
        for thread in threads:
            thread.start()
        for number in range(2, 7):
            generation(number)
            with writer_lock(index):
                collect(index, keep=2)
            until(lambda: failures or f"{number:06}" in served)  # noqa: B023
        stop.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert retriever.search("weights").generation == "000006"


def test_a_burst_of_generations_ends_at_the_last(generation, hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        for number in range(2, 6):
            retriever.search("weights")
            generation(number)
        until(lambda: retriever.search("weights").generation == "000005")


@pytest.mark.parametrize("name", ["vectors.npy", "passages.sqlite", "manifest.json"])
def test_a_damaged_generation_leaves_the_old_one_serving(generation, hash_encoder, name):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        pointer = current_file(index).read_bytes()
        generation(2)
        newer = current_file(index).read_bytes()
        current_file(index).write_bytes(pointer)
        retriever.refresh()
        file = generation_folder(index, "000002") / name
        sound = file.read_bytes()
        file.write_bytes(b"damaged")
        current_file(index).write_bytes(newer)
        until(lambda: retriever.search("weights").notes)
        result = retriever.search("weights")
        assert said(result) == {1}
        assert "still on generation 000001" in result.notes[0]
        assert name in result.notes[0]
        with pytest.raises(DamagedIndexError):
            retriever.refresh()
        assert said(retriever.search("weights")) == {1}
        # Mended, it takes over and the note is gone.
        file.write_bytes(sound)
        assert retriever.refresh() is True
        assert said(retriever.search("weights")) == {2}
        assert retriever.search("weights").notes == ()


def test_a_damaged_generation_is_not_opened_again_and_again(generation, hash_encoder, monkeypatch):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        opened = []
        monkeypatch.setattr(
            "sota_rag.index.retriever.open_current",
            lambda index: (opened.append(1), (_ for _ in ()).throw(DamagedIndexError("broken")))[1],
        )
        generation(2)
        until(lambda: retriever.search("weights").notes)
        for _ in range(50):
            retriever.search("weights")
        time.sleep(0.1)
        assert len(opened) == 1


def test_repair_is_noticed(generation, hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        generation(2)
        (generation_folder(index, "000002") / "vectors.npy").write_bytes(b"damaged")
        until(lambda: retriever.search("weights").notes)
        repair(index)
        until(lambda: retriever.search("weights").generation == "000003")
        assert said(retriever.search("weights")) == {2}
        assert retriever.search("weights").notes == ()


def test_a_generation_of_another_encoder_is_refused(generation, hash_encoder, make_hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        generation(2, make_hash_encoder(name="other"))
        with pytest.raises(EncoderMismatchError):
            retriever.refresh()
        assert said(retriever.search("weights")) == {1}


def test_an_index_that_disappears_keeps_being_served(generation, hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        before = retriever.search("weights", k=20)
        shutil.rmtree(index)
        until(lambda: retriever.search("weights").notes)
        result = retriever.search("weights", k=20)
        assert [hit.passage for hit in result.hits] == [hit.passage for hit in before.hits]
        assert retriever.document("docs/a.md").text
        assert retriever.expand(result.hits[0].passage, 100).text


def test_a_collected_generation_is_still_served(generation, hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        view = retriever.view()
        generation(2)
        with writer_lock(index):
            assert collect(index, keep=1) == ["000001"]
        result = view.search("weights", k=20)
        assert result.generation == "000001"
        assert said(result) == {1}


def test_opening_while_generations_come_and_go(generation, hash_encoder):
    index = generation(1)
    stop, failures = threading.Event(), []

    def open_and_search():
        while not stop.is_set():
            try:
                with Retriever.open(index, encoder=hash_encoder) as retriever:
                    result = retriever.search("weights", k=20)
                    if said(result) != {int(result.generation)} or result.notes:
                        failures.append((result.generation, said(result), result.notes))
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=open_and_search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2, 22):
        generation(number)
        with writer_lock(index):
            collect(index, keep=1)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_current_rewritten_with_the_same_content(generation, hash_encoder):
    index = generation(1)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        data = json.loads(current_file(index).read_text())
        current_file(index).write_text(json.dumps(data))
        assert retriever.refresh() is False
        assert said(retriever.search("weights")) == {1}
