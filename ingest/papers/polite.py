"""HTTP as arXiv asks for it: one connection, a pause between requests, a name to complain to.

    arXiv's terms: https://info.arxiv.org/help/api/tou.html (one request every three seconds)

A redirect is followed only to where the request was sent to, or to arXiv itself over https. Cookies, compressed answers
and passwords from a .netrc file are not used; a proxy that the environment names is.
"""

import email.utils
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from ...index.builder import software_version
from ...index.errors import OptionalDependencyError, SettingsError
from .addresses import ARXIV_DELAY_S, may_follow
from .errors import PaperError, UnreachableError

if TYPE_CHECKING:
    from requests import Response, Session

ATTEMPTS = 3
BACK_OFF_S = 5.0
"""Wait before the second attempt; it doubles with each further one."""
LONGEST_WAIT_S = 300.0
"""A server that asks for a longer pause is left alone until the next run."""
CHUNK = 16 * 1024
_MAX_REDIRECTS = 5
_MAX_TEXT = 8 * 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({429, 500, 502, 503, 504})

# Visible ASCII and spaces; brackets would end the comment that it stands in.
_CONTACT = re.compile(r"[!-'*-\[\]-~](?:[ -'*-\[\]-~]{0,198}[!-'*-\[\]-~])?")

Result = TypeVar("Result")


