"""Parts of the client of a server: addresses, keys, the words of a refusal, pieces of a stream, places in a line."""

import json

import pytest
from sota_rag.app.llm import Cancellation
from sota_rag.app.llm.server import ServerModel
from sota_rag.app.llm.server_address import read_address, read_key
from sota_rag.app.llm.server_replies import RefusalError, one_line, read_piece, retry_after, words_of
from sota_rag.app.llm.sse import EventStream
from sota_rag.app.llm.turns import Turns
from sota_rag.app.llm.written import Stops, Thoughts
from sota_rag.index.errors import SettingsError

KEY = "sk-secret-0123456789"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8080",
        "ftp://host",
        "http://",
        "http://host/v1?key=abc",
        "http://host:99999",
        "http://ho st",
        "http://[::1",
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(SettingsError, match=r"no server's address; write it like") as caught:
        read_address(url, None)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "base", "root"),
    [
        ("https://api.example.com", "https://api.example.com/v1", "https://api.example.com"),
        ("https://example.com/openai/v1", "https://example.com/openai/v1", "https://example.com/openai"),
        (
            "https://example.com/v1beta/openai/",
            "https://example.com/v1beta/openai",
            "https://example.com/v1beta/openai",
        ),
        (" http://[::1]:8080 ", "http://[::1]:8080/v1", "http://[::1]:8080"),
    ],
)
def test_addresses(url, base, root):
    address = read_address(url, None)
    assert (address.base, address.root) == (base, root)


def test_a_key_does_not_cross_a_network_in_the_clear():
    for url in ("http://10.0.0.5:8000", "http://example.com/v1", "http://localhost.example.com"):
        with pytest.raises(SettingsError, match=r"unencrypted; use https, or unset the key$") as caught:
            ServerModel(url, "m", api_key=KEY)
        assert KEY not in str(caught.value)
    for url in ("https://example.com", "http://localhost:1", "http://127.0.0.9:1", "http://[::1]:1"):
        assert read_address(url, KEY).loopback == url.startswith("http:")
    assert not read_address("http://10.0.0.5:8000", None).loopback
    with pytest.raises(SettingsError, match="holds a name or password") as caught:
        read_address("https://user:hunter2@example.com", None)
    assert "hunter2" not in str(caught.value)


def test_a_key_that_cannot_be_sent():
    assert read_key(" \n") is None
    for key in ("two words", "line\nbreak", "schlüssel"):
        with pytest.raises(SettingsError, match="copy it again") as caught:
            read_key(key)
        assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": {"message": "a", "code": 1}}', "a"),
        ('{"error": "b"}', "b"),
        ('{"detail": [{"msg": "c", "loc": []}]}', "c"),
        ('{"object": "error", "message": "d"}', "d"),
        ("<html><b>Bad</b>\n gateway</html>", "Bad gateway"),
        ('{"error": {}}', '{"error": {}}'),
        ("[]", "[]"),
        ("", ""),
    ],
)
def test_the_words_of_a_refusal(body, said):
    assert words_of(body) == said


def test_words_are_one_clipped_line_without_the_key():
    assert one_line("a\n\x1b[31mb\u202e c") == "a [31mb c"
    assert len(one_line("x" * 1000)) == 300
    assert KEY[:8] not in one_line("x" * 290 + KEY, KEY)


@pytest.mark.parametrize("data", ["3", "[]", "nonsense", '{"error": {"message": "no"}}'])
def test_events_that_are_none(data):
    with pytest.raises(RefusalError):
        read_piece(data)


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        '{"choices": []}',
        '{"choices": [null]}',
        '{"choices": [{"delta": null}]}',
        '{"choices": [{"delta": {"content": 3}}]}',
    ],
)
def test_events_that_say_nothing(data):
    piece = read_piece(data)
    assert (piece.text, piece.reason, piece.tokens) == ("", None, None)


def test_text_in_parts():
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}, 3]
    assert read_piece(json.dumps({"choices": [{"delta": {"content": parts}}]})).text == "ab"


def test_how_long_to_wait():
    assert retry_after("7") == 7
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after(None) is retry_after("soon") is retry_after("-1") is None


def test_pieces_cut_in_all_ways():
    text = "  <think>a </think\n> b</think>\n\nDone. END more"
    for size in range(1, len(text)):
        thoughts, stops, shown = Thoughts(), Stops(["END", "Enough"]), ""
        for at in range(0, len(text), size):
            shown += stops.feed(thoughts.feed(text[at : at + size]))
        shown += stops.feed(thoughts.finish()) + stops.finish()
        assert shown == "Done. "
        assert stops.stopped


@pytest.mark.parametrize("text", ["<thi", "<", "  ", "a <think>b</think>", "EN", "EE EN", ""])
def test_nothing_is_lost_that_only_looked_like_a_mark(text):
    for size in range(1, len(text) + 1):
        thoughts, stops, shown = Thoughts(), Stops(["END"]), ""
        for at in range(0, len(text), size):
            shown += stops.feed(thoughts.feed(text[at : at + size]))
        assert shown + stops.feed(thoughts.finish()) + stops.finish() == text


def test_lines_of_an_event():
    stream = EventStream()
    assert stream.feed(b"data: a\ndata:b\ndata:  c\nid: 3\n\ndata\n\n:x\n\n") == ["a\nb\n c", ""]
    assert stream.feed(b"data: d\r") == []
    assert stream.feed(b"") == []
    assert stream.feed(b"\n") == []
    assert stream.feed(b"\r\ndata: e") == ["d"]
    assert stream.finish() == ["e"]
    assert stream.finish() == []


def test_a_ticket_that_has_left_is_no_hindrance():
    turns = Turns(1, 1)
    first, second = turns.join(), turns.join()
    places = turns.places(second, 5, Cancellation())
    assert next(places) == 1
    turns.leave(first)
    turns.leave(first)
    assert list(places) == []
