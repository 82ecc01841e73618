"""What goes through the pipes between the language model's worker and its parent: one JSON object a line.

Commands go down, replies come up. Nothing is unpickled. A line is believed only after it fits its form exactly;
whatever does not is a `MalformedError`, which costs the worker its life.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from .types import Message, Sampling

MAX_LINE = 4_000_000
"""Longest line that a worker may send, in bytes; its texts are pieces of a few characters."""


class MalformedError(ValueError):
    """A line that the other side never writes; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Load:
    """The first command: open the model. Answered by `Loaded` or `Failed`.

    Attributes:
        path: of the GGUF file.
        lora: path of an adapter for it.
        merged: folder of copies with their adapter added (`merging`); None puts an adapter on top of the weights.
        window: tokens of prompt and text; None takes what the model was trained on, 4,096 at most.
        threads: of the processor; None takes one for each physical core.
        gpu_layers: layers on the GPU; None takes all where the build has one.
        template: chat template family, or `auto`.
    """

    path: str
    lora: str | None = None
    merged: str | None = None
    window: int | None = None
    threads: int | None = None
    gpu_layers: int | None = None
    template: str = "auto"
    kind: Literal["load"] = "load"


@dataclass(frozen=True, slots=True)
class Count:
    """Count the tokens of each text; answered by `Counted`."""

    id: int
    texts: tuple[str, ...]
    kind: Literal["count"] = "count"


@dataclass(frozen=True, slots=True)
class CountPrompt:
    """Count the tokens of a conversation with its template; answered by `Counted` with one number."""

    id: int
    messages: tuple[Message, ...]
    kind: Literal["count_prompt"] = "count_prompt"


@dataclass(frozen=True, slots=True)
class Generate:
    """Write; answered by `Read`, any number of `Piece`, and `Done`, or by `Refused`."""

    id: int
    messages: tuple[Message, ...]
    sampling: Sampling
    grammar: str | None = None
    adapted: bool = True
    kind: Literal["generate"] = "generate"


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the generation of that number, also if it has not begun; one that has ended is left alone."""

    id: int
    kind: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Exit:
    """End the process."""

    kind: Literal["exit"] = "exit"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready.

    Attributes:
        window: tokens of prompt and text.
        template: chat template family in use.
        placement: where it runs, in words.
        in_force: what holds the worker back on this system, in words.
        adapter: how the adapter takes part, in words; empty without one.
        merged: whether it was added to the weights.
    """

    window: int
    template: str
    placement: str
    in_force: tuple[str, ...]
    adapter: str = ""
    merged: bool = False
    kind: Literal["loaded"] = "loaded"


@dataclass(frozen=True, slots=True)
class Failed:
    """The model cannot be loaded, for this reason: a whole sentence for the user."""

    reason: str
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens of what was asked, in its order."""

    id: int
    counts: tuple[int, ...]
    kind: Literal["counted"] = "counted"


@dataclass(frozen=True, slots=True)
class Read:
    """The prompt has been read."""

    id: int
    prompt_tokens: int
    cached_tokens: int
    prompt_ms: float
    kind: Literal["read"] = "read"


@dataclass(frozen=True, slots=True)
class Piece:
    """The next characters of the text."""

    id: int
    text: str
    kind: Literal["piece"] = "piece"


@dataclass(frozen=True, slots=True)
class Done:
    """The generation has ended."""

    id: int
    reason: Literal["stop", "length", "cancelled"]
    tokens: int
    generation_ms: float
    kind: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class Refused:
    """The request of that number cannot be served, for this reason: a whole sentence for the user."""

    id: int
    reason: str
    kind: Literal["refused"] = "refused"


Command = Load | Count | CountPrompt | Generate | Cancel | Exit
Reply = Loaded | Failed | Counted | Read | Piece | Done | Refused

_COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])
_REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="kind")])


def write_command(command: Command) -> bytes:
    """The command as a line."""
    return _COMMAND.dump_json(command) + b"\n"


def read_command(line: bytes) -> Command:
    """The command of a line.

    Raises:
        MalformedError: it is none.
    """
    try:
        return _COMMAND.validate_json(line, strict=False)
    except ValidationError as error:
        raise MalformedError(_first_problem(error)) from error


def write_reply(reply: Reply) -> bytes:
    """The reply as a line."""
    return _REPLY.dump_json(reply) + b"\n"


def read_reply(line: bytes) -> Reply:
    """The reply of a line.

    Raises:
        MalformedError: it is none.
    """
    try:
        reply = _REPLY.validate_json(line, strict=True)
    except ValidationError as error:
        raise MalformedError(_first_problem(error)) from error
    if isinstance(reply, Piece) and not reply.text:
        raise MalformedError("a piece of text without a character")
    return reply


def clean(text: str) -> str:
    """The text with every half of a surrogate pair replaced: it has no bytes in UTF-8, and so no tokens."""
    return text.encode("utf-8", "replace").decode()


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc'][:4])}: {problem['msg'][:120]}"
