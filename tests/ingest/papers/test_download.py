"""Downloads that are interrupted, lied to and resumed."""

import json

import pytest
from sota_rag.ingest.papers.download import Watch, discard, download_pdf
from sota_rag.ingest.papers.errors import PaperError


@pytest.fixture
def part(tmp_path):
    return tmp_path / "2106.09685.pdf.part"


def dropping(after, **changed):
    """Say the whole length, send `after` bytes, hang up."""

    def answer(handler):
        body = handler.server.body(handler.path.removeprefix("/pdf/"))
        said = {"Content_Type": "application/pdf", "ETag": handler.server.etag, "Content_Length": str(len(body))}
        handler.answer(200, body[:after], **(said | changed))
        handler.close_connection = True

    return answer


def test_a_download_is_whole_and_leaves_nothing_beside_it(arxiv, client, part):
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert part.read_bytes() == arxiv.body("x")
    assert list(part.parent.iterdir()) == [part]


def test_a_connection_that_drops_is_taken_up_where_it_broke(arxiv, client, part):
    arxiv.scripts["pdf"].append(dropping(100_000))
    watched = []
    watch = Watch(lambda have, total: watched.append((have, total)), lambda size: watched.append(size))
    download_pdf(client, f"{arxiv.url}/pdf/x", part, watch=watch)
    assert part.read_bytes() == arxiv.body("x")
    first, second = arxiv.headers("pdf")
    start = int(second["Range"].removeprefix("bytes=").removesuffix("-"))
    assert "Range" not in first
    assert 50_000 < start <= 100_000
    assert second["If-Range"] == '"one"'
    assert watched[0] == (0, 200_000)
    assert (start, 200_000) in watched
    assert sum(size for size in watched if isinstance(size, int)) == 200_000


def test_a_later_run_takes_it_up_as_well(arxiv, client, part):
    arxiv.scripts["pdf"] += [dropping(100_000)] + [lambda handler: handler.answer(503)] * 2
    with pytest.raises(PaperError, match="answered 503, 3 times in a row"):
        download_pdf(client, f"{arxiv.url}/pdf/x", part)
    kept = part.stat().st_size
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert arxiv.headers("pdf")[-1]["Range"] == f"bytes={kept}-"
    assert part.read_bytes() == arxiv.body("x")


def test_a_web_page_in_between_does_not_cost_what_has_arrived(arxiv, client, part):
    page = {"Content_Type": "text/html"}
    arxiv.scripts["pdf"] += [dropping(100_000), lambda handler: handler.answer(200, b"<html>", **page)]
    with pytest.raises(PaperError, match="'text/html' instead of a PDF"):
        download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert part.stat().st_size > 50_000


def test_an_interruption_keeps_what_has_arrived(arxiv, client, part):
    def interrupt(_):
        if part.stat().st_size > 60_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download_pdf(client, f"{arxiv.url}/pdf/x", part, watch=Watch(advance=interrupt))
    kept = part.stat().st_size
    assert kept > 60_000
    assert json.loads(part.with_name(part.name + ".json").read_text())["validator"] == '"one"'
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert arxiv.headers("pdf")[1]["Range"] == f"bytes={kept}-"
    assert part.read_bytes() == arxiv.body("x")


def test_a_file_that_changed_in_between_is_fetched_anew(arxiv, client, part):
    old = arxiv.body("x")

    def drop_then_change(handler):
        dropping(100_000)(handler)
        arxiv.etag = '"two"'

    arxiv.scripts["pdf"].append(drop_then_change)
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert "Range" in arxiv.headers("pdf")[1]
    assert part.read_bytes() == arxiv.body("x") != old


def test_a_server_that_ignores_ranges_sends_the_whole_again(arxiv, client, part):
    arxiv.ranges = False
    arxiv.scripts["pdf"].append(dropping(100_000))
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert "Range" in arxiv.headers("pdf")[1]
    assert part.read_bytes() == arxiv.body("x")


@pytest.mark.parametrize("etag", [None, 'W/"one"'])
def test_without_a_strong_validator_no_range_is_asked_for(arxiv, client, part, etag):
    arxiv.scripts["pdf"].append(dropping(100_000, ETag=etag))
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert "Range" not in arxiv.headers("pdf")[1]
    assert part.read_bytes() == arxiv.body("x")


def test_the_date_of_the_last_change_is_a_validator(arxiv, client, part):
    date = "Thu, 17 Jun 2021 17:37:18 GMT"
    arxiv.scripts["pdf"].append(dropping(100_000, ETag=None, Last_Modified=date))
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert arxiv.headers("pdf")[1]["If-Range"] == date


@pytest.mark.parametrize(
    "span", ["bytes 0-199999/200000", "bytes 5-9/200000", "bytes */200000", "bytes 99999999999999999999-1/2", "", None]
)
def test_a_range_that_was_not_asked_for_is_not_glued_on(arxiv, client, part, span):
    arxiv.scripts["pdf"].append(dropping(100_000))
    arxiv.scripts["pdf"].append(lambda handler: handler.answer(206, b"x" * 50, Content_Range=span, ETag='"one"'))
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert "Range" not in arxiv.headers("pdf")[2]
    assert part.read_bytes() == arxiv.body("x")


