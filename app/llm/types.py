"""What a language model is to the rest of the application: a request goes in, typed events come out.

The seam is `LanguageModel`. `LocalModel` runs a GGUF file in a worker process, `ServerModel` asks an OpenAI-compatible
server, and tests script one.
"""

import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol


class Role(StrEnum):
    """Who says a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; the content is plain text and never turns into control tokens."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        max_tokens: at most so many are written.
        temperature: 0 takes the likeliest token.
        top_p: nucleus that is sampled from, in (0, 1]; without effect at temperature 0.
        repeat_penalty: 1 leaves repetition alone; back ends without such a thing ignore it.
        seed: of the sampler.
        stop: strings that end the text; they are not part of it.
    """

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 0.95
    repeat_penalty: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that each phase may take.

    Attributes:
        queue_s: waiting for other requests; past it the request fails with `LanguageModelBusyError`.
        prompt_s: reading the prompt; past it the request fails with `LanguageModelTimeoutError`.
        generation_s: writing; past it the text ends as it stands, with the reason `deadline`.
    """

    queue_s: float = 60.0
    prompt_s: float = 120.0
    generation_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model.

    Attributes:
        messages: the conversation; the model writes the next turn.
        sampling: how tokens are chosen.
        deadlines: how long it may take.
        grammar: GBNF that the text must follow, root rule `root`; only for models whose `info.grammar` is true.
        adapted: whether a local model's adapter takes part; it was taught to answer from passages and nothing else.
    """

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    deadlines: Deadlines = Deadlines()
    grammar: str | None = None
    adapted: bool = True


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits; `place` requests are before it, one at least. Sent again when the place changes."""

    place: int


@dataclass(frozen=True, slots=True)
class Prompted:
    """The prompt has been read, the first token comes next.

    Attributes:
        prompt_tokens: tokens of the whole prompt, None where the back end does not say.
        cached_tokens: how many of them were known from an earlier prompt and not read again; None likewise.
        queue_ms: time spent waiting for other requests.
        prompt_ms: time spent reading.
    """

    prompt_tokens: int | None
    cached_tokens: int | None
    queue_ms: float
    prompt_ms: float


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of text, at least one character."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every request that did not fail.

    Attributes:
        reason: `stop` (the model ended, or a stop string came), `length` (max_tokens or the window), `cancelled`,
            or `deadline`.
        tokens: tokens written, None where the back end does not say.
        generation_ms: time from the first token on.
        prompt_tokens: of the whole prompt where the back end says it only at the end, else None.
    """

    reason: Literal["stop", "length", "cancelled", "deadline"]
    tokens: int | None
    generation_ms: float
    prompt_tokens: int | None = None


Event = Queued | Prompted | Text | Finished


@dataclass(frozen=True, slots=True)
class LanguageModelInfo:
    """Which model writes, and where.

    Attributes:
        id: name, or path of the file, or name on the server.
        fingerprint: hex sha256 over weights and adapter; of address and name for a server.
        window: tokens of prompt and text together.
        grammar: whether it can be held to a grammar.
        exact_counts: whether `count_tokens` is exact; else it is an upper estimate.
        backend: such as `llama.cpp` or the server's address.
        placement: where it runs, in words, such as `cpu, 2 threads`.
        template: chat template family, empty for a server, which has its own.
        adapter: how an adapter takes part, in words; empty without one.
    """

    id: str
    fingerprint: str
    window: int
    grammar: bool
    exact_counts: bool
    backend: str
    placement: str
    template: str = ""
    adapter: str = ""


class Cancellation:
    """A switch that somebody turns, from any thread, to stop a request wherever it is."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Stop it; calling it again does nothing."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the switch was turned."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until the switch is turned, at most so long; whether it was."""
        return self._event.wait(seconds)


class LanguageModel(Protocol):
    """Anything that writes text; safe to share between threads."""

    @property
    def info(self) -> LanguageModelInfo:
        """Identity and abilities; the first call may load the model.

        Raises:
            ModelError: the model is missing or broken.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text by itself; an upper estimate unless `info.exact_counts`."""
        ...

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a whole conversation with everything that its template adds; estimated likewise."""
        ...

    def generate(self, request: Request, cancel: Cancellation | None = None) -> Generator[Event, None, None]:
        """Events in the order `Queued`*, `Prompted`, `Text`*, `Finished`; closing the iterator cancels.

        Turning `cancel` ends with `Finished("cancelled", …)` within a second in every phase; `Prompted` may then be
        missing.

        Raises:
            LanguageModelBusyError: the queue is full, or waiting took too long.
            LanguageModelTimeoutError: reading the prompt took too long.
            LanguageModelCrashError: the worker died; the next request finds a new one.
            LanguageModelServerError: the server cannot be reached or refuses.
            ModelError: the model cannot be loaded, or the prompt does not fit its window.
        """
        ...


@dataclass(slots=True)
class Transcript:
    """What a request gave, gathered from its events.

    Attributes:
        text: everything written.
        prompted: the event, if it came.
        finished: the event, if it came.
    """

    text: str = ""
    prompted: Prompted | None = None
    finished: Finished | None = None
    places: list[int] = field(default_factory=list)


def transcribe(events: Iterator[Event]) -> Transcript:
    """Run a request to its end."""
    said = Transcript()
    for event in events:
        match event:
            case Queued():
                said.places.append(event.place)
            case Prompted():
                said.prompted = event
            case Text():
                said.text += event.text
            case Finished():
                said.finished = event
    return said
