"""An answer is believed only when it is one that an honest worker can have sent."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.store import FileState
from sota_rag.index.types import Kind
from sota_rag.ingest.isolation.wire import MalformedError, read_answer, read_job, write_answer, write_job
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.reading import InlineReader, ReadJob, ReadResult

TEXT = """---
author: A. Author
date: 2021-06
---
# A title

The first paragraph has a sentence. It has two.

## A section

| a | b |
|---|---|
| 1 | 2 |
"""
JOB = ReadJob(7, "docs/a.md", "a.md", TEXT.encode(), DocumentMeta(title="Überschrift"), DocumentMeta(kind=Kind.NOTE))


@pytest.fixture(scope="module")
def result():
    [found] = InlineReader(lambda texts: [len(text.split()) for text in texts]).read([JOB])
    assert found.state is FileState.INDEXED
    return found


@pytest.fixture
def form(result):
    return json.loads(write_answer(result))


def test_an_answer_arrives_as_it_was_sent(result):
    assert read_answer(write_answer(result), JOB) == result


def test_a_job_arrives_as_it_was_sent():
    head, length, data = write_job(JOB)
    assert read_job(head[8:], data) == JOB
    assert int.from_bytes(length, "big") == len(TEXT.encode())


def test_a_reason_arrives_and_an_endless_one_is_cut():
    sent = ReadResult(7, FileState.QUARANTINED, "it is " + "very " * 1000)
    assert read_answer(write_answer(sent), JOB).detail == sent.detail[:2000]


def test_half_a_character_in_a_reason_does_not_stop_it():
    sent = ReadResult(7, FileState.QUARANTINED, "it says \ud83d")
    assert read_answer(write_answer(sent), JOB).detail == "it says ?"


LIES = [
    ("key", lambda form: form.update(key=8), "the result of another job"),
    ("key as text", lambda form: form.update(key="7"), "key: Input should be a valid integer"),
    ("duplicate", lambda form: form.update(state="duplicate"), "the result of another job"),
    ("state", lambda form: form.update(state="fine"), "state: Input should be"),
    ("reason", lambda form: form.update(detail="x" * 2001), "an endless reason"),
    ("no document", lambda form: form.update(loaded=None), "a result without its document"),
    ("quarantined with one", lambda form: form.update(state="quarantined"), "a result without its document"),
    ("id", lambda form: form["loaded"]["document"]["info"].update(id="docs/b.md"), "another document"),
    ("hash", lambda form: form["loaded"]["document"]["info"].update(sha256="0" * 64), "a hash of another text"),
    ("date", lambda form: form["loaded"]["document"]["info"].update(published="soon"), "published: Value error"),
    ("loose date", lambda form: form["loaded"]["document"]["info"].update(published=" 2021 "), "not canonical"),
    ("authors", lambda form: form["loaded"]["document"]["info"].update(authors="A"), "Input should be a valid array"),
    ("text", lambda form: form["loaded"]["document"].update(text="another\u200b text"), "text that is not canonical"),
    ("text too", lambda form: form["loaded"]["document"].update(text="another text"), "a hash of another text"),
    ("block", lambda form: form["loaded"]["blocks"][-1].update(end=10_000), "blocks outside the text"),
    ("negative", lambda form: form["loaded"]["blocks"][0].update(start=-1), "blocks outside the text"),
    ("order", lambda form: form["loaded"]["blocks"].reverse(), "blocks out of order"),
    ("overlap", lambda form: form["loaded"]["blocks"][0].update(end=60), "blocks out of order"),
    ("level", lambda form: form["loaded"]["blocks"][0].update(level=-1), "a heading without a level"),
    ("kind", lambda form: form["loaded"]["blocks"][0].update(kind="script"), "kind: Input should be"),
    ("float", lambda form: form["loaded"]["blocks"][0].update(start=0.0), "start: Input should be a valid integer"),
    ("passage", lambda form: form["passages"][-1].update(end=10_000), "passages outside the text"),
    ("empty passage", lambda form: form["passages"][0].update(end=form["passages"][0]["start"]), "passages outside"),
    ("ordinal", lambda form: form["passages"][0].update(ordinal=1), "a passage out of order"),
    ("tokens", lambda form: form["passages"][0].update(token_count=-1), "a passage out of order"),
    ("page", lambda form: form["passages"][0].update(page=1), "a passage on a page that there is not"),
    (
        "line",
        lambda form: form["loaded"].update(layout={"sizes": [[1.0, 1.0]], "spans": [span(page=2)]}),
        "a line on a page that there is not",
    ),
    (
        "box",
        lambda form: form["loaded"].update(layout={"sizes": [[1.0, 1.0]], "spans": [span(x0="left")]}),
        "Input should be a valid number",
    ),
    (
        "practice",
        lambda form: form["loaded"].update(
            practices=[{"id": "a", "document_id": "docs/a.md", "start": 0, "end": 10_000, "statement": "b"}]
        ),
        "a practice outside the text",
    ),
    (
        "practice of another",
        lambda form: form["loaded"].update(
            practices=[{"id": "a", "document_id": "docs/b.md", "start": 0, "end": 1, "statement": "b"}]
        ),
        "a practice of another document",
    ),
]


def span(**changes):
    return {"start": 0, "end": 3, "page": 1, "x0": 0.0, "y0": 0.0, "x1": 1.0, "y1": 1.0} | changes


@pytest.mark.parametrize(("lie", "reason"), [(lie, reason) for _, lie, reason in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_is_found(form, lie, reason):
    lie(form)
    with pytest.raises(MalformedError, match=reason):
        read_answer(json.dumps(form).encode(), JOB)


def test_text_of_a_passage_is_the_documents_whatever_the_worker_says(form, result):
    form["passages"][0].update(text="forged", id="docs/b.md#00000", document_id="docs/b.md")
    assert read_answer(json.dumps(form).encode(), JOB) == result


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_boxes_are_finite(form, number):
    form["loaded"]["layout"] = {"sizes": [[1.0, 1.0]], "spans": [span(x0="NUMBER")]}
    with pytest.raises(MalformedError, match="a box without an end"):
        read_answer(json.dumps(form).replace('"NUMBER"', number).encode(), JOB)


def test_checking_a_hostile_text_takes_no_time(form):
    """Marks out of order cost `unicodedata.normalize` the square of their number: here, minutes."""
    form["loaded"]["document"]["text"] = "a" + "\u0315\u0300\u05ae" * 200_000
    started = time.perf_counter()
    with pytest.raises(MalformedError, match="text that is not canonical"):
        read_answer(json.dumps(form, ensure_ascii=False).encode(), JOB)
    assert time.perf_counter() - started < 2


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_arrives_is_a_result_or_malformed(result, data):
    payload = bytearray(write_answer(result))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = read_answer(bytes(payload), JOB)
    except MalformedError:
        return
    if found.loaded:
        text = found.loaded.document.text
        assert all(passage.text == text[passage.start : passage.end] for passage in found.passages)
