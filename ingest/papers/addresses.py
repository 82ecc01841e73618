"""Which addresses may be asked: those that the settings name, and arXiv's own."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from ...index.errors import SettingsError

ARXIV_DELAY_S = 3.0
"""Least time between two requests, as arXiv's terms of use ask for it."""
_PORTS = {"http": 80, "https": 443}


def check_url(url: str, setting: str, delay_s: float) -> str:
    """A base address without its last slash.

    Raises:
        SettingsError: it is no https address, nor http on this machine, or it is arXiv's and the pause too short.
    """
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname))
        plain = parts.hostname and not (parts.query or parts.fragment or "@" in parts.netloc) and _port(parts)
    except ValueError:
        secure = plain = False
    if not secure or not plain:
        raise SettingsError(f"{setting} {url!r} is no address to fetch from; write it like https://arxiv.org/pdf")
    if _is_arxiv(urlsplit(url).hostname) and delay_s < ARXIV_DELAY_S:
        raise SettingsError(
            f"papers.delay_s {delay_s:g} is too short for {url!r}; arXiv asks for {ARXIV_DELAY_S:g} seconds or more"
        )
    return url.rstrip("/")


def may_follow(url: str, asked: str) -> bool:
    """Whether a redirect leads back to the host that was asked, or to arXiv over https."""
    start = urlsplit(asked)
    try:
        target = urlsplit(url)
        if target.scheme not in _PORTS or "@" in target.netloc:
            return False
        same = (target.scheme, target.hostname, _port(target)) == (start.scheme, start.hostname, _port(start))
        return same or (target.scheme == "https" and _is_arxiv(target.hostname) and _port(target) == _PORTS["https"])
    except ValueError:
        return False


def _port(parts: SplitResult) -> int | None:
    """Port, or the scheme's own; ValueError where it is no number."""
    return parts.port or _PORTS.get(parts.scheme)


def _is_arxiv(host: str | None) -> bool:
    return host is not None and (host == "arxiv.org" or host.endswith(".arxiv.org"))


def _is_this_machine(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
