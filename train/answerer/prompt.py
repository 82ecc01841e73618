"""A conversation as the tokens that the application gives the model, by transformers' tokenizer of the same file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sota_rag.app.answering.prompts import answer_messages
from sota_rag.app.llm.templates import ChatTemplate, detect, render

from .examples import Example
from .fit import Encoded

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

END = "<|im_end|>"
"""What ends a turn in ChatML, the template of SmolLM2."""


def template_of(tokenizer: "PreTrainedTokenizerBase") -> ChatTemplate:
    """How the model's conversations are put, as the application finds it out."""
    return detect(tokenizer.get_vocab().__contains__, name="", architecture="llama")


def prompt_ids(tokenizer: "PreTrainedTokenizerBase", template: ChatTemplate, example: Example) -> list[int]:
    """Tokens of the prompt of an example: what a document says never becomes a control token."""
    segments = render(template, answer_messages(example.evidence(), example.question))
    return [one for segment in segments for one in _ids(tokenizer, segment.text, control=segment.control)]


def reply_ids(tokenizer: "PreTrainedTokenizerBase", example: Example) -> list[int]:
    """Tokens of what the model is to write, its end included."""
    return _ids(tokenizer, example.reply(), control=False) + _ids(tokenizer, END, control=True)


def _ids(tokenizer: "PreTrainedTokenizerBase", text: str, *, control: bool) -> list[int]:
    if control:
        return [tokenizer.convert_tokens_to_ids(text)]
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def encode(tokenizer: "PreTrainedTokenizerBase", examples: Sequence[Example], most: int) -> list[Encoded]:
    """Tokens of prompt and reply of each example; those of more than `most` tokens are left out."""
    template = template_of(tokenizer)
    found = ((prompt_ids(tokenizer, template, one), reply_ids(tokenizer, one)) for one in examples)
    return [one for one in found if len(one[0]) + len(one[1]) <= most]
