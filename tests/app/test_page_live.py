"""An answer while it is being made: what is known of it, the line that tells it, and the thread that makes it."""

import threading
import time
from dataclasses import replace
from html import unescape
from re import sub

import pytest

pytest.importorskip("streamlit", reason="the page needs the extra `app`")

from sota_rag.app.answering import AnswerSettings, Citation, Sentence, Verdict
from sota_rag.app.answering.progress import Found, SentenceReady, StageBegun, Waiting, Withdrawn, Wrote
from sota_rag.app.llm import LanguageModelInfo
from sota_rag.app.page.live import Live, after, live_html
from sota_rag.app.page.making import Asked, Making
from sota_rag.app.page.model_watch import ModelWatch
from sota_rag.app.settings import Settings
from sota_rag.index import DocumentInfo, Filters, Hit, Passage, SearchResult, SearchSettings
from sota_rag.index.errors import ModelError, QueryError

DOCUMENT = DocumentInfo("d.md", "d.md", "D")
HITS = tuple(Hit(Passage(f"d.md#{n:05d}", "d.md", n, 0, 4, "text"), DOCUMENT, 1.0, n) for n in (1, 2))
RESULT = SearchResult("why", "000001", HITS)
SOON = 5.0


def sentence(text, *markers):
    return Sentence(text, markers, Verdict.SUPPORTED, 1.0)


def cite(marker):
    return Citation(marker, "d.md#00001", DOCUMENT, (), None, 0, 4, "text")


def told(*events, end=None):
    """The line after events, each a second after the one before it."""
    live = Live(0.0)
    for now, event in enumerate(events, start=1):
        live = after(live, event, float(now))
    return plain(live_html(live, float(len(events)) if end is None else end))


def plain(html):
    return unescape(sub(r"<[^>]*>", "", html))


WRITING = (StageBegun("search"), Found(RESULT), StageBegun("gate"), StageBegun("reading"), StageBegun("writing"))


@pytest.mark.parametrize(
    ("events", "line"),
    [
        ((), "beginning …"),
        (WRITING[:1], "searching …"),
        (WRITING[:3], "searched 2 passages · 1.0 s → weighing what was found … 1 s"),
        (WRITING[:4], "searched 2 passages · 1.0 s → reading …"),
        (WRITING, "searched 2 passages · 1.0 s → read · 1.0 s → writing …"),
        ((*WRITING, Wrote(7), StageBegun("checking"), Wrote(1)),
         "searched 2 passages · 1.0 s → read · 1.0 s → writing, 8 characters …"),
        ((*WRITING[:4], Waiting(2)), "searched 2 passages · 1.0 s → 2 questions are before yours … 1 s"),
        ((*WRITING[:4], Waiting(2), Waiting(1)), "searched 2 passages · 1.0 s → 1 question is before yours … 2 s"),
        ((*WRITING[:4], Waiting(1), StageBegun("writing", "")),
         "searched 2 passages · 1.0 s → read · 2.0 s → writing …"),
        ((*WRITING[:4], StageBegun("again", "<b>rank</b>")),
         "searched 2 passages · 1.0 s → read · 1.0 s → searching again for “<b>rank</b>” …"),
        ((StageBegun("follow-up"), StageBegun("search")), "read the conversation · 1.0 s → searching …"),
        ((StageBegun("<i>new</i>"),), "<i>new</i> …"),
    ],
)  # fmt: skip
def test_the_line_tells_the_stages(events, line):
    assert told(*events) == line


def test_what_a_stage_names_stays_inert():
    live = after(Live(0.0), StageBegun("again", "<img src=x>"), 1.0)
    assert "<img" not in live_html(live, 2.0)


def test_stopping_is_told():
    assert plain(live_html(Live(0.0), 0.5, stopping=True)) == "stopping …"


def test_milliseconds_are_told_as_such():
    live = after(after(Live(0.0), StageBegun("search"), 1.0), Found(RESULT), 1.014)
    assert plain(live_html(live, 1.02)).startswith("searched 2 passages · 14 ms →")


def test_sentences_come_with_their_citations():
    live = after(Live(0.0), SentenceReady(sentence("One.", 2), (cite(2),)), 1.0)
    live = after(live, SentenceReady(sentence("Two.", 1, 2), (cite(1), cite(2))), 2.0)
    assert [one.text for one in live.sentences] == ["One.", "Two."]
    assert [one.marker for one in live.citations] == [1, 2]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Withdrawn("too little"), "too little"),
        (StageBegun("again", "x"), "too little of it could be supported, so more was searched for"),
    ],
)
def test_a_withdrawn_draft_is_remembered_and_makes_room(event, reason):
    live = after(Live(0.0), SentenceReady(sentence("Wrong.", 1), (cite(1),)), 1.0)
    live = after(live, event, 2.0)
    assert (live.sentences, live.citations, live.drafts, live.reason) == ((), (), 1, reason)
    live = after(live, SentenceReady(sentence("Right.", 1), (cite(1),)), 3.0)
    assert [one.text for one in live.withdrawn] == ["Wrong."]
    assert [one.text for one in live.sentences] == ["Right."]