class TransientError(Exception):
    """An attempt failed in a way that may pass.

    Attributes:
        wait_s: the pause that the server asked for, in seconds.
    """

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class PoliteClient:
    """Sends one request at a time, never two within `delay_s` seconds; use it as a context.

    Args:
        contact: where the operator of a server can complain, such as `mailto:me@example.org`; sent with each request.
        delay_s: least time between the starts of two requests, in seconds.
        timeout_s: longest silence of a server, in seconds.
        now: clock in seconds.
        sleep: waits for seconds.

    Raises:
        OptionalDependencyError: the HTTP library is not installed.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        delay_s: float = ARXIV_DELAY_S,
        timeout_s: float = 30.0,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = _new_session(user_agent(contact))
        self._delay_s, self._timeout_s = delay_s, timeout_s
        self._now, self._sleep = now, sleep
        self._next_at: float | None = None

    def __enter__(self) -> "PoliteClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get_text(self, url: str) -> bytes:
        """The body of a small answer, retried.

        Raises:
            PaperError: the server refuses, keeps failing, or sends more than 8 MB.
            UnreachableError: the host cannot be reached.
        """

        def attempt() -> bytes:
            with self.open(url) as response:
                body = bytearray()
                for chunk in self.chunks(response):
                    body += chunk
                    if len(body) > _MAX_TEXT:
                        raise PaperError(
                            f"{_host(url)} sent metadata of more than {_MAX_TEXT >> 20} MB; it was not read"
                        )
                return bytes(body)

        return self.retry(attempt)

    def retry(self, attempt: Callable[[], Result]) -> Result:
        """Make up to three attempts, with growing pauses or those that the server asks for.

        Raises:
            PaperError: the last attempt failed too, or the server asks for a pause that is too long.
        """
        for number in range(1, ATTEMPTS + 1):
            try:
                return attempt()
            except TransientError as error:
                if number == ATTEMPTS:
                    raise PaperError(f"{error}, {ATTEMPTS} times in a row; run it again later") from error
                wait_s = BACK_OFF_S * 2 ** (number - 1) if error.wait_s is None else error.wait_s
                if wait_s > LONGEST_WAIT_S:
                    raise PaperError(f"{error} and asks to wait {wait_s:.0f} s; run it again after that") from error
                self._sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str] | None = None) -> "Iterator[Response]":
        """One attempt at a URL: its answer of status 200, 206 or 416, the body not read yet.

        Raises:
            PaperError: the server refuses, or redirects to a foreign place.
            UnreachableError: the host cannot be reached.
            TransientError: the server is busy or silent.
        """
        response = self._follow(url, headers or {})
        with response:
            status = response.status_code
            if status in _TRANSIENT:
                raise TransientError(f"{_host(url)} answered {status}", _retry_after(response))
            if status in (404, 410):
                raise PaperError(f"{url} does not exist ({status}); check the identifier")
            if status not in (200, 206, 416):
                raise PaperError(f"{url} was answered with {status}; run it again later")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise PaperError(f"{_host(url)} compressed its answer though it was asked not to; run it again later")
            yield response

    def chunks(self, response: "Response") -> Iterator[bytes]:
        """The body in pieces.

        Raises:
            TransientError: the connection broke, or nothing came for too long.
        """
        import requests

        try:
            yield from response.iter_content(CHUNK)
        except requests.RequestException as error:
            raise TransientError(f"the connection to {_host(response.url)} broke") from error

    def _follow(self, url: str, headers: Mapping[str, str]) -> "Response":
        asked = url
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, headers)
            if response.status_code not in _REDIRECTS:
                return response
            response.close()
            url = urljoin(url, response.headers.get("Location", ""))
            if not may_follow(url, asked):
                raise PaperError(
                    f"{_host(asked)} redirects to {url[:200]!r}, which is neither itself nor arXiv; refused"
                )
        raise PaperError(f"{_host(asked)} redirects more than {_MAX_REDIRECTS} times; run it again later")

    def _send(self, url: str, headers: Mapping[str, str]) -> "Response":
        import requests
        from urllib3.exceptions import MaxRetryError

        self._pause()
        try:
            return self._session.get(
                url, headers=dict(headers), stream=True, allow_redirects=False, timeout=self._timeout_s
            )
        except requests.exceptions.SSLError as error:
            raise UnreachableError(f"cannot trust {_host(url)} (its certificate does not verify)") from error
        except requests.Timeout as error:
            if isinstance(error, requests.ConnectTimeout):
                raise UnreachableError(f"cannot reach {_host(url)} (no answer in {self._timeout_s:g} s)") from error
            raise TransientError(f"{_host(url)} said nothing for {self._timeout_s:g} s") from error
        except requests.ConnectionError as error:
            # urllib3 gives up with MaxRetryError before a connection is made; afterwards it raises what broke it.
            if error.args and isinstance(error.args[0], MaxRetryError):
                raise UnreachableError(f"cannot reach {_host(url)} ({_cause(error)})") from error
            raise TransientError(f"the connection to {_host(url)} broke") from error
        except (requests.RequestException, ValueError) as error:
            raise PaperError(f"{url[:200]!r} cannot be asked for ({type(error).__name__})") from error

    def _pause(self) -> None:
        if self._next_at is not None and (wait_s := self._next_at - self._now()) > 0:
            self._sleep(wait_s)
        self._next_at = self._now() + self._delay_s


def user_agent(contact: str | None) -> str:
    """How requests introduce themselves: the software, its version, and whom to write to.

    Raises:
        SettingsError: the contact cannot stand in a header.
    """
    if contact is not None and not _CONTACT.fullmatch(contact):
        raise SettingsError(
            f"papers.contact {contact!r} cannot be sent; write it like mailto:me@example.org, without brackets"
        )
    name, _, version = software_version().partition(" ")
    return f"{name}/{version.strip('()').replace(' ', '-')} ({contact or 'contact not set'})"


def _new_session(agent: str) -> "Session":
    try:
        import requests
        from requests.adapters import HTTPAdapter
    except ImportError as error:
        raise OptionalDependencyError("requests", "papers") from error
    session = requests.Session()
    session.headers.clear()
    session.headers.update({"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "identity"})
    # With a (do-nothing) authentication of its own, the session does not look for passwords in ~/.netrc.
    session.auth = lambda request: request
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1))
    return session


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _retry_after(response: "Response") -> float | None:
    """Pause that was asked for in seconds, given as a number or a date."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        at = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _cause(error: BaseException) -> str:
    """The system's own words, which urllib3 and requests wrap several times."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        wrapped = [getattr(seen, "reason", None), *seen.args[:1], seen.__cause__]
        seen = next((inner for inner in wrapped if isinstance(inner, BaseException)), None)
    return "no connection"
