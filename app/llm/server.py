"""A language model behind any OpenAI-compatible server, asked through `POST /chat/completions` with `stream: true`.

What fails before the first token is tried again, with waits that grow: a refused or broken connection, 429, 500, 502,
503, 504. Redirects are not followed, since the key would go along. Fields that a server does not know are left out from
then on. The key is sent in a header and appears nowhere else.
"""

import asyncio
import contextlib
import hashlib
import itertools
import random
import ssl
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, TypeVar

from ...index.errors import LanguageModelServerError, ModelError, SotaRagError
from .estimate import MESSAGE_TOKENS, PROMPT_TOKENS, upper_estimate
from .exchange import Exchange, result_of
from .server_address import read_address, read_key
from .server_errors import PASSING, explained, may_pass, unreachable
from .server_probe import Kind, Served, count, probe
from .server_replies import RefusalError
from .server_stream import EndedError, Fields, converse
from .turns import Turns
from .types import Cancellation, Event, Finished, LanguageModelInfo, Message, Queued, Request

if TYPE_CHECKING:
    import httpx2

_LONGEST_WAIT_S = 8.0
# Seconds that retries of short questions (what the server is, how many tokens a text has) may take together.
_PATIENCE_S = 30.0
_SHORT_S = 20.0
_REMEMBERED = 4096
Value = TypeVar("Value")