class Told:
    """Answers as the test says; `go` lets it go on after its first event."""

    def __init__(self, outcome=None):
        self.outcome, self.go, self.cancels = outcome, threading.Event(), []

    def ask(self, question, *, listener, cancel, **_):
        self.cancels.append(cancel)
        listener(StageBegun("search"))
        while not self.go.is_set() and not cancel.wait(0.01):
            pass
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


ASKED = Asked("why", Filters(), SearchSettings(), AnswerSettings(), (), Settings())


def test_an_answer_is_waited_for_and_watched():
    answerer = Told(QueryError("empty"))
    making = Making(answerer, ASKED)
    assert making.wait(0, SOON).stage == "search"
    started = time.monotonic()
    making.settle(0.0)
    assert not making.done and time.monotonic() - started < 1
    assert making.wait(1, 0.05).version == 1
    answerer.go.set()
    making.settle(SOON)
    assert making.done and making.answer is None
    assert str(making.error) == "empty"


def test_stopping_turns_the_switch_once_and_not_after_the_end():
    answerer = Told(QueryError("x"))
    making = Making(answerer, ASKED)
    making.stop()
    making.settle(SOON)
    assert making.done and making.stopping and answerer.cancels[0].cancelled

    answerer = Told(QueryError("x"))
    answerer.go.set()
    making = Making(answerer, ASKED)
    making.settle(SOON)
    making.stop()
    assert not making.stopping


def test_an_answer_that_nobody_watches_is_stopped_after_a_while():
    answerer = Told(QueryError("x"))
    making = Making(answerer, ASKED)
    making.leave(0.05)
    for _ in range(500):  # by looks that do not count as watching
        if making.done:
            break
        time.sleep(0.01)
    assert making.stopping


def test_an_answer_that_somebody_watches_again_goes_on():
    answerer = Told(QueryError("x"))
    making = Making(answerer, ASKED)
    making.leave(0.2)
    making.wait(1, 0.1)
    time.sleep(0.2)
    assert not making.stopping
    answerer.go.set()
    making.settle(SOON)


def test_two_are_made_at_once():
    slow, quick = Told(QueryError("slow")), Told(QueryError("quick"))
    quick.go.set()
    first, second = Making(slow, ASKED), Making(quick, replace(ASKED, question="other"))
    second.settle(SOON)
    assert second.done and not first.done
    slow.go.set()
    first.settle(SOON)
    assert first.done


class Model:
    def __init__(self, failure=None):
        self.failure, self.go, self.asked = failure, threading.Event(), 0

    @property
    def info(self):
        self.asked += 1
        assert self.go.wait(SOON)
        if self.failure:
            raise self.failure
        return LanguageModelInfo("tiny", "0" * 64, 512, True, True, "llama.cpp", "cpu, 2 threads")


def said_in_the_end(watch):
    for _ in range(500):
        if "being loaded" not in watch.said():
            break
        time.sleep(0.01)
    return watch.said()


def test_the_model_is_loaded_in_the_background_once():
    model = Model()
    watch = ModelWatch(model, "tiny.gguf", "")
    watch.begin()
    watch.begin()
    assert watch.said() == "The language model tiny.gguf is being loaded"
    model.go.set()
    assert said_in_the_end(watch) == "The language model tiny writes (llama.cpp; cpu, 2 threads)"
    watch.begin()
    assert model.asked == 1 and watch.there


def test_a_model_that_cannot_be_loaded_is_told_and_left_alone_for_a_while():
    model = Model(ModelError("'tiny.gguf' is truncated"))
    model.go.set()
    watch = ModelWatch(model, "tiny.gguf", "")
    watch.begin()
    assert said_in_the_end(watch) == "The language model tiny.gguf cannot be used: 'tiny.gguf' is truncated"
    watch.begin()
    assert model.asked == 1


def test_no_model_is_told_with_the_reason():
    watch = ModelWatch(None, "", "llama-cpp-python is not installed")
    watch.begin()
    assert watch.said() == "There is no language model, so answers are quoted (llama-cpp-python is not installed)"
    assert not watch.there
