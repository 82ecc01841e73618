"""Our own chat templates, as segments of text and of control tokens; the template inside a model file is never used.

Only a control segment may become control tokens. What a message says stays text, whatever it says: `<|im_end|>` in a
document is seven tokens of text to the model and ends no turn.

| Family | Models | System message |
|---|---|---|
| `chatml` | SmolLM, Qwen | a turn of its own |
| `llama3` | Llama 3 and later | a turn of its own |
| `gemma` | Gemma | before the first user turn |
| `mistral` | Mistral, Mixtral | before the first user turn |
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...index.errors import ModelError
from .types import Message, Role

FAMILIES = ("chatml", "llama3", "gemma", "mistral")
# What has to be one token each for the family's turns to be told from text.
_MARKS = {
    "chatml": ("<|im_start|>", "<|im_end|>"),
    "llama3": ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    "gemma": ("<start_of_turn>", "<end_of_turn>"),
    "mistral": ("[INST]", "[/INST]"),
}
_BEGINNINGS = {"llama3": "<|begin_of_text|>", "gemma": "<bos>", "mistral": "<s>"}
_THOUGHT = ("<think>", "</think>")
# Such as Phi's, whose turns begin like ChatML's and go on otherwise.
_FOREIGN = ("<|im_sep|>",)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a prompt; `control`: it may become control tokens."""

    text: str
    control: bool


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """How a conversation becomes a prompt.

    Attributes:
        family: one of `FAMILIES`.
        beginning: token that every prompt begins with, empty for none.
        thinks: the model would think aloud first; an empty thought is put into its mouth.
        marks_are_text: the vocabulary has no tokens for the family's marks (the first Mistral models); they are then
            taken out of messages.
    """

    family: str
    beginning: str = ""
    thinks: bool = False
    marks_are_text: bool = False


def detect(
    is_token: Callable[[str], bool], *, name: str, architecture: str, beginning: str = "", setting: str = "auto"
) -> ChatTemplate:
    """The template for a model.

    Args:
        is_token: whether a text is one control token of the vocabulary.
        name: of the model.
        architecture: of the model.
        beginning: the token that the model file wants in front of every prompt, empty for none.
        setting: a family, or `auto` for the one whose marks the vocabulary has.

    Raises:
        ModelError: no family fits, or not the one that was set.
    """
    foreign = any(is_token(mark) for mark in _FOREIGN)
    fitting = [family for family in FAMILIES if all(is_token(mark) for mark in _MARKS[family])]
    is_mistral = architecture.startswith("mistral") or "mistral" in name.lower() or "mixtral" in name.lower()
    if setting == "auto":
        candidates = [family for family in fitting if not foreign] or (["mistral"] if is_mistral else [])
        if not candidates:
            raise ModelError(
                f"no chat template fits the model {name!r} of the architecture {architecture!r}; "
                f"set llm.template to one of {', '.join(FAMILIES)}, or take another model"
            )
        # A Mistral vocabulary may hold the marks of others among its spare tokens.
        setting = "mistral" if is_mistral and "mistral" in candidates else candidates[0]
    elif setting not in fitting and setting != "mistral":
        missing = next(mark for mark in _MARKS[setting] if not is_token(mark))
        raise ModelError(
            f"llm.template is {setting!r}, but the model {name!r} has no token {missing!r}; set llm.template to auto"
        )
    return ChatTemplate(
        setting,
        beginning=_BEGINNINGS.get(setting, beginning),
        thinks=setting == "chatml" and all(is_token(mark) for mark in _THOUGHT),
        marks_are_text=setting not in fitting,
    )


def render(template: ChatTemplate, messages: Sequence[Message]) -> list[Segment]:
    """The prompt after which the model writes the next turn; adjacent stretches of one kind are one segment.

    Raises:
        ModelError: there is no message, or a system message after the first place.
    """
    if not messages or messages[-1].role is Role.ASSISTANT:
        raise ModelError("a conversation must end with a user or system message; add the question")
    if any(message.role is Role.SYSTEM for message in messages[1:]):
        raise ModelError("a system message may only come first; put it there")
    turns = {"chatml": _chatml, "llama3": _llama3, "gemma": _gemma, "mistral": _mistral}[template.family]
    beginning = [_mark(template.beginning)] if template.beginning else []
    return _joined([*beginning, *turns(template, messages)])


def _chatml(template: ChatTemplate, messages: Sequence[Message]) -> Iterator[Segment]:
    for message in messages:
        yield from (
            _mark("<|im_start|>"),
            _said(f"{message.role}\n{message.content}"),
            _mark("<|im_end|>"),
            _said("\n"),
        )
    yield from (_mark("<|im_start|>"), _said("assistant\n"))
    if template.thinks:
        yield from (_mark("<think>"), _said("\n\n"), _mark("</think>"), _said("\n\n"))


def _llama3(_: ChatTemplate, messages: Sequence[Message]) -> Iterator[Segment]:
    for message in messages:
        yield from _llama3_header(message.role)
        yield from (_said(message.content), _mark("<|eot_id|>"))
    yield from _llama3_header(Role.ASSISTANT)


def _llama3_header(role: Role) -> Iterator[Segment]:
    yield from (_mark("<|start_header_id|>"), _said(role), _mark("<|end_header_id|>"), _said("\n\n"))


def _gemma(_: ChatTemplate, messages: Sequence[Message]) -> Iterator[Segment]:
    for message in _without_system(messages):
        role = "model" if message.role is Role.ASSISTANT else "user"
        yield from (
            _mark("<start_of_turn>"),
            _said(f"{role}\n{message.content}"),
            _mark("<end_of_turn>"),
            _said("\n"),
        )
    yield from (_mark("<start_of_turn>"), _said("model\n"))


def _mistral(template: ChatTemplate, messages: Sequence[Message]) -> Iterator[Segment]:
    for message in _without_system(messages):
        if message.role is Role.ASSISTANT:
            yield from (_said(message.content), _mark("</s>"))
        elif template.marks_are_text:
            yield _said(f"[INST] {_unmarked(message.content)} [/INST]")
        else:
            yield from (_mark("[INST]"), _said(message.content), _mark("[/INST]"))


def _unmarked(content: str) -> str:
    """The text without marks: these would be the same tokens as ours."""
    return content.replace("[INST]", "[ INST ]").replace("[/INST]", "[ /INST ]")


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The system message at the beginning of the first user turn, for families that know none."""
    first, *rest = messages
    if first.role is not Role.SYSTEM:
        return [first, *rest]
    if rest and rest[0].role is Role.USER:
        return [Message(Role.USER, f"{first.content}\n\n{rest[0].content}"), *rest[1:]]
    return [Message(Role.USER, first.content), *rest]


def _mark(text: str) -> Segment:
    return Segment(text, control=True)


def _said(text: str) -> Segment:
    return Segment(text, control=False)


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    joined: list[Segment] = []
    for segment in segments:
        if joined and not segment.control and not joined[-1].control:
            joined[-1] = Segment(joined[-1].text + segment.text, control=False)
        elif segment.text:
            joined.append(segment)
    return joined
