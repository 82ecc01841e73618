"""What kind of server answers at an address: which models it has, how long its window is, whether it counts tokens.

The protocol of OpenAI says nothing about windows and tokenizers; the common servers have extras of their own for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ...index.errors import LanguageModelServerError
from .server_address import Address
from .server_replies import RefusalError, one_line, retry_after, words_of

if TYPE_CHECKING:
    import httpx2

ASSUMED_WINDOW = 4096
# What `python -m llama_cpp.server` takes unless it is told otherwise; it does not say what it was told.
_LLAMA_CPP_PYTHON_WINDOW = 2048
_LARGEST = 1 << 23


class Kind(StrEnum):
    """Servers that are told apart."""

    OPENAI = "an OpenAI-compatible server"
    LLAMA_SERVER = "llama-server"
    LLAMA_CPP_PYTHON = "llama-cpp-python's server"
    VLLM = "vLLM"


@dataclass(frozen=True, slots=True)
class Served:
    """What a server turned out to be.

    Attributes:
        model: name on the server.
        kind: which server it is.
        window: tokens of prompt and text together.
        origin: where the window is known from, in words.
        beginning: tokens that the server's count of the empty text has.
    """

    model: str
    kind: Kind
    window: int
    origin: str
    beginning: int = 0

    @property
    def counts(self) -> bool:
        """Whether it counts tokens."""
        return self.kind is not Kind.OPENAI

    @property
    def grammar(self) -> bool:
        """Whether it holds a text to a grammar in llama.cpp's notation."""
        return self.kind in {Kind.LLAMA_SERVER, Kind.LLAMA_CPP_PYTHON}


async def probe(
    client: "httpx2.AsyncClient", address: Address, model: str | None, window: int | None, key: str | None = None
) -> Served:
    """Ask a server what it is; `model` None takes the only one it has, `window` is what the settings say.

    Raises:
        RefusalError: it does not let us in.
        LanguageModelServerError: it is no such server, or the model must be named.
        httpx2.TransportError: it cannot be reached.
    """
    listed = await _models(client, address, model, key)
    name = model if model is not None else _only(listed, address)
    entry = next((one for one in listed if one.get("id") == name), {})
    kind, beginning, said = await _kind(client, address, name)
    said = said or _window_of(entry)
    if window is not None and window <= (said or window):
        return Served(name, kind, window, "as the settings say", beginning)
    if said is not None:
        return Served(name, kind, said, "as the server says", beginning)
    assumed = _LLAMA_CPP_PYTHON_WINDOW if kind is Kind.LLAMA_CPP_PYTHON else ASSUMED_WINDOW
    return Served(name, kind, assumed, "assumed, since the server does not say: set llm.window", beginning)


async def count(client: "httpx2.AsyncClient", address: Address, served: Served, texts: Sequence[str]) -> list[int]:
    """Exact tokens of each text, by a server that counts.

    Raises:
        RefusalError: it does not, after all.
        httpx2.TransportError: it cannot be reached.
    """
    counts = []
    for text in texts:
        found = await _ask_count(client, address, served.kind, served.model, text)
        if found is None:
            raise RefusalError(0, "it no longer counts tokens")
        counts.append(max(0, found - served.beginning))
    return counts


async def model_names(client: "httpx2.AsyncClient", address: Address) -> list[str]:
    """Names of the models that a server lists; none where it cannot be asked."""
    try:
        return [str(one["id"]) for one in await _models(client, address, "any", None)]
    except RefusalError:
        return []


async def refusal(response: "httpx2.Response", key: str | None) -> RefusalError:
    """What a response that is no success says."""
    body = bytearray()
    async for data in response.aiter_bytes():
        body += data
        if len(body) > 1 << 16:
            break
    if response.has_redirect_location:
        return RefusalError(response.status_code, f"a redirect to {one_line(response.headers['location'], key)!r}")
    words = words_of(body.decode("utf-8", "replace"), key) or response.reason_phrase
    return RefusalError(response.status_code, words, retry_after(response.headers.get("retry-after")))


