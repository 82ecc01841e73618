"""One request to an OpenAI-compatible server: what is sent, and the events that come back."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from ...index.errors import LanguageModelTimeoutError
from .server_address import Address
from .server_probe import Kind, Served, refusal
from .server_replies import Piece, RefusalError, one_line, read_piece
from .sse import EventStream
from .types import Event, Finished, Prompted, Request, Text
from .written import Stops, Thoughts

if TYPE_CHECKING:
    import httpx2

# Servers send the usage after the last piece, at once; nobody waits for it much longer.
_USAGE_S = 1.0
_MOST_STOPS = 4
_OPTIONAL = ("stream_options", "repeat_penalty", "repetition_penalty", "seed", "top_p", "stop", "temperature")


class EndedError(Exception):
    """The server ended its answer without saying that it is complete.

    Attributes:
        begun: whether any text had come.
    """

    def __init__(self, *, begun: bool) -> None:
        super().__init__("the answer ended early")
        self.begun = begun


class Fields:
    """Which fields of a request a server takes, learned from what it refuses."""

    def __init__(self) -> None:
        self._refused: set[str] = set()
        self._limit = "max_tokens"

    def body(self, served: Served, request: Request) -> dict[str, Any]:
        """The request as JSON."""
        sampling = request.sampling
        form: dict[str, Any] = {
            "model": served.model,
            "messages": [{"role": str(one.role), "content": one.content} for one in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            self._limit: sampling.max_tokens,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
        }
        if sampling.temperature > 0:
            form["top_p"] = sampling.top_p
        if sampling.stop:
            # The protocol allows four; all of them are minded here as well.
            form["stop"] = list(sampling.stop[:_MOST_STOPS])
        if served.kind is Kind.VLLM:
            form["repetition_penalty"] = sampling.repeat_penalty
        elif served.kind is not Kind.OPENAI:
            form["repeat_penalty"] = sampling.repeat_penalty
        if request.grammar is not None:
            form["grammar"] = request.grammar
        return {name: value for name, value in form.items() if name not in self._refused}

    def learn(self, error: RefusalError) -> bool:
        """Leave out the field that a refusal names; whether the next request will be another one.

        A refusal that names none is put down to the youngest field, `stream_options`, once.
        """
        if error.status not in {400, 422} or error.overflow:
            return False
        if self._limit == "max_tokens" and "max_completion_tokens" in error.words:
            self._limit = "max_completion_tokens"
            return True
        fresh = [name for name in _OPTIONAL if name not in self._refused]
        named = [name for name in fresh if re.search(rf"\b{name}\b", error.words)]
        guilty = named or [name for name in fresh if name == "stream_options"]
        self._refused.update(guilty[:1])
        return bool(guilty)


class _Draft:
    """What has been written so far.

    Attributes:
        begun: whether anything has come, thoughts included.
        reason: why it ended; None while it has not.
        complete: whether the server said that nothing follows.
        tokens: written, where the server says it.
        prompt_tokens: of the prompt, likewise.
    """

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._thoughts, self._stops = Thoughts(), Stops(stops)
        self.begun = self.complete = False
        self.reason: Literal["stop", "length", "deadline"] | None = None
        self.tokens: int | None = None
        self.prompt_tokens: int | None = None

    def feed(self, piece: Piece) -> str:
        """Take in a piece; the text that can be shown."""
        self.begun = self.begun or bool(piece.text or piece.thinking or piece.reason)
        self.complete = self.complete or piece.last
        if piece.tokens is not None:
            self.tokens, self.prompt_tokens = piece.tokens, piece.prompt_tokens
        shown = self._stops.feed(self._thoughts.feed(piece.text))
        if self._stops.stopped:
            self.reason = "stop"
        elif piece.reason and self.reason is None:
            self.reason = "length" if piece.reason == "length" else "stop"
        return shown

    @property
    def stopped(self) -> bool:
        """Whether there is nothing more to read."""
        return self.complete or self._stops.stopped

    def finish(self) -> str:
        """The text that was held back."""
        return self._stops.feed(self._thoughts.finish()) + self._stops.finish()


async def converse(
    client: "httpx2.AsyncClient",
    address: Address,
    body: dict[str, Any],
    request: Request,
    *,
    queue_ms: float,
    key: str | None = None,
) -> AsyncGenerator[Event]:
    """Send a request; `Prompted`, `Text`*, `Finished` as they come.

    Raises:
        RefusalError: the server's words.
        EndedError: it stopped without a word.
        LanguageModelTimeoutError: the first token took too long.
        httpx2.TransportError: the connection failed.
    """
    deadlines, now = request.deadlines, asyncio.get_running_loop().time
    draft = _Draft(request.sampling.stop)
    sent, first = now(), 0.0
    try:
        async with (
            asyncio.timeout(deadlines.prompt_s) as clock,
            aclosing(_pieces(client, address, body, key)) as pieces,
        ):
            async for piece in pieces:
                text = draft.feed(piece)
                if draft.begun and not first:
                    first = now()
                    clock.reschedule(first + deadlines.generation_s)
                    yield Prompted(None, None, queue_ms, (first - sent) * 1000)
                if text:
                    yield Text(text)
                if draft.stopped:
                    break
                if piece.reason:
                    clock.reschedule(now() + _USAGE_S)
    except TimeoutError:
        if not first:
            raise LanguageModelTimeoutError(
                f"the language model's server at {address.base!r} wrote nothing within {deadlines.prompt_s:g} s; "
                "raise the setting llm.prompt_s, or lower answer.evidence_tokens"
            ) from None
        draft.reason = draft.reason or "deadline"
    if not first or not (draft.reason or draft.complete):
        raise EndedError(begun=bool(first))
    if tail := draft.finish():
        yield Text(tail)
    # The end without a reason may be a cut.
    yield Finished(draft.reason or "length", draft.tokens, (now() - first) * 1000, draft.prompt_tokens)


async def _pieces(
    client: "httpx2.AsyncClient", address: Address, body: dict[str, Any], key: str | None
) -> AsyncGenerator[Piece]:
    async with client.stream("POST", f"{address.base}/chat/completions", json=body) as response:
        if response.status_code != 200:
            raise await refusal(response, key)
        if response.headers.get("content-type", "").startswith("application/json"):
            # The server does not stream.
            yield read_piece((await response.aread()).decode("utf-8", "replace"), key)
            yield Piece(last=True)
            return
        stream = EventStream()
        try:
            async for data in response.aiter_bytes():
                for event in stream.feed(data):
                    yield _read(event, key)
            for event in stream.finish():
                yield _read(event, key)
        except ValueError as error:
            raise RefusalError(0, one_line(str(error), key)) from None


def _read(event: str, key: str | None) -> Piece:
    return Piece(last=True) if event.strip() == "[DONE]" else read_piece(event, key)