class ServerModel:
    """A `LanguageModel` on a server; safe to share between threads, holds no connection between requests."""

    def __init__(
        self,
        url: str,
        model: str | None = None,
        *,
        api_key: str | None = None,
        window: int | None = None,
        queue: int = 8,
        at_once: int = 4,
        retries: int = 3,
        backoff_s: float = 0.5,
        connect_s: float = 5.0,
    ) -> None:
        """Nothing is sent yet.

        Args:
            url: with or without `/v1`.
            model: its name on the server; None takes the only one there.
            api_key: sent as a bearer token.
            window: tokens of prompt and text together; the server's own limit counts where it is smaller.
            queue: requests that may wait for their turn.
            at_once: requests that are sent at once.
            retries: how often a request is sent again.
            backoff_s: the first wait; each one after it is twice as long, up to 8 s, give or take a half.
            connect_s: time to connect.

        Raises:
            SettingsError: the address or the key cannot be used.
        """
        self._key = read_key(api_key)
        self._address = read_address(url, self._key)
        self._model = model
        self._window = window
        self._retries = retries
        self._backoff_s = backoff_s
        self._connect_s = connect_s
        self._turns = Turns(at_once, queue)
        self._tls: ssl.SSLContext | None = None
        self._served: Served | None = None
        self._fields = Fields()
        self._counts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"ServerModel({self._address.base!r}, {self._model!r})"

    @property
    def info(self) -> LanguageModelInfo:
        """Identity and abilities; asks the server the first time.

        Raises:
            LanguageModelServerError: it cannot be reached, or refuses.
        """
        served, base = self._described(), self._address.base
        where = "on this machine" if self._address.loopback else "over the network"
        return LanguageModelInfo(
            id=served.model,
            fingerprint=hashlib.sha256(f"{base}\n{served.model}".encode()).hexdigest(),
            window=served.window,
            grammar=served.grammar,
            exact_counts=served.counts,
            backend=base,
            placement=f"{served.kind} {where}, window of {served.window} tokens {served.origin}",
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by itself, by the server where it counts, else an upper estimate.

        llama-cpp-python's server breaks a text off when anything else is asked of it; while it writes for us, texts
        that it has not counted yet are estimated.

        Raises:
            LanguageModelServerError: the server cannot be reached, or refuses.
        """
        served = self._described()
        known = {text: self._counts[text] for text in texts if text in self._counts}
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        writing = served.kind is Kind.LLAMA_CPP_PYTHON and self._turns.busy
        if unknown and served.counts and not writing:
            counted = self._ask(lambda client: count(client, self._address, served, unknown))
            known |= zip(unknown, counted, strict=True)
            # Replaced rather than changed, because another thread may be reading it.
            self._counts = dict(list((self._counts | known).items())[-_REMEMBERED:])
        return [known[text] if text in known else upper_estimate(text) for text in texts]

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a whole conversation; an upper estimate, since the template is the server's."""
        texts = self.count_tokens([message.content for message in messages])
        return sum(texts) + MESSAGE_TOKENS * len(messages) + PROMPT_TOKENS

    def generate(self, request: Request, cancel: Cancellation | None = None) -> Generator[Event, None, None]:
        """Events as `LanguageModel.generate` has them; closing the iterator closes the connection.

        Raises:
            LanguageModelBusyError: too many requests wait, or this one waited too long.
            LanguageModelTimeoutError: the first token took too long.
            LanguageModelServerError: the server cannot be reached, refuses, or breaks off.
            ModelError: the prompt does not fit the window, or the server knows no grammars.
        """
        cancel = cancel or Cancellation()
        started = time.monotonic()
        served = self._served or result_of(self._describe, cancel)
        if served is None or cancel.cancelled:
            yield Finished("cancelled", None, 0.0)
            return
        if request.grammar is not None and not served.grammar:
            raise ModelError(f"the server at {self._address.base!r} cannot hold a text to a grammar; send none")
        ticket = self._turns.join()
        try:
            for place in self._turns.places(ticket, request.deadlines.queue_s, cancel):
                yield Queued(place)
            finished, turn = False, time.monotonic()
            with closing(Exchange(lambda: self._write(served, request, started)).items(cancel)) as events:
                for event in events:
                    finished = isinstance(event, Finished)
                    yield event
            if not finished:
                yield Finished("cancelled", None, (time.monotonic() - turn) * 1000)
        finally:
            self._turns.leave(ticket)

    def start(self) -> None:
        """Ask in the background what the server is, so that the first request need not wait.

        What goes wrong is told to the first request, which asks again.
        """

        def ask() -> None:
            with contextlib.suppress(SotaRagError):
                self._described()

        threading.Thread(target=ask, name="language-model-server-start", daemon=True).start()

    def close(self) -> None:
        """Nothing is held between requests, so there is nothing to do."""

    async def _write(self, served: Served, request: Request, started: float) -> AsyncGenerator[Event]:
        """The events of one request, tried again while nothing has come."""
        import httpx2

        limit = time.monotonic() + request.deadlines.queue_s
        async with self._client(None) as client:
            for tries in itertools.count():
                begun = False
                body = self._fields.body(served, request)
                queue_ms = (time.monotonic() - started) * 1000
                talk = converse(client, self._address, body, request, queue_ms=queue_ms, key=self._key)
                try:
                    async with aclosing(talk) as events:
                        async for event in events:
                            begun = True
                            yield event
                    return
                except EndedError as error:
                    raise self._ended(served, request, error) from None
                except RefusalError as error:
                    if not begun and self._fields.learn(error):
                        continue
                    wait = None if begun else self._wait(error, tries, limit)
                    if wait is None:
                        raise await explained(client, self._address, served.model, error, self._key) from None
                except httpx2.TransportError as error:
                    wait = None if begun else self._wait(error, tries, limit)
                    if wait is None:
                        raise unreachable(self._address, error, begun=begun) from None
                await asyncio.sleep(wait)

    def _ended(self, served: Served, request: Request, error: EndedError) -> SotaRagError:
        server = f"the language model's server at {self._address.base!r}"
        if error.begun:
            return LanguageModelServerError(f"{server} broke off in the middle of the text; ask again")
        # llama-cpp-python's server says nothing at all to a prompt that is too long.
        tokens = sum(upper_estimate(message.content) for message in request.messages)
        if tokens > served.window:
            return ModelError(
                f"the prompt, of some {tokens} tokens, does not fit the window of {served.window} at "
                f"{self._address.base!r}; lower answer.evidence_tokens"
            )
        return LanguageModelServerError(
            f"{server} ended its answer before the first word; look into its log, and set llm.window to the window "
            f"it has if that is less than {served.window} tokens"
        )

    def _wait(self, error: "RefusalError | httpx2.TransportError", tries: int, limit: float) -> float | None:
        """Seconds until the next try; None when there is none."""
        passing = error.status in PASSING if isinstance(error, RefusalError) else may_pass(error)
        if not passing or tries >= self._retries:
            return None
        asked = error.retry_after_s if isinstance(error, RefusalError) else None
        # By chance, so that clients that failed together do not come back together.
        wait = min(self._backoff_s * 2**tries, _LONGEST_WAIT_S) * random.uniform(0.5, 1.5) if asked is None else asked
        return wait if time.monotonic() + wait < limit else None

    def _described(self) -> Served:
        served = self._served or result_of(self._describe)
        assert served is not None
        return served

    async def _describe(self) -> Served:
        self._served = served = await self._patiently(
            lambda client: probe(client, self._address, self._model, self._window, self._key)
        )
        if served.kind is Kind.LLAMA_CPP_PYTHON:
            # A second request would break the first one off.
            self._turns.at_once = 1
        return served

    def _ask(self, work: "Callable[[httpx2.AsyncClient], Awaitable[Value]]") -> Value:
        answer = result_of(lambda: self._patiently(work))
        assert answer is not None
        return answer

    async def _patiently(self, work: "Callable[[httpx2.AsyncClient], Awaitable[Value]]") -> Value:
        """A short question, asked again while it may help."""
        import httpx2

        limit = time.monotonic() + _PATIENCE_S
        async with self._client(_SHORT_S) as client:
            for tries in itertools.count():
                try:
                    return await work(client)
                except RefusalError as error:
                    wait = self._wait(error, tries, limit)
                    if wait is None:
                        raise await explained(client, self._address, self._model, error, self._key) from None
                except httpx2.TransportError as error:
                    wait = self._wait(error, tries, limit)
                    if wait is None:
                        raise unreachable(self._address, error, begun=False) from None
                await asyncio.sleep(wait)
        raise AssertionError("the loop ends by return or raise")

    def _client(self, read_s: float | None) -> "httpx2.AsyncClient":
        """A connection of its own, so that closing it ends nothing else."""
        import httpx2

        headers = {"User-Agent": "sota-rag", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        # Reading the certificates of the system takes longer than a short question, and http needs none.
        if self._tls is None:
            plain = self._address.base.startswith("http:")
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else httpx2.create_ssl_context()
        return httpx2.AsyncClient(
            headers=headers,
            verify=self._tls,
            timeout=httpx2.Timeout(read_s, connect=self._connect_s),
            follow_redirects=False,
            # A proxy could not reach this machine.
            trust_env=not self._address.loopback,
        )
