"""Addresses of OpenAI-compatible servers, and whether a key may be sent there."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...index.errors import SettingsError

KEY_VARIABLE = "SOTA_RAG_LLM__API_KEY"
_VERSION = re.compile(r"/v\d\w*(/|$)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is.

    Attributes:
        base: what `/chat/completions` is put after, such as `http://127.0.0.1:8000/v1`.
        root: `base` without its last part `/v1`; servers have extras of their own there.
        loopback: whether it is on this machine.
    """

    base: str
    root: str
    loopback: bool


def read_address(url: str, key: str | None) -> Address:
    """An address with or without `/v1`, checked.

    Raises:
        SettingsError: it is no address of a server, or a key would cross a network in the clear.
    """
    text = url.strip().rstrip("/").removesuffix("/chat/completions").rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or re.search(r"\s", text):
        raise SettingsError(
            f"llm.url is {_shown(url)!r}, which is no server's address; write it like http://127.0.0.1:8080/v1"
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"llm.url {_shown(url)!r} holds a name or password; remove it and set {KEY_VARIABLE} instead"
        )
    loopback = _is_loopback(host)
    if key and parts.scheme == "http" and not loopback:
        raise SettingsError(
            f"llm.url {url!r} would send the key in {KEY_VARIABLE} over the network unencrypted; "
            "use https, or unset the key"
        )
    base = text if _VERSION.search(parts.path) else f"{text}/v1"
    return Address(base, base.removesuffix("/v1"), loopback)


def read_key(key: str | None) -> str | None:
    """The key without the blanks around it; None for an empty one.

    Raises:
        SettingsError: it cannot stand in a header. The message does not show it.
    """
    key = (key or "").strip()
    if not all("!" <= letter <= "~" for letter in key):
        raise SettingsError(f"the key in {KEY_VARIABLE} holds a blank or a letter beyond ASCII; copy it again")
    return key or None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(url: str) -> str:
    """The address without what may be a password or a key."""
    return re.sub(r"[?#].*", "…", re.sub(r"//[^/@]*@", "//…@", url))
