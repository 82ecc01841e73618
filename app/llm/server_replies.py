"""What OpenAI-compatible servers answer: pieces of text, usage, and their words when they refuse."""

import email.utils
import json
import re
import time
from dataclasses import dataclass
from typing import Any

_CLIPPED = 300
_OVERFLOW = re.compile(
    r"context.{0,3}(length|window|size)|maximum.{0,20}context|exceed\w*.{0,40}(context|token)|n_ctx|prompt is too long",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event of a stream says.

    Attributes:
        text: the next piece, perhaps empty.
        thinking: whether it holds thoughts, which are not text.
        reason: why the text ends, where it does.
        prompt_tokens: of the prompt, where the event says it.
        tokens: written so far, likewise.
        last: whether the server says that nothing follows.
    """

    text: str = ""
    thinking: bool = False
    reason: str | None = None
    prompt_tokens: int | None = None
    tokens: int | None = None
    last: bool = False


class RefusalError(Exception):
    """A server's own words.

    Attributes:
        status: of HTTP, or the code inside a stream; 0 where there is none.
        words: on one line, clipped.
        retry_after_s: how long it asks to wait.
    """

    def __init__(self, status: int, words: str, retry_after_s: float | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.retry_after_s = retry_after_s

    @property
    def overflow(self) -> bool:
        """Whether the prompt was longer than the model's window."""
        return self.status in {0, 400, 413, 422} and bool(_OVERFLOW.search(self.words))


def read_piece(data: str, key: str | None = None) -> Piece:
    """The event of a stream, or a whole completion where the server does not stream.

    Raises:
        RefusalError: it is an error, or cannot be understood.
    """
    try:
        said = json.loads(data)
    except ValueError:
        raise RefusalError(0, f"an answer that is no JSON: {one_line(data, key)!r}") from None
    if not isinstance(said, dict):
        raise RefusalError(0, f"an answer that is no object: {one_line(data, key)!r}")
    if said.get("error") or said.get("object") == "error":
        error = said.get("error")
        code = error.get("code") if isinstance(error, dict) else said.get("code")
        raise RefusalError(code if isinstance(code, int) and not isinstance(code, bool) else 0, words_of(data, key))
    usage = said.get("usage")
    prompt_tokens = tokens = None
    if isinstance(usage, dict):
        prompt_tokens, tokens = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    choices = said.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice.get("delta") or choice.get("message") or {}
    delta = delta if isinstance(delta, dict) else {}
    reason = choice.get("finish_reason")
    thoughts = delta.get("reasoning_content") or delta.get("reasoning")
    return Piece(
        _text(delta.get("content")),
        bool(thoughts),
        reason if isinstance(reason, str) and reason else None,
        prompt_tokens,
        tokens,
    )


def words_of(body: str, key: str | None = None) -> str:
    """The message in an error's body, whichever of the usual forms it has."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return one_line(re.sub(r"<[^>]*>", " ", body), key)
    for name in ("error", "detail", "message", "msg"):
        while isinstance(said, dict) and said.get(name):
            said = said[name]
        if isinstance(said, list) and said:
            said = said[0]
    return one_line(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), key)


def one_line(text: str, key: str | None = None) -> str:
    """Text on one line, without control characters and without the key, clipped."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 20 * _CLIPPED]).split())
    # Before the cut, which could leave half of the key.
    if key:
        text = text.replace(key, "…")
    return text if len(text) <= _CLIPPED else f"{text[: _CLIPPED - 1]}…"


def retry_after(value: str | None) -> float | None:
    """Seconds that a `Retry-After` header asks for, as a number or as a date; None where it says nothing sensible."""
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", value):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _text(content: object) -> str:
    """Plain text, or the text parts of a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