def test_a_range_of_another_file_is_not_glued_on(arxiv, client, part):
    def lie(handler):
        start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {start}-199999/200000"
        handler.answer(206, b"y" * (200_000 - start), Content_Range=span, ETag='"two"')

    arxiv.scripts["pdf"] += [dropping(100_000), lie]
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert part.read_bytes() == arxiv.body("x")


def test_a_range_that_ends_early_is_taken_up_again(arxiv, client, part):
    def send_little(handler):
        start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        little = arxiv.body("x")[start : start + 50]
        handler.answer(206, little, Content_Range=f"bytes {start}-199999/200000", ETag='"one"')

    arxiv.scripts["pdf"] += [dropping(100_000), send_little]
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    first, second = (headers["Range"] for headers in arxiv.headers("pdf")[1:])
    assert int(second[6:-1]) == int(first[6:-1]) + 50
    assert part.read_bytes() == arxiv.body("x")


def test_a_range_that_cannot_be_satisfied_starts_anew(arxiv, client, part):
    arxiv.scripts["pdf"] += [dropping(100_000), lambda handler: handler.answer(416)]
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert part.read_bytes() == arxiv.body("x")


def test_a_piece_of_another_address_is_not_continued(arxiv, client, part):
    arxiv.scripts["pdf"] += [dropping(100_000)] + [lambda handler: handler.answer(503)] * 2
    with pytest.raises(PaperError):
        download_pdf(client, f"{arxiv.url}/pdf/xv1", part)
    assert part.stat().st_size > 0
    download_pdf(client, f"{arxiv.url}/pdf/xv2", part)
    assert "Range" not in arxiv.headers("pdf")[-1]
    assert part.read_bytes() == arxiv.body("xv2")


@pytest.mark.parametrize("state", [b"", b"[]", b'{"url": 1}', b"\xff", b'{"url": "URL", "validator": 7}'])
def test_a_piece_of_which_nothing_is_known_is_not_continued(arxiv, client, part, state):
    url = f"{arxiv.url}/pdf/x"
    part.write_bytes(b"%PDF-junk")
    part.with_name(part.name + ".json").write_bytes(state.replace(b"URL", url.encode()))
    download_pdf(client, url, part)
    assert part.read_bytes() == arxiv.body("x")


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"<html>captcha</html>", "text/html; charset=utf-8", "instead of a PDF"),
        (b"<html>captcha</html>", "application/pdf", "is no PDF .it begins with b'<html>captcha</h'"),
        (b"%PD", "application/pdf", "3 bytes that are no PDF"),
        (b"", "application/pdf", "0 bytes that are no PDF"),
    ],
)
def test_what_is_no_pdf_is_not_kept(arxiv, client, part, body, content_type, said):
    arxiv.scripts["pdf"].append(lambda handler: handler.answer(200, body, Content_Type=content_type))
    with pytest.raises(PaperError, match=said):
        download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert list(part.parent.iterdir()) == []
    assert len(arxiv.seen) == 1


def test_a_file_that_says_it_is_too_large_is_not_begun(arxiv, client, part):
    begun = []
    with pytest.raises(PaperError, match=r"larger than 0 MB; raise the setting papers\.max_mb"):
        download_pdf(client, f"{arxiv.url}/pdf/x", part, max_bytes=199_999, watch=Watch(begin=begun.append))
    assert begun == []
    assert list(part.parent.iterdir()) == []


def without_length(handler, chunked, end):
    body = handler.server.body("x")
    if chunked:
        handler.answer(200, Content_Length=None, Transfer_Encoding="chunked")
        for start in range(0, end, 50_000):
            piece = body[start : min(end, start + 50_000)]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n" if end == len(body) else b"")
    else:
        handler.answer(200, body[:end], Content_Length=None, Connection="close")
    handler.close_connection = True


@pytest.mark.parametrize("chunked", [True, False])
def test_a_file_of_unsaid_length_is_cut_off_at_the_limit(arxiv, client, part, chunked):
    arxiv.scripts["pdf"].append(lambda handler: without_length(handler, chunked, 200_000))
    with pytest.raises(PaperError, match="larger than"):
        download_pdf(client, f"{arxiv.url}/pdf/x", part, max_bytes=199_999)
    assert list(part.parent.iterdir()) == []


@pytest.mark.parametrize("chunked", [True, False])
def test_a_file_of_unsaid_length_is_whole_or_fetched_again(arxiv, client, part, chunked):
    arxiv.scripts["pdf"].append(lambda handler: without_length(handler, chunked, 150_000))
    arxiv.scripts["pdf"].append(lambda handler: without_length(handler, chunked, 200_000))
    download_pdf(client, f"{arxiv.url}/pdf/x", part)
    assert part.read_bytes() == arxiv.body("x")
    assert len(arxiv.seen) == 2


def test_to_discard_is_to_forget_both_files(part):
    part.write_bytes(b"x")
    part.with_name(part.name + ".json").write_bytes(b"x")
    discard(part)
    discard(part)
    assert list(part.parent.iterdir()) == []
