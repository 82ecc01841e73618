"""arXiv's XML, sound and hostile."""

import time

import pytest
from sota_rag.ingest.papers.arxiv_id import ArxivId
from sota_rag.ingest.papers.atom import (
    UNKNOWN_LICENCE,
    find_metadata,
    licence_name,
    licence_url,
    metadata_url,
    parse_feed,
    parse_licence,
)
from sota_rag.ingest.papers.errors import PaperError

BOMB = b"""<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><feed xmlns="http://www.w3.org/2005/Atom"><title>&c;</title></feed>"""
EXTERNAL = b'<!DOCTYPE feed SYSTEM "file:///etc/passwd"><feed xmlns="http://www.w3.org/2005/Atom"/>'


def feed(*entries):
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query</title>{"".join(entries)}</feed>'.encode()


def entry(name, title="T", **more):
    fields = "".join(f"<{key}>{value}</{key}>" for key, value in more.items())
    return f"<entry><id>http://arxiv.org/abs/{name}</id><title>{title}</title>{fields}</entry>"


def test_addresses_are_those_of_the_interfaces():
    ids = [ArxivId.parse("2106.09685v2"), ArxivId.parse("hep-th/9901001")]
    assert metadata_url("https://a/q", ids) == "https://a/q?id_list=2106.09685v2,hep-th/9901001&max_results=2"
    expected = "https://o?verb=GetRecord&identifier=oai:arXiv.org:2106.09685&metadataPrefix=arXivRaw"
    assert licence_url("https://o", ids[0]) == expected


def test_a_feed_gives_title_authors_and_first_date():
    dates = {"published": "2021-06-17T17:37:18Z", "updated": "2021-10-16T00:00:00Z"}
    authors = "<author><name>A B</name></author><author><name/></author>"
    lora = entry("2106.09685v2", " LoRA:\n  Low-Rank &amp; more ", **dates)
    data = feed(lora.replace("</entry>", f"{authors}</entry>"))
    (paper,) = parse_feed(data)
    assert (paper.id, paper.title) == (ArxivId("2106.09685", 2), "LoRA: Low-Rank & more")
    assert (paper.authors, paper.published) == (("A B",), "2021-06-17")


def test_unknown_papers_and_errors_are_no_papers():
    error = "<entry><id>http://arxiv.org/api/errors#incorrect_id</id><title>Error</title></entry>"
    assert parse_feed(feed("<entry><title/></entry>", error, entry("../../etc/passwd"))) == []


def test_the_version_asked_for_is_found_else_the_newest():
    papers = parse_feed(feed(entry("2106.09685v2"), entry("2106.09685v10"), entry("1706.03762v9")))
    assert find_metadata(papers, ArxivId("2106.09685")).id.version == 10
    assert find_metadata(papers, ArxivId("2106.09685", 2)).id.version == 2
    assert find_metadata(papers, ArxivId("2106.09685", 3)) is None


@pytest.mark.parametrize("data", [BOMB, EXTERNAL, BOMB.decode().encode("utf-16")])
def test_a_document_type_is_refused_before_any_entity_grows(data):
    with pytest.raises(PaperError, match="document type"):
        parse_feed(data)


@pytest.mark.parametrize("data", [b"", b"<html>", b"<feed/>", b"\xff\xfe", b'<?xml version="1.0" encoding="x"?><a/>'])
def test_what_is_no_feed_is_refused(data):
    with pytest.raises(PaperError, match="run it again later"):
        parse_feed(data)


def test_deep_nesting_is_read_in_linear_time():
    started = time.perf_counter()
    assert parse_feed(feed("<a>" * 200_000 + "</a>" * 200_000)) == []
    assert time.perf_counter() - started < 5


def test_the_licence_is_that_of_the_newest_version(licence_record):
    data = licence_record("2106.09685")
    assert parse_licence(data, ArxivId("2106.09685", 2)) == "http://creativecommons.org/licenses/by/4.0/"
    assert parse_licence(data, ArxivId("2106.09685", 1)) is None
    with pytest.raises(PaperError, match="no licence record"):
        parse_licence(data, ArxivId("1706.03762", 2))


@pytest.mark.parametrize(
    "said", ["", "javascript:alert(1)", "http://evil.example/by/4.0/", "http://arxiv.org/" + "a" * 999]
)
def test_a_licence_in_no_known_form_is_unknown(licence_record, said):
    assert parse_licence(licence_record("2106.09685", said), ArxivId("2106.09685")) is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://creativecommons.org/licenses/by-nc-sa/4.0/", "CC BY-NC-SA 4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "arXiv's own; you may read it but not redistribute it"),
        (None, UNKNOWN_LICENCE),
    ],
)
def test_licences_have_names(url, name):
    assert licence_name(url) == name
