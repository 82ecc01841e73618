"""What went wrong at a server, in sentences for the user, with the server's own words and what mends it."""

import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.errors import LanguageModelError, LanguageModelServerError, ModelError
from .server_address import KEY_VARIABLE, Address
from .server_probe import model_names, shortlist
from .server_replies import RefusalError, one_line

if TYPE_CHECKING:
    import httpx2

# Statuses of a server that is overloaded, restarting or loading its model.
PASSING = frozenset({429, 500, 502, 503, 504})


async def explained(
    client: "httpx2.AsyncClient", address: Address, model: str | None, error: RefusalError, key: str | None
) -> LanguageModelError | ModelError:
    """The error for a refusal; asks for the names of the models when this one is not there."""
    server, said = f"the language model's server at {address.base!r}", f"{error.status}: {error.words}"
    if error.overflow:
        return ModelError(
            f"the prompt does not fit the window of {model!r} at {address.base!r} ({error.words}); "
            "set llm.window to the window it has, or lower answer.evidence_tokens"
        )
    if error.status in {401, 403}:
        refuses = f"refuses the key in {KEY_VARIABLE}" if key else "wants a key"
        return LanguageModelServerError(
            f"{server} {refuses} ({said}); set {KEY_VARIABLE} to {'the right one' if key else 'it'}"
        )
    if error.status == 404:
        names = await _names(client, address)
        if names and model is not None and model not in names:
            return LanguageModelServerError(
                f"{server} has no model {model!r} ({error.words}); set llm.model to one of: {shortlist(names)}"
            )
        return LanguageModelServerError(f"{server} has no such address ({said}); correct llm.url, /v1 included")
    if 300 <= error.status < 400:
        return LanguageModelServerError(
            f"{server} answers with {error.words}, which is not followed; set llm.url to where it is"
        )
    if error.status in PASSING:
        asks = f", it asks to wait {error.retry_after_s:.0f} s" if error.retry_after_s is not None else ""
        return LanguageModelServerError(f"{server} cannot answer now ({said}{asks}); ask again later")
    if error.status == 0:
        return LanguageModelServerError(f"{server} sent {error.words}; look into its log")
    return LanguageModelServerError(f"{server} refuses ({said}); correct the settings llm.*")


def unreachable(address: Address, error: "httpx2.TransportError", *, begun: bool) -> LanguageModelServerError:
    """The error for a connection that cannot be made, or that broke."""
    import httpx2

    server, reason = f"the language model's server at {address.base!r}", one_line(_reason(error))
    if begun:
        return LanguageModelServerError(f"{server} broke off in the middle of the text ({reason}); ask again")
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return LanguageModelServerError(f"{server} cannot be reached ({reason}); start it, or correct llm.url")
    return LanguageModelServerError(f"{server} broke off before the first word ({reason}); look into its log")


def may_pass(error: "httpx2.TransportError") -> bool:
    """Whether it may go better the next time; a host without an address or with a bad certificate stays so."""
    return not any(isinstance(cause, socket.gaierror | ssl.SSLError) for cause in _causes(error))


async def _names(client: "httpx2.AsyncClient", address: Address) -> list[str]:
    import httpx2

    try:
        return await model_names(client, address)
    except (httpx2.TransportError, LanguageModelServerError):
        return []


def _reason(error: Exception) -> str:
    """The system's own words, which the libraries on top of it leave out."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return str(error) or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__
