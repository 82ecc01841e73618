"""Which addresses may be asked, and where a redirect may lead."""

import pytest
from sota_rag.index.errors import SettingsError
from sota_rag.ingest.papers.addresses import check_url, may_follow


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/pdf/",
        "https://mirror.example:8443/pdf",
        "http://localhost:8000",
        "http://[::1]/x",
        "http://127.0.0.2/",
    ],
)
def test_https_and_this_machine_may_be_asked(url):
    assert check_url(url, "papers.pdf_url", 3.0) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "", "arxiv.org", "http://arxiv.org/pdf", "file:///etc", "ftp://arxiv.org", "https://", "https://a@arxiv.org",
        "https://arxiv.org/?x", "https://arxiv.org/#x", "https://arxiv.org:x/", "http://127.0.0.1.example/", "http://[x",
    ],
)  # fmt: skip
def test_other_addresses_are_refused_by_the_name_of_their_setting(url):
    with pytest.raises(SettingsError, match=r"papers\.pdf_url .* is no address to fetch from"):
        check_url(url, "papers.pdf_url", 3.0)


def test_arxiv_is_not_asked_more_often_than_it_allows():
    with pytest.raises(SettingsError, match=r"delay_s 2\.9 is too short .* arXiv asks for 3 seconds"):
        check_url("https://export.arxiv.org/api/query", "papers.api_url", 2.9)
    assert check_url("https://mirror.example", "papers.api_url", 0.0)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://mirror.example/other", True),
        ("https://mirror.example:443/other", True),
        ("https://arxiv.org/pdf/x", True),
        ("https://export.arxiv.org/pdf/x", True),
        ("http://mirror.example/other", False),
        ("https://mirror.example:8443/other", False),
        ("http://arxiv.org/pdf/x", False),
        ("https://arxiv.org:8443/pdf/x", False),
        ("https://notarxiv.org/", False),
        ("https://arxiv.org.evil.example/", False),
        ("https://arxiv.org@evil.example/", False),
        ("https://user@mirror.example/", False),
        ("https://evil.example/", False),
        ("file:///etc/passwd", False),
        ("https://arxiv.org:x/", False),
    ],
)
def test_a_redirect_leads_home_or_to_arxiv(url, allowed):
    assert may_follow(url, "https://mirror.example/pdf") is allowed
