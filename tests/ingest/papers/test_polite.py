"""Requests that are spaced, named, retried and kept at home."""

import email.utils
import re
import socket
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sota_rag.index.errors import OptionalDependencyError, SettingsError
from sota_rag.ingest.papers.errors import PaperError, UnreachableError
from sota_rag.ingest.papers.polite import PoliteClient, user_agent


def refusing(status, **headers):
    return lambda handler: handler.answer(status, b"busy", **headers)


def test_requests_keep_their_distance(arxiv, client):
    for _ in range(4):
        client.get_text(f"{arxiv.url}/pdf/x")
    gaps = [later - earlier for earlier, later in zip(arxiv.times, arxiv.times[1:], strict=False)]
    assert len(gaps) == 3
    assert all(gap >= 3.0 for gap in gaps)


def test_time_that_has_passed_is_not_waited_for_again(arxiv, client, clock):
    client.get_text(f"{arxiv.url}/pdf/x")
    clock.now_s += 60
    client.get_text(f"{arxiv.url}/pdf/x")
    assert clock.slept == []


def test_redirects_keep_their_distance_too(arxiv, client):
    arxiv.scripts["pdf"].append(refusing(302, Location="/pdf/y"))
    client.get_text(f"{arxiv.url}/pdf/x")
    assert arxiv.paths() == ["/pdf/x", "/pdf/y"]
    assert arxiv.times[1] - arxiv.times[0] >= 3.0


def test_each_request_says_who_asks_and_nothing_else(arxiv, client, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    arxiv.scripts["pdf"].append(lambda handler: handler.answer(200, b"x", Set_Cookie="id=1"))
    client.get_text(f"{arxiv.url}/pdf/x")
    client.get_text(f"{arxiv.url}/pdf/x")
    for headers in arxiv.headers("pdf"):
        assert re.fullmatch(r"sota-rag/\d+\.\d+\.\d+\S* \(mailto:me@example\.org\)", headers["User-Agent"])
        assert headers["Accept-Encoding"] == "identity"
        assert headers.keys() == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


@pytest.mark.parametrize("contact", ["", "a\r\nX: y", "me)", "é", " x", "a" * 201])
def test_a_contact_that_cannot_stand_in_a_header_is_refused(contact):
    with pytest.raises(SettingsError, match=r"papers\.contact"):
        user_agent(contact)


def test_without_a_contact_the_agent_says_so():
    assert user_agent(None).endswith("(contact not set)")


def test_a_busy_server_is_asked_again_after_the_pause_it_names(arxiv, client, clock):
    arxiv.scripts["pdf"] += [refusing(429, Retry_After="17"), refusing(503)]
    assert client.get_text(f"{arxiv.url}/pdf/x") == arxiv.body("x")
    assert clock.slept == [17.0, 10.0]
    assert len(arxiv.seen) == 3


def test_a_pause_may_be_named_as_a_date(arxiv, client, clock):
    at = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    arxiv.scripts["pdf"].append(refusing(503, Retry_After=at))
    client.get_text(f"{arxiv.url}/pdf/x")
    assert 55 <= clock.slept[0] <= 60


def test_a_pause_that_is_no_pause_is_replaced_by_our_own(arxiv, client, clock):
    arxiv.scripts["pdf"].append(refusing(503, Retry_After="soon"))
    client.get_text(f"{arxiv.url}/pdf/x")
    assert clock.slept[0] == 5.0


def test_a_pause_of_an_hour_is_left_to_the_user(arxiv, client, clock):
    arxiv.scripts["pdf"].append(refusing(429, Retry_After="3600"))
    with pytest.raises(PaperError, match="answered 429 and asks to wait 3600 s"):
        client.get_text(f"{arxiv.url}/pdf/x")
    assert clock.slept == []


def test_three_failures_are_enough(arxiv, client):
    arxiv.scripts["pdf"] += [refusing(503)] * 3
    with pytest.raises(PaperError, match="answered 503, 3 times in a row; run it again later"):
        client.get_text(f"{arxiv.url}/pdf/x")
    assert len(arxiv.seen) == 3


@pytest.mark.parametrize(
    ("status", "said"), [(404, "does not exist"), (410, "does not exist"), (403, "answered with 403")]
)
def test_a_refusal_is_not_retried(arxiv, client, status, said):
    arxiv.scripts["pdf"].append(refusing(status))
    with pytest.raises(PaperError, match=said):
        client.get_text(f"{arxiv.url}/pdf/x")
    assert len(arxiv.seen) == 1


@pytest.mark.parametrize(
    "target", ["http://evil.example/x", "file:///etc/passwd", "http://u@127.0.0.1/x", "//evil.example"]
)
def test_a_redirect_to_a_foreign_place_is_refused(arxiv, client, target):
    arxiv.scripts["pdf"].append(refusing(302, Location=target))
    with pytest.raises(PaperError, match="neither itself nor arXiv; refused"):
        client.get_text(f"{arxiv.url}/pdf/x")
    assert len(arxiv.seen) == 1


def test_redirects_in_a_circle_end(arxiv, client):
    arxiv.scripts["pdf"] += [refusing(302, Location="/pdf/x")] * 9
    with pytest.raises(PaperError, match="redirects more than 5 times"):
        client.get_text(f"{arxiv.url}/pdf/x")


def test_a_compressed_answer_is_not_read(arxiv, client):
    arxiv.scripts["pdf"].append(lambda handler: handler.answer(200, b"x", Content_Encoding="gzip"))
    with pytest.raises(PaperError, match="compressed"):
        client.get_text(f"{arxiv.url}/pdf/x")


def test_metadata_without_an_end_are_not_read_to_it(arxiv, client):
    arxiv.size = 8 * 1024 * 1024 + 1
    with pytest.raises(PaperError, match="more than 8 MB"):
        client.get_text(f"{arxiv.url}/pdf/x")


def test_a_server_that_hangs_up_is_asked_again(arxiv, client):
    arxiv.scripts["pdf"].append(lambda handler: setattr(handler, "close_connection", True))
    assert client.get_text(f"{arxiv.url}/pdf/x") == arxiv.body("x")


def test_a_silent_server_is_given_up(arxiv, clock):
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        PoliteClient(timeout_s=0.05, now=clock.now, sleep=clock.sleep) as client,
        pytest.raises(PaperError, match=r"said nothing for 0\.05 s, 3 times in a row"),
    ):
        client.get_text(f"http://127.0.0.1:{silent.getsockname()[1]}/x")


def test_a_refused_connection_is_told_apart_and_not_retried(arxiv, client, clock):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(UnreachableError, match=rf"^cannot reach 127\.0\.0\.1:{port} \(Connection refused\)$"):
        client.get_text(f"http://127.0.0.1:{port}/x")
    assert clock.slept == []


def test_a_name_that_does_not_resolve_is_told_apart_and_not_retried(arxiv, client, clock, monkeypatch):
    def fail(*_):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(UnreachableError, match=r"^cannot reach arxiv\.org \(Temporary failure in name resolution\)$"):
        client.get_text("https://arxiv.org/pdf/x")
    assert clock.slept == []


def test_without_the_http_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(OptionalDependencyError, match=r"pip install 'sota-rag\[papers\]'"):
        PoliteClient()