async def _models(
    client: "httpx2.AsyncClient", address: Address, model: str | None, key: str | None
) -> list[dict[str, Any]]:
    """Entries of `/models`; a server without that list is fine when the model is named."""
    async with client.stream("GET", f"{address.base}/models") as response:
        if response.status_code != 200:
            error = await refusal(response, key)
            if error.status in {404, 405, 501} and model is not None:
                return []
            raise error
        form = await _json(response)
    entries = form.get("data") if isinstance(form, dict) else form
    if not isinstance(entries, list):
        raise LanguageModelServerError(
            f"{address.base!r} answers, but not like an OpenAI-compatible server; correct the setting llm.url"
        )
    return [one for one in entries if isinstance(one, dict) and isinstance(one.get("id"), str)]


def _only(listed: Sequence[dict[str, Any]], address: Address) -> str:
    if len(listed) == 1:
        return str(listed[0]["id"])
    if not listed:
        raise LanguageModelServerError(
            f"the server at {address.base!r} lists no model; name one in the setting llm.model"
        )
    raise LanguageModelServerError(
        f"the server at {address.base!r} has {len(listed)} models; set llm.model to one of: {shortlist(listed)}"
    )


def shortlist(names: Sequence[str | dict[str, Any]]) -> str:
    """The first ten names."""
    said = [name if isinstance(name, str) else str(name["id"]) for name in names]
    return ", ".join(one_line(name) for name in said[:10]) + (", …" if len(said) > 10 else "")


async def _kind(client: "httpx2.AsyncClient", address: Address, model: str) -> tuple[Kind, int, int | None]:
    """Kind of a server, tokens of the empty text, and the window where an extra says it."""
    for kind in (Kind.LLAMA_CPP_PYTHON, Kind.LLAMA_SERVER, Kind.VLLM):
        beginning = await _ask_count(client, address, kind, model, "")
        if beginning is None or await _ask_count(client, address, kind, model, "a") is None:
            continue
        window = None
        if kind is Kind.LLAMA_SERVER:
            props = await _extra(client, "GET", f"{address.root}/props")
            # Of one of its slots; what the file was trained with, which `/models` says, may be far more.
            window = _at(props, "default_generation_settings", "n_ctx")
        return kind, beginning, window
    return Kind.OPENAI, 0, None


async def _ask_count(client: "httpx2.AsyncClient", address: Address, kind: Kind, model: str, text: str) -> int | None:
    """A server's own count; None where it has no such extra."""
    match kind:
        case Kind.LLAMA_CPP_PYTHON:
            said = await _extra(
                client, "POST", f"{address.root}/extras/tokenize/count", {"model": model, "input": text}
            )
            return _at(said, "count", least=0)
        case Kind.LLAMA_SERVER:
            said = await _extra(client, "POST", f"{address.root}/tokenize", {"content": text})
            # vLLM has this address, too, and a count beside its tokens.
            tokens = said.get("tokens") if isinstance(said, dict) and "count" not in said else None
            return len(tokens) if isinstance(tokens, list) else None
        case Kind.VLLM:
            asked = {"model": model, "prompt": text, "add_special_tokens": False}
            return _at(await _extra(client, "POST", f"{address.root}/tokenize", asked), "count", least=0)
        case _:
            return None


async def _extra(client: "httpx2.AsyncClient", method: str, url: str, form: dict[str, Any] | None = None) -> Any:
    """The JSON that an extra gives; None where the server has no such thing."""
    async with client.stream(method, url, json=form) as response:
        if response.status_code != 200:
            return None
        try:
            return await _json(response)
        except RefusalError:
            return None


async def _json(response: "httpx2.Response") -> Any:
    import json

    body = bytearray()
    async for data in response.aiter_bytes():
        body += data
        if len(body) > _LARGEST:
            raise RefusalError(0, "an answer of more than 8 MiB")
    try:
        return json.loads(body)
    except ValueError:
        raise RefusalError(0, "an answer that is no JSON") from None


def _window_of(entry: dict[str, Any]) -> int | None:
    """The window that an entry of `/models` says, whichever name the server has for it."""
    return (
        _at(entry, "max_model_len")
        or _at(entry, "context_length")
        or _at(entry, "context_window")
        or _at(entry, "meta", "n_ctx")
        or _at(entry, "meta", "n_ctx_train")
    )


def _at(form: Any, *path: str, least: int = 1) -> int | None:
    """A whole number inside nested objects, `least` at least; None where it is not there."""
    for name in path:
        form = form.get(name) if isinstance(form, dict) else None
    return form if isinstance(form, int) and not isinstance(form, bool) and form >= least else None
